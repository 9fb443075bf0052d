//! Can the store be opened, and what waits in it?

use std::path::Path;

use madoguchi_protocol::failure::chain;
use madoguchi_store::{Store, StoreError};
use rustix::fs::Access;

use super::Outcome;

pub(super) fn check(state_dir: &Path) -> Outcome {
    let folder = state_dir.join("store");
    if !folder.exists() {
        return match rustix::fs::access(state_dir, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) if state_dir.is_dir() => Ok("new".to_owned()),
            Ok(()) => Err(format!("{} is not a folder", state_dir.display())),
            Err(e) => Err(format!("{} cannot be written: {e}", state_dir.display())),
        };
    }
    if folder.join("outbox.unreadable-1").exists() {
        return Err(format!(
            "a broken outbox was set aside in {}; send it to whoever maintains the device",
            folder.display()
        ));
    }
    match Store::open(&folder) {
        Ok(store) => {
            let waiting = store.waiting();
            let said = format!("{} to be delivered, {} set aside", waiting.due, waiting.set_aside);
            if waiting.set_aside > 0 {
                return Err(format!("{said}; the log says which the core refused, and why"));
            }
            Ok(said)
        }
        Err(StoreError::InUse(_)) => Ok("in use by the running agent".to_owned()),
        Err(error) => Err(chain(&error)),
    }
}
