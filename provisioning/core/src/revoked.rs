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
pub(crate) struct RevokedDevices {
    path: PathBuf,
    known: Mutex<Known>,
}

struct Known {
    /// Of the file that was read; none while there is none.
    stamp: Option<Stamp>,
    devices: BTreeSet<DeviceId>,
}

/// Changes with every change of the file, also with one that keeps its time or its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl RevokedDevices {
    /// Reads the list for the first time: here every mistake is an error.
    pub(crate) fn read(path: &Path) -> Result<Self, RevokedError> {
        let (stamp, (devices, wrong)) = read(path)?;
        match wrong.into_iter().next() {
            Some(error) => Err(error),
            None => {
                let known = Known { stamp: Some(stamp), devices };
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
        if stamp != known.stamp {
            known.renew(&self.path, stamp);
        }
        known.devices.contains(device)
    }
}

impl Known {
    /// A mistake in the list never gives a device back: what cannot be read leaves what was known,
    /// a wrong line adds the right ones to it.
    fn renew(&mut self, path: &Path, stamp: Option<Stamp>) {
        // Also after a failure, which is then logged once.
        self.stamp = stamp;
        match read(path) {
            Ok((stamp, (devices, wrong))) => {
                self.stamp = Some(stamp);
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
            Err(error) => tracing::error!(error = chain(&error), "all that were revoked stay so"),
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

type Parsed = (BTreeSet<DeviceId>, Vec<RevokedError>);

fn read(path: &Path) -> Result<(Stamp, Parsed), RevokedError> {
    let failed = |e| RevokedError::Read(path.to_owned(), e);
    // Before its content: a change in between is seen the next time.
    let stamp = Stamp::of(&fs::metadata(path).map_err(failed)?);
    Ok((stamp, parse(path, &fs::read_to_string(path).map_err(failed)?)))
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
