//! Not where a real counter works.
//!
//! A virtual card answers with keys that everybody has. On a machine whose agent is in service it
//! would be somebody's only card that nothing is behind, so it refuses to run there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where an agent's configuration stands on a device.
pub const CONFIGURATION: &str = "/etc/madoguchi/agent.toml";

/// The virtual card does not run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine is a device in service ({}): virtual cards run only where its configuration \
     names a reader.practice_authority",
    path.display()
)]
pub struct InService {
    path: PathBuf,
}

/// Looks whether this machine may have a virtual card: it is no device, or its agent takes virtual
/// cards for issued ones, as only those for practice and tests do.
///
/// # Errors
/// When it is a device and does not say that it is for practice; also when that cannot be read.
pub fn may_run(configuration: &Path) -> Result<(), InService> {
    let refused = || InService { path: configuration.to_owned() };
    match fs::read_to_string(configuration) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => Err(refused()),
        Ok(text) => {
            let table: toml::Table = toml::from_str(&text).map_err(|_| refused())?;
            let practice = table.get("reader").and_then(|reader| reader.get("practice_authority"));
            if practice.is_some_and(toml::Value::is_str) { Ok(()) } else { Err(refused()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_in_service_has_no_virtual_card() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("agent.toml");
        may_run(&file).expect("no device");
        for (text, runs) in [
            ("socket = \"/run/a\"\n[reader]\npractice_authority = \"/etc/practice\"", true),
            ("socket = \"/run/a\"\n[reader]\nname = \"a\"", false),
            ("socket = \"/run/a\"", false),
            ("practice_authority = \"/etc/practice\"", false),
            ("[reader]\npractice_authority = true", false),
            ("[reader]\npractice_authority = ", false),
        ] {
            fs::write(&file, text).expect("written");
            assert_eq!(may_run(&file).is_ok(), runs, "{text}");
        }
    }
}
