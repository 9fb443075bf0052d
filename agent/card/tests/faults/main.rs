//! Every command of every flow × every fault of a card, in one table that a person can read.
//!
//! Here without a reader: the virtual card behind the crate's `Link`. `tests/pcscd` does the same
//! through the real pcscd, where the deadlines are, and where a card is really taken away.

mod broken;
mod flows;
mod table;

use broken::{BrokenLink, CASES, Case};
use flows::{FLOWS, Flow, Got, WANTED};
use madoguchi_card::Trouble;
use table::Table;

/// The table as it was read by a person and found good. Written anew with `MADOGUCHI_BLESS=1`.
const TABLE: &str = "tests/faults/table.txt";

#[test]
fn every_fault_at_every_command_ends_as_it_is_written() {
    let mut table = Table::default();
    for flow in FLOWS {
        let mut whole = BrokenLink::sound(flow.card());
        let outcome = told(flow.run(&mut whole));
        assert_eq!(outcome, flow.whole, "{}: the sound card", flow.name);
        assert_eq!(whole.values_sent(), flow.values, "{}: the sound card", flow.name);
        let commands = whole.into_commands();
        let rows = commands.iter().enumerate().map(|(at, command)| {
            let outcomes = CASES.iter().map(|case| broken_at(flow, at, case));
            (table::name(command), outcomes.collect())
        });
        table.add(flow.name, flow.whole, rows.collect());
    }
    let found = table.to_string();
    if std::env::var_os("MADOGUCHI_BLESS").is_some() {
        std::fs::write(TABLE, &found).expect("the table is written");
    }
    let written = std::fs::read_to_string(TABLE).expect("the table: MADOGUCHI_BLESS=1 writes it");
    let differing = found.lines().zip(written.lines()).find(|(found, written)| found != written);
    assert!(found == written, "not as written: {differing:#?}");
}

/// What comes of the flow when this command is met by this fault. The card counts the values.
fn broken_at(flow: &Flow, at: usize, case: &Case) -> String {
    let mut link = BrokenLink::broken(flow.card(), at, case);
    let outcome = told(flow.run(&mut link));
    let place = format!("{}, command {at}, {}: {outcome}", flow.name, case.name);
    assert!(link.values_sent() <= 1, "{place}: a value was sent twice");
    assert!(link.values_seen() <= 1, "{place}: the card was given a value twice");
    // Whatever becomes of it, a sound card can be used again: no try was lost.
    assert!(link.tries_are_full(flow), "{place}: a try was lost");
    outcome
}

/// What came of it: a word, or the code of the failure. Never a part of what was wanted.
fn told(outcome: Result<Got, Trouble>) -> String {
    match &outcome {
        Ok(Got::Form(read, _)) => {
            assert_eq!(read.keys().copied().collect::<Vec<_>>(), WANTED);
            let values = read.values().map(|read| read.value.expose().as_str());
            let all = ["検証　花子", "常盤県常盤市本町一丁目２番３号", "19800217"];
            assert_eq!(values.collect::<Vec<_>>(), all);
        }
        Ok(Got::Face(face)) => {
            assert_eq!((face.birth_date.as_str(), face.expiry.as_str()), ("19800217", "20350217"));
        }
        _ => {}
    }
    outcome.map_or_else(|trouble| trouble.failure().code.to_string(), |got| got.to_string())
}
