//! How an entry holds the one before it, and what a walk along the entries finds.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::digest::{hex, sha256};

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// The hash of an entry: over the hash of the one before it (zeros before the first), its number and its
/// bytes.
pub(super) fn link(before: &Hash, number: i64, entry: &str) -> Hash {
    let hash = sha256(&[b"madoguchi audit v1\0", before, &number.to_be_bytes(), entry.as_bytes()]);
    hash.try_into().unwrap_or_default()
}

/// How far a record is: the number of its last entry and its hash. Written `NUMBER:HASH`, the hash in
/// hexadecimal; kept elsewhere, it proves of the record that everything up to there is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Of the last entry, from 1; 0 for an empty record.
    pub number: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Of a record without an entry.
    pub(super) const NONE: Self = Self { number: 0, hash: [0; 32] };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex(&self.hash))
    }
}

/// Not a head as `audit verify` prints it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not NUMBER:HASH as `audit verify` prints it")]
pub struct BadHead;

impl FromStr for Head {
    type Err = BadHead;

    fn from_str(text: &str) -> Result<Self, BadHead> {
        let (number, hash) = text.split_once(':').ok_or(BadHead)?;
        let number: i64 = number.parse().ok().filter(|number| *number >= 0).ok_or(BadHead)?;
        let digit = |at: usize| u8::from_str_radix(hash.get(2 * at..2 * at + 2)?, 16).ok();
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadHead);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = digit(at).ok_or(BadHead)?;
        }
        Ok(Self { number, hash: bytes })
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// This entry, or the hash beside it, is not what was written.
    Changed(i64),
    /// These entries are gone, from the first to the last.
    Missing(i64, i64),
    /// The record ends before what is known to have been there.
    Cut {
        /// The last entry that is there.
        last: i64,
        /// The number that was reached once.
        reached: i64,
    },
    /// At this number the record was another one.
    Rewritten(i64),
    /// An anchor that the office did not sign.
    Anchor {
        /// Of which business day.
        day: String,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(number) => write!(f, "entry {number} was changed"),
            Self::Missing(first, last) if first == last => write!(f, "entry {first} is missing"),
            Self::Missing(first, last) => write!(f, "entries {first} to {last} are missing"),
            Self::Cut { last, reached } => {
                write!(f, "the end is cut off: entry {reached} was there, the last one is {last}")
            }
            Self::Rewritten(number) => {
                write!(f, "up to entry {number} the record is not what it was")
            }
            Self::Anchor { day, why } => write!(f, "the anchor of {day} does not count: {why}"),
        }
    }
}

/// A walk along the entries in their order.
pub(super) struct Walk {
    last: Head,
    /// What is known of the record from elsewhere, by number.
    known: BTreeMap<i64, Vec<Hash>>,
    findings: Vec<Finding>,
}

impl Walk {
    /// With heads that are known from elsewhere.
    pub(super) fn begin(known: impl IntoIterator<Item = Head>) -> Self {
        let mut by_number: BTreeMap<i64, Vec<Hash>> = BTreeMap::new();
        for Head { number, hash } in known {
            by_number.entry(number).or_default().push(hash);
        }
        Self { last: Head::NONE, known: by_number, findings: Vec::new() }
    }

    /// Takes the next entry. After one that is wrong the walk goes on from what stands there, so that
    /// each is found once.
    pub(super) fn step(&mut self, number: i64, entry: &str, hash: &[u8]) {
        let expected = self.last.number + 1;
        let fits = link(&self.last.hash, number, entry).as_slice() == hash;
        if number > expected {
            self.findings.push(Finding::Missing(expected, number - 1));
        } else if !fits {
            self.findings.push(Finding::Changed(number));
        }
        // One of another length is wrong for itself, and for what is known of it.
        let hash = hash.try_into().unwrap_or_default();
        self.last = Head { number, hash };
        if self.known.get(&number).is_some_and(|known| known.iter().any(|known| *known != hash)) {
            self.findings.push(Finding::Rewritten(number));
        }
    }

    /// Where the record ends, and everything that is wrong; `given` is the highest number that was ever
    /// given.
    pub(super) fn end(mut self, given: i64) -> (Head, Vec<Finding>) {
        let known = self.known.last_key_value().map_or(0, |(number, _)| *number);
        let reached = known.max(given);
        if reached > self.last.number {
            self.findings.push(Finding::Cut { last: self.last.number, reached });
        }
        (self.last, self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (i64, String, Vec<u8>);

    fn record(count: i64) -> Vec<Row> {
        let mut before = Head::NONE.hash;
        (1..=count)
            .map(|number| {
                let entry = format!(r#"{{"act":{number}}}"#);
                before = link(&before, number, &entry);
                (number, entry, before.to_vec())
            })
            .collect()
    }

    fn head(rows: &[Row], number: i64) -> Head {
        let row = rows.iter().find(|row| row.0 == number).expect("there");
        Head { number, hash: row.2.clone().try_into().expect("32 bytes") }
    }

    fn walk(rows: &[Row], known: &[Head], given: i64) -> Vec<Finding> {
        let mut walk = Walk::begin(known.iter().copied());
        rows.iter().for_each(|(number, entry, hash)| walk.step(*number, entry, hash));
        walk.end(given).1
    }

    #[test]
    fn a_whole_record_is_whole_and_says_where_it_ends() {
        let rows = record(9);
        assert_eq!(walk(&rows, &[head(&rows, 4), head(&rows, 9)], 9), []);
        assert_eq!(walk(&[], &[], 0), []);
    }

    #[test]
    fn every_changed_byte_is_found_at_its_entry() {
        for at in 0..6 {
            for byte in 0..record(6)[at].1.len() {
                let mut rows = record(6);
                let mut text = std::mem::take(&mut rows[at].1).into_bytes();
                text[byte] ^= 1;
                rows[at].1 = String::from_utf8(text).expect("still ASCII");
                assert_eq!(walk(&rows, &[], 6), [Finding::Changed(at as i64 + 1)]);
            }
            for byte in 0..32 {
                let mut rows = record(6);
                rows[at].2[byte] ^= 1;
                let mut found = vec![Finding::Changed(at as i64 + 1)];
                if at < 5 {
                    found.push(Finding::Changed(at as i64 + 2));
                }
                assert_eq!(walk(&rows, &[], 6), found);
            }
        }
    }

    #[test]
    fn what_is_missing_or_swapped_or_cut_off_is_found() {
        let mut rows = record(9);
        rows.drain(2..5);
        assert_eq!(walk(&rows, &[], 9), [Finding::Missing(3, 5)]);
        let mut rows = record(9);
        rows.remove(0);
        assert_eq!(walk(&rows, &[], 9), [Finding::Missing(1, 1)]);
        let rows = record(9);
        assert_eq!(walk(&rows[..7], &[], 9), [Finding::Cut { last: 7, reached: 9 }]);
        assert_eq!(walk(&[], &[], 9), [Finding::Cut { last: 0, reached: 9 }]);
        let mut rows = record(3);
        let (one, two) = (rows[0].1.clone(), rows[1].1.clone());
        (rows[0].1, rows[1].1) = (two, one);
        assert_eq!(walk(&rows, &[], 3), [Finding::Changed(1), Finding::Changed(2)]);
    }

    #[test]
    fn who_writes_the_whole_record_anew_is_found_by_what_is_known_elsewhere() {
        let genuine = record(9);
        let known = [head(&genuine, 6)];
        let mut before = Head::NONE.hash;
        let forged: Vec<Row> = (1..=9)
            .map(|number| {
                let entry = format!(r#"{{"act":{}}}"#, number * 2);
                before = link(&before, number, &entry);
                (number, entry, before.to_vec())
            })
            .collect();
        assert_eq!(walk(&forged, &[], 9), [], "it holds together");
        assert_eq!(walk(&forged, &known, 9), [Finding::Rewritten(6)]);
        // With its number cut back as well.
        assert_eq!(walk(&genuine[..5], &known, 5), [Finding::Cut { last: 5, reached: 6 }]);
    }

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let rows = record(3);
        let head = head(&rows, 3);
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in ["", "3", "3:", "-1:00", "x:00", &format!("3:{}", "é".repeat(32))] {
            assert_eq!(wrong.parse::<Head>(), Err(BadHead), "{wrong}");
        }
    }
}
