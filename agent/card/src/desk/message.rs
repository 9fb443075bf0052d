//! What the desk is told, and what it tells sessions.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use jiff::civil::Date;
use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, Failure, MunicipalityCode, VisitId};

use crate::conversation::Trouble;
use crate::fingerprint::{Fingerprint, VisitSecret};
use crate::monitor::Observed;
use crate::pin::PinBuffer;
use crate::pins::Pins;
use crate::service::Busy;

/// Everything the desk is told.
#[derive(Debug)]
pub enum Message {
    Begin {
        visit: VisitId,
        by: CardKey,
        today: Date,
    },
    Verify {
        visit: VisitId,
        pin: PinBuffer,
        wanted: BTreeSet<AttributeName>,
    },
    End(VisitId),
    Observed(Observed),
    Session {
        number: u64,
        event: SessionEvent,
    },
    /// Nothing but a reason to look at the clock.
    Wake,
}

/// What a session tells the desk.
#[derive(Debug)]
pub enum SessionEvent {
    /// It is a My Number Card; `None` when it does not say which, or whose.
    Identified {
        card: Option<Fingerprint>,
        issuer: Option<MunicipalityCode>,
    },
    /// This key may be asked for.
    Usable {
        by: CardKey,
        tries_left: u8,
    },
    PinWrong {
        by: CardKey,
        tries_left: u8,
    },
    Read(CardAttributes),
    /// What is known of their signature, after they were read.
    Verified(Result<SignatureCheck, Failure>),
    Trouble(Trouble),
    /// The card is off, everything is released, the thread ends. Always the last.
    Finished,
}

/// What a session is to do.
#[derive(Debug)]
pub struct Assignment {
    pub number: u64,
    pub visit: VisitId,
    pub reader: CString,
    pub secret: Option<VisitSecret>,
    pub today: Date,
    pub pins: Arc<Pins>,
    pub task: Task,
}

/// How far a session goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Ask for this key, then follow orders.
    Open(CardKey),
    /// Say which card it is, and leave it.
    Identify,
}

/// What a session is told. Hanging up tells it to end.
#[derive(Debug)]
pub enum Order {
    /// Ask for another key.
    Ask(CardKey),
    /// Send this value, and when it is right read these.
    Verify { by: CardKey, pin: PinBuffer, wanted: BTreeSet<AttributeName> },
}

/// A session that was started.
#[derive(Debug)]
pub struct Started {
    pub orders: SyncSender<Order>,
    pub busy: Arc<Busy>,
}
