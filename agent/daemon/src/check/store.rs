//! Can the store be opened, and what lies in it?

use std::path::Path;

use jiff::Timestamp;
use madoguchi_protocol::failure::chain;
use madoguchi_store::{Room, Store, Waiting, set_aside_in};
use rustix::fs::Access;

use super::Outcome;
use crate::status::{self, Status};
use crate::stopped::{self, NotOpened};

/// The store as it was found.
pub(super) enum Found {
    /// There is none yet.
    New,
    /// Nobody has it open.
    Idle {
        /// What waits.
        waiting: Waiting,
        /// When the oldest of what is due was kept.
        oldest: Option<Timestamp>,
    },
    /// The running agent has it.
    InUse {
        /// How it says that it is.
        status: Option<Status>,
        /// Since when it has it.
        since: Option<Timestamp>,
    },
}

pub(super) type Look = Result<Found, String>;

pub(super) fn look(state_dir: &Path, socket: &Path) -> Look {
    match stopped::read(state_dir) {
        Ok(read) if read.unreadable() > 0 => Err(format!(
            "{} files of the journal are damaged: start the agent, which saves what can be read",
            read.unreadable()
        )),
        Ok(read) => Ok(Found::Idle { waiting: read.waiting(), oldest: read.oldest_due() }),
        Err(NotOpened::None(_)) => {
            match rustix::fs::access(state_dir, Access::WRITE_OK | Access::EXEC_OK) {
                Ok(()) if state_dir.is_dir() => Ok(Found::New),
                Ok(()) => Err(format!("{} is not a folder", state_dir.display())),
                Err(e) => Err(format!("{} cannot be written: {e}", state_dir.display())),
            }
        }
        Err(NotOpened::Running) => Ok(Found::InUse {
            status: Status::read(&status::path(socket)),
            since: Store::opened_at(&state_dir.join("store")),
        }),
        Err(error) => Err(chain(&error)),
    }
}

pub(super) fn judge(look: &Look, state_dir: &Path) -> Outcome {
    let (due, set_aside, room) = match look.as_ref().map_err(Clone::clone)? {
        Found::New => return Ok("new".to_owned()),
        Found::InUse { status: None, .. } => return Ok("in use by the running agent".to_owned()),
        Found::InUse { status: Some(status), .. } => {
            (status.due, status.set_aside, status.room.clone())
        }
        Found::Idle { waiting, .. } => (waiting.due, waiting.set_aside, status::room(waiting.room)),
    };
    let said = format!("{due} to be delivered, {set_aside} set aside, {room} of room");
    if let Some(broken) = set_aside_in(&state_dir.join("store")).first() {
        return Err(format!(
            "{said}; {} could not be read and was set aside: send it to whoever maintains the device, then move it away",
            broken.display()
        ));
    }
    if set_aside > 0 {
        return Err(format!("{said}; `madoguchi-agent set-aside` says which, and why"));
    }
    if room != status::room(Room::Plenty) {
        return Err(format!("{said}; see to delivery or disk"));
    }
    Ok(said)
}
