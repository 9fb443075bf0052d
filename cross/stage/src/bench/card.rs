//! `madoguchi-stage bench card`: the bars `card.*`, and what other readers of the card need for the
//! same result, in one run.

mod own;
mod peers;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use madoguchi_stage::{Reader, Stop};
use madoguchi_virtual_card::{Card, Hand, Person, Timing};
use serde_json::{Value, json};

use super::figures::{Bar, Report, milliseconds};
use super::{Options, load, say};
use peers::Cost;

/// Where the people of the virtual card are, in the clone.
const HANAKO: &str = "agent/simulators/mynumber-card/people/hanako.toml";
/// Visits of which the own time is told, after some that are not counted.
const VISITS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures, prints a table, and the report as one JSON object in the last line.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    let work = options.work.clone().context("a folder to work in")?;
    let _reader = Reader::start(&work, stop)?;
    let hand = hand(&options.repository)?;
    let mut report = Report::new("card", &options.commit);
    report.figure("load_before", json!(load()?));

    say("visits, with a card that takes no time");
    let visits = own::measure(&hand, VISITS)?;
    report.figure("own_ms", visits.own_ms());
    report.figure("own_of_that_connecting_ms", visits.connecting_ms());
    report.figure("own_of_that_besides_ms", visits.besides_ms());
    report.figure("release_ms", visits.release_ms());
    report.figure("visit_apdus", json!(visits.commands));

    let mut rows = Vec::new();
    for timing in [Timing::Contact, Timing::Contactless] {
        say(&format!("ours, OpenSC and myna-card, with the time of a card: {timing}"));
        hand.take_time(timing);
        for cost in peers::compare(&hand, &work)? {
            rows.push((timing, cost));
        }
    }
    hand.take_time(Timing::Instant);
    print(&rows);
    for (timing, cost) in &rows {
        let name = format!("{}, {}, {timing}", cost.task, cost.who);
        if cost.who == peers::OURS {
            report.figure(&name, told(cost));
        } else {
            report.peer(&name, told(cost));
        }
    }
    report.figure("load_after", json!(load()?));

    report.bar(Bar::at_most("card.after_pin", f64::from(visits.after_pin), 2.0, ""));
    report.bar(Bar::at_most("card.verified", f64::from(visits.verified), 4.0, ""));
    report.bar(Bar::at_most("card.own", milliseconds(visits.own_p99()), 5.0, "ms"));
    report.bar(Bar::at_most("card.not_fewer", f64::from(not_fewer(&rows)?), 0.0, ""));
    report.print(&[]);
    Ok(())
}

/// In how many comparisons a peer needs no more commands for the same than ours.
fn not_fewer(rows: &[(Timing, Cost)]) -> Result<u32> {
    let mut count = 0;
    for (timing, peer) in rows.iter().filter(|(_, cost)| cost.who != peers::OURS) {
        let is_it = |(of, cost): &&(Timing, Cost)| {
            (of, cost.task, cost.who) == (timing, peer.task, peers::OURS)
        };
        let (_, ours) = rows.iter().find(is_it).context("a peer does what ours does not")?;
        count += u32::from(ours.apdus >= peer.apdus);
    }
    Ok(count)
}

/// Hanako's card, before the reader.
fn hand(repository: &Path) -> Result<Hand> {
    let person = Person::read(&repository.join(HANAKO)).context("read the person of the card")?;
    let vpcd: SocketAddr = "127.0.0.1:35963".parse().context("an address")?;
    Ok(Hand::holding(Card::new(&person), vpcd, PATIENCE))
}

fn told(cost: &Cost) -> Value {
    json!({ "apdus": cost.apdus, "ms": milliseconds(cost.time) })
}

#[expect(clippy::print_stdout, reason = "the result of the program")]
fn print(rows: &[(Timing, Cost)]) {
    println!("\nThe same result, by whom:\n");
    println!("{:<24} {:<10} {:<12} {:>6} {:>10}", "what", "who", "card", "APDUs", "time");
    for (timing, Cost { task, who, apdus, time }) in rows {
        let ms = milliseconds(*time);
        println!("{task:<24} {who:<10} {:<12} {apdus:>6} {ms:>7.0} ms", timing.to_string());
    }
}
