//! What a session does with its card: each order, and what it tells of it.

use jiff::civil::Date;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{Failure, FailureCode, MunicipalityCode};
use tracing::debug;

use super::thread::Teller;
use super::{Order, SessionEvent};
use crate::conversation::{Conversation, Trouble, Verdict, unusable};
use crate::errand::{Errand, Wanted};
use crate::flows::face::Opened;
use crate::flows::form::{self, Preparation};
use crate::flows::{self, authentication, face, signature};
use crate::pin::PinBuffer;
use crate::pins::Pins;

/// Whether a session goes on after an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It waits for the next order.
    Waits,
    /// What was wanted is done.
    Done,
}

/// A card that was looked at, and how far what is wanted of it is prepared.
pub struct Work<'a, 'card> {
    card: &'a mut Conversation<'card>,
    pins: &'a Pins,
    today: Date,
    desk: &'a Teller,
    ready: Ready,
    /// What a form needs besides; kept when another key is to open it.
    preparation: Preparation,
}

/// What was read before the value, or by it.
enum Ready {
    Form,
    Face(Option<MunicipalityCode>),
    Authentication(authentication::Before),
    Signature(signature::Electronic),
    /// The password is in force.
    Open(signature::Open),
    /// Nothing, or it was used.
    Nothing,
}

impl<'a, 'card> Work<'a, 'card> {
    pub fn new(
        card: &'a mut Conversation<'card>,
        pins: &'a Pins,
        today: Date,
        desk: &'a Teller,
    ) -> Self {
        let preparation = Preparation::default();
        Self { card, pins, today, desk, ready: Ready::Nothing, preparation }
    }

    /// Carries out one order.
    pub fn follow(&mut self, order: Order) -> Result<Progress, Trouble> {
        self.preparation.restart();
        match order {
            Order::Ask(errand) => {
                let tries_left = self.ask(errand)?;
                self.desk.tell(SessionEvent::Usable { errand, tries_left });
                Ok(Progress::Waits)
            }
            Order::Verify { errand, value, wanted } => match self.open(value, wanted)? {
                Opened::Right(progress) => Ok(progress),
                Opened::Wrong { tries_left } => {
                    self.desk.tell(SessionEvent::PinWrong { errand, tries_left });
                    Ok(Progress::Waits)
                }
            },
            Order::Sign { permit, message } => {
                let Ready::Open(open) = std::mem::replace(&mut self.ready, Ready::Nothing) else {
                    return Err(out_of_order());
                };
                let signed = signature::sign(self.card, open, permit, message.expose())?;
                self.desk.tell(SessionEvent::Signed(signed));
                Ok(Progress::Done)
            }
        }
    }

    /// Whether nothing is left that can be done while the person types.
    pub fn is_prepared(&self) -> bool {
        !matches!(self.ready, Ready::Form) || self.preparation.is_done()
    }

    /// Does a part of it: one command.
    pub fn prepare(&mut self) -> Result<(), Trouble> {
        self.preparation.step(self.card)
    }

    /// Whether it can be had, and how many tries its key has.
    fn ask(&mut self, errand: Errand) -> Result<u8, Trouble> {
        let (tries_left, ready) = match errand {
            Errand::Form(by) => (flows::tries_left(self.card, by.into())?, Ready::Form),
            Errand::Face => {
                let face::Before { tries_left, issuer } = face::before(self.card)?;
                (tries_left, Ready::Face(issuer))
            }
            Errand::Authentication => {
                let before = authentication::before(self.card, self.pins, self.today)?;
                (before.tries_left, Ready::Authentication(before))
            }
            Errand::Signature(electronic) => {
                (signature::before(self.card, electronic)?, Ready::Signature(electronic))
            }
        };
        self.ready = ready;
        Ok(tries_left)
    }

    /// Sends the value, once, and does what is wanted when it is right.
    fn open(&mut self, value: PinBuffer, wanted: Wanted) -> Result<Opened<Progress>, Trouble> {
        let opened = match (&self.ready, wanted) {
            (Ready::Form, Wanted::Attributes(wanted)) => {
                if let Verdict::Wrong { tries_left } = flows::verify(self.card, value)? {
                    return Ok(Opened::Wrong { tries_left });
                }
                let (attributes, digest) = form::read(self.card, &wanted)?.into_parts();
                self.desk.tell(SessionEvent::Read(attributes));
                let preparation = std::mem::take(&mut self.preparation);
                let checked = form::check(self.card, preparation, &digest, self.pins);
                Opened::Right(SessionEvent::Verified(known(checked)))
            }
            (Ready::Face(issuer), Wanted::Face) => {
                let municipality = issuer.clone();
                face::read(self.card, value)?.map(|face| SessionEvent::Face { face, municipality })
            }
            (Ready::Authentication(before), Wanted::Challenge(challenge)) => {
                authentication::sign(self.card, value, before, challenge.expose())?
                    .map(SessionEvent::Authenticated)
            }
            (Ready::Signature(electronic), Wanted::Disclosure(said)) => {
                let (pins, today, said) = (self.pins, self.today, said.as_ref());
                match signature::open(self.card, value, said, pins, today, *electronic)? {
                    Opened::Wrong { tries_left } => return Ok(Opened::Wrong { tries_left }),
                    Opened::Right(open) => {
                        self.desk.tell(SessionEvent::Discloses(open.disclosure()));
                        self.ready = Ready::Open(open);
                        return Ok(Opened::Right(Progress::Waits));
                    }
                }
            }
            _ => return Err(out_of_order()),
        };
        Ok(opened.map(|event| {
            self.desk.tell(event);
            Progress::Done
        }))
    }
}

/// The desk gives no order that its session does not wait for.
fn out_of_order() -> Trouble {
    unusable(FailureCode::VisitOutOfOrder, "the session does not wait for this")
}

/// Only a bad signature is a finding; whatever else kept the check from being made is none.
fn known(checked: Result<SignatureCheck, Trouble>) -> Result<SignatureCheck, Failure> {
    match checked {
        Err(Trouble::Unusable(failure)) if failure.code == FailureCode::CardSignatureBad => {
            Err(failure)
        }
        Err(trouble) => {
            debug!(?trouble, "the issuer's signature cannot be checked");
            Ok(SignatureCheck::NotChecked)
        }
        Ok(check) => Ok(check),
    }
}
