//! `core.toml`: one section a role, unknown keys refused, paths relative to the file.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::{fs, io};

use madoguchi_authority::Role;
use madoguchi_protocol::TenantId;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::ticket::HIGHEST_NUMBER;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose core it is; must be the tenant of `ca`.
    pub tenant: TenantId,
    /// The authority's certificate (PEM), the only root.
    pub ca: PathBuf,
    /// The intake, when it may be run with this file.
    pub intake: Option<IntakeConfig>,
    /// The office, when it may be run with this file.
    pub office: Option<OfficeConfig>,
    /// The registrar, when it may be run with this file.
    pub registrar: Option<RegistrarConfig>,
}

/// `[intake]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// SQLite file.
    pub database: PathBuf,
    /// Certificate of the role intake (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// The municipal public key (base64), by which the bundles below are signed.
    pub municipal_key: PathBuf,
    /// Signed packs bundle, or the folder that has it as `packs.json`: what envelopes may be of.
    pub packs: PathBuf,
    /// Signed bundle of sealing keys, or the folder that has it as `sealing-keys.json`: what
    /// envelopes may be sealed to.
    pub sealing_keys: PathBuf,
    /// Devices that are refused: ids, one a line, `#` begins a comment. Read anew when it changed.
    /// The registrar of the same file refuses them too, unless it names a list of its own.
    pub revoked: Option<PathBuf>,
    /// How many batches of envelopes are taken in at once.
    #[serde(default)]
    pub batches: BatchLimits,
    /// The ticket numbers that it leases. Intakes of one hall have databases of their own, so each
    /// needs numbers of its own: otherwise a device that fails over gives a number twice.
    #[serde(default)]
    pub numbers: TicketNumbers,
}

/// `[intake.numbers]`: from `first` to `last` of every letter and day, 1 to 999 when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "TicketRange")]
pub struct TicketNumbers {
    first: u16,
    last: u16,
}

impl TicketNumbers {
    /// The lowest.
    pub(crate) fn first(self) -> u16 {
        self.first
    }

    /// The highest.
    pub(crate) fn last(self) -> u16 {
        self.last
    }
}

impl Default for TicketNumbers {
    fn default() -> Self {
        Self { first: 1, last: HIGHEST_NUMBER }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TicketRange {
    first: u16,
    last: u16,
}

impl TryFrom<TicketRange> for TicketNumbers {
    type Error = String;

    fn try_from(TicketRange { first, last }: TicketRange) -> Result<Self, String> {
        if 1 <= first && first <= last && last <= HIGHEST_NUMBER {
            Ok(Self { first, last })
        } else {
            Err(format!(
                "ticket numbers go from 1 to {HIGHEST_NUMBER}, the first not above the last"
            ))
        }
    }
}

/// `[intake.batches]`. More are put off with Retry-After.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchLimits {
    /// Of all devices together. Each needs up to 4 MiB of memory.
    pub at_once: NonZeroU16,
    /// Of one device.
    pub of_device: NonZeroU16,
}

impl Default for BatchLimits {
    /// 32 and 4: one writes at a time, so that more only wait; four keep a device's line busy.
    fn default() -> Self {
        let [at_once, of_device] = [31, 3].map(|more| NonZeroU16::MIN.saturating_add(more));
        Self { at_once, of_device }
    }
}

/// `[office]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// SQLite file: holds the opened applications.
    pub database: PathBuf,
    /// Certificate of the role office (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// The intakes from which it pulls, as `https://host:port`: one, or a list. Each has a database of
    /// its own, and what comes through several is taken once.
    #[serde(deserialize_with = "one_or_several")]
    pub intake: Vec<String>,
    /// Certificate that the office shows to the intake (PEM).
    pub client_certificate: PathBuf,
    /// Its private key (PEM).
    pub client_key: PathBuf,
    /// Folder of the private sealing keys (`sealing-<id>.key`).
    pub sealing_keys: PathBuf,
    /// The municipal public key (base64), by which the packs are signed.
    pub municipal_key: PathBuf,
    /// Signed packs bundle, or the folder that has it as `packs.json`.
    pub packs: PathBuf,
    /// What was kept longer ago than this many minutes when it arrives is late: it waits for
    /// reconciliation (照合待ち) instead of being called. 0: everything; at most a day.
    #[serde(default = "late_after_minutes", deserialize_with = "minutes_of_a_day")]
    pub late_after_minutes: u16,
    /// For how many days after its business day a draft of somebody who did not come is kept; at most 30.
    #[serde(default = "keep_days", deserialize_with = "days_of_a_month")]
    pub keep_days: u8,
    /// For how many days after its business day what was finished at the counter is kept; at most 365.
    #[serde(default = "keep_finished_days", deserialize_with = "days_of_a_year")]
    pub keep_finished_days: u16,
    /// CSV file of synthetic residents that stands for the city's register; without, nothing is
    /// compared.
    pub register: Option<PathBuf>,
    /// Counters that are refused, as in [`IntakeConfig::revoked`]. Default: the intake's list of the same
    /// file.
    pub revoked: Option<PathBuf>,
    /// The municipality's name, to whose head forms are addressed; the tenant's name without.
    pub municipality: Option<Text>,
    /// After how many minutes without a request a clerk's session ends, 1 to 60.
    #[serde(default = "idle_minutes", deserialize_with = "minutes_of_an_hour")]
    pub idle_minutes: u16,
    /// The numbers that clerks give to people without a kiosk: of every letter and day, and none that an
    /// intake leases. Without them clerks give none.
    pub numbers: Option<TicketNumbers>,
}

fn keep_finished_days() -> u16 {
    30
}

fn days_of_a_year<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let days = u16::deserialize(deserializer)?;
    if days <= 365 { Ok(days) } else { Err(D::Error::custom("at most 365 days")) }
}

fn idle_minutes() -> u16 {
    10
}

fn minutes_of_an_hour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let minutes = u16::deserialize(deserializer)?;
    if (1..=60).contains(&minutes) { Ok(minutes) } else { Err(D::Error::custom("1 to 60 minutes")) }
}

fn keep_days() -> u8 {
    1
}

fn days_of_a_month<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let days = u8::deserialize(deserializer)?;
    if days <= 30 { Ok(days) } else { Err(D::Error::custom("at most 30 days: a draft is no file")) }
}

fn late_after_minutes() -> u16 {
    15
}

fn minutes_of_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let minutes = u16::deserialize(deserializer)?;
    if minutes <= 24 * 60 {
        Ok(minutes)
    } else {
        Err(D::Error::custom("at most 1440 minutes, since another day is late anyway"))
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an intake's address, or a list of them")]
    enum Intakes {
        One(String),
        Several(Vec<String>),
    }
    let intakes = match Intakes::deserialize(deserializer)? {
        Intakes::One(intake) => vec![intake],
        Intakes::Several(intakes) => intakes,
    };
    let distinct: BTreeSet<&String> = intakes.iter().collect();
    if intakes.is_empty() || distinct.len() < intakes.len() {
        return Err(D::Error::custom("an office pulls from one intake or several different ones"));
    }
    Ok(intakes)
}

/// `[registrar]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrarConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// SQLite file.
    pub database: PathBuf,
    /// Certificate of the role registrar (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// The authority's private key (PEM), with which devices are enrolled.
    pub ca_key: PathBuf,
    /// The municipal public key (base64), by which bundles are signed.
    pub municipal_key: PathBuf,
    /// Devices that are refused, as in [`IntakeConfig::revoked`]. Default: the intake's list.
    pub revoked: Option<PathBuf>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not readable.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// Not TOML, an unknown or missing key, or a wrong value; the source says where.
    #[error("{0} is not a configuration of the core")]
    Form(PathBuf, #[source] toml::de::Error),
    /// A role is asked for that the file does not configure.
    #[error("the configuration has no section [{0}]")]
    NoSection(Role),
}

impl Config {
    /// Reads a configuration; paths in it become relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`], with key and line.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|e| ConfigError::Read(path.to_owned(), e))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|e| ConfigError::Form(path.to_owned(), e))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in config.paths() {
            *path = folder.join(&*path);
        }
        Ok(config)
    }

    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut paths = vec![&mut self.ca];
        if let Some(c) = &mut self.intake {
            paths.extend([&mut c.database, &mut c.certificate, &mut c.key]);
            paths.extend([&mut c.municipal_key, &mut c.packs, &mut c.sealing_keys]);
            paths.extend(&mut c.revoked);
        }
        if let Some(c) = &mut self.office {
            paths.extend([&mut c.database, &mut c.certificate, &mut c.key, &mut c.packs]);
            paths.extend([&mut c.client_certificate, &mut c.client_key, &mut c.sealing_keys]);
            paths.push(&mut c.municipal_key);
            paths.extend(&mut c.register);
            paths.extend(&mut c.revoked);
        }
        if let Some(c) = &mut self.registrar {
            paths.extend([&mut c.database, &mut c.certificate, &mut c.key]);
            paths.extend([&mut c.ca_key, &mut c.municipal_key]);
            paths.extend(&mut c.revoked);
        }
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("core.toml");
        fs::write(&path, text).expect("written");
        Config::read(&path)
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = read("tenant = \"tokiwa\"\nca = \"ca.pem\"\ncertificate = \"x\"\n")
            .expect_err("an unknown key");
        let ConfigError::Form(_, source) = &error else { panic!("{error:?}") };
        let text = source.to_string();
        assert!(text.contains("line 3") && text.contains("certificate"), "{text}");
    }

    /// A configuration with these lines at the end of `[intake]` and `[office]`.
    fn with(intake: &str, office: &str) -> Result<Config, ConfigError> {
        let common = "listen = \"127.0.0.1:0\"\ndatabase = \"x\"\ncertificate = \"x\"\nkey = \"x\"\n\
                      municipal_key = \"x\"\npacks = \"x\"\nsealing_keys = \"x\"\n";
        read(&format!(
            "tenant = \"tokiwa\"\nca = \"ca.pem\"\n[intake]\n{common}{intake}\n\
             [office]\n{common}client_certificate = \"x\"\nclient_key = \"x\"\n{office}\n"
        ))
    }

    fn office(lines: &str) -> Result<OfficeConfig, ConfigError> {
        with("", lines).map(|config| config.office.expect("a section"))
    }

    #[test]
    fn an_office_pulls_from_one_intake_or_from_several_different_ones() {
        assert_eq!(office("intake = \"https://a:1\"").expect("one").intake, ["https://a:1"]);
        let two = office("intake = [\"https://a:1\", \"https://b:1\"]").expect("two");
        assert_eq!(two.intake, ["https://a:1", "https://b:1"]);
        for wrong in ["[]", "1", "[\"https://a:1\", \"https://a:1\"]"] {
            let error = office(&format!("intake = {wrong}")).expect_err(wrong);
            let ConfigError::Form(_, source) = &error else { panic!("{error:?}") };
            assert!(source.to_string().contains("intake"), "{source}");
        }
    }

    #[test]
    fn limits_have_defaults_and_none_is_nothing() {
        let line = "intake = \"https://a:1\"";
        let limits =
            |intake: &str| with(intake, line).map(|c| c.intake.expect("a section").batches);
        let found = limits("").expect("none given");
        assert_eq!((found.at_once.get(), found.of_device.get()), (32, 4));
        let found = limits("[intake.batches]\nof_device = 1").expect("one given");
        assert_eq!((found.at_once.get(), found.of_device.get()), (32, 1));
        assert!(limits("[intake.batches]\nat_once = 0").is_err());

        assert_eq!(office(line).expect("none given").late_after_minutes, 15);
        let late = |minutes: u16| office(&format!("{line}\nlate_after_minutes = {minutes}"));
        assert_eq!(late(0).expect("everything").late_after_minutes, 0);
        assert!(late(1441).is_err(), "longer than a day");
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = read("tenant = \"tokiwa\"\nca = \"ca.pem\"\n").expect("a configuration");
        assert!(config.ca.is_absolute() && config.ca.ends_with("ca.pem"), "{:?}", config.ca);
    }
}
