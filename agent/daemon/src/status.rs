//! What the running agent says of itself, for `check` and whoever watches the device: a small file
//! beside its socket, written anew every few seconds. Nothing in it is about a person.

use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use madoguchi_store::Room;
use serde::{Deserialize, Serialize};

/// An agent that has not said for so long how it is makes no progress.
pub(crate) const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// How the agent is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// When this was written, by the device's clock.
    pub written_at: Timestamp,
    /// Who makes no progress, so that the watchdog is not fed.
    pub stuck: Option<String>,
    /// What people have to mend.
    pub alarms: Vec<String>,
    /// Envelopes to be delivered.
    pub due: usize,
    /// When the oldest of them was kept.
    pub oldest: Option<Timestamp>,
    /// Envelopes refused for good.
    pub set_aside: usize,
    /// `plenty`, `low` or `full`.
    pub room: String,
    /// How long ago, in seconds, something was delivered; none since the agent started.
    pub delivered_ago: Option<u64>,
    /// How long ago, in seconds, the reader was polled.
    pub reader_polled_ago: u64,
    /// Whether the core did what it was asked last.
    pub core_reachable: bool,
    /// The intakes, in the order of preference.
    pub intakes: Vec<IntakeStatus>,
}

/// How the agent finds an intake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeStatus {
    /// `https://host[:port]/`.
    pub endpoint: String,
    /// Whether it is the one that is asked.
    pub in_use: bool,
    /// Whether that is because of a drill.
    pub drill: bool,
    /// Failures in a row.
    pub failures: u32,
    /// How long ago, in seconds, it answered; none since the agent started.
    pub answered_ago: Option<u64>,
}

/// As the status names it.
#[must_use]
pub fn room(room: Room) -> String {
    match room {
        Room::Plenty => "plenty",
        Room::Low => "low",
        Room::Full => "full",
    }
    .to_owned()
}

/// Where it stands.
#[must_use]
pub fn path(socket: &Path) -> PathBuf {
    socket.with_extension("status")
}

impl Status {
    /// Writes it in place of the last one. Need not survive the power cord.
    ///
    /// # Errors
    /// Of the file system.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("status-new");
        std::fs::write(&new, serde_json::to_vec(self).map_err(io::Error::other)?)?;
        std::fs::rename(&new, path)
    }

    /// Reads what was written last; none when there is nothing that can be read.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Whether an agent that makes progress would have written a newer one by then.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now.duration_since(self.written_at).abs() > FRESH
    }
}

#[cfg(test)]
pub(crate) fn sample() -> Status {
    let intake = |port, in_use| IntakeStatus {
        endpoint: format!("https://localhost:{port}/"),
        in_use,
        drill: false,
        failures: 0,
        answered_ago: Some(3),
    };
    Status {
        written_at: "2026-11-22T03:00:00Z".parse().expect("a time"),
        stuck: None,
        alarms: Vec::new(),
        due: 0,
        oldest: None,
        set_aside: 0,
        room: room(Room::Plenty),
        delivered_ago: Some(7),
        reader_polled_ago: 0,
        core_reachable: true,
        intakes: vec![intake(1, true), intake(2, false)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_grows_stale() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = path(&folder.path().join("agent.sock"));
        assert_eq!(Status::read(&path), None);
        let status = sample();
        status.write(&path).expect("written");
        status.write(&path).expect("written again");
        assert_eq!(Status::read(&path).as_ref(), Some(&status));
        assert!(!status.is_stale(status.written_at + FRESH));
        assert!(status.is_stale(status.written_at + FRESH + SignedDuration::from_secs(1)));
        std::fs::write(&path, b"{").expect("damaged");
        assert_eq!(Status::read(&path), None);
    }
}
