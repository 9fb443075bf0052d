//! What cannot be read is set aside whole, under a name beside it, and reported: the office goes on,
//! and nothing is lost that a specialist could still read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{StoreError, record};

/// What every name that was set aside holds.
pub(crate) const MARK: &str = ".unreadable-";

/// A small file of ours: what `parse` makes of its record; none when it is not there, or could not
/// be read and was set aside.
pub(crate) fn read_or_set_aside<T>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let why = match fs::read(path) {
        Ok(bytes) => match record::unpack(&bytes).and_then(parse) {
            Some(value) => return Ok(Some(value)),
            None => "it is damaged".to_owned(),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => error.to_string(),
    };
    set_aside(path, &why)?;
    Ok(None)
}

/// Renames what is at `path` to the first free `….unreadable-N`. Durable on return.
pub(crate) fn set_aside(path: &Path, why: &str) -> Result<PathBuf, StoreError> {
    let named = |n: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!("{MARK}{n}"));
        path.with_file_name(name)
    };
    let free = (1..).map(named).find(|path| path.symlink_metadata().is_err());
    // There are not that many names.
    let aside = free.unwrap_or_else(|| named(0));
    fs::rename(path, &aside).map_err(StoreError::file("set aside", path))?;
    let folder = path.parent().unwrap_or(path);
    madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder))?;
    tracing::error!(path = %path.display(), aside = %aside.display(), why, "it cannot be read and was set aside");
    Ok(aside)
}

/// What was set aside in the store of that folder and waits for somebody to look at it.
#[must_use]
pub fn set_aside_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [folder.to_owned(), folder.join(crate::OUTBOX)] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        found.extend(entries.map(|entry| entry.path()).filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().contains(MARK))
        }));
    }
    found.sort();
    found
}
