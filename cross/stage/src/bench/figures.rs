//! What a bench says: tables for people, and one JSON object for machines.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Step;

/// A bar and what was measured.
pub struct Bar {
    id: &'static str,
    value: f64,
    limit: Limit,
    unit: &'static str,
}

/// On which side of its limit a value is well.
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Limit {
    fn value(&self) -> f64 {
        match self {
            Self::AtMost(limit) | Self::AtLeast(limit) => *limit,
        }
    }

    fn sign(&self) -> char {
        match self {
            Self::AtMost(_) => '≤',
            Self::AtLeast(_) => '≥',
        }
    }
}

impl Bar {
    /// One that the value must not pass.
    pub fn at_most(id: &'static str, value: f64, limit: f64, unit: &'static str) -> Self {
        Self { id, value, limit: Limit::AtMost(limit), unit }
    }

    /// One that the value must reach.
    pub fn at_least(id: &'static str, value: f64, limit: f64, unit: &'static str) -> Self {
        Self { id, value, limit: Limit::AtLeast(limit), unit }
    }

    fn ok(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.value <= limit,
            Limit::AtLeast(limit) => self.value >= limit,
        }
    }
}

/// Everything that a bench measured.
pub struct Report {
    bench: &'static str,
    commit: String,
    figures: Map<String, Value>,
    peers: Map<String, Value>,
    bars: Vec<Bar>,
}

impl Report {
    pub fn new(bench: &'static str, commit: &str) -> Self {
        let (figures, peers) = (Map::new(), Map::new());
        Self { bench, commit: commit.to_owned(), figures, peers, bars: Vec::new() }
    }

    pub fn figure(&mut self, name: &str, value: Value) {
        self.figures.insert(name.to_owned(), value);
    }

    pub fn peer(&mut self, name: &str, value: Value) {
        self.peers.insert(name.to_owned(), value);
    }

    pub fn bar(&mut self, bar: Bar) {
        self.bars.push(bar);
    }

    /// Tables first; the object is the last line.
    #[expect(clippy::print_stdout, reason = "the result of the program")]
    pub fn print(mut self, steps: &[Step]) {
        if !steps.is_empty() {
            println!("\nThe steps of a visit, from the touch to the drawn page:\n");
            println!("{:>9} {:>9}  page", "median", "worst");
            for (name, times) in steps {
                println!("{:>6.0} ms {:>6.0} ms  {name}", median_ms(times), worst_ms(times));
            }
        }
        println!("\nFigures:\n");
        for (name, value) in self.figures.iter().chain(&self.peers) {
            println!("  {name}: {value}");
        }
        println!("\n{:<26} {:>12} {:>12}", "bar", "measured", "limit");
        for bar in &self.bars {
            let judged = if bar.ok() { "holds" } else { "FALLS SHORT" };
            let (sign, limit) = (bar.limit.sign(), bar.limit.value());
            println!(
                "{:<26} {:>8.2} {:<3} {sign} {limit:>6} {:<3}  {judged}",
                bar.id, bar.value, bar.unit, bar.unit
            );
        }
        let steps: Map<String, Value> = steps
            .iter()
            .enumerate()
            .map(|(at, (name, times))| {
                (format!("{:02} {name}", at + 1), json!(milliseconds(median(times))))
            })
            .collect();
        if !steps.is_empty() {
            self.figures.insert("steps_ms".to_owned(), steps.into());
        }
        let bars = self.bars.iter().map(|bar| {
            let (value, limit) = (bar.value, bar.limit.value());
            json!({"id": bar.id, "value": value, "limit": limit, "ok": bar.ok()})
        });
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "\n{}",
            json!({
                "bench": self.bench,
                "figures": self.figures,
                "peers": self.peers,
                "bars": bars.collect::<Vec<_>>(),
                "commit": self.commit,
                "cores": cores,
            })
        );
    }
}

/// The middle one; of an even number, the upper of the two. Zero of none.
pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// What 99 of a hundred do not exceed (nearest rank). Zero of none.
pub fn p99(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * 99).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The longest. Zero of none.
pub fn worst(times: &[Duration]) -> Duration {
    times.iter().max().copied().unwrap_or_default()
}

/// To a tenth, never downwards: a bar is not reached by rounding.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).ceil() / 10.0
}

fn median_ms(times: &[Duration]) -> f64 {
    milliseconds(median(times))
}

fn worst_ms(times: &[Duration]) -> f64 {
    milliseconds(worst(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_never_flattered() {
        let of = |times: &[u64]| {
            let times: Vec<_> = times.iter().map(|ms| Duration::from_millis(*ms)).collect();
            (milliseconds(median(&times)), milliseconds(worst(&times)))
        };
        assert_eq!(of(&[4, 1, 3, 2]), (3.0, 4.0));
        assert_eq!(of(&[5, 1, 3]), (3.0, 5.0));
        assert_eq!(of(&[]), (0.0, 0.0));
    }

    #[test]
    fn a_bar_holds_up_to_its_limit() {
        assert!(Bar::at_most("x", 34.0, 34.0, "ms").ok());
        assert!(!Bar::at_most("x", 34.1, 34.0, "ms").ok());
        assert!(Bar::at_least("x", 0.7, 0.7, "×").ok());
        assert!(!Bar::at_least("x", 0.6, 0.7, "×").ok());
    }
}
