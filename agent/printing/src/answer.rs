//! A printer's answer, read without trusting it.
//!
//! The parser of `ipp` takes lengths and nesting as they come: a number that is too short makes it
//! panic, and collections deep enough overflow the stack. So the bytes are walked first.

use std::io::Cursor;

use ipp::model::ValueTag;
use ipp::parser::{IppParseError, IppParser};
use ipp::reader::IppReader;
use ipp::request::IppRequestResponse;

/// Largest answer that is read, in bytes; a printer's whole description is some 30 KiB.
pub const LARGEST: usize = 64 << 10;
/// Deepest nesting of collections; those of RFC 8011 and PWG 5100 have two or three.
const DEEPEST: usize = 4;
/// Version, status and number of the request, in bytes.
const HEADER: usize = 8;
/// The tag after the last attribute.
const END: u8 = 0x03;

/// Why an answer is not read.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// More than [`LARGEST`] bytes.
    #[error("it is too long")]
    TooLong,
    /// It ends in the middle.
    #[error("it ends too early")]
    Short,
    /// A tag that is none, or that may not stand where it does.
    #[error("tag {0:#04x} may not stand where it does")]
    Tag(u8),
    /// A value whose length its tag does not allow.
    #[error("a value with tag {tag:#04x} has {length} bytes")]
    Length {
        /// Its tag.
        tag: u8,
        /// Its length in bytes.
        length: usize,
    },
    /// Collections in collections, more than [`DEEPEST`] deep.
    #[error("its collections are nested too deeply")]
    Deep,
    /// The parser does not take it.
    #[error("it is not IPP")]
    Parse(#[source] IppParseError),
}

/// Reads an answer.
///
/// # Errors
/// When it is not well formed (RFC 8010 §3), too long or nested too deeply.
pub fn read(bytes: Vec<u8>) -> Result<IppRequestResponse, AnswerError> {
    check(&bytes)?;
    IppParser::new(IppReader::new(Cursor::new(bytes))).parse().map_err(AnswerError::Parse)
}

/// Walks the attributes as the parser will.
fn check(bytes: &[u8]) -> Result<(), AnswerError> {
    if bytes.len() > LARGEST {
        return Err(AnswerError::TooLong);
    }
    let mut rest = bytes.get(HEADER..).ok_or(AnswerError::Short)?;
    let mut depth = 0;
    let mut in_group = false;
    loop {
        let tag = take(&mut rest, 1)?[0];
        match tag {
            0x01..=0x05 if depth == 0 => {
                if tag == END {
                    return Ok(());
                }
                in_group = true;
            }
            0x10..=0x4a if in_group => {
                let name = counted(&mut rest)?;
                let value = counted(&mut rest)?;
                // Inside a collection, names are values (RFC 8010 §3.1.7).
                if depth > 0 && !name.is_empty() {
                    return Err(AnswerError::Tag(tag));
                }
                if !fits(tag, value) {
                    return Err(AnswerError::Length { tag, length: value.len() });
                }
                depth = match tag {
                    BEGIN_COLLECTION if depth == DEEPEST => return Err(AnswerError::Deep),
                    BEGIN_COLLECTION => depth + 1,
                    END_COLLECTION => depth.checked_sub(1).ok_or(AnswerError::Tag(tag))?,
                    _ => depth,
                };
            }
            _ => return Err(AnswerError::Tag(tag)),
        }
    }
}

const BEGIN_COLLECTION: u8 = ValueTag::BegCollection as u8;
const END_COLLECTION: u8 = ValueTag::EndCollection as u8;

/// Whether a value has a length that its tag allows (RFC 8010 §3.9).
fn fits(tag: u8, value: &[u8]) -> bool {
    const INTEGER: u8 = ValueTag::Integer as u8;
    const ENUM: u8 = ValueTag::Enum as u8;
    const BOOLEAN: u8 = ValueTag::Boolean as u8;
    const DATE_TIME: u8 = ValueTag::DateTime as u8;
    const RESOLUTION: u8 = ValueTag::Resolution as u8;
    const RANGE: u8 = ValueTag::RangeOfInteger as u8;
    const TEXT: u8 = ValueTag::TextWithLanguage as u8;
    const NAME: u8 = ValueTag::NameWithLanguage as u8;
    match tag {
        BOOLEAN => value.len() == 1,
        INTEGER | ENUM => value.len() == 4,
        RANGE => value.len() == 8,
        RESOLUTION => value.len() == 9,
        DATE_TIME => value.len() == 11,
        BEGIN_COLLECTION | END_COLLECTION => value.is_empty(),
        TEXT | NAME => {
            let mut rest = value;
            let parts = counted(&mut rest).and_then(|_| counted(&mut rest));
            parts.is_ok() && rest.is_empty()
        }
        _ => true,
    }
}

/// Two bytes of length, and as many bytes.
fn counted<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], AnswerError> {
    let length = take(rest, 2)?;
    take(rest, usize::from(u16::from_be_bytes([length[0], length[1]])))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], AnswerError> {
    let (taken, after) = rest.split_at_checked(length).ok_or(AnswerError::Short)?;
    *rest = after;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a good answer: the header and the beginning of the printer's group.
    const HEAD: &[u8] = &[2, 0, 0, 0, 0, 0, 0, 1, 0x04];

    fn value(tag: u8, name: &str, value: &[u8]) -> Vec<u8> {
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).expect("short").to_be_bytes();
        [&[tag][..], &length(name.as_bytes()), name.as_bytes(), &length(value), value].concat()
    }

    fn answer(values: &[Vec<u8>]) -> Vec<u8> {
        [HEAD, &values.concat(), &[END]].concat()
    }

    /// A collection in a collection, and so on.
    fn nested(depth: usize) -> Vec<u8> {
        let mut values = vec![value(BEGIN_COLLECTION, "media-col", b"")];
        for _ in 1..depth {
            values.push(value(0x4a, "", b"member"));
            values.push(value(BEGIN_COLLECTION, "", b""));
        }
        values.extend(vec![value(END_COLLECTION, "", b""); depth]);
        answer(&values)
    }

    /// A value of every kind of which the length matters, and some of which it does not.
    fn everything() -> Vec<u8> {
        answer(&[
            value(0x47, "attributes-charset", b"utf-8"),
            value(0x21, "copies", &[0, 0, 0, 1]),
            value(0x22, "color-supported", &[1]),
            value(0x23, "printer-state", &[0, 0, 0, 3]),
            value(0x31, "printer-current-time", &[7, 234, 11, 22, 10, 0, 0, 0, b'+', 9, 0]),
            value(0x32, "printer-resolution", &[0, 0, 0, 203, 0, 0, 0, 203, 3]),
            value(0x33, "copies-supported", &[0, 0, 0, 1, 0, 0, 0, 9]),
            value(0x35, "printer-info", b"\0\x02ja\0\x03kia"),
            value(0x36, "printer-name", b"\0\x02ja\0\x03kia"),
            value(0x44, "printer-state-reasons", b"none"),
            value(0x44, "", b"media-empty"),
            value(0x13, "job-state-message", b""),
            value(BEGIN_COLLECTION, "media-col", b""),
            value(0x4a, "", b"media-size"),
            value(BEGIN_COLLECTION, "", b""),
            value(0x4a, "", b"x-dimension"),
            value(0x21, "", &[0, 0, 82, 8]),
            value(END_COLLECTION, "", b""),
            value(END_COLLECTION, "", b""),
        ])
    }

    #[test]
    fn a_good_answer_is_read() {
        read(everything()).expect("read");
        read(nested(DEEPEST)).expect("read");
    }

    #[test]
    fn collections_in_collections_without_end_are_refused() {
        assert!(matches!(read(nested(DEEPEST + 1)), Err(AnswerError::Deep)));
        assert!(matches!(read(nested(3_000)), Err(AnswerError::Deep)));
    }

    #[test]
    fn an_answer_that_is_too_long_is_refused() {
        let text = value(0x41, "printer-info", &[b'x'; 60_000]);
        assert!(read(answer(std::slice::from_ref(&text))).is_ok());
        assert!(matches!(read(answer(&[text.clone(), text])), Err(AnswerError::TooLong)));
    }

    #[test]
    fn a_value_of_a_wrong_length_is_refused() {
        for tag in [0x21, 0x22, 0x23, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37] {
            let right = match tag {
                0x22 => 1,
                0x21 | 0x23 | 0x35 | 0x36 => 4,
                0x33 => 8,
                0x32 => 9,
                0x31 => 11,
                _ => 0,
            };
            for length in (0..16).filter(|length| *length != right) {
                let answer = read(answer(&[value(tag, "a", &vec![0; length])]));
                assert!(matches!(answer, Err(AnswerError::Length { .. })), "{tag:#x}, {length}");
            }
        }
    }

    #[test]
    fn collections_that_do_not_close_or_open_are_refused() {
        let begin = value(BEGIN_COLLECTION, "a", b"");
        assert!(matches!(read(answer(std::slice::from_ref(&begin))), Err(AnswerError::Tag(END))));
        let end = value(END_COLLECTION, "", b"");
        assert!(matches!(read(answer(&[end])), Err(AnswerError::Tag(END_COLLECTION))));
        let named = value(0x44, "named", b"inside");
        assert!(matches!(read(answer(&[begin, named])), Err(AnswerError::Tag(0x44))));
    }

    #[test]
    fn no_bytes_at_all_make_it_panic() {
        let good = everything();
        for end in 0..good.len() {
            assert!(read(good[..end].to_vec()).is_err(), "cut at {end}");
        }
        let mut random = fastrand::Rng::with_seed(8_011);
        for _ in 0..200_000 {
            let mut bytes = good.clone();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(HEADER..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] = random.u8(..),
                    1 => bytes[at] = random.u8(0x10..=0x4a),
                    2 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, random.u8(..8)),
                }
            }
            drop(read(bytes));
        }
    }
}
