//! The thread of a session: holds one card, follows orders, tells the desk.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use tracing::{debug, info_span};

use super::{Assignment, Message, Order, SessionEvent, Started, Task};
use crate::link::Link;
use crate::service::{Busy, Service};
use crate::session::{Session, Trouble, Verdict};

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
        thread::Builder::new()
            .name("card-session".to_owned())
            .spawn(move || converse(service.as_ref(), &assignment, &inbox, &theirs, &desk))?;
        Ok(Started { orders, busy })
    }
}

fn converse(
    service: &dyn Service,
    assignment: &Assignment,
    inbox: &Receiver<Order>,
    busy: &Busy,
    desk: &Teller,
) {
    let _span = info_span!("card", visit = %assignment.visit).entered();
    let held = service.with_card(&assignment.reader, busy, &mut |link| {
        if let Err(trouble) = follow(link, assignment, inbox, desk) {
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
    desk: &Teller,
) -> Result<(), Trouble> {
    let mut session = Session::new(link);
    let outcome = obey(&mut session, assignment, inbox, desk);
    if let Err(error) = session.rinse() {
        debug!(%error, "the card was gone before the rinse");
    }
    outcome
}

/// Looks at the card, then follows orders until the attributes are read or the desk hangs up.
fn obey(
    session: &mut Session,
    assignment: &Assignment,
    inbox: &Receiver<Order>,
    desk: &Teller,
) -> Result<(), Trouble> {
    desk.tell(SessionEvent::Identified(session.identify(assignment.secret.as_ref())?));
    let Task::Open(by) = assignment.task else { return Ok(()) };
    let mut order = Order::Ask(by);
    loop {
        match order {
            Order::Ask(by) => {
                let tries_left = session.tries_left(by)?;
                desk.tell(SessionEvent::Usable { by, tries_left });
            }
            Order::Verify { pin, wanted } => {
                let by = pin.by();
                match session.verify(pin)? {
                    Verdict::Wrong { tries_left } => {
                        desk.tell(SessionEvent::PinWrong { by, tries_left });
                    }
                    Verdict::Right => {
                        desk.tell(SessionEvent::Read(session.read(&wanted)?));
                        return Ok(());
                    }
                }
            }
        }
        let Ok(next) = inbox.recv() else { return Ok(()) };
        order = next;
    }
}

/// Tells the desk; when it is dropped, that the session has finished, also after a panic.
struct Teller {
    number: u64,
    mailbox: SyncSender<Message>,
}

impl Teller {
    fn tell(&self, event: SessionEvent) {
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
