//! The store of an agent that does not run, for the operator's commands.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use madoguchi_store::{Reading, Store, StoreError};

/// Why the store is not opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// There is none.
    #[error("there is no store in {0}: nothing was ever kept on this device")]
    None(PathBuf),
    /// Opening writes, and what another user writes is closed to the agent.
    #[error(
        "{folder} belongs to user {owner}, and this is user {found}: run it as that user, or the agent \
         cannot use its own store afterwards"
    )]
    User {
        /// The state folder.
        folder: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who runs this.
        found: u32,
    },
    /// The agent runs.
    #[error(
        "the agent is running: stop the agent first (systemctl stop madoguchi-agent), then repeat"
    )]
    Running,
    /// The state folder cannot be looked at.
    #[error("cannot look at {0}")]
    Look(PathBuf, #[source] io::Error),
    /// The store failed.
    #[error("the store cannot be read")]
    Store(#[source] StoreError),
}

/// Reads what the store below that state folder holds: nothing is changed, so any user may who can read
/// it, and the disk need not be one that can be written.
///
/// # Errors
/// [`NotOpened`].
pub fn read(state_dir: &Path) -> Result<Reading, NotOpened> {
    Reading::open(&existing(state_dir)?).map_err(not_opened)
}

/// Opens the store below that state folder.
///
/// # Errors
/// [`NotOpened`]; nothing was changed then.
pub fn open(state_dir: &Path) -> Result<Store, NotOpened> {
    let folder = existing(state_dir)?;
    check_user(state_dir)?;
    Store::open(&folder).map_err(not_opened)
}

/// Whether what is written below that state folder can be read by the agent.
///
/// # Errors
/// [`NotOpened::User`] and the like.
pub fn check_user(state_dir: &Path) -> Result<(), NotOpened> {
    let look = |error| NotOpened::Look(state_dir.to_owned(), error);
    let owner = fs::metadata(state_dir).map_err(look)?.uid();
    let found = rustix::process::geteuid().as_raw();
    if owner == found {
        return Ok(());
    }
    let user = NotOpened::User { folder: state_dir.to_owned(), owner, found };
    Err(if Store::is_open(&state_dir.join("store")) { NotOpened::Running } else { user })
}

fn existing(state_dir: &Path) -> Result<PathBuf, NotOpened> {
    let folder = state_dir.join("store");
    if folder.exists() { Ok(folder) } else { Err(NotOpened::None(folder)) }
}

fn not_opened(error: StoreError) -> NotOpened {
    match error {
        StoreError::InUse(_) => NotOpened::Running,
        error => NotOpened::Store(error),
    }
}
