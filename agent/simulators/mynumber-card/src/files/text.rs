//! TEXT (券面事項入力補助AP): the four attributes as text, signed.

use super::{Application, Elementary, Gate, Signs, UNKNOWN_CONTENT, behind, free, key, shut};
use crate::ber::{self, filled, long_object, object};
use crate::key::{Form, Key};
use crate::make::rsa::{TestKey, sha256};
use crate::make::verifiable::{self, KeyId};
use crate::person::{Person, TRIES_FULL};

const AID: &[u8] = b"\xD3\x92\x10\0\x31\0\x01\x01\x04\x08";

/// 券面事項入力補助用暗証番号, 照合番号A and 照合番号B.
const PIN: u16 = 0x11;
const NUMBER_A: u16 = 0x14;
const NUMBER_B: u16 = 0x15;

/// Physical sizes. That of EF 0002 is not public; this holds the longest name and address a
/// [`Person`] may have.
const NUMBER_SIZE: usize = 17;
const ATTRIBUTES_SIZE: usize = 1536;

pub fn application(person: &Person) -> Application {
    let tries = (person.tries(), TRIES_FULL);
    let full = person.unconfirmed().number_tries_full;
    let number = number_file(person);
    let attributes = attributes(person);
    let integrity = integrity(&number, &attributes);
    let number_a = match person.individual_number() {
        Some(number) => key(person, Some(number), Form::Fixed, (full, full)),
        // It is the 個人番号, and this card has none: no value is right.
        None => Elementary::Key(Key::unknown(full)),
    };
    let number_b = person.number_b();
    let number_b = key(person, Some(&number_b), Form::Fixed, (person.number_tries()[0], full));
    let number = match person.individual_number() {
        Some(_) => behind(&[PIN, NUMBER_A], number),
        None => shut(),
    };
    let any = [PIN, NUMBER_A, NUMBER_B];
    let signer =
        Elementary::Signer { key: TestKey::TextCard, gate: Gate::Free, command: Signs::Digest };
    let files = [
        (0x01, number),
        (0x02, behind(&[PIN, NUMBER_B], filled(attributes, ATTRIBUTES_SIZE))),
        (0x03, behind(&any, filled(integrity, 512))),
        (0x04, free(filled(certificate(person), 1024))),
        (0x05, free(filled(information(), 256))),
        (0x06, behind(&any, filled(session_key(), 512))),
        (0x07, behind(&any, filled(signing_key(), 1024))),
        (0x08, free(UNKNOWN_CONTENT.to_vec())),
        (0x10, Elementary::Internal),
        (PIN, key(person, person.pin(), Form::Pin, tries)),
        // Blocked on every card that was looked at.
        (0x12, Elementary::Key(Key::unknown(0))),
        (0x13, signer),
        (NUMBER_A, number_a),
        (NUMBER_B, number_b),
        (0x1C, Elementary::Internal),
        (0x1E, Elementary::Internal),
    ];
    let application = Application::new("text", AID, files);
    Application { default_signer: Some(0x13), ..application }
}

/// EF 0001, whole: its hash covers the filler, too. Without a number nothing but filler.
fn number_file(person: &Person) -> Vec<u8> {
    let content = person.individual_number().map_or_else(Vec::new, |number| {
        // Constructed by its tag, and yet twelve bare digits.
        object(&[0xFF, 0x10], number.as_bytes())
    });
    filled(content, NUMBER_SIZE)
}

/// EF 0002: the attributes behind an offset table. フリガナ, where the card has them, are a further
/// object: their tag is not public.
fn attributes(person: &Person) -> Vec<u8> {
    let sex = person.sex().to_string();
    let mut objects = vec![
        object(&[0xDF, 0x22], person.name().as_bytes()),
        object(&[0xDF, 0x23], person.address().as_bytes()),
        object(&[0xDF, 0x24], person.birth_date().as_bytes()),
        object(&[0xDF, 0x25], sex.as_bytes()),
    ];
    objects.extend(person.kana().map(|kana| object(&[0xDF, 0x26], kana.as_bytes())));
    ber::with_offsets(&[0xFF, 0x20], &[0xDF, 0x21], &objects)
}

/// EF 0003: the hashes of both, signed by the municipality.
fn integrity(number: &[u8], attributes: &[u8]) -> Vec<u8> {
    let hashes = [
        object(&[0xDF, 0x31], &sha256(number)),
        object(&[0xDF, 0x32], &sha256(behind_the_offsets(attributes))),
    ]
    .concat();
    let signature = object(&[0xDF, 0x33], &TestKey::TextIssuer.sign(&hashes));
    object(&[0xFF, 0x30], &[hashes, signature].concat())
}

/// The objects of EF 0002 as they are written, all but the offset table.
fn behind_the_offsets(attributes: &[u8]) -> &[u8] {
    // The outer header is a tag of two bytes and a length of one to three.
    let header = match attributes[2] {
        0x81 => 4,
        0x82 => 5,
        _ => 3,
    };
    let table = 3 + usize::from(attributes[header + 2]);
    &attributes[header + table..]
}

/// EF 0004: who signs here.
fn certificate(person: &Person) -> Vec<u8> {
    let subject = KeyId::municipality(person.municipality(), 0);
    let issuer = (&KeyId::TEXT_CA, TestKey::TextCa);
    verifiable::certificate(issuer, (&subject, TestKey::TextIssuer))
}

/// EF 0005: basic information. Its lengths are longer than they need be.
fn information() -> Vec<u8> {
    let objects = [
        object(&[0xDF, 0x41], &[0x01, 0x03, 0x0E, 0x01]),
        object(&[0xDF, 0x42], KeyId::TEXT_INFORMATION.bytes()),
        long_object(&[0xDF, 0x43], &[ber::FILLER; 128]),
    ];
    long_object(&[0xFF, 0x40], &objects.concat())
}

/// EF 0006: the key to which a session key would be sent.
fn session_key() -> Vec<u8> {
    object(&[0xA1], &verifiable::public_key(TestKey::Session))
}

/// EF 0007: the key of this application, signed by the municipality.
fn signing_key() -> Vec<u8> {
    let key = object(&[0xDF, 0x51], &verifiable::public_key(TestKey::TextCard));
    let signature = object(&[0xDF, 0x52], &TestKey::TextIssuer.sign(&key));
    object(&[0xFF, 0x50], &[key, signature].concat())
}

#[cfg(test)]
mod tests {
    use myna_card::ap::text::{ApBasicData, Attributes, IntegrityRecord, SignedPublicKey};
    use myna_card::data::CardVerifiableCertificate;

    use super::*;
    use crate::person::tests::{HANAKO, hanako};

    fn issuer(person: &Person) -> myna_card::RsaPublicKey {
        CardVerifiableCertificate::parse(&certificate(person)).expect("parses").public_key
    }

    #[test]
    fn ef_0002_is_as_on_a_card() {
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
        assert_eq!(attributes(&hanako()), golden);
    }

    #[test]
    fn an_independent_reader_understands_ef_0002() {
        let read = Attributes::parse(&attributes(&hanako())).expect("parses");
        assert_eq!(read.name, "検証　花子");
        assert_eq!(read.address, "常盤県常盤市本町一丁目２番３号");
        assert_eq!(read.birth_date.to_string(), "1980-02-17");
        assert_eq!(read.sex, myna_card::Sex::Female);
    }

    #[test]
    fn an_independent_reader_understands_the_longest_ef_0002() {
        let long = HANAKO
            .replace("常盤県常盤市本町一丁目２番３号", &"常".repeat(200))
            .replace("検証　花子", &"検".repeat(100));
        let person = Person::parse(&format!("kana = \"{}\"\n{long}", "ケ".repeat(100)));
        let file = attributes(&person.expect("a person"));
        assert!(file.len() <= ATTRIBUTES_SIZE, "{}", file.len());
        let read = Attributes::parse(&file).expect("parses, offsets right");
        assert_eq!(read.address.chars().count(), 200);
    }

    #[test]
    fn an_independent_reader_verifies_the_attributes_of_old_and_new_cards() {
        for text in [HANAKO.to_owned(), format!("kana = \"ケンショウ　ハナコ\"\n{HANAKO}")]
        {
            let person = Person::parse(&text).expect("a person");
            let (number, attributes) = (number_file(&person), attributes(&person));
            let record = IntegrityRecord::parse(&integrity(&number, &attributes)).expect("parses");
            record.verify(&issuer(&person)).expect("signed");
            assert!(record.matches_attributes_file(&attributes).expect("parses"));
            assert!(record.matches_my_number_file(&number));
        }
    }

    #[test]
    fn an_independent_reader_verifies_the_key_of_the_application() {
        let read = SignedPublicKey::parse(&signing_key()).expect("parses");
        read.verify(&issuer(&hanako())).expect("signed");
        assert_eq!(read.public_key.modulus, TestKey::TextCard.modulus());
        assert_eq!(signing_key().len(), 536);
        assert_eq!(session_key().len(), 269);
    }

    #[test]
    fn an_independent_reader_understands_lengths_that_are_not_minimal() {
        let file = information();
        assert_eq!(file.len(), 164);
        assert_eq!(file[..5], [0xFF, 0x40, 0x82, 0x00, 0x9F]);
        ApBasicData::parse(&file).expect("parses");
    }
}
