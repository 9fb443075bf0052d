//! The file in which counters and changed PINs outlive the program, for every card by its serial
//! number.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{fs, mem};

use crate::card::{Card, Memory};

/// A file of states. Without one, nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct StateFile(Option<PathBuf>);

/// The file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the state file {} cannot be used", path.display())]
pub struct StateFileError {
    path: PathBuf,
    source: io::Error,
}

type Cards = BTreeMap<String, Memory>;

impl StateFile {
    /// Keeps in this file; it is made when something is to be kept.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(Some(path))
    }

    /// Lets a card remember what it was.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn recall(&self, card: &mut Card) -> Result<(), StateFileError> {
        let Some(path) = &self.0 else { return Ok(()) };
        let cards = read(path).map_err(|source| StateFileError { path: path.clone(), source })?;
        if let Some(memory) = cards.get(card.serial()) {
            card.remember(memory);
        }
        Ok(())
    }

    /// Keeps what a card is now.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, card: &Card) -> Result<(), StateFileError> {
        let Some(path) = &self.0 else { return Ok(()) };
        let write = || {
            let mut cards = read(path)?;
            let memory = card.memory();
            if mem::replace(cards.entry(card.serial().to_owned()).or_default(), memory.clone())
                == memory
            {
                return Ok(());
            }
            let text = toml::to_string(&cards).map_err(io::Error::other)?;
            // A program that is killed leaves the old file or the new one.
            let next = path.with_extension("next");
            fs::write(&next, text)?;
            fs::rename(&next, path)
        };
        write().map_err(|source| StateFileError { path: path.clone(), source })
    }
}

fn read(path: &Path) -> io::Result<Cards> {
    match fs::read_to_string(path) {
        // Not the error's own text: it quotes the line.
        Ok(text) => toml::from_str(&text).map_err(|_| ErrorKind::InvalidData.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Cards::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::hanako;

    #[test]
    fn counters_outlive_the_program_and_belong_to_one_card() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = StateFile::at(folder.path().join("state.toml"));
        let mut card = Card::new(&hanako());
        file.recall(&mut card).expect("nothing yet");
        card.set_tries("text.11", 1).expect("a key");
        file.keep(&card).expect("kept");
        let mut again = Card::new(&hanako());
        file.recall(&mut again).expect("recalled");
        assert_eq!(again.tries()["text.11"], (1, 3));
        let jiro = include_str!("../people/jiro.toml");
        let mut other = Card::new(&crate::Person::parse(jiro).expect("a person"));
        file.recall(&mut other).expect("recalled");
        assert_eq!(other.tries()["text.11"], (3, 3));
        file.keep(&other).expect("kept");
        file.recall(&mut again).expect("still there");
        assert_eq!(again.tries()["text.11"], (1, 3));
    }

    #[test]
    fn a_file_that_is_none_is_refused_and_not_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.toml");
        fs::write(&path, "value = 9247").expect("written");
        let error = StateFile::at(path).recall(&mut Card::new(&hanako())).expect_err("no state");
        let source = std::error::Error::source(&error).expect("a source").to_string();
        assert!(!source.contains("9247"), "{source}");
    }
}
