//! What a store must still say after a cut, given what had been said before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use madoguchi_protocol::ApplicationId;
use madoguchi_store::{EnvelopeKey, Store, set_aside_in};

use crate::sled_alone::SledAlone;
use crate::workload::{NAME, SIZES, Said, day, envelope, letter, value};

/// Longest time to open.
const OPENING: Duration = Duration::from_secs(1);

/// A rule that was broken, by name, and how.
pub type Violation = (&'static str, String);

/// What had been said up to a moment.
#[derive(Clone, Default)]
pub struct Told {
    /// Length and sequence of everything that was ever to be kept, by the keep it belongs to.
    tried: Vec<Vec<EnvelopeKey>>,
    lengths: BTreeMap<EnvelopeKey, (usize, u64)>,
    kept: BTreeSet<EnvelopeKey>,
    delivering: BTreeSet<EnvelopeKey>,
    delivered: BTreeSet<EnvelopeKey>,
    setting_aside: BTreeSet<EnvelopeKey>,
    set_aside: BTreeSet<EnvelopeKey>,
    /// Everything that was set aside may be due again, or not.
    trying: bool,
    again: Vec<EnvelopeKey>,
    /// Files that could not be read as a whole any more.
    damaged: usize,
    leased: Vec<(u16, u16)>,
    took: Vec<u16>,
    remembering: u64,
    remembered: u64,
    /// What was begun and not yet said to be done.
    begun: Option<Said>,
}

impl Told {
    pub fn hear(&mut self, said: Said) {
        match &said {
            Said::Keeping(parts, first) => {
                self.tried.push(parts.iter().map(|(key, _)| *key).collect());
                for ((key, length), sequence) in parts.iter().zip(*first..) {
                    self.lengths.insert(*key, (*length, sequence));
                }
            }
            Said::Kept => {
                if let Some(Said::Keeping(parts, _)) = &self.begun {
                    self.kept.extend(parts.iter().map(|(key, _)| *key));
                }
            }
            Said::Delivering(keys) => self.delivering.extend(keys),
            Said::Delivered => {
                if let Some(Said::Delivering(keys)) = &self.begun {
                    self.delivered.extend(keys);
                }
            }
            Said::SettingAside(key) => drop(self.setting_aside.insert(*key)),
            Said::SetAside => {
                if let Some(Said::SettingAside(key)) = self.begun {
                    self.set_aside.insert(key);
                }
            }
            Said::Trying(again) => {
                self.trying = true;
                // Said before, of none, and afterwards, of those that are due again.
                self.again.clone_from(again);
            }
            Said::Tried => {
                self.trying = false;
                for key in &self.again {
                    self.set_aside.remove(key);
                    self.setting_aside.remove(key);
                }
            }
            Said::Damaging => self.damaged += 1,
            Said::Leasing(first, last) => self.leased.push((*first, *last)),
            Said::Took(number) => self.took.push(*number),
            Said::Remembering(generation) => self.remembering = *generation,
            Said::Remembered => self.remembered = self.remembering,
        }
        self.begun = Some(said);
    }

    /// Opens the store as a device does after a cut, and compares. `goes_on`: also keeps one more
    /// and opens again.
    pub fn check(&self, folder: &Path, goes_on: bool) -> Vec<Violation> {
        let mut broken = Vec::new();
        let begun = Instant::now();
        let mut store = match Store::open(folder) {
            Ok(store) => store,
            Err(error) => return vec![("it opens", format!("{error:?}"))],
        };
        let took = begun.elapsed();
        if took > OPENING {
            broken.push(("it opens within a second", format!("{took:?}")));
        }
        let aside = set_aside_in(folder);
        if aside.len() > self.damaged {
            broken.push(("a cut makes nothing unreadable", format!("{aside:?}")));
        }
        self.check_envelopes(&mut store, &mut broken);
        self.check_tickets(&mut store, &mut broken);
        self.check_remembered(&store, &mut broken);
        if goes_on {
            check_going_on(store, folder, &mut broken);
        }
        broken
    }

    /// The same for sled alone, as far as it goes.
    pub fn check_sled_alone(&self, folder: &Path) -> Vec<Violation> {
        let due = SledAlone::open(folder).and_then(|store| store.due(usize::MAX));
        let due = match due {
            Ok(due) => due,
            Err(error) => return vec![("it opens", format!("{error:?}"))],
        };
        let there: BTreeSet<EnvelopeKey> = due.iter().map(|(key, _)| *key).collect();
        let gone = |key: &&EnvelopeKey| !there.contains(key) && !self.delivering.contains(key);
        let missing = self.kept.iter().filter(gone).count();
        let mut broken = Vec::new();
        if missing > 0 {
            broken.push(("nothing kept is missing", format!("{missing} of {}", self.kept.len())));
        }
        let back = self.delivered.intersection(&there).count();
        if back > 0 {
            broken.push(("nothing delivered comes back", format!("{back}")));
        }
        let whole = |(key, bytes): &(EnvelopeKey, Vec<u8>)| {
            let length = self.lengths.get(key).map(|(length, _)| *length);
            length.is_some_and(|length| envelope(*key, length).bytes == *bytes)
        };
        if !due.iter().all(whole) {
            broken.push(("what is due is what was kept", String::new()));
        }
        broken
    }

    fn check_envelopes(&self, store: &mut Store, broken: &mut Vec<Violation>) {
        let due = match store.due(None, usize::MAX) {
            Ok(due) => due,
            Err(error) => return broken.push(("what is due is told", format!("{error:?}"))),
        };
        let there: BTreeSet<EnvelopeKey> = due.iter().map(|due| due.key).collect();
        let gone = |key: &&EnvelopeKey| {
            !there.contains(key)
                && !self.delivering.contains(key)
                && !self.setting_aside.contains(key)
        };
        let missing: Vec<_> = self.kept.iter().filter(gone).collect();
        if !missing.is_empty() {
            broken.push(("nothing kept is missing", format!("{missing:?}")));
        }
        let back: Vec<_> = self.delivered.intersection(&there).collect();
        if !back.is_empty() {
            broken.push(("nothing delivered comes back", format!("{back:?}")));
        }
        let back: Vec<_> = self.set_aside.intersection(&there).collect();
        if !back.is_empty() && !self.trying {
            broken.push(("nothing refused is sent again", format!("{back:?}")));
        }
        for due in &due {
            let expected = self.lengths.get(&due.key);
            if expected.is_none_or(|(length, _)| envelope(due.key, *length) != *due) {
                broken.push(("what is due is what was kept", format!("{:?}", due.key)));
            }
        }
        let untouched =
            |key: &EnvelopeKey| !self.delivering.contains(key) && !self.setting_aside.contains(key);
        for parts in self.tried.iter().filter(|parts| parts.iter().all(untouched)) {
            let here = parts.iter().filter(|key| there.contains(key)).count();
            if here != 0 && here != parts.len() {
                broken.push(("of a visit all or nothing", format!("{here} of {}", parts.len())));
            }
        }
        let aside = store.waiting().set_aside;
        // While they are tried again, each is in one place or the other.
        let again = self.set_aside.intersection(&there).count();
        if aside + again < self.set_aside.len() || aside > self.setting_aside.len() {
            let said = self.set_aside.len();
            broken.push(("what was refused stays for the operator", format!("{aside}, {said}")));
        }
        let used = self.kept.iter().chain(&there).chain(&self.delivering);
        let used = used.filter_map(|key| self.lengths.get(key)).map(|(_, sequence)| *sequence);
        if let Some(highest) = used.max().filter(|highest| store.next_sequence() <= *highest) {
            let next = store.next_sequence();
            broken.push(("no sequence is used twice", format!("{next} after {highest}")));
        }
    }

    fn check_tickets(&self, store: &mut Store, broken: &mut Vec<Violation>) {
        loop {
            match store.take_ticket(letter(), day()) {
                Ok(Some(number)) => {
                    let number = number.number();
                    if self.took.contains(&number) {
                        broken.push(("no ticket number is given twice", format!("{number}")));
                    }
                    let of = |(first, last): &(u16, u16)| (*first..=*last).contains(&number);
                    if !self.leased.iter().any(of) {
                        broken.push(("only leased numbers are given", format!("{number}")));
                    }
                }
                Ok(None) => return,
                Err(error) => return broken.push(("numbers are given", format!("{error:?}"))),
            }
        }
    }

    fn check_remembered(&self, store: &Store, broken: &mut Vec<Violation>) {
        let recalled = store.recall(NAME);
        let whole = |generation| recalled == Some(value(generation));
        let expected = match (self.remembering, self.remembered) {
            (0, _) => recalled.is_none(),
            (1, 0) => recalled.is_none() || whole(1),
            (trying, done) => whole(trying) || whole(done),
        };
        if !expected {
            let length = recalled.map(|bytes| bytes.len());
            broken.push(("what is remembered is whole", format!("{length:?}")));
        }
        let highest = store.highest_generation(NAME);
        if highest < self.remembered || highest > self.remembering {
            broken.push(("generations never go back", format!("{highest} {}", self.remembered)));
        }
    }
}

fn check_going_on(mut store: Store, folder: &Path, broken: &mut Vec<Violation>) {
    let key = EnvelopeKey { application: ApplicationId::now(), part: 1 };
    let one_more = envelope(key, SIZES[0]);
    let before = store.waiting().due;
    if let Err(error) = store.keep(std::slice::from_ref(&one_more)) {
        return broken.push(("keeping goes on", format!("{error:?}")));
    }
    drop(store);
    let again = Store::open(folder).map(|store| store.waiting().due);
    if again.as_ref().ok() != Some(&(before + 1)) {
        broken.push(("keeping goes on", format!("{again:?} after {before}")));
    }
}
