//! Key files: written once, whole and durable, private ones for their owner alone.
//!
//! | file | holds |
//! | --- | --- |
//! | `municipal.key` | base64 of the municipal key's 32-byte seed; stays offline |
//! | `municipal.pub` | base64 of its public half |
//! | `sealing-<id>.key` | TOML: `kem` and base64 `key`; only the office has it |
//! | `sealing-<id>.json` | the public half, as it stands in the sealing-keys bundle |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_durable::Readers;
use madoguchi_envelope::bundle::{BundleError, MunicipalKey, MunicipalPublicKey};
use madoguchi_envelope::{BadKey, Kem, SealingPrivateKey};
use madoguchi_protocol::bundle::SealingKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The municipal key's private half in its folder.
pub const MUNICIPAL_KEY_FILE: &str = "municipal.key";
/// The municipal key's public half in its folder.
pub const MUNICIPAL_PUBLIC_FILE: &str = "municipal.pub";

/// Beginning and end of a sealing key's file names.
const SEALING: &str = "sealing-";
const PRIVATE: &str = ".key";
const PUBLIC: &str = ".json";

/// Names of the KEMs in files and on the command line.
const KEMS: [(&str, Kem); 2] = [("x-wing", Kem::XWing), ("x25519", Kem::X25519)];

/// A key file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not readable.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// Not writable, or it is already there: key files are never replaced.
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] io::Error),
    /// Not what its name says.
    #[error("{0} is not such a key file")]
    Form(PathBuf),
    /// Not a municipal key.
    #[error("{0} does not hold a municipal key")]
    Municipal(PathBuf, #[source] BundleError),
    /// Not a sealing key.
    #[error("{0} does not hold a sealing key")]
    Sealing(PathBuf, #[source] BadKey),
    /// No folder of sealing keys.
    #[error(
        "the sealing keys' folder {0} cannot be read: name the folder in which \
         `madoguchi-provision sealing-key create` made them"
    )]
    SealingFolder(PathBuf, #[source] io::Error),
    /// A folder without a single key.
    #[error(
        "the folder {0} holds no sealing key (sealing-*{1}): `madoguchi-provision sealing-key create` makes one"
    )]
    NoSealingKey(PathBuf, &'static str),
}

/// A KEM by its name, `x-wing` or `x25519`.
#[must_use]
pub fn kem_by_name(name: &str) -> Option<Kem> {
    KEMS.into_iter().find(|(known, _)| *known == name).map(|(_, kem)| kem)
}

/// Writes both halves of the municipal key.
///
/// # Errors
/// [`FileError`]; also when a key is already there.
pub fn write_municipal_key(dir: &Path, key: &MunicipalKey) -> Result<(), FileError> {
    let path = dir.join(MUNICIPAL_KEY_FILE);
    let bad = |e| FileError::Municipal(path.clone(), e);
    let public = key.public().map_err(bad)?;
    let seed = Zeroizing::new(STANDARD.encode(key.seed().map_err(bad)?.as_slice()) + "\n");
    write_new_private(&path, seed.as_bytes())?;
    let public = public.to_base64() + "\n";
    write_new_public(&dir.join(MUNICIPAL_PUBLIC_FILE), public.as_bytes())
}

/// Reads the private half of the municipal key from its folder.
///
/// # Errors
/// [`FileError`].
pub fn read_municipal_key(dir: &Path) -> Result<MunicipalKey, FileError> {
    let path = dir.join(MUNICIPAL_KEY_FILE);
    let text = read_text(&path)?;
    let seed = STANDARD.decode(text.trim()).map_err(|_| FileError::Form(path.clone()))?;
    MunicipalKey::from_seed(&Zeroizing::new(seed)).map_err(|e| FileError::Municipal(path, e))
}

/// Reads the public half of the municipal key from its file.
///
/// # Errors
/// [`FileError`].
pub fn read_municipal_public_key(path: &Path) -> Result<MunicipalPublicKey, FileError> {
    let text = read_text(path)?;
    MunicipalPublicKey::from_base64(&text).map_err(|e| FileError::Municipal(path.to_owned(), e))
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct SealingKeyFile {
    kem: String,
    key: String,
}

/// Writes both halves of a sealing key and returns the private half's path.
///
/// # Errors
/// [`FileError`]; also when the key is already there.
pub fn write_sealing_key(dir: &Path, key: &SealingPrivateKey) -> Result<PathBuf, FileError> {
    let public = key.public();
    let path = dir.join(format!("{SEALING}{}{PRIVATE}", public.id));
    let (name, _) = KEMS
        .into_iter()
        .find(|(_, kem)| *kem == key.kem())
        .ok_or_else(|| FileError::Form(path.clone()))?;
    let file = SealingKeyFile { kem: name.to_owned(), key: STANDARD.encode(key.to_bytes()) };
    let text = Zeroizing::new(toml::to_string(&file).map_err(|_| FileError::Form(path.clone()))?);
    write_new_private(&path, text.as_bytes())?;
    let json = serde_json::to_vec_pretty(&public).map_err(|_| FileError::Form(path.clone()))?;
    write_new_public(&dir.join(format!("{SEALING}{}{PUBLIC}", public.id)), &json)?;
    Ok(path)
}

/// Reads every private sealing key of a folder, in the order of their names.
///
/// # Errors
/// [`FileError`]; also when there is none.
pub fn read_sealing_keys(dir: &Path) -> Result<Vec<SealingPrivateKey>, FileError> {
    sealing_files(dir, PRIVATE)?.iter().map(|path| read_sealing_key(path)).collect()
}

/// Reads every public sealing key of a folder, in the order of their names.
///
/// # Errors
/// [`FileError`]; also when there is none.
pub fn read_sealing_public_keys(dir: &Path) -> Result<Vec<SealingKey>, FileError> {
    let read = |path: &PathBuf| {
        serde_json::from_str(&read_text(path)?).map_err(|_| FileError::Form(path.clone()))
    };
    sealing_files(dir, PUBLIC)?.iter().map(read).collect()
}

fn read_sealing_key(path: &Path) -> Result<SealingPrivateKey, FileError> {
    let form = || FileError::Form(path.to_owned());
    // The parser's own error would quote the key.
    let file: SealingKeyFile = toml::from_str(&read_text(path)?).map_err(|_| form())?;
    let kem = kem_by_name(&file.kem).ok_or_else(form)?;
    let bytes = Zeroizing::new(STANDARD.decode(&file.key).map_err(|_| form())?);
    SealingPrivateKey::from_bytes(kem, &bytes).map_err(|e| FileError::Sealing(path.to_owned(), e))
}

fn sealing_files(dir: &Path, end: &'static str) -> Result<Vec<PathBuf>, FileError> {
    let failed = |e| FileError::SealingFolder(dir.to_owned(), e);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|n| n.starts_with(SEALING) && n.ends_with(end)) {
            paths.push(entry.path());
        }
    }
    if paths.is_empty() {
        return Err(FileError::NoSealingKey(dir.to_owned(), end));
    }
    paths.sort();
    Ok(paths)
}

/// Reads a text file; the text is wiped when dropped.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, FileError> {
    fs::read_to_string(path).map(Zeroizing::new).map_err(|e| FileError::Read(path.to_owned(), e))
}

/// DER as PEM (RFC 7468: lines of 64).
pub(crate) fn to_pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// Writes a file that only its owner can read (0600); refuses when it is already there. Makes the
/// folder when there is none.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_new_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_new(path, bytes, Readers::Owner)
}

/// Writes a file that everybody can read (0644); refuses when it is already there. Makes the
/// folder when there is none.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_new_public(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_new(path, bytes, Readers::Everybody)
}

fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| madoguchi_durable::create(path, bytes, readers))
        .map_err(|e| FileError::Write(path.to_owned(), e))
}
