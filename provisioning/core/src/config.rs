//! `core.toml`: one section a role, unknown keys refused, paths relative to the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use madoguchi_authority::Role;
use madoguchi_protocol::TenantId;
use serde::Deserialize;

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
    /// The intake, as `https://host:port`.
    pub intake: String,
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

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = read("tenant = \"tokiwa\"\nca = \"ca.pem\"\n").expect("a configuration");
        assert!(config.ca.is_absolute() && config.ca.ends_with("ca.pem"), "{:?}", config.ca);
    }
}
