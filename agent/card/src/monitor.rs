//! Watches the readers, with a PC/SC context that never touches a card.

use std::ffi::CString;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use madoguchi_protocol::UsbId;
use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};
use tracing::{info, warn};

use crate::desk::Message;
use crate::handle::Shared;
use crate::service::Service;
use crate::usb;

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
    reader: Option<String>,
    shared: &'a Shared,
    mailbox: SyncSender<Message>,
    service: &'a dyn Service,
    last: Option<Observed>,
    /// Vendor and product of the readers that have told them. Such a reader is not asked again
    /// while it is plugged in: asking needs the reader, and may be refused while its card is used.
    known: Vec<(CString, UsbId)>,
}

impl<'a> Monitor<'a> {
    pub fn new(
        reader: Option<String>,
        shared: &'a Shared,
        mailbox: SyncSender<Message>,
        service: &'a dyn Service,
    ) -> Self {
        Self { reader, shared, mailbox, service, last: None, known: Vec::new() }
    }

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
        // Whoever was plugged in under another pcscd may be another device by now.
        self.known.clear();
        self.service.prepare();
        while !self.shared.is_stopping() {
            let names = context.list_readers_owned()?;
            states.truncate(1);
            let usb = self.shared.usb();
            match self.choose(context, &names, usb.as_ref()) {
                Ok(name) => states.push(ReaderState::new(name, State::UNAWARE)),
                Err(fitting) => {
                    let part = self.reader.as_deref();
                    let why = missing(part, usb.as_ref(), names.len(), fitting);
                    self.see(Observed::NoReader(why));
                }
            }
            let relist = Instant::now() + RELIST;
            while Instant::now() < relist && !self.shared.is_stopping() {
                if self.shared.usb() != usb {
                    break;
                }
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

    /// The reader, or how many readers fit.
    fn choose(
        &mut self,
        context: &Context,
        names: &[CString],
        usb: Option<&UsbId>,
    ) -> Result<CString, usize> {
        let known = &mut self.known;
        known.retain(|(known, _)| names.contains(known));
        choose(names, self.reader.as_deref(), usb, |name| {
            remembered(known, name, || usb::id_of(context, name))
        })
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

/// What a reader has told, or tells now. That it did not say is forgotten: it may the next time.
fn remembered(
    known: &mut Vec<(CString, UsbId)>,
    name: &CString,
    ask: impl FnOnce() -> Option<UsbId>,
) -> Option<UsbId> {
    if let Some((_, id)) = known.iter().find(|(known, _)| known == name) {
        return Some(id.clone());
    }
    let id = ask()?;
    info!(reader = %name.to_string_lossy(), usb = %id, "reader");
    known.push((name.clone(), id.clone()));
    Some(id)
}

/// The reader with this in its name and with this USB id, as far as they are wanted; else how many
/// fit. Where an id is wanted, two that have it are none: one of them may have been planted, and
/// their order is nobody's choice.
fn choose(
    names: &[CString],
    part: Option<&str>,
    usb: Option<&UsbId>,
    mut id_of: impl FnMut(&CString) -> Option<UsbId>,
) -> Result<CString, usize> {
    let fits = |name: &&CString| {
        part.is_none_or(|part| name.to_string_lossy().contains(part))
            && usb.is_none_or(|usb| id_of(name).as_ref() == Some(usb))
    };
    match names.iter().filter(fits).collect::<Vec<_>>()[..] {
        [one] => Ok(one.clone()),
        [first, ..] if usb.is_none() => Ok(first.clone()),
        ref fitting => Err(fitting.len()),
    }
}

/// Why there is no reader, of so many of which so many fit.
fn missing(part: Option<&str>, usb: Option<&UsbId>, readers: usize, fitting: usize) -> String {
    match (part, usb) {
        (_, Some(usb)) if fitting > 1 => {
            format!("{fitting} readers are the configured USB device {usb}: which is ours?")
        }
        (_, Some(usb)) if readers > 0 => {
            format!("none of {readers} readers is the configured USB device {usb}")
        }
        (Some(part), _) => format!("none of {readers} readers has {part:?} in its name"),
        (None, _) => "no reader is connected".to_owned(),
    }
}

fn reason(error: Error) -> String {
    match error {
        Error::NoService => "pcscd is not running".to_owned(),
        Error::SecurityViolation => "pcscd refuses this user (polkit)".to_owned(),
        error => format!("pcscd does not answer: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_could_not_be_asked_is_asked_again_and_one_that_told_is_not() {
        let name = CString::from(c"SCM SCR 3310 01 00");
        let id = "04e6:5116".parse::<UsbId>().expect("an id");
        let mut known = Vec::new();
        // As while somebody holds a transaction.
        assert_eq!(remembered(&mut known, &name, || None), None);
        assert_eq!(remembered(&mut known, &name, || Some(id.clone())), Some(id.clone()));
        assert_eq!(remembered(&mut known, &name, || panic!("it has told")), Some(id));
    }

    #[test]
    fn of_several_readers_the_configured_one_is_used_and_no_other() {
        let names = [c"Sony RC-S300 00 00", c"SCM SCR 3310 01 00"].map(CString::from);
        let ids = ["054c:0dc9", "04e6:5116"].map(|id| id.parse::<UsbId>().expect("an id"));
        let id_of = |name: &CString| {
            let at = names.iter().position(|known| known == name)?;
            Some(ids[at].clone())
        };
        let chosen = |part, usb| choose(&names, part, usb, id_of);
        assert_eq!(chosen(None, None).as_ref(), Ok(&names[0]));
        assert_eq!(chosen(Some("SCM"), None).as_ref(), Ok(&names[1]));
        assert_eq!(chosen(None, Some(&ids[1])).as_ref(), Ok(&names[1]));
        // Both are wanted; one that is not there is not replaced.
        assert_eq!(chosen(Some("Sony"), Some(&ids[1])), Err(0));
        let third = "1234:5678".parse().expect("an id");
        assert_eq!(chosen(None, Some(&third)), Err(0));
        // A reader that does not say what it is, is not the configured one.
        assert_eq!(choose(&names, None, Some(&ids[0]), |_| None), Err(0));
        assert_eq!(choose(&names, None, None, |_| panic!("nobody asks")), Ok(names[0].clone()));
    }

    #[test]
    fn of_two_readers_that_are_the_configured_device_none_is_used() {
        let names =
            [c"SCM SCR 3310 00 00", c"SCM SCR 3310 01 00", c"Sony RC-S300"].map(CString::from);
        let twins: UsbId = "04e6:5116".parse().expect("an id");
        let sony: UsbId = "054c:0dc9".parse().expect("an id");
        let id_of = |name: &CString| {
            let is_twin = name.to_string_lossy().starts_with("SCM");
            Some(if is_twin { twins.clone() } else { sony.clone() })
        };
        assert_eq!(choose(&names, None, Some(&twins), id_of), Err(2));
        assert_eq!(choose(&names, Some("SCM"), Some(&twins), id_of), Err(2));
        // Told apart by name, or the look-alike gone.
        let by_name = choose(&names, Some("3310 01"), Some(&twins), id_of);
        assert_eq!(by_name.as_ref(), Ok(&names[1]));
        assert_eq!(choose(&names[1..], None, Some(&twins), id_of).as_ref(), Ok(&names[1]));
        assert_eq!(choose(&names, None, Some(&sony), id_of).as_ref(), Ok(&names[2]));
        let why = missing(None, Some(&twins), 3, 2);
        assert!(why.starts_with("2 readers are the configured"), "{why}");
    }
}
