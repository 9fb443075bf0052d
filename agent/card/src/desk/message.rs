//! What the desk is told, and what it tells sessions.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use jiff::civil::Date;
use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{Failure, MunicipalityCode, Personal, VisitId};

use crate::conversation::Trouble;
use crate::errand::{Errand, Wanted};
use crate::face::CardFace;
use crate::fingerprint::{Fingerprint, VisitSecret};
use crate::flows::authentication::Signed;
use crate::flows::signature::{Disclosure, SignaturePermit};
use crate::monitor::Observed;
use crate::pin::PinBuffer;
use crate::pins::Pins;
use crate::service::Busy;

/// Everything the desk is told.
#[derive(Debug)]
pub enum Message {
    Begin {
        visit: VisitId,
        errand: Errand,
        today: Date,
    },
    Verify {
        visit: VisitId,
        value: PinBuffer,
        wanted: Wanted,
    },
    Sign {
        visit: VisitId,
        permit: SignaturePermit,
        message: Personal<Vec<u8>>,
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
    /// The value for this may be asked for.
    Usable {
        errand: Errand,
        tries_left: u8,
    },
    PinWrong {
        errand: Errand,
        tries_left: u8,
    },
    Read(CardAttributes),
    Face {
        face: CardFace,
        municipality: Option<MunicipalityCode>,
    },
    Authenticated(Signed),
    /// The password is in force; the permit may come.
    Discloses(Disclosure),
    Signed(Signed),
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
    /// Prepare this, then follow orders.
    Open(Errand),
    /// Say which card it is, and leave it.
    Identify,
}

/// What a session is told. Hanging up tells it to end.
#[derive(Debug)]
pub enum Order {
    /// Prepare another errand.
    Ask(Errand),
    /// Send this value, and when it is right do what is wanted.
    Verify { errand: Errand, value: PinBuffer, wanted: Wanted },
    /// Sign this with what was shown.
    Sign { permit: SignaturePermit, message: Personal<Vec<u8>> },
}

/// A session that was started.
#[derive(Debug)]
pub struct Started {
    pub orders: SyncSender<Order>,
    pub busy: Arc<Busy>,
}
