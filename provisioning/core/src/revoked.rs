//! Devices that were revoked: a file that the operator writes, read anew when it changed.
//!
//! Intake and registrar answer such a device nothing else, and it is not enrolled anew.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use madoguchi_authority::Identity;
use madoguchi_protocol::DeviceId;
use madoguchi_protocol::failure::chain;

use crate::peer::Peer;
use crate::problem::{Code, Refusal};

/// A list that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RevokedError {
    /// Not readable.
    #[error("the list of revoked devices {0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// Neither a device nor a comment.
    #[error("line {line} of the list of revoked devices {path} is not a device")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What a device's name is.
        #[source]
        source: madoguchi_protocol::ids::BadName,
    },
}

/// Routes that answer a revoked device one thing, whichever it asks for.
pub(crate) fn guard(routes: Router, revoked: Option<&Arc<RevokedDevices>>) -> Router {
    match revoked {
        Some(revoked) => routes.layer(from_fn_with_state(Arc::clone(revoked), refuse)),
        None => routes,
    }
}

async fn refuse(
    State(revoked): State<Arc<RevokedDevices>>,
    request: Request,
    next: Next,
) -> Response {
    let identity = request.extensions().get::<Peer>().map(Peer::identity);
    let checked = match identity {
        Some(Identity::Device { device, .. }) => revoked.check(device),
        _ => Ok(()),
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// The list, as it was when somebody last asked.
#[derive(Debug)]
pub(crate) struct RevokedDevices {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Of the file that was read last.
    stamp: Stamp,
    devices: BTreeSet<DeviceId>,
    /// Whether the last reading failed; that is tried again each time, and logged once.
    failing: bool,
}

/// Changes with every change of the file, also with one that keeps its time or its length, or that
/// only lets it be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl RevokedDevices {
    /// Reads the list for the first time: here every mistake is an error.
    pub(crate) fn read(path: &Path) -> Result<Self, RevokedError> {
        let (stamp, (devices, wrong)) = read(path)?;
        match wrong.into_iter().next() {
            Some(error) => Err(error),
            None => {
                let known = Known { stamp, devices, failing: false };
                Ok(Self { path: path.to_owned(), known: Mutex::new(known) })
            }
        }
    }

    /// Refuses a device that is on the list.
    pub(crate) fn check(&self, device: &DeviceId) -> Result<(), Refusal> {
        if self.contains(device) {
            let detail = format!("{device} is on the list of revoked devices");
            return Err(Refusal::new(Code::DeviceRevoked, detail));
        }
        Ok(())
    }

    fn contains(&self, device: &DeviceId) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = fs::metadata(&self.path).ok().map(|m| Stamp::of(&m));
        if stamp != Some(known.stamp) {
            known.renew(&self.path);
        }
        known.devices.contains(device)
    }
}

impl Known {
    /// A mistake in the list never gives a device back: what cannot be read leaves what was known,
    /// a wrong line adds the right ones to it.
    fn renew(&mut self, path: &Path) {
        match read(path) {
            Ok((stamp, (devices, wrong))) => {
                (self.stamp, self.failing) = (stamp, false);
                if wrong.is_empty() {
                    self.devices = devices;
                } else {
                    self.devices.extend(devices);
                }
                for error in wrong {
                    tracing::error!(error = chain(&error), "all that were revoked stay so");
                }
                tracing::info!(count = self.devices.len(), "the list of revoked devices changed");
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(error = chain(&error), "all that were revoked stay so");
                }
            }
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

type Parsed = (BTreeSet<DeviceId>, Vec<RevokedError>);

fn read(path: &Path) -> Result<(Stamp, Parsed), RevokedError> {
    let failed = |e| RevokedError::Read(path.to_owned(), e);
    // Before its content: a change in between is seen the next time.
    let stamp = Stamp::of(&fs::metadata(path).map_err(failed)?);
    let bytes = fs::read(path).map_err(failed)?;
    // Names are ASCII; a comment may be in whatever an office writes, and an editor's mark is no name.
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    Ok((stamp, parse(path, &String::from_utf8_lossy(bytes))))
}

fn parse(path: &Path, text: &str) -> Parsed {
    let (mut devices, mut wrong) = (BTreeSet::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()) {
        let name = text.split('#').next().unwrap_or_default().trim();
        if name.is_empty() {
            continue;
        }
        match name.parse() {
            Ok(device) => drop(devices.insert(device)),
            Err(source) => wrong.push(RevokedError::Line { path: path.to_owned(), line, source }),
        }
    }
    (devices, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct File {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    fn file(text: &str) -> File {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("revoked");
        fs::write(&path, text).expect("written");
        File { _folder: folder, path }
    }

    fn kiosk(number: u8) -> DeviceId {
        format!("kiosk-0{number}").parse().expect("a device")
    }

    #[test]
    fn the_list_is_read_anew_when_it_changed() {
        let file = file("# stolen\nkiosk-01  # from the hall\n\n");
        let revoked = RevokedDevices::read(&file.path).expect("a list");
        assert!(revoked.contains(&kiosk(1)) && !revoked.contains(&kiosk(2)));
        fs::write(&file.path, "kiosk-02\n").expect("written");
        assert!(!revoked.contains(&kiosk(1)) && revoked.contains(&kiosk(2)));
        // Put in its place, as a careful editor does: of the same length and perhaps time.
        let beside = file.path.with_extension("new");
        fs::write(&beside, "kiosk-03\n").expect("written");
        fs::rename(&beside, &file.path).expect("replaced");
        assert!(!revoked.contains(&kiosk(2)) && revoked.contains(&kiosk(3)));
    }

    #[test]
    fn a_mistake_in_the_list_gives_no_device_back() {
        let file = file("kiosk-01\n");
        let revoked = RevokedDevices::read(&file.path).expect("a list");
        fs::write(&file.path, "kiosk-02\nKiosk 03\n").expect("written");
        assert!(revoked.contains(&kiosk(1)) && revoked.contains(&kiosk(2)));
        fs::remove_file(&file.path).expect("removed");
        assert!(revoked.contains(&kiosk(1)) && revoked.contains(&kiosk(2)));
        fs::write(&file.path, "kiosk-02\n").expect("written");
        assert!(!revoked.contains(&kiosk(1)) && revoked.contains(&kiosk(2)));
    }

    /// 盗難 in Shift_JIS, as a Windows editor of an office writes it.
    const STOLEN: &[u8] = b"# \x93\x90\x93\xef\r\n";

    #[test]
    fn a_list_counts_whatever_editor_it_was_written_with() {
        let file = file("");
        let revoked = RevokedDevices::read(&file.path).expect("a list");
        fs::write(&file.path, [STOLEN, b"kiosk-01\r\n"].concat()).expect("written");
        assert!(revoked.contains(&kiosk(1)), "beside a comment in Shift_JIS");
        fs::write(&file.path, [BYTE_ORDER_MARK, b"kiosk-02\n"].concat()).expect("written");
        assert!(revoked.contains(&kiosk(2)) && !revoked.contains(&kiosk(1)), "after a mark");
        fs::write(&file.path, [BYTE_ORDER_MARK, STOLEN, b"kiosk-03\n"].concat()).expect("written");
        let anew = RevokedDevices::read(&file.path).expect("also at the start");
        assert!(anew.contains(&kiosk(3)));
    }

    #[test]
    fn a_list_that_could_not_be_read_is_read_as_soon_as_it_can_be() {
        let file = file("kiosk-01\n");
        let revoked = RevokedDevices::read(&file.path).expect("a list");
        // The same file all the time; root reads whatever its mode, but no folder in its place.
        let aside = file.path.with_extension("aside");
        fs::rename(&file.path, &aside).expect("moved");
        fs::create_dir(&file.path).expect("made");
        assert!(revoked.contains(&kiosk(1)) && !revoked.contains(&kiosk(2)));
        let known = revoked.known.lock().expect("whole").stamp;
        assert_ne!(known, Stamp::of(&fs::metadata(&file.path).expect("there")), "not read");
        fs::remove_dir(&file.path).expect("removed");
        fs::write(&file.path, "kiosk-02\n").expect("written");
        assert!(revoked.contains(&kiosk(2)));
    }

    #[test]
    fn a_change_of_the_files_mode_is_a_change() {
        let file = file("kiosk-01\n");
        let stamp = || Stamp::of(&fs::metadata(&file.path).expect("there"));
        let before = stamp();
        let mut mode = fs::metadata(&file.path).expect("there").permissions();
        mode.set_readonly(true);
        // Until the clock of the file system has gone on.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while stamp() == before {
            assert!(std::time::Instant::now() < end, "never seen");
            fs::set_permissions(&file.path, mode.clone()).expect("set");
        }
    }

    #[test]
    fn a_list_with_a_mistake_is_no_start() {
        let wrong = RevokedDevices::read(&file("kiosk-01\n\n窓口\n").path).err();
        let Some(RevokedError::Line { line, .. }) = wrong else { panic!("{wrong:?}") };
        assert_eq!(line, 3);
        let missing = file("");
        fs::remove_file(&missing.path).expect("removed");
        assert!(matches!(RevokedDevices::read(&missing.path), Err(RevokedError::Read(..))));
    }
}
