//! Watches the readers, with a PC/SC context that never touches a card.

use std::ffi::CString;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};
use tracing::{info, warn};

use crate::desk::Message;
use crate::handle::Shared;

/// Longest single wait inside PC/SC, and the pause before pcscd is tried again. pcscd 1.9.9 was seen
/// to lose a wake-up now and then; a card is noticed this much later then.
const WAIT: Duration = Duration::from_millis(200);

/// How often the readers are listed anew, in case a change was not announced.
const RELIST: Duration = Duration::from_secs(3);

/// What the monitor sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// pcscd does not answer.
    ServiceAway(String),
    /// No reader, or not the configured one.
    NoReader(String),
    /// The reader.
    Reader {
        /// Its name in PC/SC.
        name: CString,
        /// While a card lies there: pcscd's count of layings and takings, which tells another
        /// laying even when the time between was too short to be seen. It may be one behind: pcscd
        /// shows a card a moment before it counts it.
        card: Option<u32>,
    },
}

/// Watches until the card side stops.
pub struct Monitor<'a> {
    pub reader: Option<String>,
    pub shared: &'a Shared,
    pub mailbox: SyncSender<Message>,
    pub last: Option<Observed>,
}

impl Monitor<'_> {
    pub fn run(mut self) {
        while !self.shared.is_stopping() {
            self.shared.monitor_progress();
            if let Err(error) = Context::establish(Scope::System).and_then(|c| self.watch(&c)) {
                // A context does not outlive its pcscd: this one is dropped, whatever it says of
                // itself.
                self.see(Observed::ServiceAway(reason(error)));
                thread::sleep(WAIT);
            }
        }
    }

    /// Watches the readers of one pcscd until it fails, or the card side stops.
    fn watch(&mut self, context: &Context) -> Result<(), Error> {
        let plugged = || ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE);
        let mut states = vec![plugged()];
        while !self.shared.is_stopping() {
            let names = context.list_readers_owned()?;
            states.truncate(1);
            match self.choose(&names) {
                Some(name) => states.push(ReaderState::new(name, State::UNAWARE)),
                None => self.see(Observed::NoReader(self.missing(names.len()))),
            }
            let relist = Instant::now() + RELIST;
            while Instant::now() < relist && !self.shared.is_stopping() {
                self.shared.monitor_progress();
                match context.get_status_change(WAIT, &mut states) {
                    Ok(()) | Err(Error::Timeout | Error::Cancelled) => {}
                    Err(Error::UnknownReader | Error::ReaderUnavailable) => break,
                    Err(error) => return Err(error),
                }
                states.iter_mut().for_each(ReaderState::sync_current_state);
                let changed = states[0].event_state().contains(State::CHANGED);
                let gone = states.get(1).is_some_and(|state| !self.look(state));
                if changed || gone {
                    break;
                }
            }
        }
        Ok(())
    }

    fn choose(&self, names: &[CString]) -> Option<CString> {
        let wanted = |name: &&CString| match &self.reader {
            Some(part) => name.to_string_lossy().contains(part.as_str()),
            None => true,
        };
        names.iter().find(wanted).cloned()
    }

    fn missing(&self, readers: usize) -> String {
        match &self.reader {
            Some(part) => format!("none of {readers} readers has {part:?} in its name"),
            None => "no reader is connected".to_owned(),
        }
    }

    /// Tells what is on the reader; false when the reader itself is gone.
    fn look(&mut self, reader: &ReaderState) -> bool {
        let state = reader.event_state();
        if state.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            return false;
        }
        let card = state.contains(State::PRESENT).then(|| reader.event_count());
        self.see(Observed::Reader { name: reader.name().to_owned(), card });
        true
    }

    fn see(&mut self, observed: Observed) {
        if self.last.as_ref() == Some(&observed) {
            return;
        }
        match &observed {
            Observed::Reader { name, card } => {
                info!(reader = %name.to_string_lossy(), card = card.is_some(), "reader");
            }
            Observed::ServiceAway(why) | Observed::NoReader(why) => warn!("no reader: {why}"),
        }
        self.last = Some(observed.clone());
        // Waits while the mailbox is full; fails only when the desk has ended, and then so do we.
        if self.mailbox.send(Message::Observed(observed)).is_err() {
            self.shared.stop();
        }
    }
}

fn reason(error: Error) -> String {
    match error {
        Error::NoService => "pcscd is not running".to_owned(),
        Error::SecurityViolation => "pcscd refuses this user (polkit)".to_owned(),
        error => format!("pcscd does not answer: {error}"),
    }
}
