//! Whose the state folder is. Files that root made in the store would be closed to the agent.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The state folder is another user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Other {
    /// Whose it is.
    pub(crate) owner: u32,
    /// Who runs this.
    pub(crate) found: u32,
}

/// None when it is this user's.
pub(crate) fn other_than_this(state_dir: &Path) -> io::Result<Option<Other>> {
    let owner = fs::metadata(state_dir)?.uid();
    let found = rustix::process::geteuid().as_raw();
    Ok((owner != found).then_some(Other { owner, found }))
}
