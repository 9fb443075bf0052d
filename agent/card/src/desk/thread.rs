//! The thread of a session: holds one card, follows orders, tells the desk.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread;

use madoguchi_protocol::FailureCode;
use tracing::{debug, info_span};

use super::work::{Progress, Work};
use super::{Assignment, Message, Order, SessionEvent, Started, Task};
use crate::conversation::{Conversation, Trouble, unusable};
use crate::flows;
use crate::link::Link;
use crate::service::{Busy, Service};

/// Starts sessions, each on a thread of its own: a reader may hang, and then only that one does.
pub fn starter(
    service: Arc<dyn Service>,
    mailbox: SyncSender<Message>,
) -> impl FnMut(Assignment) -> io::Result<Started> {
    move |assignment| {
        // One order at most is under way: the desk waits for its outcome.
        let (orders, inbox) = mpsc::sync_channel(1);
        let busy = Arc::new(Busy::default());
        let (service, theirs) = (Arc::clone(&service), Arc::clone(&busy));
        let desk = Teller { number: assignment.number, mailbox: mailbox.clone() };
        thread::Builder::new().name("card-session".to_owned()).spawn(move || {
            converse(service.as_ref(), &assignment, &inbox, &theirs, &desk);
            // Nobody waits for what comes now.
            drop(desk);
            service.prepare();
        })?;
        Ok(Started { orders, busy })
    }
}

fn converse(
    service: &dyn Service,
    assignment: &Assignment,
    inbox: &Receiver<Order>,
    busy: &Arc<Busy>,
    desk: &Teller,
) {
    let _span = info_span!("card", visit = %assignment.visit).entered();
    let held = service.with_card(&assignment.reader, busy, &mut |link| {
        if let Err(trouble) = follow(link, assignment, inbox, busy, desk) {
            debug!(?trouble, "the card cannot be used");
            desk.tell(SessionEvent::Trouble(trouble));
        }
    });
    if let Err(error) = held {
        debug!(%error, "the card cannot be held");
        desk.tell(SessionEvent::Trouble(error.into()));
    }
}

/// Does what it was started for, and leaves nothing personal in the buffers on the way.
fn follow(
    link: &mut dyn Link,
    assignment: &Assignment,
    inbox: &Receiver<Order>,
    busy: &Arc<Busy>,
    desk: &Teller,
) -> Result<(), Trouble> {
    let mut card = Conversation::watched(link, Arc::clone(busy));
    let outcome = obey(&mut card, assignment, inbox, desk);
    if let Err(error) = card.rinse() {
        debug!(%error, "the card was gone before the rinse");
    }
    debug!(commands = card.commands(), "the conversation ends");
    outcome
}

/// Looks at the card, then follows orders until what is wanted is done or the desk hangs up.
fn obey(
    card: &mut Conversation,
    assignment: &Assignment,
    inbox: &Receiver<Order>,
    desk: &Teller,
) -> Result<(), Trouble> {
    let (which, says) = flows::identify::recognise(card, assignment.secret.as_ref())?;
    desk.tell(SessionEvent::Identified { card: which, issuer: says.issuer.clone() });
    let Task::Open(errand) = assignment.task else { return Ok(()) };
    if says.is_expired(assignment.today) {
        return Err(unusable(FailureCode::CardExpired, "its last day is over"));
    }
    let mut work = Work::new(card, &assignment.pins, assignment.today, desk);
    let mut order = Order::Ask(errand);
    while work.follow(order)? == Progress::Waits {
        match next_order(&mut work, inbox)? {
            Some(next) => order = next,
            None => break,
        }
    }
    Ok(())
}

/// Does what needs no value while the person types; `None` when the desk hangs up.
fn next_order(work: &mut Work, inbox: &Receiver<Order>) -> Result<Option<Order>, Trouble> {
    while !work.is_prepared() {
        match inbox.try_recv() {
            Ok(order) => return Ok(Some(order)),
            Err(TryRecvError::Disconnected) => return Ok(None),
            Err(TryRecvError::Empty) => work.prepare()?,
        }
    }
    Ok(inbox.recv().ok())
}

/// Tells the desk; when it is dropped, that the session has finished, also after a panic.
pub struct Teller {
    number: u64,
    mailbox: SyncSender<Message>,
}

impl Teller {
    pub fn tell(&self, event: SessionEvent) {
        // The desk never waits for a session, so this goes on as soon as there is room; a desk that
        // has ended needs nothing.
        drop(self.mailbox.send(Message::Session { number: self.number, event }));
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.tell(SessionEvent::Finished);
    }
}
