//! TOML written by people: errors with file, line and column.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use madoguchi_procedure::{LifeEvent, Pack, PackError, Towns};
use serde::de::DeserializeOwned;

/// What was read, with its text.
#[derive(Debug)]
pub(crate) struct TomlFile<T> {
    pub(crate) text: String,
    pub(crate) read: T,
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
pub(crate) fn read_packs(paths: &[PathBuf]) -> Result<Vec<TomlFile<Pack>>> {
    let mut packs: Vec<TomlFile<Pack>> = Vec::new();
    for path in files(paths)? {
        let file = parse(&path, Pack::parse)?;
        if packs.iter().any(|other| other.read.id == file.read.id) {
            bail!("{}: the pack {} is there twice; remove one", path.display(), file.read.id);
        }
        packs.push(file);
    }
    Ok(packs)
}

/// Reads life events. Each id once.
pub(crate) fn read_life_events(paths: &[PathBuf]) -> Result<Vec<TomlFile<LifeEvent>>> {
    let mut events: Vec<TomlFile<LifeEvent>> = Vec::new();
    for path in paths {
        let file = parse(path, LifeEvent::parse)?;
        if events.iter().any(|other| other.read.id == file.read.id) {
            bail!("{}: the life event {} is there twice", path.display(), file.read.id);
        }
        events.push(file);
    }
    Ok(events)
}

/// Reads the municipality's towns.
pub(crate) fn read_towns(path: &Path) -> Result<TomlFile<Towns>> {
    parse(path, Towns::parse)
}

fn parse<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, PackError>) -> Result<TomlFile<T>> {
    let text = read_text(path)?;
    let read = parse(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
    Ok(TomlFile { text, read })
}

/// Files, and the `*.toml` of folders.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
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

pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
