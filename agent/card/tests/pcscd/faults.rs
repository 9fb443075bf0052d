//! Faults at commands, through the real pcscd: what a visit is told, and how soon. The table of
//! `tests/faults` has every fault; here are the deadlines, and cards that are really gone.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use madoguchi_card::{CardConfig, CardNews, Errand};
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;
use madoguchi_virtual_card::{Fault, Hand, Moment, Trigger};

use crate::counter::{Counter, electronic, hanako};
use crate::namespace::{Pcscd, in_a_system_of_its_own};

/// The tables, one for each errand, one line for each command and fault. Written anew with
/// `MADOGUCHI_BLESS=1` by the long tests.
const TABLES: &str = "tests/pcscd/faults";

/// How long one command may take here.
const COMMAND: Duration = Duration::from_secs(1);
/// How much later a failure may be told: the doubt about a lost answer, and a busy machine.
const SLACK: Duration = Duration::from_secs(4);

/// An errand, and where it is met by what.
struct Table {
    /// Of its file.
    name: &'static str,
    errand: Errand,
    /// Its key, as the virtual card names it, and the tries of a fresh one.
    key: (&'static str, u8),
    /// Its commands, as in the other table.
    commands: &'static [&'static str],
    /// How many of them are sent before the value is typed.
    before_the_value: u64,
    /// One command of each kind.
    chosen: &'static [usize],
    faults: Vec<(&'static str, Fault)>,
}

/// While looking, when asked for the tries, while typing, the value, the attributes, what the
/// issuer signed.
fn form() -> Table {
    Table {
        name: "form",
        errand: CardKey::Pin.into(),
        key: ("text.11", 3),
        commands: &[
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
        ],
        before_the_value: 9,
        chosen: &[0, 5, 7, 9, 10, 11],
        faults: vec![
            ("taken before", Fault::Remove(Moment::Before)),
            ("taken inside", Fault::Remove(Moment::Inside)),
            ("taken after", Fault::Remove(Moment::After)),
            ("mute", Fault::Mute(Duration::from_secs(3600))),
            ("no bytes", Fault::Empty),
            ("cut off", Fault::Truncate(12)),
            ("6F00", Fault::Status(0x6F00)),
        ],
    }
}

/// What ends a session in another way than a status word.
fn hard() -> Vec<(&'static str, Fault)> {
    vec![
        ("taken inside", Fault::Remove(Moment::Inside)),
        ("mute", Fault::Mute(Duration::from_secs(3600))),
        ("no bytes", Fault::Empty),
    ]
}

/// The value, the beginning of the face, its name.
fn face() -> Table {
    Table {
        name: "face",
        errand: Errand::Face,
        key: ("face.12", 10),
        commands: &[
            "SELECT JPKI",
            "READ 06",
            "SELECT COMMON",
            "READ RECORD",
            "SELECT FACE",
            "VERIFY 12, empty",
            "READ 03",
            "READ 03, to its end",
            "VERIFY 12",
            "READ 02",
            "READ an object",
            "READ an object",
            "READ an object",
            "READ an object",
        ],
        before_the_value: 8,
        chosen: &[8, 9, 11],
        faults: hard(),
    }
}

/// The certificate, the value, the signature.
fn authentication() -> Table {
    Table {
        name: "authentication",
        errand: Errand::Authentication,
        key: ("jpki.18", 3),
        commands: &[
            "SELECT JPKI",
            "READ 06",
            "SELECT COMMON",
            "READ RECORD",
            "SELECT JPKI",
            "READ 08",
            "VERIFY 18, empty",
            "READ 0A",
            "READ 0A, on",
            "READ 0A, on",
            "READ 0A, on",
            "READ 0A, on",
            "READ 0A, to its end",
            "VERIFY 18",
            "SIGN 17",
        ],
        before_the_value: 13,
        chosen: &[7, 13, 14],
        faults: hard(),
    }
}

/// The value, the certificate behind it, the signature.
fn signature() -> Table {
    Table {
        name: "signature",
        errand: Errand::Signature(electronic()),
        key: ("jpki.1b", 5),
        commands: &[
            "SELECT JPKI",
            "READ 06",
            "SELECT COMMON",
            "READ RECORD",
            "SELECT JPKI",
            "READ 08",
            "VERIFY 1B, empty",
            "VERIFY 1B",
            "READ 01",
            "READ 01, on",
            "READ 01, on",
            "READ 01, on",
            "READ 01, on",
            "READ 01, on",
            "READ 01, to its end",
            "SIGN 1A",
        ],
        before_the_value: 7,
        chosen: &[7, 8, 15],
        faults: hard(),
    }
}

#[test]
fn a_fault_at_a_chosen_command_of_the_form_is_told_in_time() {
    in_a_system_of_its_own!();
    some_of(&form());
}

#[test]
fn a_fault_at_a_chosen_command_of_the_face_is_told_in_time() {
    in_a_system_of_its_own!();
    some_of(&face());
}

#[test]
fn a_fault_at_a_chosen_command_of_an_authentication_is_told_in_time() {
    in_a_system_of_its_own!();
    some_of(&authentication());
}

#[test]
fn a_fault_at_a_chosen_command_of_a_signature_is_told_in_time() {
    in_a_system_of_its_own!();
    some_of(&signature());
}

#[test]
#[ignore = "long: every command"]
fn a_fault_at_any_command_of_the_form_is_told_in_time() {
    in_a_system_of_its_own!();
    all_of(&form());
}

#[test]
#[ignore = "long: every command"]
fn a_fault_at_any_command_of_the_face_is_told_in_time() {
    in_a_system_of_its_own!();
    all_of(&face());
}

#[test]
#[ignore = "long: every command"]
fn a_fault_at_any_command_of_an_authentication_is_told_in_time() {
    in_a_system_of_its_own!();
    all_of(&authentication());
}

#[test]
#[ignore = "long: every command"]
fn a_fault_at_any_command_of_a_signature_is_told_in_time() {
    in_a_system_of_its_own!();
    all_of(&signature());
}

fn some_of(table: &Table) {
    let written = table.written();
    for line in table.lines(table.chosen.iter().copied()) {
        assert!(written.lines().any(|written| written == line), "not as written: {line}");
    }
}

fn all_of(table: &Table) {
    let found =
        table.lines(0..table.commands.len()).iter().fold(String::new(), |mut text, line| {
            writeln!(text, "{line}").expect("a text");
            text
        });
    if std::env::var_os("MADOGUCHI_BLESS").is_some() {
        std::fs::write(table.file(), &found).expect("the table is written");
    }
    assert_eq!(found, table.written());
}

impl Table {
    fn file(&self) -> String {
        format!("{TABLES}/{}.txt", self.name)
    }

    fn written(&self) -> String {
        std::fs::read_to_string(self.file()).expect("the table")
    }

    /// With a card side that gives a reader up after a second.
    fn lines(&self, commands: impl Iterator<Item = usize>) -> Vec<String> {
        let _pcscd = Pcscd::start();
        let counter =
            Counter::open_with(CardConfig { command_deadline: COMMAND, ..CardConfig::default() });
        counter.reader(None, false);
        // One hand: it lets the reader miss a card that was taken.
        let hand = hanako();
        let mut lines = Vec::new();
        for at in commands {
            for (name, fault) in &self.faults {
                let told = self.visit(&counter, &hand, at, fault.clone());
                lines.push(format!("{at:>2} {:<20} {name:<13} {told}", self.commands[at]));
            }
        }
        counter.close();
        lines
    }

    /// A visit whose card meets the fault at this command: what it is told.
    fn visit(&self, counter: &Counter, hand: &Hand, at: usize, fault: Fault) -> String {
        let before = hand.counts();
        let nth = u64::try_from(at).expect("small") + 1;
        hand.plan(Trigger::At(nth), fault);
        let visit = counter.begin(self.errand);
        hand.lay().expect("laid");
        let mut begun = Instant::now();
        let mut form = false;
        let told = loop {
            match counter.next(visit) {
                CardNews::Present => {}
                CardNews::Usable { key, tries_left } => {
                    assert_eq!((key, tries_left), (self.errand.key(), self.key.1));
                    // A person types for longer than what is done meanwhile.
                    if hand.wait_for_commands(before.commands + nth.min(self.before_the_value)) {
                        counter.give(visit, key);
                    }
                    begun = Instant::now();
                }
                CardNews::Discloses(disclosure) => {
                    counter.sign(visit, disclosure);
                    begun = Instant::now();
                }
                CardNews::Read(attributes) => {
                    Counter::assert_whole(&attributes);
                    form = true;
                }
                CardNews::Verified(SignatureCheck::Good) => break "verified".to_owned(),
                CardNews::Verified(check) => break format!("form, {check:?}"),
                CardNews::Face { face, .. } => {
                    assert_eq!(face.expiry, "20350217");
                    break "face".to_owned();
                }
                CardNews::Authenticated(signed) | CardNews::Signed(signed) => {
                    Counter::assert_signed(&signed);
                    break format!("signed, {:?}", signed.check.issuer);
                }
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
        let (key, tries) = self.key;
        assert_eq!(hand.tries()[key], (tries, tries), "a try was lost");
        counter.card.end(visit);
        hand.take();
        // What was on its way for this visit may come before its end.
        while counter.next(visit) != CardNews::Released {}
        counter.until_empty();
        hand.clear_faults();
        told
    }
}
