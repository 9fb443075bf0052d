//! The one-time token of an enrolment: 128 random bits, of which only the hash is kept.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::digest::sha256;

/// A token that is shown once.
pub(super) struct Token(Zeroizing<[u8; 16]>);

/// The system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub(super) struct NoRandom;

impl Token {
    pub(super) fn random() -> Result<Self, NoRandom> {
        let mut bytes = Zeroizing::new([0; 16]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| NoRandom)?;
        Ok(Self(bytes))
    }

    /// Reads a token from its text; none when it cannot be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// As an operator hands it over.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(*self.0)
    }

    /// What is kept.
    pub(super) fn hash(&self) -> Vec<u8> {
        sha256(&[self.0.as_slice()])
    }

    /// Whether this is the token of that hash; takes as long when it is not.
    pub(super) fn is(&self, hash: &[u8]) -> bool {
        verify_slices_are_equal(&self.hash(), hash).is_ok()
    }
}
