//! Passwords as the office keeps them: Argon2id (RFC 9106) with the crate's defaults, which are OWASP's
//! first choice: 19 MiB, two passes, one lane.

use argon2::password_hash::{self, Output, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand;
use madoguchi_protocol::Personal;
use madoguchi_protocol::clerk::{LONGEST_PASSWORD, SHORTEST_PASSWORD};
use tokio::sync::Semaphore;

use crate::problem::{Code, Refusal};

/// Letters and digits of a first password, without those that are read as one another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 5 bits each: 70 bits, for one log-in.
const LENGTH: usize = 14;

/// Blocks of 1 KiB that are more than glibc ever keeps for itself (`DEFAULT_MMAP_THRESHOLD_MAX`, 32 MiB).
const GIVEN_BACK: usize = 32 * 1024 + 64;

/// Works out hashes, two at a time: each takes 19 MiB and tens of milliseconds of a core.
pub(super) struct Hashing {
    places: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { places: Semaphore::new(2) }
    }
}

impl Hashing {
    /// The hash, if it is that password's. Without one to compare with, the same work is done for nothing,
    /// so that the time does not tell whether there is such a clerk.
    pub(super) async fn right(
        &self,
        password: Personal<String>,
        kept: Option<String>,
    ) -> Result<Option<String>, Refusal> {
        self.work(move || match kept {
            Some(kept) => Ok(is_of(&password, &kept)?.then_some(kept)),
            None => hash(&password).map(|_| None),
        })
        .await
    }

    /// As it is kept.
    pub(super) async fn hash(&self, password: Personal<String>) -> Result<String, Refusal> {
        self.work(move || hash(&password)).await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _place = self.places.acquire().await.map_err(|e| Refusal::internal(&e))?;
        let done = tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::internal(&e))?;
        done.map_err(|e| Refusal::internal(&Unusable(e)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a password's hash cannot be used: {0}")]
struct Unusable(password_hash::Error);

/// The PHC string of a password, with a salt of its own.
fn hash(password: &Personal<String>) -> Result<String, password_hash::Error> {
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_| password_hash::Error::Crypto)?;
    let salt = SaltString::encode_b64(&salt)?;
    let params = Params::default();
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: (&params).try_into()?,
        salt: Some(salt.as_salt()),
        hash: Some(derived(password, salt.as_salt(), params)?),
    };
    Ok(hash.to_string())
}

/// Whether a PHC string is that password's.
fn is_of(password: &Personal<String>, kept: &str) -> Result<bool, password_hash::Error> {
    let kept = PasswordHash::new(kept)?;
    let (Some(salt), Some(hash)) = (kept.salt, kept.hash) else {
        return Err(password_hash::Error::PhcStringField);
    };
    // Outputs are compared in constant time.
    Ok(derived(password, salt, Params::try_from(&kept)?)? == hash)
}

/// Argon2id. In a piece of memory that glibc gives back at once: smaller ones stay, a copy for each thread
/// that ever worked out a hash.
fn derived(
    password: &Personal<String>,
    salt: Salt<'_>,
    params: Params,
) -> Result<Output, password_hash::Error> {
    let mut bytes = [0; 64];
    let salt = salt.decode_b64(&mut bytes)?;
    let mut memory = vec![Block::default(); params.block_count().max(GIVEN_BACK)];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; 32];
    argon2.hash_password_into_with_memory(
        password.expose().as_bytes(),
        salt,
        &mut output,
        &mut memory,
    )?;
    Output::new(&output)
}

/// A first password, to be typed once.
pub(super) fn first() -> Result<Personal<String>, Refusal> {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).map_err(|e| Refusal::internal(&e))?;
    let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    Ok(Personal::new(letters.iter().collect()))
}

/// Refuses one that is too short or too long.
pub(super) fn check_length(password: &Personal<String>) -> Result<(), Refusal> {
    let length = password.expose().chars().count();
    if (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        return Ok(());
    }
    let detail = format!("a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters");
    Err(Refusal::new(Code::ClerkPassword, detail))
}
