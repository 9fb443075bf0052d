//! JPKI: the certificates and their keys.

use super::{Application, Elementary, Gate, Signs, free, key, shut};
use crate::ber::filled;
use crate::key::{Form, Key};
use crate::make::certificate::{self, Purpose};
use crate::person::{Certificate, Kind, PASSWORD_TRIES_FULL, Person, TRIES_FULL};

const AID: &[u8] = b"\xD3\x92\xF0\0\x26\x01\0\0\0\x01";

/// 利用者証明用 PIN and 署名用 password.
const PIN: u16 = 0x18;
const PASSWORD: u16 = 0x1B;

/// Physical size of a certificate's file: what does not fit is not written on a card.
const CERTIFICATE_SIZE: usize = 2048;

pub fn application(person: &Person) -> Application {
    let authentication = person.authentication();
    let signature = person.signature();
    // A phone gives 利用者証明用電子証明書 only after its PIN.
    let certificate_gate = match person.kind() {
        Kind::Phone => Gate::AnyOf(vec![PIN]),
        _ => Gate::Free,
    };
    let has_pins = person.pin().is_some();
    let pin = authentication.pin.as_deref().or(person.pin());
    let password = Some(signature.password.as_str()).filter(|_| has_pins);
    let tries = (authentication.tries, TRIES_FULL);
    let password_tries = (signature.tries, PASSWORD_TRIES_FULL);
    let files = [
        (0x02, free(certificate_file(certificate::authority(Purpose::Signature)))),
        (0x05, shut()),
        (0x06, free(token_info(person.kind()))),
        (0x08, free(availability(person))),
        (0x09, shut()),
        (0x0B, free(certificate_file(certificate::authority(Purpose::Authentication)))),
        (0x10, Elementary::Internal),
        (0x16, Elementary::Internal),
        (PIN, key(person, pin, Form::Pin, tries)),
        (0x19, Elementary::Internal),
        (PASSWORD, key(person, password, Form::Password, password_tries)),
        (0x1C, Elementary::Internal),
        (0x1E, Elementary::Internal),
    ];
    let mut application = Application::new("jpki", AID, files);
    if person.kind() == Kind::Juki || signature.certificate == Certificate::NotIssued {
        // Without a certificate there is no value either; tools that look want 63Cx of it.
        application.files.insert(PASSWORD, Elementary::Key(Key::unknown(0)));
    } else {
        let gate = Gate::AnyOf(vec![PASSWORD]);
        let content = certificate_file(certificate::signature(person));
        application.files.insert(0x01, Elementary::Transparent { content, gate: gate.clone() });
        let key = Purpose::Signature.key(person);
        application.files.insert(0x1A, Elementary::Signer { key, gate, command: Signs::Digest });
    }
    if person.kind() == Kind::Juki || authentication.certificate == Certificate::NotIssued {
        application.files.insert(PIN, Elementary::Key(Key::unknown(0)));
    } else {
        let content = certificate_file(certificate::authentication(person));
        let file = Elementary::Transparent { content, gate: certificate_gate };
        application.files.insert(0x0A, file);
        let key = Purpose::Authentication.key(person);
        let gate = Gate::AnyOf(vec![PIN]);
        application.files.insert(0x17, Elementary::Signer { key, gate, command: Signs::Digest });
    }
    application
}

fn certificate_file(der: Vec<u8>) -> Vec<u8> {
    filled(der, CERTIFICATE_SIZE)
}

/// EF 0008: which certificates are there (8F), 署名用 first.
fn availability(person: &Person) -> Vec<u8> {
    let there = |certificate| if certificate == Certificate::NotIssued { 0x00 } else { 0x8F };
    vec![there(person.signature().certificate), there(person.authentication().certificate), 0x00]
}

/// EF 0006: a PKCS#11 token information of 160 bytes, integers big-endian, not TLV.
fn token_info(kind: Kind) -> Vec<u8> {
    let mut file = Vec::with_capacity(160);
    let mut text = |value: &str, size: usize| {
        file.extend_from_slice(value.as_bytes());
        file.resize(file.len() + size - value.len(), b' ');
    };
    let label = match kind {
        Kind::Phone => "JPKIAPGPSETOKEN",
        Kind::Iphone => "JPKIAPIOSTOKEN",
        Kind::Juki => "JPKIAPICCTOKEN",
        _ => "JPKIAPICCTOKEN2",
    };
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

#[cfg(test)]
mod tests {
    use myna_card::{TokenInfo, TokenType};

    use super::*;

    #[test]
    fn an_independent_reader_understands_the_token() {
        let kind = |kind| TokenInfo::parse(&token_info(kind)).expect("160 bytes").token_type;
        assert_eq!(kind(Kind::MyNumberCard), TokenType::Card);
        assert_eq!(kind(Kind::Phone), TokenType::Android);
        assert_eq!(kind(Kind::Iphone), TokenType::IPhone);
        assert!(!matches!(kind(Kind::Juki), TokenType::Card));
        let token = TokenInfo::parse(&token_info(Kind::MyNumberCard)).expect("160 bytes");
        assert_eq!((token.max_pin_len, token.min_pin_len), (16, 6));
        assert_eq!((token.hardware_version, token.firmware_version), (*b"03", *b"01"));
    }
}
