//! COMMON, JUKI and the issuer's domain: serial number, municipality and expiry.

use std::collections::BTreeMap;

use super::{Application, Elementary, Gate, Signs, key, others};
use crate::ber::{object, simple_object};
use crate::key::Form;
use crate::make::rsa::TestKey;
use crate::make::verifiable::{self, KeyId};
use crate::person::{Kind, Person, TRIES_FULL};

const COMMON: &[u8] = b"\xD3\x92\x10\0\x31\0\x01\x01\x01\0";
const JUKI: &[u8] = b"\xD3\x92\x10\0\x31\0\x01\x01\x04\x01";
const ISSUER: &[u8] = b"\xA0\0\0\x01\x51\0\0";

/// 共通カードAP.
pub fn application(person: &Person) -> Application {
    let signer = Elementary::Signer {
        key: TestKey::CommonCard,
        gate: Gate::Free,
        command: Signs::Challenge,
    };
    let files = [
        (0x01, Elementary::Records(vec![card_information(person)])),
        (0x02, key_reference()),
        (0x19, signer),
        (0x1C, register_pin(person)),
    ];
    Application::new("common", COMMON, files)
}

/// 住基AP: hardly anything that can be read.
pub fn juki_application(person: &Person) -> Application {
    Application::new("juki", JUKI, [(0x02, key_reference()), (0x1C, register_pin(person))])
}

/// 住民基本台帳用暗証番号: for people one with that of the other application, for the card two.
fn register_pin(person: &Person) -> Elementary {
    let register = person.basic_register();
    let pin = register.pin.as_deref().or(person.pin());
    key(person, pin, Form::Pin, (register.tries, TRIES_FULL))
}

fn key_reference() -> Elementary {
    Elementary::Records(vec![KeyId::municipality("00000", 2).bytes().to_vec()])
}

/// EF 0001, record 1, in simple TLV: serial number, municipality and expiry.
fn card_information(person: &Person) -> Vec<u8> {
    let value = [person.serial(), person.municipality(), person.expires()].concat();
    simple_object(0x01, value.as_bytes())
}

/// The issuer's security domain: no files, a few data objects.
pub fn issuer_domain(person: &Person) -> Application {
    let municipality = KeyId::municipality(person.municipality(), 2);
    let intermediate = KeyId::municipality("00000", 5);
    let upper = verifiable::certificate_objects(
        (&KeyId::ROOT_CA, TestKey::RootCa),
        (&intermediate, TestKey::IntermediateCa),
    );
    let lower = verifiable::certificate_objects(
        (&intermediate, TestKey::IntermediateCa),
        (&municipality, TestKey::CommonCard),
    );
    let [contact, _] = others::atr(Kind::MyNumberCard);
    let mut domain = Application::new("issuer", ISSUER, []);
    if person.kind().is_my_number_card() {
        domain.data_objects = BTreeMap::from([
            (0x0042, municipality.bytes().to_vec()),
            (0x0045, person.serial().as_bytes().to_vec()),
            (0x0066, recognition()),
            (0x00F0, person.municipality().as_bytes().to_vec()),
            (0x00F2, person.expires().as_bytes().to_vec()),
            (0x00F7, intermediate.bytes().to_vec()),
            (0x00F8, [CHAIN, &upper].concat()),
            (0x7F21, [CHAIN, &lower].concat()),
            // Without TS.
            (0x5F51, contact[1..].to_vec()),
        ]);
    }
    domain
}

/// What stands before body and signature of the chain's certificates: a list of their tags.
const CHAIN: &[u8] = &[0x4D, 0x06, 0x5F, 0x4E, 0x00, 0x5F, 0x37, 0x00];

/// GlobalPlatform's card recognition data, no more than its own identifier.
fn recognition() -> Vec<u8> {
    let identifier = object(&[0x06], &[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01]);
    object(&[0x66], &object(&[0x73], &identifier))
}

#[cfg(test)]
mod tests {
    use myna_card::ap::common::CardInfo;
    use myna_card::data::{CardVerifiableCertificate, RsaPublicKey};

    use super::*;
    use crate::person::tests::hanako;

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
    fn an_independent_reader_verifies_the_chain_of_the_issuer() {
        let domain = issuer_domain(&hanako());
        let certificate =
            |tag| CardVerifiableCertificate::parse(&domain.data_objects[&tag]).expect("parses");
        let (upper, lower) = (certificate(0x00F8), certificate(0x7F21));
        let root = RsaPublicKey::parse(&verifiable::public_key(TestKey::RootCa)).expect("a key");
        upper.verify_with(&root).expect("signed by the root");
        lower.verify_with(&upper.public_key).expect("signed by the intermediate");
    }
}
