//! What a device does with its store in a few days, and what it is told: one session after the
//! other, each a process of its own, ended in good order or not.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use fastrand::Rng;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock};
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, Grain, KeptEnvelope, Store};

use crate::sled_alone::SledAlone;
use crate::trace::SAYS;

/// Sessions of a recording.
pub const SESSIONS: u64 = 6;
const STEPS: usize = 80;

/// The session after which something in the journal cannot be read any more.
const DAMAGED: u64 = 2;

/// So that a session begins several files, gives them back, and makes its index anew.
const SMALL: Grain = Grain { file: 256 << 10, slack: 256 << 10, index: 1 };

/// The five size classes of an envelope, with what stands around them.
pub const SIZES: [usize; 5] = [5_400, 9_500, 17_700, 34_100, 62_800];

/// The value that is remembered.
pub const NAME: &str = "bundle-packs";

/// What a process says: what it is about to do, and what it was told is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Keeping(Vec<(EnvelopeKey, usize)>, u64),
    Kept,
    Delivering(Vec<EnvelopeKey>),
    Delivered,
    SettingAside(EnvelopeKey),
    SetAside,
    Trying(Vec<EnvelopeKey>),
    Tried,
    Damaging,
    Leasing(u16, u16),
    Took(u16),
    Remembering(u64),
    Remembered,
}

/// The bytes of an envelope: known from its key and length.
pub fn envelope(key: EnvelopeKey, length: usize) -> KeptEnvelope {
    let id = key.application.as_bytes();
    let seed = u64::from_be_bytes(*id.last_chunk().expect("16 bytes")) ^ u64::from(key.part);
    let mut bytes = vec![0; length];
    Rng::with_seed(seed).fill(&mut bytes);
    KeptEnvelope { key, visit: VisitId::from_bytes(*id), bytes }
}

/// The value remembered in a generation.
pub fn value(generation: u64) -> Vec<u8> {
    let mut bytes = vec![0; 3_000 + (generation as usize * 977) % 20_000];
    Rng::with_seed(generation).fill(&mut bytes);
    bytes
}

pub fn letter() -> SectionLetter {
    'A'.try_into().expect("a letter")
}

pub fn day() -> BusinessDay {
    "2026-11-22".parse().expect("a day")
}

/// What comes after a cut: an opening, and the next cut.
pub fn run_opening(folder: &Path) {
    drop(Store::open(folder).expect("opens"));
    std::process::abort();
}

/// One session. Whether it ends in good order is up to the chance of the seed.
pub fn run(folder: &Path, seed: u64, session: u64) {
    let mut rng = Rng::with_seed(seed ^ (session << 32));
    let mut says = Speaker(File::create(SAYS).expect("where things are said"));
    let grain = if session % 2 == 1 { SMALL } else { Grain::USUAL };
    let mut store = Store::open_in_pieces(folder, grain).expect("opens");
    // The core never leases a number twice, whatever the device forgets.
    let mut next_block = 1 + u16::try_from(session).expect("few sessions") * 150;
    if session == DAMAGED {
        mark_earlier(&mut store, &mut says);
    }
    for _ in 0..STEPS {
        match rng.u8(..20) {
            0..=8 => keep(&mut store, &mut rng, &mut says),
            9..=13 => deliver(&mut store, &mut rng, &mut says),
            14 if session != DAMAGED && rng.bool() => try_again(&mut store, &mut says),
            14 => set_aside(&mut store, &mut rng, &mut says),
            15..=17 => take(&mut store, &mut rng, &mut says, &mut next_block),
            18 => remember(&mut store, &mut says),
            _ => store.settle().expect("settled"),
        }
    }
    if session + 1 == DAMAGED {
        keep_parts(&mut store, &visit_of(3, &mut rng), &mut says);
    }
    if session == DAMAGED {
        damage(&mut store, folder, &mut says);
    } else if rng.bool() {
        store.settle().expect("settled");
    }
    // Killed rather than ended: nothing is closed, nothing is dropped.
    std::process::abort();
}

/// The same with sled alone, as far as it goes.
pub fn run_sled_alone(folder: &Path, seed: u64, session: u64) {
    let mut rng = Rng::with_seed(seed ^ (session << 32));
    let mut says = Speaker(File::create(SAYS).expect("where things are said"));
    let store = SledAlone::open(folder).expect("opens");
    for _ in 0..STEPS {
        if rng.u8(..14) < 9 {
            let parts: Vec<KeptEnvelope> = visit(&mut rng);
            says.say(&Said::Keeping(lengths(&parts), 0));
            let parts: Vec<_> = parts.into_iter().map(|part| (part.key, part.bytes)).collect();
            store.keep(&parts).expect("kept");
            says.say(&Said::Kept);
        } else {
            let due = store.due(rng.usize(1..10)).expect("due");
            let keys: Vec<EnvelopeKey> = due.iter().map(|(key, _)| *key).collect();
            says.say(&Said::Delivering(keys.clone()));
            store.delivered(&keys).expect("delivered");
            says.say(&Said::Delivered);
        }
    }
    std::process::abort();
}

fn visit(rng: &mut Rng) -> Vec<KeptEnvelope> {
    let count = rng.u8(1..4);
    visit_of(count, rng)
}

fn visit_of(count: u8, rng: &mut Rng) -> Vec<KeptEnvelope> {
    let envelope = |_| {
        let key = EnvelopeKey { application: ApplicationId::now(), part: 1 };
        envelope(key, SIZES[rng.usize(..SIZES.len())])
    };
    (0..count).map(envelope).collect()
}

fn lengths(parts: &[KeptEnvelope]) -> Vec<(EnvelopeKey, usize)> {
    parts.iter().map(|part| (part.key, part.bytes.len())).collect()
}

fn keep(store: &mut Store, rng: &mut Rng, says: &mut Speaker) {
    keep_parts(store, &visit(rng), says);
}

fn keep_parts(store: &mut Store, parts: &[KeptEnvelope], says: &mut Speaker) {
    says.say(&Said::Keeping(lengths(parts), store.next_sequence()));
    store.keep(parts).expect("kept");
    says.say(&Said::Kept);
}

fn deliver(store: &mut Store, rng: &mut Rng, says: &mut Speaker) {
    let limit = rng.usize(1..10);
    let due = if rng.bool() {
        store.due(None, limit)
    } else {
        store.newest_due("2020-01-01T00:00:00Z".parse().expect("a time"), None, limit)
    };
    deliver_all(store, due.expect("due").iter().map(|due| due.key).collect(), says);
}

fn deliver_all(store: &mut Store, keys: Vec<EnvelopeKey>, says: &mut Speaker) {
    says.say(&Said::Delivering(keys.clone()));
    // Carried away on a medium or sent: for the store it is the same word.
    let forgotten = if keys.len().is_multiple_of(3) {
        store.handed_over(&keys)
    } else {
        store.delivered_all(&keys)
    };
    forgotten.expect("forgotten");
    says.say(&Said::Delivered);
}

fn set_aside(store: &mut Store, rng: &mut Rng, says: &mut Speaker) {
    let due = store.due(None, 5).expect("due");
    let Some(poison) = rng.choice(due) else { return };
    refuse(store, poison.key, says);
}

fn refuse(store: &mut Store, key: EnvelopeKey, says: &mut Speaker) {
    says.say(&Said::SettingAside(key));
    store.set_aside(key).expect("set aside");
    says.say(&Said::SetAside);
}

fn try_again(store: &mut Store, says: &mut Speaker) {
    // What it says only afterwards; nothing but what was refused can be meant.
    says.say(&Said::Trying(Vec::new()));
    let again = store.try_again(&[]).expect("tried again");
    says.say(&Said::Trying(again));
    says.say(&Said::Tried);
}

/// Of what an earlier session kept together, one is delivered and one refused: the damaged file says
/// so of a file that stays.
fn mark_earlier(store: &mut Store, says: &mut Speaker) {
    let newest = store.newest_due("2020-01-01T00:00:00Z".parse().expect("a time"), None, 2);
    let newest = newest.expect("due");
    deliver_all(store, vec![newest[0].key], says);
    refuse(store, newest[1].key, says);
}

/// A sector goes bad in which nothing stands that anybody waits for.
fn damage(store: &mut Store, folder: &Path, says: &mut Speaker) {
    let victim = visit_of(1, &mut Rng::with_seed(1)).remove(0);
    keep_parts(store, std::slice::from_ref(&victim), says);
    deliver_all(store, vec![victim.key], says);
    let files = std::fs::read_dir(folder.join("outbox")).expect("an outbox");
    let files = files.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    for path in files {
        let bytes = std::fs::read(&path).expect("read");
        let found = bytes.windows(victim.bytes.len()).position(|window| window == victim.bytes);
        let Some(at) = found else { continue };
        says.say(&Said::Damaging);
        let file = File::options().write(true).open(&path).expect("there");
        file.write_all_at(&[!bytes[at]], at as u64).expect("written");
        file.sync_all().expect("synced");
        return;
    }
    panic!("what was kept stands somewhere");
}

fn take(store: &mut Store, rng: &mut Rng, says: &mut Speaker, next_block: &mut u16) {
    if store.tickets_left(letter(), day()) == 0 {
        let (first, last) = (*next_block, *next_block + 11);
        says.say(&Said::Leasing(first, last));
        let block = TicketBlock { business_day: day(), letter: letter(), first, last };
        store.add_block(&block).expect("leased");
        *next_block = last + 1;
    }
    for _ in 0..rng.u8(1..6) {
        let taken = store.take_ticket(letter(), day()).expect("counters");
        let Some(number) = taken else { return };
        says.say(&Said::Took(number.number()));
    }
}

fn remember(store: &mut Store, says: &mut Speaker) {
    let generation = store.highest_generation(NAME) + 1;
    says.say(&Said::Remembering(generation));
    store.remember_generation(NAME, generation, &value(generation)).expect("remembered");
    says.say(&Said::Remembered);
}

struct Speaker(File);

impl Speaker {
    fn say(&mut self, said: &Said) {
        // One write.
        self.0.write_all(said.to_string().as_bytes()).expect("said");
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keeping(parts, sequence) => {
                write!(f, "keeping {sequence}")?;
                for (key, length) in parts {
                    write!(f, " {} {length}", key.application)?;
                }
                Ok(())
            }
            Self::Kept => f.write_str("kept"),
            Self::Delivering(keys) => {
                f.write_str("delivering")?;
                keys.iter().try_for_each(|key| write!(f, " {}", key.application))
            }
            Self::Delivered => f.write_str("delivered"),
            Self::SettingAside(key) => write!(f, "setting-aside {}", key.application),
            Self::SetAside => f.write_str("set-aside"),
            Self::Trying(keys) => {
                f.write_str("trying")?;
                keys.iter().try_for_each(|key| write!(f, " {}", key.application))
            }
            Self::Tried => f.write_str("tried"),
            Self::Damaging => f.write_str("damaging"),
            Self::Leasing(first, last) => write!(f, "leasing {first} {last}"),
            Self::Took(number) => write!(f, "took {number}"),
            Self::Remembering(generation) => write!(f, "remembering {generation}"),
            Self::Remembered => f.write_str("remembered"),
        }
    }
}

impl Said {
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let what = words.next().expect("a word");
        let mut number = || words.next().expect("a number").parse::<u64>().expect("a number");
        let key = |word: &str| EnvelopeKey { application: word.parse().expect("an id"), part: 1 };
        match what {
            "keeping" => {
                let sequence = number();
                let words: Vec<&str> = words.collect();
                let part = |pair: &[&str]| (key(pair[0]), pair[1].parse().expect("a length"));
                Self::Keeping(words.chunks(2).map(part).collect(), sequence)
            }
            "kept" => Self::Kept,
            "delivering" => Self::Delivering(words.map(key).collect()),
            "delivered" => Self::Delivered,
            "setting-aside" => Self::SettingAside(key(words.next().expect("an id"))),
            "set-aside" => Self::SetAside,
            "trying" => Self::Trying(words.map(key).collect()),
            "tried" => Self::Tried,
            "damaging" => Self::Damaging,
            "leasing" => Self::Leasing(number() as u16, number() as u16),
            "took" => Self::Took(number() as u16),
            "remembering" => Self::Remembering(number()),
            "remembered" => Self::Remembered,
            other => panic!("nobody says {other}"),
        }
    }
}
