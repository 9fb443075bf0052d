//! TOML written by people: errors with file, line and column.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use madoguchi_procedure::Pack;
use serde::de::DeserializeOwned;

/// A pack with the text from which it was read.
#[derive(Debug)]
pub(crate) struct PackFile {
    pub(crate) text: String,
    pub(crate) pack: Pack,
}

/// Reads a TOML file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text(path)?;
    toml::from_str(&text).map_err(|e| {
        let before = e.span().map_or("", |s| text.get(..s.start).unwrap_or(&text));
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        anyhow!("{}: line {line}, column {column}: {}", path.display(), e.message())
    })
}

/// Reads packs: files, and folders of `*.toml`. Each id once.
pub(crate) fn read_packs(paths: &[PathBuf]) -> Result<Vec<PackFile>> {
    let mut packs: Vec<PackFile> = Vec::new();
    for path in pack_paths(paths)? {
        let text = read_text(&path)?;
        let pack = Pack::parse(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
        if packs.iter().any(|other| other.pack.id == pack.id) {
            bail!("{}: the pack {} is there twice; remove one", path.display(), pack.id);
        }
        packs.push(PackFile { text, pack });
    }
    Ok(packs)
}

fn pack_paths(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let cannot = || format!("{} cannot be read", path.display());
        let mut found = Vec::new();
        for entry in fs::read_dir(path).with_context(cannot)? {
            let file = entry.with_context(cannot)?.path();
            if file.extension().is_some_and(|e| e == "toml") {
                found.push(file);
            }
        }
        if found.is_empty() {
            bail!("{}: there is no pack (*.toml) in this folder", path.display());
        }
        // The order of a folder is by chance; a bundle of the same packs is always the same.
        found.sort();
        all.append(&mut found);
    }
    Ok(all)
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
