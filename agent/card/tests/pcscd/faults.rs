//! Faults at commands, through the real pcscd: what a visit is told, and how soon. The table of
//! `tests/faults` has every flow; here are the deadlines, and cards that are really gone.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use madoguchi_card::{CardConfig, CardNews};
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;
use madoguchi_virtual_card::{Fault, Hand, Moment, Trigger};

use crate::counter::{Counter, PIN, hanako};
use crate::namespace::{Pcscd, in_a_system_of_its_own};

/// The table, one line for each command and fault. Written anew with `MADOGUCHI_BLESS=1` by the
/// long test.
const TABLE: &str = "tests/pcscd/faults.txt";

/// The commands of a visit, as in the other table.
const COMMANDS: [&str; 13] = [
    "SELECT JPKI",
    "READ 06",
    "SELECT COMMON",
    "READ RECORD",
    "SELECT TEXT",
    "VERIFY 11, empty",
    "READ 04",
    "READ 04, on",
    "READ 04, to its end",
    "VERIFY 11",
    "READ 02",
    "READ 03",
    "READ 03, to its end",
];
/// How many of them are sent before the value is typed.
const BEFORE_THE_VALUE: u64 = 9;

/// One of each kind: while looking, when asked for the tries, while typing, the value, the
/// attributes, what the issuer signed.
const CHOSEN: [usize; 6] = [0, 5, 7, 9, 10, 11];

/// How long one command may take here.
const COMMAND: Duration = Duration::from_secs(1);
/// How much later a failure may be told: the doubt about a lost answer, and a busy machine.
const SLACK: Duration = Duration::from_secs(4);

const FAULTS: [(&str, Fault); 7] = [
    ("taken before", Fault::Remove(Moment::Before)),
    ("taken inside", Fault::Remove(Moment::Inside)),
    ("taken after", Fault::Remove(Moment::After)),
    ("mute", Fault::Mute(Duration::from_secs(3600))),
    ("no bytes", Fault::Empty),
    ("cut off", Fault::Truncate(12)),
    ("6F00", Fault::Status(0x6F00)),
];

#[test]
fn a_fault_at_a_chosen_command_is_told_in_time() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = counter();
    let written = std::fs::read_to_string(TABLE).expect("the table");
    for line in lines(&counter, &CHOSEN) {
        assert!(written.lines().any(|written| written == line), "not as written: {line}");
    }
    counter.close();
}

#[test]
#[ignore = "long: every command"]
fn a_fault_at_any_command_is_told_in_time() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = counter();
    let all: Vec<usize> = (0..COMMANDS.len()).collect();
    let found = lines(&counter, &all).iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("a text");
        text
    });
    if std::env::var_os("MADOGUCHI_BLESS").is_some() {
        std::fs::write(TABLE, &found).expect("the table is written");
    }
    assert_eq!(found, std::fs::read_to_string(TABLE).expect("the table"));
    counter.close();
}

/// A card side that gives a reader up after a second.
fn counter() -> (Pcscd, Counter) {
    let pcscd = Pcscd::start();
    let counter =
        Counter::open_with(CardConfig { command_deadline: COMMAND, ..CardConfig::default() });
    counter.reader(None, false);
    (pcscd, counter)
}

fn lines(counter: &Counter, commands: &[usize]) -> Vec<String> {
    // One hand: it lets the reader miss a card that was taken.
    let hand = hanako();
    let mut lines = Vec::new();
    for &at in commands {
        for (name, fault) in &FAULTS {
            let told = visit(counter, &hand, at, fault.clone());
            lines.push(format!("{at:>2} {:<20} {name:<13} {told}", COMMANDS[at]));
        }
    }
    lines
}

/// A visit whose card meets the fault at this command: what it is told.
fn visit(counter: &Counter, hand: &Hand, at: usize, fault: Fault) -> String {
    let before = hand.counts();
    let nth = u64::try_from(at).expect("small") + 1;
    hand.plan(Trigger::At(nth), fault);
    let visit = counter.begin(CardKey::Pin);
    hand.lay().expect("laid");
    let mut begun = Instant::now();
    let mut form = false;
    let told = loop {
        match counter.next(visit) {
            CardNews::Present => {}
            CardNews::Usable { tries_left, .. } => {
                assert_eq!(tries_left, 3);
                // A person types for longer than what is done meanwhile.
                if hand.wait_for_commands(before.commands + nth.min(BEFORE_THE_VALUE)) {
                    counter.verify(visit, PIN);
                }
                begun = Instant::now();
            }
            CardNews::Read(attributes) => {
                Counter::assert_whole(&attributes);
                form = true;
            }
            CardNews::Verified(SignatureCheck::Good) => break "verified".to_owned(),
            CardNews::Verified(check) => break format!("form, {check:?}"),
            CardNews::Removed => break "card.removed".to_owned(),
            CardNews::Unusable { failure, .. } => break failure.code.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let took = begun.elapsed();
    assert!(took < COMMAND + SLACK, "{told} was told after {took:?}");
    assert!(!form || told == "verified" || told.starts_with("form"), "{told} after the form");
    let values = hand.counts().verifies - before.verifies;
    assert!(values <= 1, "a value was sent {values} times");
    assert_eq!(hand.tries()["text.11"], (3, 3), "a try was lost");
    counter.card.end(visit);
    hand.take();
    // What was on its way for this visit may come before its end.
    while counter.next(visit) != CardNews::Released {}
    counter.until_empty();
    hand.clear_faults();
    told
}
