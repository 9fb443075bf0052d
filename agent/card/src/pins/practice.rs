//! The authority of virtual cards, from the folder that `madoguchi-virtual-card authority` writes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Pins, PublicKey, Purpose, Root};
use crate::tlv;

/// Bytes of a key's identifier.
const KEY_ID: usize = 16;
const EXPONENT: u32 = 0x90;
const MODULUS: u32 = 0x91;

/// A folder that does not hold an authority for practice.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no key.
    #[error("{} is no key", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
}

impl Pins {
    /// Also trusts the cards of a practice authority, which anybody can make: only where people
    /// practise and in tests.
    ///
    /// # Errors
    /// When the folder does not hold `text-ca.key`, `auth-ca.der` and `sign-ca.der`.
    pub fn with_practice(self, folder: &Path) -> Result<Self, PracticeError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| PracticeError::Unreadable { path, source })
        };
        let text = read("text-ca.key")?;
        let no_key = || PracticeError::NoKey { path: folder.join("text-ca.key") };
        let (id, key) = issuer(&text).ok_or_else(no_key)?;
        let root = |purpose: Purpose, certificate| {
            let policy = purpose.test_policy().to_owned();
            Root { purpose, policy, certificate }
        };
        Ok(self
            .with_issuer(id, key)
            .with_root(root(Purpose::Authentication, read("auth-ca.der")?))
            .with_root(root(Purpose::Signature, read("sign-ca.der")?)))
    }
}

/// The identifier, then exponent and modulus in the tags of cards.
fn issuer(file: &[u8]) -> Option<([u8; KEY_ID], PublicKey)> {
    let (id, key) = file.split_first_chunk::<KEY_ID>()?;
    let value = |tag| {
        let object = tlv::objects(key).filter_map(Result::ok).find(|object| object.tag == tag)?;
        Some(object.value.to_vec())
    };
    Some((*id, PublicKey { modulus: value(MODULUS)?, exponent: value(EXPONENT)? }))
}

#[cfg(test)]
mod tests {
    use madoguchi_virtual_card::authority;

    use super::*;
    use crate::testing::practice;

    #[test]
    fn the_folder_that_the_virtual_card_writes_is_its_authority_and_another_is_none() {
        let folder =
            std::env::temp_dir().join(format!("madoguchi-practice-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for (name, bytes) in authority::files() {
            fs::write(folder.join(name), bytes).expect("a file");
        }
        let found = Pins::default().with_practice(&folder);
        fs::write(folder.join("text-ca.key"), b"no key").expect("a file");
        let no_key = Pins::default().with_practice(&folder);
        fs::remove_dir_all(&folder).expect("removed");
        let missing = Pins::default().with_practice(&folder);
        assert_eq!(found.expect("an authority"), practice());
        assert!(matches!(no_key, Err(PracticeError::NoKey { .. })));
        assert!(matches!(missing, Err(PracticeError::Unreadable { .. })));
    }
}
