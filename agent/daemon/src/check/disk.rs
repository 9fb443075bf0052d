//! Is there room to keep?

use std::path::Path;

use madoguchi_store::FREE_FLOOR;

use super::Outcome;

pub(super) fn check(state_dir: &Path) -> Outcome {
    if !state_dir.is_dir() {
        return Err(format!("{} is not a folder", state_dir.display()));
    }
    let disk = rustix::fs::statvfs(state_dir)
        .map_err(|e| format!("{} cannot be looked at: {e}", state_dir.display()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    let floor = FREE_FLOOR >> 20;
    if free < floor {
        return Err(format!("{free} MiB free; below {floor} MiB nothing is kept: make room"));
    }
    Ok(format!("{free} MiB free"))
}
