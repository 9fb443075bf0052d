//! The office's sealing keys, behind one KEM identifier.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem as HpkeKem, OpModeR, OpModeS, Serializable};
use madoguchi_protocol::bundle::SealingKey;
use zeroize::Zeroizing;

use crate::CONTEXT;

/// Key encapsulation mechanisms that an envelope may use (HPKE KEM registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kem {
    /// X25519 and ML-KEM-768 together (draft-connolly-cfrg-xwing-kem), 0x647a.
    XWing,
    /// DHKEM(X25519, HKDF-SHA256), RFC 9180 §7.1, 0x0020: the fallback.
    X25519,
}

impl Kem {
    /// The identifier in header and bundle.
    #[must_use]
    pub fn id(self) -> u16 {
        match self {
            Self::XWing => XWing::KEM_ID,
            Self::X25519 => X25519HkdfSha256::KEM_ID,
        }
    }

    /// The mechanism of an identifier, if it is one of ours.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        [Self::XWing, Self::X25519].into_iter().find(|kem| kem.id() == id)
    }
}

/// A key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// A mechanism that this version does not know.
    #[error("KEM {0:#06x} is not known to this version")]
    Kem(u16),
    /// Not base64, or not a key of that mechanism.
    #[error("the key is not one of its KEM")]
    Bytes,
    /// The identifier is not that of the bytes.
    #[error("the key's identifier does not belong to its bytes")]
    Id,
}

/// A key to which a device seals.
#[derive(Debug, Clone, PartialEq)]
pub struct SealingPublicKey {
    id: String,
    key: Public,
}

#[derive(Debug, Clone, PartialEq)]
enum Public {
    XWing(Box<<XWing as HpkeKem>::PublicKey>),
    X25519(<X25519HkdfSha256 as HpkeKem>::PublicKey),
}

impl SealingPublicKey {
    /// Reads a key of a verified bundle.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn from_bundle(key: &SealingKey) -> Result<Self, BadKey> {
        let bytes = STANDARD.decode(&key.public_key).map_err(|_| BadKey::Bytes)?;
        if key_id(&bytes) != key.id {
            return Err(BadKey::Id);
        }
        let public = match Kem::from_id(key.kem).ok_or(BadKey::Kem(key.kem))? {
            Kem::XWing => Public::XWing(Box::new(read(&bytes)?)),
            Kem::X25519 => Public::X25519(read(&bytes)?),
        };
        Ok(Self { id: key.id.clone(), key: public })
    }

    /// The first key of a bundle that this version can use.
    ///
    /// # Errors
    /// Why the last one could not be used.
    pub fn first_usable(keys: &[SealingKey]) -> Result<Self, BadKey> {
        let mut why = BadKey::Bytes;
        for key in keys {
            match Self::from_bundle(key) {
                Ok(key) => return Ok(key),
                Err(e) => why = e,
            }
        }
        Err(why)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn kem(&self) -> Kem {
        match self.key {
            Public::XWing(_) => Kem::XWing,
            Public::X25519(_) => Kem::X25519,
        }
    }

    /// KEM output and ciphertext.
    pub(crate) fn encrypt(&self, header: &[u8], plaintext: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        match &self.key {
            Public::XWing(key) => encrypt::<XWing>(key, header, plaintext),
            Public::X25519(key) => encrypt::<X25519HkdfSha256>(key, header, plaintext),
        }
    }
}

/// A key with which the office opens. Never leaves the staff network.
pub struct SealingPrivateKey {
    id: String,
    key: Private,
}

// Zeroized on drop by the `hpke` crate's key types.
enum Private {
    XWing(Box<<XWing as HpkeKem>::PrivateKey>),
    X25519(<X25519HkdfSha256 as HpkeKem>::PrivateKey),
}

impl SealingPrivateKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(kem: Kem) -> Self {
        let key = match kem {
            Kem::XWing => Private::XWing(Box::new(XWing::gen_keypair().0)),
            Kem::X25519 => Private::X25519(X25519HkdfSha256::gen_keypair().0),
        };
        Self::new(key)
    }

    /// Reads a key back from its bytes (32 for both mechanisms).
    ///
    /// # Errors
    /// [`BadKey::Bytes`].
    pub fn from_bytes(kem: Kem, bytes: &[u8]) -> Result<Self, BadKey> {
        Ok(Self::new(match kem {
            Kem::XWing => Private::XWing(Box::new(read(bytes)?)),
            Kem::X25519 => Private::X25519(read(bytes)?),
        }))
    }

    fn new(key: Private) -> Self {
        let mut this = Self { id: String::new(), key };
        this.id = key_id(&this.public_bytes());
        this
    }

    /// The private bytes, for a file that only the office can read.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match &self.key {
            Private::XWing(key) => key.to_bytes().to_vec(),
            Private::X25519(key) => key.to_bytes().to_vec(),
        })
    }

    /// The mechanism.
    #[must_use]
    pub fn kem(&self) -> Kem {
        match self.key {
            Private::XWing(_) => Kem::XWing,
            Private::X25519(_) => Kem::X25519,
        }
    }

    /// The public half, for the bundle.
    #[must_use]
    pub fn public(&self) -> SealingKey {
        SealingKey {
            id: self.id.clone(),
            kem: self.kem().id(),
            public_key: STANDARD.encode(self.public_bytes()),
        }
    }

    fn public_bytes(&self) -> Vec<u8> {
        match &self.key {
            Private::XWing(key) => XWing::sk_to_pk(key).to_bytes().to_vec(),
            Private::X25519(key) => X25519HkdfSha256::sk_to_pk(key).to_bytes().to_vec(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn decrypt(
        &self,
        enc: &[u8],
        header: &[u8],
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match &self.key {
            Private::XWing(key) => decrypt::<XWing>(key, enc, header, ciphertext),
            Private::X25519(key) => decrypt::<X25519HkdfSha256>(key, enc, header, ciphertext),
        }
    }
}

fn key_id(public: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, public);
    digest.as_ref()[..8].iter().map(|b| format!("{b:02x}")).collect()
}

fn read<T: Deserializable>(bytes: &[u8]) -> Result<T, BadKey> {
    T::from_bytes(bytes).map_err(|_| BadKey::Bytes)
}

fn encrypt<K: HpkeKem>(
    key: &K::PublicKey,
    header: &[u8],
    plaintext: &[u8],
) -> Option<(Vec<u8>, Vec<u8>)> {
    let (enc, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeS::Base,
        key,
        CONTEXT.as_bytes(),
        plaintext,
        header,
    )
    .ok()?;
    Some((enc.to_bytes().to_vec(), ciphertext))
}

fn decrypt<K: HpkeKem>(
    key: &K::PrivateKey,
    enc: &[u8],
    header: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let enc = K::EncappedKey::from_bytes(enc).ok()?;
    let plaintext = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeR::Base,
        key,
        &enc,
        CONTEXT.as_bytes(),
        ciphertext,
        header,
    )
    .ok()?;
    Some(Zeroizing::new(plaintext))
}
