//! The agent's configuration file: TOML, unknown keys refused, every error with its key and line.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use madoguchi_identity::Endpoint;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What an operator sets on the device itself. Everything else comes signed from the core.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// Folder of identity and store; owned by the agent's user.
    pub state_dir: PathBuf,
    /// Unix socket on which a screen finds the agent.
    pub socket: PathBuf,
    /// Users whose programs may be the screen. Default: the agent's own user.
    #[serde(default)]
    pub allowed_uids: Option<Vec<u32>>,
    /// The card reader.
    #[serde(default)]
    pub reader: Reader,
    /// Which intake is used.
    #[serde(default)]
    pub delivery: Delivery,
    /// For a clerk's thin client: then it serves a counter, and no kiosk.
    #[serde(default)]
    pub counter: Option<Counter>,
}

/// Where clerks work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table, as [counter]")]
pub struct Counter {
    /// The office, as `https://host[:port]`.
    pub office: String,
}

/// When one of several intakes is used. Their order is that of the enrolment sheet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, expecting = "a table, as [delivery]")]
pub struct Delivery {
    /// For how many seconds a more preferred intake has to answer without a failure before it is
    /// used again, 1 to 3600. Default: 120.
    pub back_after_seconds: u16,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { back_after_seconds: 120 }
    }
}

/// Which reader is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table, as [reader]")]
pub struct Reader {
    /// Part of the reader's name as pcscd lists it. Default: the first there is.
    #[serde(default)]
    pub name: Option<String>,
    /// Folder with the authority of virtual cards, which then count as issued like real ones. Only
    /// for practice and tests: anybody can make such cards. Not used unless the device's signed
    /// profile says `practice` as well.
    #[serde(default)]
    pub practice_authority: Option<PathBuf>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// 1-based line.
    pub line: usize,
    /// The key, as `reader.name`; empty when the text is not TOML.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// A file that is not a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something wrong; all of it.
    #[error("{path} is not a configuration of this agent:{}", list(complaints))]
    Wrong {
        /// Which.
        path: PathBuf,
        /// Everything that is wrong with it.
        complaints: Vec<Complaint>,
    },
}

fn list(complaints: &[Complaint]) -> String {
    complaints.iter().map(|c| format!("\n  {c}")).collect()
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`], with everything that is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
            .map_err(|complaints| ConfigError::Wrong { path: path.to_owned(), complaints })
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Complaint>> {
        let line_of = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        let whole = DeTable::parse(text).map_err(|e| {
            let line = e.span().map_or(1, |s| line_of(s.start));
            vec![Complaint { line, key: String::new(), message: e.message().to_owned() }]
        })?;

        let mut complaints: Vec<Complaint> = Vec::new();
        let mut complain = |at: usize, key: &str, message: &str| {
            let (line, key, message) = (line_of(at), key.to_owned(), message.to_owned());
            let new = Complaint { line, key, message };
            if !complaints.contains(&new) {
                complaints.push(new);
            }
        };
        // A wrong value ends the reading: it is blanked, and the rest is read again.
        let mut rest = text.to_owned();
        let mut blanked: Vec<String> = Vec::new();
        loop {
            let (read, unknown) = attempt(&rest);
            for key in &unknown {
                let at = span(whole.get_ref(), key).map_or(0, |s| s.start);
                complain(at, key, "this key is not known");
            }
            let error = match read {
                Ok(config) => {
                    for (key, message) in config.check() {
                        let at = span(whole.get_ref(), key).map_or(0, |s| s.start);
                        complain(at, key, &message);
                    }
                    if complaints.is_empty() && rest == text {
                        return Ok(config);
                    }
                    break;
                }
                Err(error) => error,
            };
            let at = error.span().map_or(0, |s| s.start);
            let key = key_at(whole.get_ref(), at, "").unwrap_or_default();
            let missing = error.message().starts_with("missing field");
            let wrong = span(whole.get_ref(), &key).filter(|_| !missing);
            let Some(wrong) = wrong else {
                if !blanked.iter().any(|key| error.message().contains(&format!("`{key}`"))) {
                    complain(at, "", error.message());
                }
                break;
            };
            complain(at, &key, error.message());
            let blank: String = rest[wrong.clone()]
                .chars()
                .flat_map(|c| std::iter::repeat_n(if c == '\n' { '\n' } else { ' ' }, c.len_utf8()))
                .collect();
            rest.replace_range(wrong, &blank);
            blanked.push(key);
        }
        complaints.sort_by_key(|c| c.line);
        Err(complaints)
    }

    /// What a type cannot say.
    fn check(&self) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        let paths = [("state_dir", &self.state_dir), ("socket", &self.socket)];
        let practice = self.reader.practice_authority.as_ref();
        let practice = practice.map(|path| ("reader.practice_authority", path));
        for (key, path) in paths.into_iter().chain(practice) {
            if !path.is_absolute() {
                wrong.push((key, format!("{} is not an absolute path", path.display())));
            }
        }
        if self.allowed_uids.as_ref().is_some_and(Vec::is_empty) {
            wrong.push(("allowed_uids", "nobody could be the screen".to_owned()));
        }
        if !(1..=3600).contains(&self.delivery.back_after_seconds) {
            wrong.push(("delivery.back_after_seconds", "1 to 3600 seconds".to_owned()));
        }
        let office = self.counter.as_ref().map(|counter| counter.office.as_str());
        if office.is_some_and(|office| office.parse::<Endpoint>().is_err()) {
            wrong.push((
                "counter.office",
                "an address is https://host or https://host:port".to_owned(),
            ));
        }
        if self.reader.name.as_ref().is_some_and(String::is_empty) {
            wrong.push(("reader.name", "an empty name fits every reader; leave it out".to_owned()));
        }
        wrong
    }
}

/// Reads once: what came of it, and the keys that nobody asked for.
fn attempt(text: &str) -> (Result<Config, toml::de::Error>, Vec<String>) {
    let mut unknown = Vec::new();
    let read = toml::Deserializer::parse(text).and_then(|deserializer| {
        serde_ignored::deserialize(deserializer, |path| unknown.push(path.to_string()))
    });
    (read, unknown)
}

/// Where a dotted key and its value stand.
fn span(table: &DeTable<'_>, dotted: &str) -> Option<Range<usize>> {
    let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(f, r)| (f, Some(r)));
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    match (rest, value.get_ref()) {
        (Some(rest), DeValue::Table(inner)) => span(inner, rest),
        _ => Some(key.span().start..value.span().end),
    }
}

/// The dotted key whose value holds that place.
fn key_at(table: &DeTable<'_>, at: usize, prefix: &str) -> Option<String> {
    table.iter().find_map(|(key, value): (_, &Spanned<DeValue<'_>>)| {
        let name = format!("{prefix}{}", key.get_ref());
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(deeper) = key_at(inner, at, &format!("{name}."))
        {
            return Some(deeper);
        }
        (key.span().contains(&at) || value.span().contains(&at)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "state_dir = \"/var/lib/madoguchi\"\nsocket = \"/run/madoguchi/agent.sock\"\n";

    fn complaints(text: &str) -> Vec<String> {
        let complaints = Config::parse(text).expect_err(text);
        complaints.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_shortest_configuration_is_two_lines() {
        let config = Config::parse(GOOD).expect("good");
        assert_eq!(config.reader.name, None);
        assert_eq!(config.allowed_uids, None);
        assert_eq!(config.delivery.back_after_seconds, 120);
        let text = format!("{GOOD}[delivery]\nback_after_seconds = 5\n");
        assert_eq!(Config::parse(&text).expect("good").delivery.back_after_seconds, 5);
    }

    #[test]
    fn every_unknown_key_is_named_with_its_line() {
        let text = format!("{GOOD}sokcet = 1\n\n[reader]\nnmae = \"x\"\nname = \"y\"\n");
        assert_eq!(
            complaints(&text),
            ["line 3: sokcet: this key is not known", "line 6: reader.nmae: this key is not known"]
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key_and_line() {
        let said = complaints(&format!("{GOOD}allowed_uids = [1, \"two\"]\n"));
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("line 3: allowed_uids: invalid type"), "{said:?}");
        let said = complaints("state_dir = \"var\"\nsocket = \"agent.sock\"\nallowed_uids = []\n");
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[1].starts_with("line 2: socket: agent.sock is not an absolute path"));
        let said = complaints(&format!("{GOOD}[reader]\npractice_authority = \"practice\"\n"));
        assert_eq!(said, ["line 4: reader.practice_authority: practice is not an absolute path"]);
        let said = complaints(&format!("{GOOD}[delivery]\nback_after_seconds = 0\n"));
        assert_eq!(said, ["line 4: delivery.back_after_seconds: 1 to 3600 seconds"]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let text = "sockt = \"/x\"\nstate_dir = 5\nsocket = \"relative\"\nallowed_uids = \"root\"\nreader = 1\n";
        let said = complaints(text);
        let begins = |line: usize, with: &str| assert!(said[line].starts_with(with), "{said:#?}");
        begins(0, "line 1: sockt: this key is not known");
        begins(1, "line 2: state_dir: invalid type: integer `5`");
        begins(2, "line 4: allowed_uids: invalid type: string \"root\"");
        begins(3, "line 5: reader: invalid type: integer `1`, expected a table, as [reader]");
        assert_eq!(said.len(), 4);
    }

    #[test]
    fn a_missing_key_and_a_text_that_is_not_toml_are_named() {
        assert!(complaints("state_dir = \"/x\"\n")[0].contains("missing field `socket`"));
        assert!(complaints("state_dir = \n")[0].starts_with("line 1: "));
    }
}
