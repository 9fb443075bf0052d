//! What is trusted because it did not come off a card: the issuers' keys, and the roots of the
//! certificates.

use std::fmt;

use madoguchi_protocol::application::SignatureCheck;
use myna_card::ca;
use myna_card::certificate::roots;

mod practice;

pub use practice::PracticeError;

/// Which of the two certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// 利用者証明用: who this is, nothing of them.
    Authentication,
    /// 署名用: with name, address, birth date and sex.
    Signature,
}

impl Purpose {
    /// The policy under which J-LIS issues it (`certificatePolicies`).
    #[must_use]
    pub fn policy(self) -> &'static str {
        match self {
            Self::Authentication => "1.2.392.200149.8.5.1.3.30",
            Self::Signature => "1.2.392.200149.8.5.1.1.20",
        }
    }

    /// The policy of test cards.
    #[must_use]
    pub fn test_policy(self) -> &'static str {
        match self {
            Self::Authentication => "1.2.392.200149.8.5.1.0.30",
            Self::Signature => "1.2.392.200149.8.5.1.0.20",
        }
    }
}

/// A public RSA key, both numbers big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The exponent.
    pub exponent: Vec<u8>,
}

impl PublicKey {
    /// Whether it has signed this (RSA PKCS #1 v1.5 with SHA-256, at least 2048 bits).
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = aws_lc_rs::signature::RsaPublicKeyComponents {
            n: self.modulus.as_slice(),
            e: self.exponent.as_slice(),
        };
        let scheme = &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
        key.verify(scheme, message, signature).is_ok()
    }
}

/// A root certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Root {
    /// Which certificates it issues.
    pub purpose: Purpose,
    /// Under which policy.
    pub policy: String,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({:?}, {})", self.purpose, self.policy)
    }
}

/// What is trusted because it did not come off a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    issuers: Vec<([u8; 16], PublicKey)>,
    roots: Vec<Root>,
}

impl Pins {
    /// What real cards are issued under, as `myna-card` carries it. No test hierarchy is among it.
    #[must_use]
    pub fn production() -> Self {
        // Identifiers of the test hierarchy begin with 6.
        let issuers = ca::KNOWN.iter().filter(|key| key.key_id[0] == b'5').map(|key| {
            let (modulus, exponent) = (key.modulus.to_vec(), key.exponent.to_vec());
            (*key.key_id, PublicKey { modulus, exponent })
        });
        let roots = roots::KNOWN.iter().filter(|r| r.hierarchy == roots::Hierarchy::Production);
        let roots = roots.map(|root| {
            let purpose = match root.purpose {
                roots::Purpose::UserAuthentication => Purpose::Authentication,
                roots::Purpose::DigitalSignature => Purpose::Signature,
            };
            let policy = purpose.policy().to_owned();
            Root { purpose, policy, certificate: root.der.to_vec() }
        });
        Self { issuers: issuers.collect(), roots: roots.collect() }
    }

    /// Also an issuer's key, by its 16-byte identifier. For practice and tests.
    #[must_use]
    pub fn with_issuer(mut self, id: [u8; 16], key: PublicKey) -> Self {
        self.issuers.push((id, key));
        self
    }

    /// Also a root. For practice and tests.
    #[must_use]
    pub fn with_root(mut self, root: Root) -> Self {
        self.roots.push(root);
        self
    }

    pub(crate) fn issuer(&self, id: &[u8; 16]) -> Option<&PublicKey> {
        self.issuers.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }

    pub(crate) fn roots(&self, purpose: Purpose) -> impl Iterator<Item = &Root> {
        self.roots.iter().filter(move |root| root.purpose == purpose)
    }
}

/// What a check of signatures can find, short of a bad one.
pub(crate) type Checked = Result<SignatureCheck, BadSignature>;

/// A signature under a key that is known is wrong: what was read is not what was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSignature(pub(crate) &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_trusts_what_j_lis_publishes_and_no_test_hierarchy() {
        let pins = Pins::production();
        assert_eq!(pins.issuers.len(), 3);
        assert!(pins.issuers.iter().all(|(id, _)| id.starts_with(b"50000")));
        for purpose in [Purpose::Authentication, Purpose::Signature] {
            assert_eq!(pins.roots(purpose).count(), 3);
            for root in pins.roots(purpose) {
                let name = String::from_utf8_lossy(&root.certificate);
                assert!(name.contains("JPKI") && !name.contains("JPKI-TEST"));
            }
        }
    }
}
