//! What fuzzing reaches (cross/fuzz); not there in any other build.

use crate::answer;

/// A printer's answer.
pub fn answer(bytes: &[u8]) {
    drop(answer::read(bytes.to_vec()));
}
