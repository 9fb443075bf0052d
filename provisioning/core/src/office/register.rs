//! The port to the city's register. The reference core reads a file of synthetic residents; a city's own
//! connector stands in its place.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use madoguchi_casework::compare::{Entries, Found, Person, meant};
use madoguchi_protocol::clerk::RegisterSays;
use madoguchi_protocol::{AttributeName, Personal};
use serde::Deserialize;

/// A register that cannot be used. Names lines, never values.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The file.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// A line of it.
    #[error("{0}, line {1}: {2}")]
    Line(PathBuf, u64, &'static str),
}

/// What a register answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(super) says: RegisterSays,
    pub(super) person: Option<Person>,
    /// 支援措置: this one, or one of several who could be meant.
    pub(super) protected: bool,
}

impl Answer {
    /// Without a person.
    pub(super) fn nobody(says: RegisterSays) -> Self {
        Self { says, person: None, protected: false }
    }
}

/// A register. What it does not answer holds nobody up: the case opens without it.
pub(crate) trait Register: Send + Sync {
    /// Whom it means by what a card said.
    fn find(&self, said: &Entries) -> Answer;

    /// Whether it can write a character.
    fn holds(&self, character: char) -> bool;
}

/// No register: nothing is compared.
pub(crate) struct NoRegister;

impl Register for NoRegister {
    fn find(&self, _: &Entries) -> Answer {
        Answer::nobody(RegisterSays::Unavailable)
    }

    fn holds(&self, _: char) -> bool {
        true
    }
}

/// Residents in a CSV file (UTF-8, a heading): `name,address,birth_date,sex,protected`. Birth dates as
/// `1980-02-17`, or as the card writes a day that is not known (`19800000`); sex `1`, `2` or `3`; `protected`
/// is `yes` under 支援措置 and empty otherwise.
pub(crate) struct CsvRegister {
    people: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: Personal<String>,
    address: Personal<String>,
    birth_date: Personal<String>,
    sex: Personal<String>,
    protected: String,
}

impl CsvRegister {
    /// Reads the file whole.
    ///
    /// # Errors
    /// [`RegisterError`] for the first line that is wrong.
    pub(crate) fn read(path: &Path) -> Result<Arc<Self>, RegisterError> {
        let failed = |e| RegisterError::Read(path.to_owned(), e);
        let file = std::fs::File::open(path).map_err(failed)?;
        let wrong = |line, why| RegisterError::Line(path.to_owned(), line, why);
        let mut people = Vec::new();
        let mut lines = csv::Reader::from_reader(io::BufReader::new(file));
        // The heading is the first line.
        for (number, line) in (2_u64..).zip(lines.deserialize::<Line>()) {
            let line = line.map_err(|_| wrong(number, "not the columns of the heading"))?;
            people.push(line.person().map_err(|why| wrong(number, why))?);
        }
        Ok(Arc::new(Self { people }))
    }
}

impl Line {
    fn person(self) -> Result<Person, &'static str> {
        let birth_date = birth_date(self.birth_date.expose())?;
        if self.name.expose().trim().is_empty() || self.address.expose().trim().is_empty() {
            return Err("name and address are not empty");
        }
        if !["1", "2", "3"].contains(&self.sex.expose().as_str()) {
            return Err("sex is 1, 2 or 3");
        }
        let protected = match self.protected.as_str() {
            "" => false,
            "yes" => true,
            _ => return Err("protected is yes or empty"),
        };
        let entries = [
            (AttributeName::Name, self.name),
            (AttributeName::Address, self.address),
            (AttributeName::BirthDate, birth_date),
            (AttributeName::Sex, self.sex),
        ];
        Ok(Person { entries: entries.into(), protected })
    }
}

/// As the card spells it: eight digits.
fn birth_date(text: &str) -> Result<Personal<String>, &'static str> {
    let is_digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<Date>() {
        Ok(date) if text.contains('-') => Ok(Personal::new(date.strftime("%Y%m%d").to_string())),
        _ if is_digits => Ok(text.into()),
        _ => Err("birth_date is YYYY-MM-DD, or eight digits"),
    }
}

impl Register for CsvRegister {
    fn find(&self, said: &Entries) -> Answer {
        if !said.contains_key(&AttributeName::BirthDate) {
            return Answer::nobody(RegisterSays::NotAsked);
        }
        match meant(&self.people, said) {
            Found::Nobody => Answer::nobody(RegisterSays::NotFound),
            Found::One(person) => Answer {
                says: RegisterSays::Found,
                person: Some(person.clone()),
                protected: person.protected,
            },
            Found::Several { protected } => {
                Answer { protected, ..Answer::nobody(RegisterSays::Several) }
            }
        }
    }

    /// What Unicode gives no name: 外字 of somebody's own.
    fn holds(&self, character: char) -> bool {
        !matches!(
            character,
            '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}'
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<Arc<CsvRegister>, RegisterError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = format!("name,address,birth_date,sex,protected\n{lines}");
        std::fs::write(file.path(), text).expect("written");
        CsvRegister::read(file.path())
    }

    #[test]
    fn somebody_is_found_as_the_card_spells_them() {
        let register = read("検証　花子,本町一丁目２番３号,1980-02-17,2,\n").expect("a register");
        let person = &register.people[0];
        assert_eq!(person.entries[&AttributeName::BirthDate].expose(), "19800217");
        let found = register.find(&person.entries);
        assert_eq!((found.says, found.person.as_ref()), (RegisterSays::Found, Some(person)));
        assert_eq!(register.find(&Entries::new()).says, RegisterSays::NotAsked);
        let twice = read(&"検証　花子,本町,19800000,2,yes\n".repeat(2)).expect("a register");
        let several = twice.find(&twice.people[0].entries);
        assert_eq!((several.says, several.protected), (RegisterSays::Several, true));
    }

    #[test]
    fn a_wrong_line_is_named_without_what_stands_in_it() {
        for wrong in [
            "花子,本町,1980,2,",
            "花子,本町,1980-02-17,f,",
            "花子,本町,1980-02-17,2,no",
            ",本町,1980-02-17,2,",
            "花子",
        ] {
            let error = read(&format!("花子,本町,1980-02-17,2,\n{wrong}\n")).err().expect(wrong);
            assert!(matches!(&error, RegisterError::Line(_, 3, _)), "{error}");
            assert!(!error.to_string().contains("花子"), "{error}");
        }
    }
}
