//! How much may wait, and how it is announced before it is too much.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::StoreError;

/// Most envelopes that wait at a time.
pub const MAX_WAITING: usize = 100_000;

/// Most bytes of envelopes that wait at a time (1 GiB).
pub const MAX_BYTES: u64 = 1 << 30;

/// An office that has fetched nothing for so long is not coming: what is kept then is forgotten
/// rather than delivered, so nothing more is promised (31 days).
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Free bytes of the disk below which nothing more is kept (64 MiB).
pub const FREE_FLOOR: u64 = 64 << 20;

/// Longest envelope, in bytes (66 KiB): the largest size class with what stands around it.
pub const MAX_VALUE: usize = 66 << 10;

/// In which pieces space comes back.
#[derive(Debug, Clone, Copy)]
pub struct Grain {
    /// After so many bytes a new file of the journal is begun.
    pub file: u64,
    /// The journal may be so many bytes larger than twice what waits in it, before what waits in its
    /// oldest file is written to its end.
    pub slack: u64,
    /// An index above so many bytes is made anew when little waits: sled's file does not shrink by
    /// itself.
    pub index: u64,
}

impl Grain {
    /// As devices have it: 4 MiB, 8 MiB and 4 MiB.
    pub const USUAL: Self = Self { file: 4 << 20, slack: 8 << 20, index: 4 << 20 };
}

/// From these on the end is announced: four fifths of count and bytes, twice the floor, a week.
const MANY: usize = MAX_WAITING / 5 * 4;
const MUCH: u64 = MAX_BYTES / 5 * 4;
const LITTLE_FREE: u64 = 2 * FREE_FLOOR;
const OLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Room {
    /// Nothing to be said.
    #[default]
    Plenty,
    /// A bound is near: somebody should see to delivery or disk. Keeping goes on.
    Low,
    /// A bound is reached: nothing more is kept.
    Full,
}

/// What there is now, with the free space of the folder's disk.
pub(crate) fn usage(
    folder: &Path,
    envelopes: usize,
    bytes: u64,
    oldest: Option<Timestamp>,
) -> Result<Usage, StoreError> {
    let disk = rustix::fs::statvfs(folder)
        .map_err(|e| StoreError::file("ask for the space of", folder)(e.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    Ok(Usage { envelopes, bytes, oldest, now: Timestamp::now(), free })
}

/// What there is at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) envelopes: usize,
    pub(crate) bytes: u64,
    /// When the oldest that is due was made, by the clock of then.
    pub(crate) oldest: Option<Timestamp>,
    pub(crate) now: Timestamp,
    /// Free bytes of the disk.
    pub(crate) free: u64,
}

impl Usage {
    /// Why so many envelopes, of together so many bytes, do not fit any more.
    pub(crate) fn refuses(&self, envelopes: usize, bytes: u64) -> Option<String> {
        let age = self.age();
        if self.envelopes + envelopes > MAX_WAITING {
            Some(format!("{} envelopes wait already", self.envelopes))
        } else if self.bytes + bytes > MAX_BYTES {
            Some(format!("{} MiB wait already", self.bytes >> 20))
        } else if let Some(why) = self.disk_refuses(bytes) {
            Some(why)
        } else if age > MAX_AGE {
            Some(format!("an envelope has waited for {} days", age.as_hours() / 24))
        } else {
            None
        }
    }

    /// Why so many bytes more are not written.
    pub(crate) fn disk_refuses(&self, bytes: u64) -> Option<String> {
        let is_short = self.free < FREE_FLOOR + bytes;
        is_short.then(|| format!("{} MiB of the disk are free", self.free >> 20))
    }

    pub(crate) fn room(&self) -> Room {
        let near = self.envelopes >= MANY
            || self.bytes >= MUCH
            || self.free < LITTLE_FREE
            || self.age() > OLD;
        match self.refuses(1, MAX_VALUE as u64) {
            Some(_) => Room::Full,
            None if near => Room::Low,
            None => Room::Plenty,
        }
    }

    /// Zero or less when the clock fell back: then nobody is refused for it.
    fn age(&self) -> SignedDuration {
        self.oldest.map_or(SignedDuration::ZERO, |oldest| self.now.duration_since(oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> Usage {
        let now = "2026-11-22T00:00:00Z".parse().expect("a time");
        Usage { envelopes: 3, bytes: 20_000, oldest: Some(now), now, free: 10 << 30 }
    }

    #[test]
    fn every_bound_is_announced_before_it_is_reached() {
        let plenty = usage();
        assert_eq!(plenty.room(), Room::Plenty);
        let old = |hours| plenty.now - SignedDuration::from_hours(hours);
        let near = [
            Usage { envelopes: MANY, ..plenty },
            Usage { bytes: MUCH, ..plenty },
            Usage { free: LITTLE_FREE - 1, ..plenty },
            Usage { oldest: Some(old(7 * 24 + 1)), ..plenty },
        ];
        let reached = [
            Usage { envelopes: MAX_WAITING, ..plenty },
            Usage { bytes: MAX_BYTES - 1, ..plenty },
            Usage { free: FREE_FLOOR - 1, ..plenty },
            Usage { oldest: Some(old(31 * 24 + 1)), ..plenty },
        ];
        for (near, reached) in near.iter().zip(reached) {
            assert_eq!(near.room(), Room::Low, "{near:?}");
            assert_eq!(near.refuses(1, 5_000), None, "keeping goes on");
            assert_eq!(reached.room(), Room::Full, "{reached:?}");
        }
    }

    #[test]
    fn a_clock_that_fell_back_refuses_nobody() {
        let back = Usage { now: usage().now - SignedDuration::from_hours(10_000), ..usage() };
        assert_eq!(back.room(), Room::Plenty);
    }

    #[test]
    fn what_comes_counts_before_it_is_there() {
        let last = Usage { envelopes: MAX_WAITING - 2, ..usage() };
        assert_eq!(last.refuses(2, 10_000), None);
        assert!(last.refuses(3, 10_000).is_some());
    }
}
