//! Card-verifiable certificates and public keys as the card's own files have them.

use super::rsa::TestKey;
use crate::ber::object;

/// The body of a card-verifiable certificate: issuer's and subject's key ids, and the key.
const BODY: &[u8] = &[0x5F, 0x4E];
const SIGNATURE: &[u8] = &[0x5F, 0x37];

/// Exponent 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// A key id: seven digits, `08 05`, the group, padding. Those of J-LIS begin with 5 (production) and
/// 6 (test); ours begin with 9 (nothing), so that no table of theirs holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// The key that certifies the municipalities' keys in TEXT.
    pub const TEXT_CA: Self = Self(*b"9000033\x08\x05001\0\0\0\0");
    /// The key that certifies the municipalities' keys in FACE.
    pub const FACE_CA: Self = Self(*b"9000023\x08\x05001\0\0\0\0");
    /// The top of the chain that GET DATA shows.
    pub const ROOT_CA: Self = Self(*b"9000020\x08\x05001\0\0\0\0");
    /// The keys that the basic information of TEXT and FACE names.
    pub const TEXT_INFORMATION: Self = Self(*b"9000034\x08\x05001\0\0\0\0");
    /// See there.
    pub const FACE_INFORMATION: Self = Self(*b"9000024\x08\x05001\0\0\0\0");
    /// The key of the unexplained block in FACE EF 0003.
    pub const FACE_BLOCK: Self = Self(*b"9000025\x08\x05001\0\0\0\0");

    /// A key of a municipality (5 digits), the `number`th.
    pub fn municipality(code: &str, number: u8) -> Self {
        let mut id = *b"0000000\x08\x05002\0\0\0\x98";
        id[0] = b'9';
        id[1..6].copy_from_slice(code.as_bytes());
        id[6] = b'0' + number % 10;
        Self(id)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A public key in the tags of the card: exponent and modulus.
pub fn public_key(key: TestKey) -> Vec<u8> {
    public_key_of(&key.modulus())
}

/// The same, by its modulus.
pub fn public_key_of(modulus: &[u8]) -> Vec<u8> {
    [object(&[0x90], &EXPONENT), object(&[0x91], modulus)].concat()
}

/// Body and signature of a certificate for a key: what stands in tag 7F21.
pub fn certificate_objects(
    (issuer, signer): (&KeyId, TestKey),
    (subject, key): (&KeyId, TestKey),
) -> Vec<u8> {
    let body = [issuer.0.as_slice(), &subject.0, &public_key(key)].concat();
    [object(BODY, &body), object(SIGNATURE, &signer.sign(&body))].concat()
}

/// A certificate as EF 0004 of TEXT and FACE holds it, 568 bytes.
pub fn certificate(issuer: (&KeyId, TestKey), subject: (&KeyId, TestKey)) -> Vec<u8> {
    object(&[0x7F, 0x21], &certificate_objects(issuer, subject))
}

#[cfg(test)]
mod tests {
    use myna_card::data::{CardVerifiableCertificate, RsaPublicKey};

    use super::*;

    #[test]
    fn an_independent_reader_verifies_a_certificate_and_knows_no_such_issuer() {
        let id = KeyId::municipality("99999", 0);
        let issuer = (&KeyId::TEXT_CA, TestKey::TextCa);
        let bytes = certificate(issuer, (&id, TestKey::TextIssuer));
        assert_eq!(bytes.len(), 568);
        let read = CardVerifiableCertificate::parse(&bytes).expect("parses");
        let ca = RsaPublicKey::parse(&public_key(TestKey::TextCa)).expect("a key");
        read.verify_with(&ca).expect("signed by the test CA");
        let other = RsaPublicKey::parse(&public_key(TestKey::FaceCa)).expect("a key");
        read.verify_with(&other).expect_err("not signed by that one");
        read.verify().expect_err("pinned nowhere");
    }
}
