//! What a person would be known by in raw bytes: every fragment of what was entered, in every
//! spelling that a program may hold it in.

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result, ensure};

use crate::search::Person;

/// A fragment of a text is this many bytes long: two kanji in UTF-8, three in UTF-16.
const BYTES: usize = 6;
/// A fragment of a number is this many digits long, in UTF-16 too: fewer are met by chance.
const DIGITS: usize = 6;
/// The same of 照合番号B: it has more of them, and each can be met.
const DIGITS_OF_B: usize = 8;
/// The command that takes the PIN to the card: VERIFY (ISO/IEC 7816-4), whose P2 names the key by
/// its short identifier, 0x80 | 0x11 (EF 0011 of TEXT), and four digits.
const VERIFY_PIN: [u8; 5] = [0x00, 0x20, 0x00, 0x91, 0x04];
/// That of 照合番号B: EF 0015 of TEXT, and 14 digits.
const VERIFY_B: [u8; 5] = [0x00, 0x20, 0x00, 0x95, 0x0E];
/// Shorter ends of a VERIFY with fewer digits say nothing of them.
const DIGITS_THAT_TELL: usize = 2;
/// [`Trace::what`] of the PIN on its way to the card.
pub const PIN_COMMAND: &str = "PIN in a command to the card in bytes";
/// [`Trace::what`] of 照合番号B on its way to the card.
pub const NUMBER_B_COMMAND: &str = "照合番号B in a command to the card in bytes";

/// Everything that is looked for, ready to be looked for.
pub struct Fragments {
    automaton: AhoCorasick,
    /// Every part, whole, in every spelling.
    whole: Vec<u8>,
    /// What each pattern of the automaton is a part of.
    parts_of: Vec<String>,
}

/// A stretch of bytes made of fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What it is a part of and how that is spelt, as `name in UTF-8`; never the value.
    pub what: String,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

#[derive(Default)]
struct Patterns {
    whole: Vec<u8>,
    bytes: Vec<Vec<u8>>,
    parts_of: Vec<String>,
}

impl Fragments {
    /// Of name, address below the municipality (whose name is everywhere), birth date, 照合番号B,
    /// the commands that take the PIN and 照合番号B to the card, and a password.
    ///
    /// # Errors
    /// When a value is too short to be known by a fragment.
    pub fn of(person: &Person, password: &str) -> Result<Self> {
        let mut patterns = Patterns::default();
        patterns.text("name", &person.name)?;
        patterns.text("address", person.address_below_the_municipality())?;
        patterns.number("birth date", &person.birth_date, DIGITS)?;
        for written in person.birth_date_as_written() {
            patterns.whole("birth date, written out", &written);
        }
        patterns.number("password", password, DIGITS)?;
        patterns.number("照合番号B", &person.number_b, DIGITS_OF_B)?;
        patterns.command("PIN", &VERIFY_PIN, &person.pin);
        patterns.command("照合番号B", &VERIFY_B, &person.number_b);
        let automaton = AhoCorasick::new(&patterns.bytes).context("prepare the search")?;
        Ok(Self { automaton, whole: patterns.whole, parts_of: patterns.parts_of })
    }

    /// Everything that can be found, in a row: what a program that forgets nothing would hold.
    #[must_use]
    pub fn everything(&self) -> &[u8] {
        &self.whole
    }

    /// What can be found at all: every part in every spelling.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.parts_of.iter().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The longest stretches of fragments, in order.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Vec<Trace> {
        let mut traces: Vec<Trace> = Vec::new();
        for found in self.automaton.find_overlapping_iter(bytes) {
            let what = &self.parts_of[found.pattern().as_usize()];
            let before = traces.iter_mut().rev().find(|trace| trace.what == *what);
            match before {
                Some(trace) if found.start() <= trace.end => trace.end = found.end(),
                _ => traces.push(Trace {
                    what: what.clone(),
                    start: found.start(),
                    end: found.end(),
                }),
            }
        }
        traces
    }

    /// The longest fragment in bytes that can begin in one piece of memory and end in the next.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.automaton.max_pattern_len()
    }
}

impl Patterns {
    fn add(&mut self, what: &str, spelling: &str, bytes: &[u8], length: usize) {
        self.whole.extend(bytes);
        self.whole.push(0xff);
        for fragment in bytes.windows(length) {
            self.bytes.push(fragment.to_owned());
            self.parts_of.push(format!("{what} in {spelling}"));
        }
    }

    fn text(&mut self, what: &str, text: &str) -> Result<()> {
        ensure!(text.chars().count() >= 3, "{what} is too short to be looked for");
        // Then three of them are a fragment in every spelling.
        let wide = text.chars().all(|c| c.len_utf8() >= 3);
        ensure!(wide, "{what} is to be written in kanji alone");
        for (spelling, bytes) in spellings(text) {
            self.add(what, spelling, &bytes, BYTES);
        }
        Ok(())
    }

    /// Of one-byte characters.
    fn number(&mut self, what: &str, number: &str, digits: usize) -> Result<()> {
        ensure!(number.is_ascii() && number.len() >= digits, "{what} is too short");
        for (spelling, bytes) in spellings(number) {
            self.add(what, spelling, &bytes, digits * bytes.len() / number.len());
        }
        Ok(())
    }

    fn whole(&mut self, what: &str, text: &str) {
        for (spelling, bytes) in spellings(text) {
            self.add(what, spelling, &bytes, bytes.len());
        }
    }

    /// Where the digits begin in it, in bytes; the whole of it in hex digits.
    fn command(&mut self, what: &str, verify: &[u8], digits: &str) {
        let what = format!("{what} in a command to the card");
        let command = [verify, digits.as_bytes()].concat();
        let first = verify.len() + DIGITS_THAT_TELL - BYTES;
        // The last fragment still holds a byte of the command: digits alone are another pattern.
        let end = command.len().min(verify.len() - 1 + BYTES);
        self.add(&what, "bytes", &command[first..end], BYTES);
        let hex: String = command.iter().map(|byte| format!("{byte:02x}")).collect();
        self.whole(&format!("{what}, as hex digits"), &hex);
    }
}

fn spellings(text: &str) -> [(&'static str, Vec<u8>); 3] {
    let units = || text.encode_utf16();
    [
        ("UTF-8", text.as_bytes().to_owned()),
        ("UTF-16LE", units().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16BE", units().flat_map(u16::to_be_bytes).collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "ZK7QXW4MVJ9PLT2B";

    fn person() -> Person {
        Person {
            name: "検証　花子".to_owned(),
            address: "常盤県常盤市本町一丁目２番３号".to_owned(),
            birth_date: "19800217".to_owned(),
            sex: 2,
            pin: "9247".to_owned(),
            number_b: "55021720352285".to_owned(),
        }
    }

    fn found(bytes: &[u8]) -> Vec<String> {
        let fragments = Fragments::of(&person(), PASSWORD).expect("fragments");
        fragments.find(bytes).into_iter().map(|trace| trace.what).collect()
    }

    #[test]
    fn every_fragment_is_found_in_every_spelling() {
        for text in ["検証　花子", "証　花", "本町一丁目２番３号", "丁目２"] {
            for (spelling, bytes) in spellings(text) {
                let found = found(&[b"\0\xff", &bytes[..], b"\x80"].concat());
                assert_eq!(found.len(), 1, "{text} in {spelling}: {found:?}");
                assert!(found[0].ends_with(spelling), "{found:?}");
            }
        }
        for number in
            ["19800217", "980021", "ZK7QXW4MVJ9PLT2B", "4MVJ9P", "55021720352285", "20352285"]
        {
            for (spelling, bytes) in spellings(number) {
                // UTF-16 of digits, shifted by a byte, is that of the other order.
                let found = found(&bytes);
                assert!(found.iter().any(|what| what.ends_with(spelling)), "{number}: {found:?}");
            }
        }
        // Cut anywhere, as by whoever took the block over.
        assert_eq!(found(&"検証　花子".as_bytes()[4..10]), ["name in UTF-8"]);
    }

    #[test]
    fn the_pin_is_found_in_its_command_and_digits_alone_are_not() {
        let command = b"\x00\x20\x00\x91\x049247";
        assert_eq!(found(command), [PIN_COMMAND]);
        assert_eq!(found(&command[3..]), [PIN_COMMAND]);
        assert_eq!(found(&command[..7]), [PIN_COMMAND]);
        assert_eq!(found(&command[..6]), [""; 0], "one digit");
        assert_eq!(found(b"002000910439323437").len(), 1);
        assert_eq!(found(b"pin 9247"), [""; 0]);
    }

    #[test]
    fn number_b_is_found_in_its_command_however_little_of_it_is_left() {
        let command = b"\x00\x20\x00\x95\x0e55021720352285";
        assert_eq!(found(command), [NUMBER_B_COMMAND, "照合番号B in UTF-8"]);
        assert_eq!(found(&command[..7]), [NUMBER_B_COMMAND]);
        assert_eq!(found(&command[..6]), [""; 0], "one digit");
        assert_eq!(found(&command[11..]), ["照合番号B in UTF-8"]);
        assert_eq!(found(&command[12..]), [""; 0], "seven digits");
    }

    #[test]
    fn a_stretch_is_one_trace_and_innocent_bytes_are_none() {
        let fragments = Fragments::of(&person(), PASSWORD).expect("fragments");
        let traces = fragments.find("氏名 検証　花子 検証　花子".as_bytes());
        let lengths: Vec<usize> = traces.iter().map(|trace| trace.end - trace.start).collect();
        assert_eq!(lengths, [15, 15]);
        assert_eq!(found("常盤県常盤市　検 証 00219800 19800".as_bytes()), [""; 0]);
    }

    #[test]
    fn what_is_too_short_to_be_known_is_refused() {
        let short = Person { name: "花".to_owned(), ..person() };
        assert!(Fragments::of(&short, PASSWORD).is_err());
        let latin = Person { name: "HANAKO".to_owned(), ..person() };
        assert!(Fragments::of(&latin, PASSWORD).is_err());
        assert!(Fragments::of(&person(), "short").is_err());
    }
}
