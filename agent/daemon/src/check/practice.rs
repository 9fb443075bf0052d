//! Where virtual cards are to count as issued: may they, and is their authority there?

use std::path::Path;

use madoguchi_card::Pins;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use super::packs::Remembered;
use crate::practice::Practice;

pub(super) fn check(folder: &Path, remembered: &Remembered) -> Outcome {
    Pins::production().with_practice(folder).map_err(|e| chain(&e))?;
    let profile = remembered.as_ref().ok().map(|(settings, _)| settings.profile());
    let practice = Practice::new(Some(folder.to_owned()), profile);
    match practice.authority() {
        Some(folder) => Ok(format!(
            "virtual cards of {} count as issued: never where real visitors come",
            folder.display()
        )),
        None => {
            Err("reader.practice_authority is not used, since the signed profile does not say \
                     practice; take it out of the configuration"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_is_not_there_or_not_signed_for_is_not_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let unknown: Remembered = Err("nothing is remembered".to_owned());
        let missing = check(folder.path(), &unknown).expect_err("no authority");
        assert!(missing.contains("text-ca.key"), "{missing}");
        // An identifier, then exponent and modulus in the tags of cards.
        let key = [&[0x36; 16][..], &[0x90, 1, 3, 0x91, 1, 9]].concat();
        let files = [("text-ca.key", &key[..]), ("auth-ca.der", b"der"), ("sign-ca.der", b"der")];
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).expect("written");
        }
        let refused = check(folder.path(), &unknown).expect_err("no profile says practice");
        assert!(refused.contains("not used"), "{refused}");
    }
}
