//! Size classes: a ciphertext's length says at most which of five sizes a form has.

use zeroize::Zeroizing;

/// Padded sizes of one part's plaintext, in bytes. The largest leaves room for header, KEM output
/// and signature within 64 KiB, the most that the store keeps in one value.
const CLASSES: [usize; 5] = [4 << 10, 8 << 10, 16 << 10, 32 << 10, 60 << 10];

const LENGTH: usize = 4;

/// Most plaintext bytes of one part.
pub(crate) const MAX_PART: usize = CLASSES[CLASSES.len() - 1] - LENGTH;

/// Length, data, zeros. `data` is at most [`MAX_PART`] long.
pub(crate) fn pad(data: &[u8]) -> Zeroizing<Vec<u8>> {
    let needed = data.len() + LENGTH;
    let class = CLASSES.into_iter().find(|&c| c >= needed).unwrap_or(needed);
    let mut padded = Zeroizing::new(vec![0; class]);
    // At most 60 KiB, so the length always fits.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    padded[..LENGTH].copy_from_slice(&length.to_be_bytes());
    padded[LENGTH..needed].copy_from_slice(data);
    padded
}

/// The data again; none when the length does not fit or the rest is not zeros.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let length = u32::from_be_bytes(*padded.first_chunk()?) as usize;
    let (data, zeros) = padded[LENGTH..].split_at_checked(length)?;
    zeros.iter().all(|&b| b == 0).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_show_only_their_class() {
        for length in [0, 1, 100, 4092, 4093, 30_000, MAX_PART] {
            let data = vec![7; length];
            let padded = pad(&data);
            assert!(CLASSES.contains(&padded.len()), "{length}");
            assert_eq!(unpad(&padded), Some(data.as_slice()));
        }
    }

    #[test]
    fn padding_that_is_not_ours_is_refused() {
        let mut padded = pad(b"abc");
        *padded.last_mut().expect("not empty") = 1;
        assert_eq!(unpad(&padded), None);
        assert_eq!(unpad(&u32::MAX.to_be_bytes()), None);
        assert_eq!(unpad(b"ab"), None);
    }
}
