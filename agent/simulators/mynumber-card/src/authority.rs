//! The public halves of the test authority: what a practice or test system pins, and nobody else.

use crate::make::certificate::{self, Purpose};
use crate::make::rsa::TestKey;
use crate::make::verifiable::{self, KeyId};

/// The key of an authority for card-verifiable certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiableKey {
    /// 証明者鍵ID, by which the certificates of the card name it.
    pub id: [u8; 16],
    /// Modulus of the RSA-2048 key, big-endian, 256 bytes. The exponent is 65537.
    pub modulus: Vec<u8>,
}

impl VerifiableKey {
    fn of(id: &KeyId, key: TestKey) -> Self {
        Self { id: *id.bytes(), modulus: key.modulus() }
    }

    /// The id, then exponent and modulus in the tags of the card: 281 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.id.as_slice(), &verifiable::public_key_of(&self.modulus)].concat()
    }
}

/// Certifies the keys that sign the objects of TEXT (its EF 0004).
#[must_use]
pub fn text() -> VerifiableKey {
    VerifiableKey::of(&KeyId::TEXT_CA, TestKey::TextCa)
}

/// Certifies the keys that sign the objects of FACE (its EF 0004).
#[must_use]
pub fn face() -> VerifiableKey {
    VerifiableKey::of(&KeyId::FACE_CA, TestKey::FaceCa)
}

/// The top of the chain that the issuer's domain shows.
#[must_use]
pub fn root() -> VerifiableKey {
    VerifiableKey::of(&KeyId::ROOT_CA, TestKey::RootCa)
}

/// The certificate (DER) that 利用者証明用電子証明書 lead to; the same as in JPKI EF 000B.
#[must_use]
pub fn authentication() -> Vec<u8> {
    certificate::authority(Purpose::Authentication)
}

/// The certificate (DER) that 署名用電子証明書 lead to; the same as in JPKI EF 0002.
#[must_use]
pub fn signature() -> Vec<u8> {
    certificate::authority(Purpose::Signature)
}

/// All of them as files, by name.
#[must_use]
pub fn files() -> [(&'static str, Vec<u8>); 5] {
    [
        ("auth-ca.der", authentication()),
        ("sign-ca.der", signature()),
        ("text-ca.key", text().to_bytes()),
        ("face-ca.key", face().to_bytes()),
        ("root-ca.key", root().to_bytes()),
    ]
}
