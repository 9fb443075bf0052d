//! What stands in the files of this card, byte for byte.

use crate::person::{Kind, Person};

/// Filler behind the content of a physical file.
const FILLER: u8 = 0xFF;

/// Physical size of TEXT EF 0002. The true size is not public; this holds the longest name and
/// address a [`Person`] may have.
pub const ATTRIBUTES_SIZE: usize = 1024;

/// JPKI EF 0006: a PKCS#11 token information of 160 bytes, integers big-endian, not TLV.
pub fn token_info(kind: Kind) -> Vec<u8> {
    let mut file = Vec::with_capacity(160);
    let mut text = |value: &str, size: usize| {
        file.extend_from_slice(value.as_bytes());
        file.resize(file.len() + size - value.len(), b' ');
    };
    let label = if kind == Kind::Phone { "JPKIAPGPSETOKEN" } else { "JPKIAPICCTOKEN2" };
    text(label, 32);
    text("00000000000000000000000000000001", 32);
    text("E16R01NJ", 16);
    text("0000000000000000", 16);
    // Flags; session counts (max, cur, max r/w, cur r/w); longest and shortest PIN; memory.
    for word in [0x0000_040D, 1, 0, 1, 0, 16, 6, u32::MAX, u32::MAX, u32::MAX, u32::MAX] {
        file.extend_from_slice(&word.to_be_bytes());
    }
    file.extend_from_slice(b"0301");
    file.extend_from_slice(&[b'9'; 16]);
    file
}

/// TEXT EF 0002: the four attributes behind an offset table, then filler.
pub fn attributes(person: &Person) -> Vec<u8> {
    let sex = person.sex().to_string();
    let values = [
        (0x22, person.name().as_bytes()),
        (0x23, person.address().as_bytes()),
        (0x24, person.birth_date().as_bytes()),
        (0x25, sex.as_bytes()),
    ];
    let objects: Vec<Vec<u8>> = values.iter().map(|(tag, v)| object([0xDF, *tag], v)).collect();

    // The table counts from byte 0 of the file, so it needs the length of the outer header, which
    // depends on the length of everything else.
    let table_length = 3 + 2 * objects.len();
    let inner_length = table_length + objects.iter().map(Vec::len).sum::<usize>();
    let mut offset = 2 + length(inner_length).len() + table_length;
    let mut table = Vec::new();
    for object in &objects {
        table.extend_from_slice(&two_bytes(offset));
        offset += object.len();
    }
    let inner = [object([0xDF, 0x21], &table), objects.concat()].concat();
    filled(object([0xFF, 0x20], &inner), ATTRIBUTES_SIZE)
}

/// TEXT EF 0005: basic information of the application. Its lengths are longer than they need be,
/// as on real cards: a reader that insists on DER fails here.
pub fn ap_information() -> Vec<u8> {
    let mut file = vec![0xFF, 0x40, 0x82, 0x00, 0x9F];
    file.extend_from_slice(&[0xDF, 0x41, 4, 0x01, 0x03, 0x0E, 0x01]);
    // A key id: digits (6 = test), 08 05, digits, padding.
    file.extend_from_slice(&[0xDF, 0x42, 16]);
    file.extend_from_slice(b"6000099\x08\x05001\0\0\0\0");
    file.extend_from_slice(&[0xDF, 0x43, 0x82, 0x00, 0x80]);
    file.extend_from_slice(&[FILLER; 128]);
    filled(file, 256)
}

/// COMMON EF 0001, record 1, in simple TLV: serial number, municipality and expiry of the card. The
/// municipality's code belongs to none.
pub fn card_information(person: &Person) -> Vec<u8> {
    let value = [person.serial(), "99999", person.expires()].concat();
    [&[0x01], length(value.len()).as_slice(), value.as_bytes()].concat()
}

/// One BER-TLV object with a two-byte tag.
fn object(tag: [u8; 2], value: &[u8]) -> Vec<u8> {
    [&tag, length(value.len()).as_slice(), value].concat()
}

fn length(bytes: usize) -> Vec<u8> {
    let [high, low] = two_bytes(bytes);
    match bytes {
        0..=0x7F => vec![low],
        0x80..=0xFF => vec![0x81, low],
        _ => vec![0x82, high, low],
    }
}

/// A [`Person`] is small enough that nothing in a file reaches 64 KiB.
fn two_bytes(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes()
}

fn filled(mut content: Vec<u8>, size: usize) -> Vec<u8> {
    content.resize(size.max(content.len()), FILLER);
    content
}

#[cfg(test)]
mod tests {
    use myna_card::ap::common::CardInfo;
    use myna_card::ap::text::{ApBasicData, Attributes};
    use myna_card::{TokenInfo, TokenType};

    use super::*;
    use crate::person::tests::{HANAKO, hanako};

    #[test]
    fn ef_0002_is_as_on_a_card() {
        let file = attributes(&hanako());
        // FF20 len, DF21 08: offsets of name, address, date, sex from byte 0.
        let mut golden = vec![0xFF, 0x20, 0x5C, 0xDF, 0x21, 0x08];
        golden.extend([0x00, 0x0E, 0x00, 0x20, 0x00, 0x50, 0x00, 0x5B]);
        golden.extend([0xDF, 0x22, 0x0F]);
        golden.extend("検証　花子".as_bytes());
        golden.extend([0xDF, 0x23, 0x2D]);
        golden.extend("常盤県常盤市本町一丁目２番３号".as_bytes());
        golden.extend([0xDF, 0x24, 0x08]);
        golden.extend(b"19800217");
        golden.extend([0xDF, 0x25, 0x01, b'2']);
        assert_eq!(file[..golden.len()], golden);
        assert_eq!(file.len(), ATTRIBUTES_SIZE);
        assert!(file[golden.len()..].iter().all(|b| *b == FILLER));
    }

    /// The file without its filler, as that reader wants it.
    fn content(file: &[u8]) -> &[u8] {
        let header = myna_card::tlv::ber::parse_header(file).expect("a header");
        &file[..header.total_len()]
    }

    #[test]
    fn an_independent_reader_understands_ef_0002() {
        let read = Attributes::parse(content(&attributes(&hanako()))).expect("parses");
        assert_eq!(read.name, "検証　花子");
        assert_eq!(read.address, "常盤県常盤市本町一丁目２番３号");
        assert_eq!(read.birth_date.to_string(), "1980-02-17");
        assert_eq!(read.sex, myna_card::Sex::Female);
    }

    #[test]
    fn an_independent_reader_understands_a_long_ef_0002() {
        let long = HANAKO.replace("常盤県常盤市本町一丁目２番３号", &"常".repeat(200));
        let person = Person::parse(&long).expect("a person");
        let read = Attributes::parse(content(&attributes(&person))).expect("parses, offsets right");
        assert_eq!(read.address.chars().count(), 200);
    }

    #[test]
    fn an_independent_reader_understands_the_token() {
        let token = TokenInfo::parse(&token_info(Kind::MyNumberCard)).expect("160 bytes");
        assert_eq!(token.token_type, TokenType::Card);
        let phone = TokenInfo::parse(&token_info(Kind::Phone)).expect("160 bytes");
        assert_eq!(phone.token_type, TokenType::Android);
        assert_eq!((token.max_pin_len, token.min_pin_len), (16, 6));
        assert_eq!((token.hardware_version, token.firmware_version), (*b"03", *b"01"));
    }

    #[test]
    fn an_independent_reader_understands_the_information_of_the_card() {
        let read = CardInfo::parse(&card_information(&hanako())).expect("parses");
        assert_eq!(
            (read.serial.as_str(), read.municipality_code.as_str()),
            ("000000000000001", "99999")
        );
        assert_eq!(read.expiry.to_string(), "2035-02-17");
    }

    #[test]
    fn an_independent_reader_understands_lengths_that_are_not_minimal() {
        let file = ap_information();
        assert_eq!(file.len(), 256);
        ApBasicData::parse(&file).expect("parses");
    }
}
