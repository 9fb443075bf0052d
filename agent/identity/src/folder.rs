//! Folders and files of an identity, so that each step is whole after a power cut.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use madoguchi_durable::{Readers, sync_folder};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::error::IdentityError;

/// Writes a file whole and durable.
pub(crate) fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), IdentityError> {
    madoguchi_durable::write(path, bytes, readers).map_err(|e| IdentityError::write(path, e))
}

/// Makes a folder that only its owner can enter, with everything above it.
pub(crate) fn create(path: &Path) -> Result<(), IdentityError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .and_then(|()| sync_parent(path))
        .map_err(|e| IdentityError::write(path, e))
}

/// Removes files of a folder, if they are there. Durable on return.
pub(crate) fn remove_files(folder: &Path, names: &[&str]) -> Result<(), IdentityError> {
    for name in names {
        let path = folder.join(name);
        absent_is_fine(fs::remove_file(&path)).map_err(|e| IdentityError::write(&path, e))?;
    }
    sync_folder(folder).map_err(|e| IdentityError::write(folder, e))
}

/// Removes a folder with everything in it, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), IdentityError> {
    absent_is_fine(fs::remove_dir_all(path)).map_err(|e| IdentityError::write(path, e))
}

/// Puts `new` in the place of `place`, in one step: at no moment is there neither. What was at
/// `place` before is gone afterwards.
pub(crate) fn replace(new: &Path, place: &Path) -> Result<(), IdentityError> {
    let failed = |e: io::Error| IdentityError::write(place, e);
    if !place.exists() {
        return fs::rename(new, place).and_then(|()| sync_parent(place)).map_err(failed);
    }
    renameat_with(CWD, new, CWD, place, RenameFlags::EXCHANGE).map_err(|e| failed(e.into()))?;
    sync_parent(place).map_err(failed)?;
    remove(new)
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => sync_folder(folder),
        _ => sync_folder(Path::new(".")),
    }
}
