//! Can the store be opened, and what lies in it?

use std::path::Path;

use jiff::Timestamp;
use madoguchi_protocol::failure::chain;
use madoguchi_store::{Room, Store, StoreError, Waiting, set_aside_in};
use rustix::fs::Access;

use super::Outcome;
use crate::owner::{self, Other};
use crate::status::{self, Status};

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
    /// The running agent has it, and may say what lies in it.
    InUse(Option<Status>),
}

pub(super) type Look = Result<Found, String>;

pub(super) fn look(state_dir: &Path, socket: &Path) -> Look {
    let folder = state_dir.join("store");
    if !folder.exists() {
        return match rustix::fs::access(state_dir, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) if state_dir.is_dir() => Ok(Found::New),
            Ok(()) => Err(format!("{} is not a folder", state_dir.display())),
            Err(e) => Err(format!("{} cannot be written: {e}", state_dir.display())),
        };
    }
    // Opening writes, and what root writes is closed to the agent.
    match owner::other_than_this(state_dir) {
        Ok(None) => {}
        Ok(Some(Other { owner, found })) => {
            return if Store::is_open(&folder) {
                Ok(Found::InUse(Status::read(&status::path(socket))))
            } else {
                Err(format!(
                    "the agent does not run, and the store belongs to user {owner}, this is user {found}: \
                     run the check as that user"
                ))
            };
        }
        Err(error) => return Err(format!("cannot look at {}: {error}", state_dir.display())),
    }
    match Store::open(&folder) {
        Ok(store) => {
            let oldest = store.oldest_due().map_err(|e| chain(&e))?.map(|key| key.made_at());
            Ok(Found::Idle { waiting: store.waiting(), oldest })
        }
        Err(StoreError::InUse(_)) => Ok(Found::InUse(Status::read(&status::path(socket)))),
        Err(error) => Err(chain(&error)),
    }
}

pub(super) fn judge(look: &Look, state_dir: &Path) -> Outcome {
    let (due, set_aside, room) = match look.as_ref().map_err(Clone::clone)? {
        Found::New => return Ok("new".to_owned()),
        Found::InUse(None) => return Ok("in use by the running agent".to_owned()),
        Found::InUse(Some(status)) => (status.due, status.set_aside, status.room.clone()),
        Found::Idle { waiting, .. } => (waiting.due, waiting.set_aside, status::room(waiting.room)),
    };
    let said = format!("{due} to be delivered, {set_aside} set aside, {room} of room");
    if let Some(broken) = set_aside_in(&state_dir.join("store")).first() {
        return Err(format!(
            "{said}; {} could not be read and was set aside: send it to whoever maintains the device",
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
