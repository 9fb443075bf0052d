//! RSA with the test keys of this folder.
//!
//! Every key is in the repository for anybody to read, so nothing that is signed here proves
//! anything. See `test-authority/README.md`.

use std::sync::OnceLock;

use aws_lc_rs::digest::{self, Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use der::asn1::UintRef;
use der::{Decode as _, Reader as _, SliceReader};
use num_bigint::BigUint;

use crate::ber::object;

/// Size of a modulus and of a signature in bytes.
pub const MODULUS: usize = 256;

/// The beginnings of a DigestInfo of SHA-256, SHA-384 and SHA-512.
const SHA256_INFO: &[u8] =
    b"\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA384_INFO: &[u8] =
    b"\x30\x41\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30";
const SHA512_INFO: &[u8] =
    b"\x30\x51\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";

macro_rules! test_keys {
    ($($(#[$doc:meta])* $name:ident = $file:literal),* $(,)?) => {
        /// The test keys.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum TestKey { $($(#[$doc])* $name),* }

        impl TestKey {
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$name),*];

            const fn pkcs1(self) -> &'static [u8] {
                match self {
                    $(Self::$name => include_bytes!(concat!("../../test-authority/", $file, ".test-key.der"))),*
                }
            }

            fn cell(self) -> &'static OnceLock<Option<Loaded>> {
                match self {
                    $(Self::$name => { static CELL: OnceLock<Option<Loaded>> = OnceLock::new(); &CELL }),*
                }
            }
        }
    };
}

test_keys! {
    /// Signs 利用者証明用電子証明書.
    AuthenticationCa = "auth-ca",
    /// Signs 署名用電子証明書.
    SignatureCa = "sign-ca",
    /// The top of the chain that GET DATA shows.
    RootCa = "root-ca",
    /// The middle of that chain.
    IntermediateCa = "intermediate-ca",
    /// Signs the certificate in TEXT EF 0004.
    TextCa = "text-ca",
    /// Signs the certificate in FACE EF 0004.
    FaceCa = "face-ca",
    /// The municipality's: signs the objects of TEXT.
    TextIssuer = "text-issuer",
    /// The municipality's: signs the objects of FACE.
    FaceIssuer = "face-issuer",
    /// TEXT IEF 0013.
    TextCard = "text-card",
    /// FACE IEF 001A.
    FaceCard = "face-card",
    /// COMMON IEF 0019.
    CommonCard = "common-card",
    /// TEXT EF 0006, for session keys.
    Session = "session",
    /// JPKI IEF 0017 of every third card.
    Authentication1 = "auth-1",
    /// The next.
    Authentication2 = "auth-2",
    /// The last.
    Authentication3 = "auth-3",
    /// JPKI IEF 001A of every third card.
    Signature1 = "sign-1",
    /// The next.
    Signature2 = "sign-2",
    /// The last.
    Signature3 = "sign-3",
}

struct Loaded {
    pair: KeyPair,
    modulus: BigUint,
    private: BigUint,
}

impl Loaded {
    fn read(pkcs1: &[u8]) -> Option<Self> {
        let pair = KeyPair::from_der(pkcs1).ok()?;
        // RSAPrivateKey: version, modulus, public exponent, private exponent, five factors.
        let mut reader = SliceReader::new(pkcs1).ok()?;
        let numbers: Vec<_> =
            reader.sequence(|key| (0..9).map(|_| UintRef::decode(key)).collect()).ok()?;
        let number = |at: usize| BigUint::from_bytes_be(numbers[at].as_bytes());
        let (modulus, private) = (number(1), number(3));
        Some(Self { pair, modulus, private })
    }
}

impl TestKey {
    /// 利用者証明用 key of the card with this number.
    pub fn authentication(number: usize) -> Self {
        [Self::Authentication1, Self::Authentication2, Self::Authentication3][number % 3]
    }

    /// 署名用 key of the card with this number.
    pub fn signature(number: usize) -> Self {
        [Self::Signature1, Self::Signature2, Self::Signature3][number % 3]
    }

    #[allow(clippy::expect_used, reason = "a test reads every key of the folder")]
    fn loaded(self) -> &'static Loaded {
        let loaded = self.cell().get_or_init(|| Loaded::read(self.pkcs1()));
        loaded.as_ref().expect("the test keys are RSA keys")
    }

    /// The modulus, big-endian, 256 bytes.
    pub fn modulus(self) -> Vec<u8> {
        let modulus = self.loaded().modulus.to_bytes_be();
        debug_assert_eq!(modulus.len(), MODULUS);
        modulus
    }

    /// The public key as a PKCS#1 `RSAPublicKey`.
    pub fn public_pkcs1(self) -> &'static [u8] {
        self.loaded().pair.public_key().as_ref()
    }

    /// PKCS#1 v1.5 over SHA-256 of a message.
    pub fn sign(self, message: &[u8]) -> Vec<u8> {
        self.sign_message(&RSA_PKCS1_SHA256, message)
    }

    /// PSS with SHA-256 of a message.
    pub fn sign_pss(self, message: &[u8]) -> Vec<u8> {
        self.sign_message(&RSA_PSS_SHA256, message)
    }

    /// PSS of a SHA-256 value. `None` when it is none.
    pub fn sign_pss_hash(self, hash: &[u8]) -> Option<Vec<u8>> {
        let digest = Digest::import_less_safe(hash, &SHA256).ok()?;
        Some(self.sign_digest(&RSA_PSS_SHA256, &digest))
    }

    /// PKCS#1 v1.5 padding around a DigestInfo, or around anything else of 1 to 245 bytes, as it is.
    pub fn sign_as_is(self, data: &[u8]) -> Option<Vec<u8>> {
        let known: [(&[u8], &'static digest::Algorithm, &'static dyn RsaEncoding); 3] = [
            (SHA256_INFO, &SHA256, &RSA_PKCS1_SHA256),
            (SHA384_INFO, &SHA384, &RSA_PKCS1_SHA384),
            (SHA512_INFO, &SHA512, &RSA_PKCS1_SHA512),
        ];
        for (begin, algorithm, padding) in known {
            if let Some(hash) = data.strip_prefix(begin)
                && let Ok(digest) = Digest::import_less_safe(hash, algorithm)
            {
                return Some(self.sign_digest(padding, &digest));
            }
        }
        (1..=MODULUS - 11).contains(&data.len()).then(|| self.power(data))
    }

    fn sign_message(self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; MODULUS];
        let signed =
            self.loaded().pair.sign(padding, &SystemRandom::new(), message, &mut signature);
        debug_assert!(signed.is_ok());
        signature
    }

    fn sign_digest(self, padding: &'static dyn RsaEncoding, digest: &Digest) -> Vec<u8> {
        let mut signature = vec![0; MODULUS];
        let signed = self.loaded().pair.sign_digest(padding, digest, &mut signature);
        debug_assert!(signed.is_ok());
        signature
    }

    /// The textbook power, for what aws-lc-rs has no function for: a SHA-1 DigestInfo, or bare data.
    /// It takes a time that depends on the key; the key is public.
    fn power(self, data: &[u8]) -> Vec<u8> {
        let Loaded { modulus, private, .. } = self.loaded();
        let padding = vec![0xFF; MODULUS - 3 - data.len()];
        let block = [&[0, 1], padding.as_slice(), &[0], data].concat();
        let power = BigUint::from_bytes_be(&block).modpow(private, modulus).to_bytes_be();
        [vec![0; MODULUS - power.len()], power].concat()
    }
}

/// The DigestInfo of a SHA-256 value; the face of the card has one of three values in a row.
pub fn sha256_info(hashes: &[u8]) -> Vec<u8> {
    const ALGORITHM: &[u8] = b"\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
    object(&[0x30], &[ALGORITHM, &object(&[0x04], hashes)].concat())
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> Vec<u8> {
    digest::digest(&SHA256, data).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    };

    use super::*;

    #[test]
    fn every_test_key_signs_and_no_two_are_the_same() {
        let mut moduli = Vec::new();
        for key in TestKey::ALL {
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_pkcs1());
            public.verify(b"message", &key.sign(b"message")).expect("its signature");
            assert_eq!(key.modulus().len(), MODULUS, "{key:?}");
            moduli.push(key.modulus());
        }
        moduli.sort();
        moduli.dedup();
        assert_eq!(moduli.len(), TestKey::ALL.len());
    }

    #[test]
    fn the_textbook_power_signs_like_the_library() {
        let key = TestKey::Authentication1;
        let info = sha256_info(&sha256(b"message"));
        assert_eq!(key.power(&info), key.sign(b"message"));
        assert_eq!(key.sign_as_is(&info), Some(key.sign(b"message")));
        assert_eq!(key.sign_as_is(&[]), None);
        assert_eq!(key.sign_as_is(&[0; 246]), None);
        assert!(key.sign_as_is(&[0; 245]).is_some());
    }

    #[test]
    fn a_hash_is_signed_with_pss_too() {
        let key = TestKey::Signature2;
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public_pkcs1());
        let hashed = key.sign_pss_hash(&sha256(b"message")).expect("a hash");
        public.verify(b"message", &hashed).expect("its signature");
        public.verify(b"message", &key.sign_pss(b"message")).expect("its signature");
        assert_eq!(key.sign_pss_hash(b"short"), None);
    }
}
