//! Files that are whole and on the disk, or not there: the one way in which this repository writes
//! a small file that must survive the power cord.
//!
//! Temporary file in the same folder, write, fsync, rename, fsync of the folder: a rename alone may
//! come back as an empty file, and a synced file without its folder may not come back at all.

use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, OFlags, fadvise};
use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone (0600): keys, tokens, state.
    Owner,
    /// Everybody (0644): certificates, public keys.
    Everybody,
}

/// Replaces a file by the bytes given. On return they are durable.
///
/// # Errors
/// Of the file system; the file is then as it was before.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    finish(begin(path)?, bytes, readers)?.persist(path).map_err(|e| e.error)?;
    sync_folder(parent(path))
}

/// Writes a file that must not exist yet. On return it is durable.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], and those of the file system.
pub fn create(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    Reserved::new(path)?.create(bytes, readers)
}

/// The place of a file that must not exist yet, held before its bytes are known: for what cannot be
/// asked for twice. Nothing is there until [`Reserved::create`].
#[derive(Debug)]
pub struct Reserved {
    path: PathBuf,
    file: NamedTempFile,
}

impl Reserved {
    /// Makes sure that a file can be made there.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], and those of the file system.
    pub fn new(path: &Path) -> io::Result<Self> {
        // A dangling link is in the way as well.
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(Self { path: path.to_owned(), file: begin(path)? })
    }

    /// As [`create`].
    ///
    /// # Errors
    /// As [`create`].
    pub fn create(self, bytes: &[u8], readers: Readers) -> io::Result<()> {
        let file = finish(self.file, bytes, readers)?;
        file.persist_noclobber(&self.path).map_err(|e| e.error)?;
        sync_folder(parent(&self.path))
    }
}

/// Makes the names in a folder durable: after a file was made, renamed or removed in it.
///
/// # Errors
/// Of the file system.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Reads a file of a stranger's medium, as far as the system lets it from there and not from memory: a
/// regular file of at most so many bytes. Nothing is waited for, and no link leads away.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for what is no regular file, [`io::ErrorKind::FileTooLarge`], and those
/// of the file system.
pub fn read_at_most(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    // What was not synced stays in memory all the same.
    fadvise(&file, 0, None, Advice::DontNeed)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than any of its kind",
        ));
    }
    Ok(bytes)
}

fn begin(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".writing-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(parent(path))
}

fn finish(mut file: NamedTempFile, bytes: &[u8], readers: Readers) -> io::Result<NamedTempFile> {
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::Everybody => 0o644,
    };
    file.write_all(bytes)?;
    // Set afterwards: the mode at creation is cut by the umask.
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_readable_as_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        write(&path, b"one", Readers::Owner).expect("written");
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        write(&path, b"two", Readers::Everybody).expect("replaced");
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o644);
        assert_eq!(std::fs::read(&path).expect("there"), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn of_a_strangers_medium_only_short_regular_files_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, b"four").expect("written");
        assert_eq!(read_at_most(&path, 4).expect("read"), b"four");
        let kind = |path: &Path, most| read_at_most(path, most).expect_err("refused").kind();
        assert_eq!(kind(&path, 3), io::ErrorKind::FileTooLarge);
        assert_eq!(kind(folder.path(), 9), io::ErrorKind::InvalidInput);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).expect("a link");
        read_at_most(&link, 9).expect_err("a link");
    }

    #[test]
    fn a_place_is_held_before_the_bytes_are_known_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sheet");
        Reserved::new(&folder.path().join("nowhere/sheet")).expect_err("no folder");
        drop(Reserved::new(&path).expect("held"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);

        let held = Reserved::new(&path).expect("held");
        std::fs::write(&path, "somebody else's").expect("written");
        let there = held.create(b"late", Readers::Owner).expect_err("taken meanwhile");
        assert_eq!(there.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).expect("there"), b"somebody else's");
        std::os::unix::fs::symlink("nothing", folder.path().join("link")).expect("a link");
        Reserved::new(&folder.path().join("link")).expect_err("a dangling link");
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        create(&path, b"one", Readers::Owner).expect("made");
        let again = create(&path, b"two", Readers::Owner).expect_err("there already");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).expect("there"), b"one");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
