//! TEXT EF 0002 to the attributes that were asked for.
//!
//! The tags and the BER headers come from `myna-card`; its `Attributes::parse` is stricter than
//! cards need (it refuses unknown tags, an offset table it cannot follow, and a birth date whose
//! day is 00), copies all four attributes, and quotes them in its errors. See `DECISIONS.md`.

use std::collections::BTreeSet;

use madoguchi_procedure::{CardAttributes, CardValue};
use madoguchi_protocol::application::{CardEvidence, SignatureCheck};
use madoguchi_protocol::{AttributeName, Personal};
use myna_card::ap::text::Attributes;
use myna_card::tlv::ber;

/// Longest file that is believed, in bytes. A card's own is a fraction of that.
const LONGEST_FILE: usize = 4096;

/// The file is not as it should be. Says which part, never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TEXT/0002: {0}")]
pub struct BadFile(&'static str);

/// How long the file is, header and all, from its first bytes.
pub fn file_length(beginning: &[u8]) -> Result<usize, BadFile> {
    let (tag, header, value) = header(beginning)?;
    if tag != Attributes::TAG {
        return Err(BadFile("another file"));
    }
    Ok(header + value)
}

/// Takes the wanted attributes out of the file. The offset table (DF21) and tags that nobody knows
/// are passed over; of the attributes that are not wanted nothing is copied.
pub fn extract(file: &[u8], wanted: &BTreeSet<AttributeName>) -> Result<CardAttributes, BadFile> {
    let length = file_length(file)?;
    let (_, outer, _) = header(file)?;
    let mut rest = file.get(outer..length).ok_or(BadFile("cut off"))?;
    let mut attributes = CardAttributes::new();
    // Filler (00, FF) may follow the last object.
    while !matches!(rest.first(), None | Some(0x00 | 0xFF)) {
        let (tag, start, size) = header(rest)?;
        let value = rest.get(start..start + size).ok_or(BadFile("an object runs over the end"))?;
        rest = &rest[start + size..];
        let Some(attribute) = named(tag).filter(|name| wanted.contains(name)) else { continue };
        if attributes.insert(attribute, read(attribute, value)?).is_some() {
            return Err(BadFile("an attribute stands there twice"));
        }
    }
    if attributes.len() < wanted.len() {
        return Err(BadFile("an attribute is missing"));
    }
    Ok(attributes)
}

/// Tag, length of the header, length of the value; both believable.
fn header(bytes: &[u8]) -> Result<(u32, usize, usize), BadFile> {
    let header = ber::parse_header(bytes).map_err(|_| BadFile("not BER"))?;
    if header.length > LONGEST_FILE {
        return Err(BadFile("a length beyond belief"));
    }
    Ok((header.tag, header.header_len, header.length))
}

fn named(tag: u32) -> Option<AttributeName> {
    match tag {
        Attributes::TAG_NAME => Some(AttributeName::Name),
        Attributes::TAG_ADDRESS => Some(AttributeName::Address),
        Attributes::TAG_BIRTH_DATE => Some(AttributeName::BirthDate),
        Attributes::TAG_SEX => Some(AttributeName::Sex),
        _ => None,
    }
}

fn read(attribute: AttributeName, bytes: &[u8]) -> Result<CardValue, BadFile> {
    let digits = |count| bytes.len() == count && bytes.iter().all(u8::is_ascii_digit);
    match attribute {
        AttributeName::Name | AttributeName::Address if bytes.is_empty() => {
            return Err(BadFile("a name or address is empty"));
        }
        // Day and month may be 00: an unknown birthday is no reason to send somebody away.
        AttributeName::BirthDate if !digits(8) => return Err(BadFile("a date is not 8 digits")),
        AttributeName::Sex if !digits(1) => return Err(BadFile("a sex is not one digit")),
        _ => {}
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BadFile("a text is not UTF-8"))?;
    let evidence = CardEvidence {
        attribute,
        file: "TEXT/0002".to_owned(),
        signature: SignatureCheck::NotChecked,
        // TEXT holds the characters themselves; substitution is a matter of the certificate.
        substitutions: Vec::new(),
    };
    Ok(CardValue { value: Personal::from(text), evidence })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [AttributeName; 4] =
        [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex];

    fn all() -> BTreeSet<AttributeName> {
        ALL.into()
    }

    fn object(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[0xDF, tag, u8::try_from(value.len()).expect("short")], value].concat()
    }

    fn file(objects: &[Vec<u8>]) -> Vec<u8> {
        let inner = objects.concat();
        let length = u16::try_from(inner.len()).expect("short").to_be_bytes();
        [&[0xFF, 0x20, 0x82], length.as_slice(), &inner, &[0xFF; 40]].concat()
    }

    fn hanako() -> Vec<Vec<u8>> {
        vec![
            object(0x21, &[0; 8]),
            object(0x22, "検証　花子".as_bytes()),
            object(0x23, "常盤県常盤市".as_bytes()),
            object(0x24, b"19800217"),
            object(0x25, b"2"),
        ]
    }

    fn value(attributes: &CardAttributes, name: AttributeName) -> &str {
        attributes[&name].value.expose()
    }

    #[test]
    fn the_four_attributes_are_read_with_their_evidence() {
        let read = extract(&file(&hanako()), &all()).expect("reads");
        let values = ALL.map(|name| value(&read, name));
        assert_eq!(values, ["検証　花子", "常盤県常盤市", "19800217", "2"]);
        let evidence = &read[&AttributeName::Sex].evidence;
        assert_eq!((evidence.attribute, evidence.file.as_str()), (AttributeName::Sex, "TEXT/0002"));
        assert_eq!(evidence.signature, SignatureCheck::NotChecked);
    }

    #[test]
    fn only_what_is_wanted_leaves() {
        let wanted = [AttributeName::Address].into();
        let read = extract(&file(&hanako()), &wanted).expect("reads");
        assert_eq!(read.into_keys().collect::<Vec<_>>(), [AttributeName::Address]);
    }

    #[test]
    fn unknown_tags_odd_tables_and_unknown_birthdays_are_tolerated() {
        let mut objects = hanako();
        objects[0] = object(0x21, &[1, 2, 3]);
        objects[3] = object(0x24, b"19800000");
        objects.insert(2, object(0x26, b"of a later version"));
        let read = extract(&file(&objects), &all()).expect("reads");
        assert_eq!(value(&read, AttributeName::BirthDate), "19800000");
        objects.remove(0);
        extract(&file(&objects), &all()).expect("reads without a table");
    }

    #[test]
    fn nonsense_is_refused_without_quoting_it() {
        let broken = |change: fn(&mut Vec<Vec<u8>>)| {
            let mut objects = hanako();
            change(&mut objects);
            extract(&file(&objects), &all()).expect_err("refused").to_string()
        };
        for message in [
            broken(|o| drop(o.remove(1))),
            broken(|o| o.push(o[1].clone())),
            broken(|o| o[1] = object(0x22, b"")),
            broken(|o| o[1] = object(0x22, &[0x80, 0x81])),
            broken(|o| o[3] = object(0x24, b"1980-02-1")),
            broken(|o| o[4] = object(0x25, b"X")),
            broken(|o| o.push(vec![0xDF, 0x27, 0x20, 1])),
            broken(|o| o.push(vec![0xDF, 0x27, 0x88, 255, 255, 255, 255, 255, 255, 255, 255])),
        ] {
            assert!(message.starts_with("TEXT/0002: "), "{message}");
            assert!(!message.contains("1980"), "{message}");
        }
        assert!(extract(&[], &all()).is_err());
        assert!(extract(&[0xFF, 0x10, 0], &all()).is_err());
        assert!(extract(&file(&hanako())[..30], &all()).is_err());
    }

    #[test]
    fn no_bytes_at_all_make_it_panic() {
        let good = file(&hanako());
        for at in 0..good.len() {
            for byte in [0x00, 0x01, 0x7F, 0x80, 0x84, 0x88, 0xDF, 0xFF] {
                let mut bad = good.clone();
                bad[at] = byte;
                let _ = extract(&bad, &all());
                let _ = extract(&bad[..at], &all());
            }
        }
    }
}
