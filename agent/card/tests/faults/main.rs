//! Every command of every flow × every fault of a card, in one table that a person can read.
//!
//! Here without a reader: the virtual card behind the crate's `Link`. `tests/pcscd` does the same
//! through the real pcscd, where the deadlines are, and where a card is really taken away.

mod broken;
mod flows;
mod table;

use broken::{BrokenLink, FAULTS, Fault};
use flows::{FLOWS, Flow};
use table::Table;

/// The table as it was read by a person and found good. Written anew with `MADOGUCHI_BLESS=1`.
const TABLE: &str = "tests/faults/table.txt";

#[test]
fn every_fault_at_every_command_ends_as_it_is_written() {
    let mut table = Table::default();
    for flow in FLOWS {
        let mut whole = BrokenLink::sound(flow.card());
        let outcome = flow.run(&mut whole);
        assert_eq!(outcome, flow.whole, "{}: the sound card", flow.name);
        assert_eq!(whole.values_sent(), flow.values, "{}: the sound card", flow.name);
        let commands = whole.into_commands();
        let rows = commands.iter().enumerate().map(|(at, command)| {
            let outcomes = FAULTS.iter().map(|fault| broken_at(flow, at, *fault));
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
fn broken_at(flow: &Flow, at: usize, fault: Fault) -> String {
    let mut link = BrokenLink::broken(flow.card(), at, fault);
    let outcome = flow.run(&mut link);
    let place = format!("{}, command {at}, {fault:?}: {outcome}", flow.name);
    assert!(link.values_sent() <= 1, "{place}: a value was sent twice");
    assert!(link.values_seen() <= 1, "{place}: the card was given a value twice");
    // Whatever becomes of it, a sound card can be used again: no try was lost.
    assert!(link.tries_are_full(flow), "{place}: a try was lost");
    outcome
}
