//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};

use crate::limits::MAX_VALUE;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A folder or file could not be used.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The index failed; nothing is lost, since it is made again from the journal.
    #[error("the outbox's index cannot {action}")]
    Index {
        /// What was tried.
        action: &'static str,
        /// What sled said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another program has it open.
    #[error("the store in {0} is in use by another program")]
    InUse(PathBuf),
    /// The disk or the outbox is full.
    #[error("the store is full: {0}")]
    Full(String),
    /// An earlier write or sync failed.
    #[error("an earlier write failed; nothing is kept until the store is opened again")]
    Poisoned,
    /// What waits belongs to the series that there is.
    #[error("a new series begins in an empty outbox, and {0} envelopes wait")]
    SeriesGoesOn(usize),
    /// A block with numbers that are there already.
    #[error("a block of ticket numbers overlaps one that is there already")]
    BlockTaken,
    /// A value longer than [`MAX_VALUE`].
    #[error("a value of {0} bytes is over the limit of {MAX_VALUE}")]
    TooLong(usize),
    /// A value older than one that was seen under that name.
    #[error("generation {found} is older than {highest}, which was seen")]
    Older {
        /// What was offered.
        found: u64,
        /// The highest one seen.
        highest: u64,
    },
}

impl StoreError {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// What stands there will not be read the next time either: a bad sector, or no file.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        let Self::File { source, .. } = self else { return false };
        source.kind() == io::ErrorKind::NotFound || is_of_the_disk(source)
    }

    pub(crate) fn is_of_permission(&self) -> bool {
        matches!(self, Self::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

/// A bad sector: it will not be read the next time either.
pub(crate) fn is_of_the_disk(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}
