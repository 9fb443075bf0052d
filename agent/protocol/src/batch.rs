//! Several envelopes in one body: each one's length in bytes (u32, big-endian), then its bytes.

use crate::core_api::{MAX_BATCH, MAX_BODY};

/// Bytes of a length.
const LENGTH: usize = size_of::<u32>();

/// Why a body is not a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The body ends inside a length or an envelope.
    #[error("the batch ends inside its envelope {0}")]
    CutOff(usize),
    /// Nothing is in it.
    #[error("the batch holds no envelope")]
    Empty,
    /// More than [`MAX_BATCH`] are in it.
    #[error("the batch holds more than {MAX_BATCH} envelopes")]
    TooMany,
}

/// A batch that is being put together, never longer than what an intake takes.
#[derive(Debug, Default)]
pub struct Batch {
    body: Vec<u8>,
    envelopes: usize,
}

impl Batch {
    /// Adds an envelope. Whether there was room: at most [`MAX_BATCH`], at most [`MAX_BODY`] bytes in
    /// all. One that has no room is not added.
    #[must_use]
    pub fn add(&mut self, envelope: &[u8]) -> bool {
        let Ok(length) = u32::try_from(envelope.len()) else { return false };
        if self.envelopes == MAX_BATCH || self.body.len() + LENGTH + envelope.len() > MAX_BODY {
            return false;
        }
        self.body.extend_from_slice(&length.to_be_bytes());
        self.body.extend_from_slice(envelope);
        self.envelopes += 1;
        true
    }

    /// How many are in it.
    #[must_use]
    pub fn envelopes(&self) -> usize {
        self.envelopes
    }

    /// The body that is sent.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// The envelopes of a body, in its order. Whether each is one is for its reader to say.
///
/// # Errors
/// [`BatchError`]; then none of them is to be taken.
pub fn envelopes(mut body: &[u8]) -> Result<Vec<&[u8]>, BatchError> {
    let mut envelopes = Vec::new();
    while !body.is_empty() {
        if envelopes.len() == MAX_BATCH {
            return Err(BatchError::TooMany);
        }
        let cut_off = || BatchError::CutOff(envelopes.len() + 1);
        let (length, rest) = body.split_first_chunk::<LENGTH>().ok_or_else(cut_off)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (envelope, rest) = rest.split_at_checked(length).ok_or_else(cut_off)?;
        envelopes.push(envelope);
        body = rest;
    }
    if envelopes.is_empty() { Err(BatchError::Empty) } else { Ok(envelopes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(envelopes: &[&[u8]]) -> Vec<u8> {
        let mut batch = Batch::default();
        for envelope in envelopes {
            assert!(batch.add(envelope));
        }
        assert_eq!(batch.envelopes(), envelopes.len());
        batch.into_body()
    }

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let all: [&[u8]; 3] = [b"first", b"", b"third"];
        assert_eq!(envelopes(&batch(&all)), Ok(all.to_vec()));
    }

    #[test]
    fn a_batch_cut_off_anywhere_is_none() {
        let whole = batch(&[b"first", b"second"]);
        for end in 1..whole.len() {
            if end != LENGTH + 5 {
                assert!(matches!(envelopes(&whole[..end]), Err(BatchError::CutOff(_))), "{end}");
            }
        }
        assert_eq!(envelopes(&[]), Err(BatchError::Empty));
    }

    #[test]
    fn a_batch_grows_to_what_an_intake_takes_and_no_further() {
        let mut many = Batch::default();
        while many.add(b"x") {}
        assert_eq!(many.envelopes(), MAX_BATCH);
        let mut body = many.into_body();
        assert!(envelopes(&body).is_ok());
        body.extend_from_slice(&[0, 0, 0, 0]);
        assert_eq!(envelopes(&body), Err(BatchError::TooMany));

        let large = vec![0; 60_000];
        let mut long = Batch::default();
        while long.add(&large) {}
        assert!(long.envelopes() < MAX_BATCH);
        assert!(long.into_body().len() <= MAX_BODY);
    }
}
