//! TEXT EF 0002 to the attributes that were asked for.
//!
//! The tags and the BER headers come from `myna-card`; its `Attributes::parse` is stricter than
//! cards need (it refuses unknown tags, an offset table it cannot follow, and a birth date whose
//! day is 00), copies all four attributes, and quotes them in its errors. See `DECISIONS.md`.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use madoguchi_procedure::{CardAttributes, CardValue};
use madoguchi_protocol::AttributeName;
use myna_card::ap::text::Attributes;
use zeroize::Zeroizing;

use crate::tlv::{self, BadFile};

/// How long the file is, header and all, from its first bytes.
pub fn file_length(beginning: &[u8]) -> Result<usize, BadFile> {
    tlv::file_length(beginning, Attributes::TAG)
}

/// What the issuer signs of the file: SHA-256 of everything in it but the offset table, as it is
/// written. Four attributes can be found again by it, so it is wiped.
pub type Digest = Zeroizing<[u8; 32]>;

/// Hashes the file for the issuer's signature. Objects that nobody knows belong to it.
pub fn signed_digest(file: &[u8]) -> Result<Digest, BadFile> {
    let inner = tlv::contents(file, Attributes::TAG)?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut rest = inner;
    for object in tlv::objects(inner) {
        let object = object?;
        if object.tag != Attributes::TAG_OFFSETS {
            context.update(object.whole);
        }
        rest = &rest[object.whole.len()..];
    }
    // Whatever else stands there, as filler, is signed as well.
    context.update(rest);
    let mut digest = Zeroizing::new([0; 32]);
    digest.copy_from_slice(context.finish().as_ref());
    Ok(digest)
}

/// Takes the wanted attributes out of the file. The offset table (DF21) and tags that nobody knows
/// are passed over; of the attributes that are not wanted nothing is copied.
pub fn extract(file: &[u8], wanted: &BTreeSet<AttributeName>) -> Result<CardAttributes, BadFile> {
    let mut attributes = CardAttributes::new();
    for object in tlv::objects(tlv::contents(file, Attributes::TAG)?) {
        let object = object?;
        let Some(attribute) = named(object.tag).filter(|name| wanted.contains(name)) else {
            continue;
        };
        if attributes.insert(attribute, read(attribute, object.value)?).is_some() {
            return Err(BadFile("an attribute stands there twice"));
        }
    }
    if attributes.len() < wanted.len() {
        return Err(BadFile("an attribute is missing"));
    }
    Ok(attributes)
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
    Ok(CardValue::as_read(attribute, text))
}

#[cfg(test)]
mod tests {
    use madoguchi_protocol::application::SignatureCheck;

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
    fn what_is_signed_is_everything_but_the_offset_table() {
        let hash = |bytes: &[u8]| digest::digest(&digest::SHA256, bytes).as_ref().to_vec();
        let signed = |objects: &[Vec<u8>]| signed_digest(&file(objects)).expect("a file").to_vec();
        let mut objects = hanako();
        assert_eq!(signed(&objects), hash(&objects[1..].concat()));
        let later = object(0x26, "けんしょう　はなこ".as_bytes());
        objects.insert(3, later.clone());
        assert_eq!(signed(&objects), hash(&objects[1..].concat()));
        let table = objects.remove(0);
        assert_eq!(signed(&objects), hash(&objects.concat()));
        // Wherever the table stands.
        objects.push(table);
        assert_eq!(signed(&objects), hash(&objects[..objects.len() - 1].concat()));
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
                let _ = signed_digest(&bad);
                let _ = extract(&bad[..at], &all());
            }
        }
    }
}
