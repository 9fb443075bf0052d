//! The memory of running programs: how much it is, and whether a person is in it. For root: our programs close
//! their memory to everybody else.
//!
//! What it cannot see: the stack of a thread that has ended (its pages are gone or given to
//! others), registers, a framebuffer's pixels (a name *drawn* is no text), memory of the kernel
//! (sockets, pipes, page cache of what is no file of ours), and what was never written to.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result, ensure};

use crate::fragments::Fragments;

/// Read at once, in bytes.
const PIECE: u64 = 1 << 20;
/// Of a page map's entry: the page is in memory.
const PRESENT: u64 = 1 << 63;
/// The same: it is swapped out.
const SWAPPED: u64 = 1 << 62;
/// How much is shown of what stands before a trace, in bytes.
const CONTEXT: usize = 48;

/// A trace of a person in a program's memory. Tells where and in what company, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The program.
    pub program: String,
    /// The region, as `[heap] rw-p`.
    pub region: String,
    /// What of the person, and its spelling.
    pub what: String,
    /// How many bytes of it.
    pub length: usize,
    /// Where, in the program's addresses.
    pub address: u64,
    /// The bytes around it: what is not ASCII is `·`, a digit `#`, the trace itself `█`.
    pub context: String,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, region, what, length, address, context } = self;
        write!(f, "{program}: {length} bytes of the {what} at {address:#x} in {region}: {context}")
    }
}

/// What a search of one program came to.
#[derive(Debug, Default)]
pub struct Searched {
    /// What was found.
    pub leaks: Vec<Leak>,
    /// How much was read, in bytes.
    pub bytes: u64,
    /// Regions that could not be read, as devices' memory.
    pub unread: Vec<String>,
}

impl Searched {
    /// What was not there before, by program, region, part and length.
    #[must_use]
    pub fn new_since(&self, before: &Self) -> Vec<Leak> {
        let key = |leak: &Leak| {
            (leak.program.clone(), leak.region.clone(), leak.what.clone(), leak.length)
        };
        let known: BTreeSet<_> = before.leaks.iter().map(key).collect();
        self.leaks.iter().filter(|leak| !known.contains(&key(leak))).cloned().collect()
    }

    /// Adds another program's.
    pub fn append(&mut self, other: Self) {
        self.leaks.extend(other.leaks);
        self.bytes += other.bytes;
        self.unread.extend(other.unread);
    }
}

/// Searches everything that a process could have written to.
///
/// # Errors
/// When the process has ended, or is closed to whoever runs this.
pub fn search(program: &str, id: u32, fragments: &Fragments) -> Result<Searched> {
    let proc = format!("/proc/{id}");
    let maps = fs::read_to_string(format!("{proc}/maps"));
    let maps = maps.with_context(|| format!("read the memory map of {program}"))?;
    let open = |file: &str| {
        let file = format!("{proc}/{file}");
        File::open(&file).with_context(|| format!("open {file}: only root may"))
    };
    let (memory, pages) = (open("mem")?, open("pagemap")?);
    let page_size = u64::try_from(rustix::param::page_size()).context("a page's size")?;

    let mut searched = Searched::default();
    for region in maps.lines().filter_map(Region::parse) {
        for present in region.present(&pages, page_size)? {
            let read =
                search_range(&memory, &present, fragments, |address, what, length, around| {
                    searched.leaks.push(Leak {
                        program: program.to_owned(),
                        region: region.name.clone(),
                        what,
                        length,
                        address,
                        context: around,
                    });
                });
            match read {
                Ok(bytes) => searched.bytes += bytes,
                Err(_) => searched.unread.push(format!("{program}: {}", region.name)),
            }
        }
    }
    ensure!(searched.bytes > 0, "nothing of {program} could be read");
    Ok(searched)
}

/// How much memory processes use: theirs alone, and their share of what they share (PSS), in bytes.
///
/// # Errors
/// When one of them has ended.
pub fn proportional(processes: &[u32]) -> Result<u64> {
    let mut kib = 0;
    for id in processes {
        let file = format!("/proc/{id}/smaps_rollup");
        let text = fs::read_to_string(&file).with_context(|| format!("read {file}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let value = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
        let value: u64 = value.with_context(|| format!("{file} says how much"))?;
        kib += value;
    }
    Ok(kib * 1024)
}

fn search_range(
    memory: &File,
    range: &Range<u64>,
    fragments: &Fragments,
    mut tell: impl FnMut(u64, String, usize, String),
) -> io::Result<u64> {
    let overlap = u64::try_from(fragments.longest() - 1).unwrap_or(0);
    let mut at = range.start;
    let mut piece = Vec::new();
    loop {
        let end = range.end.min(at + PIECE);
        piece.resize(usize::try_from(end - at).unwrap_or(0), 0);
        memory.read_exact_at(&mut piece, at)?;
        for trace in fragments.find(&piece) {
            let around = context(&piece, &(trace.start..trace.end));
            let address = at + u64::try_from(trace.start).unwrap_or(0);
            tell(address, trace.what, trace.end - trace.start, around);
        }
        piece.fill(0);
        if end == range.end {
            return Ok(range.end - range.start);
        }
        at = end - overlap;
    }
}

/// A region that can be written to.
struct Region {
    range: Range<u64>,
    name: String,
}

impl Region {
    /// A line of `/proc/PID/maps`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        if rights.as_bytes().get(1) != Some(&b'w') {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        let path = words.nth(3).unwrap_or("(anonymous)");
        Some(Self { range: number(start)?..number(end)?, name: format!("{path} {rights}") })
    }

    /// The parts of it that are in memory or in the swap: others were never touched, or hold what
    /// stands in their file.
    fn present(&self, pages: &File, page_size: u64) -> Result<Vec<Range<u64>>> {
        let count = usize::try_from((self.range.end - self.range.start) / page_size)?;
        let mut entries = vec![0; count * 8];
        pages
            .read_exact_at(&mut entries, self.range.start / page_size * 8)
            .with_context(|| format!("read the page map of {}", self.name))?;
        let mut present: Vec<Range<u64>> = Vec::new();
        let mut at = self.range.start;
        for entry in entries.chunks_exact(8) {
            let entry = entry.try_into().map_or(0, u64::from_le_bytes);
            if entry & (PRESENT | SWAPPED) != 0 {
                match present.last_mut() {
                    Some(last) if last.end == at => last.end += page_size,
                    _ => present.push(at..at + page_size),
                }
            }
            at += page_size;
        }
        Ok(present)
    }
}

/// What stands around a trace, without the trace and without digits.
fn context(bytes: &[u8], trace: &Range<usize>) -> String {
    let shown = |bytes: &[u8]| -> String {
        let shown = bytes.iter().map(|byte| match byte {
            b'0'..=b'9' => '#',
            b' '..=b'~' => char::from(*byte),
            _ => '·',
        });
        shown.collect()
    };
    let before = &bytes[trace.start.saturating_sub(CONTEXT)..trace.start];
    let after = &bytes[trace.end..bytes.len().min(trace.end + CONTEXT / 2)];
    format!("{}█{}", shown(before), shown(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writable_regions_are_told_from_others() {
        let heap = "55d0a0000000-55d0a0021000 rw-p 00000000 00:00 0                 [heap]";
        let heap = Region::parse(heap).expect("writable");
        assert_eq!(heap.range, 0x55d0_a000_0000..0x55d0_a002_1000);
        assert_eq!(heap.name, "[heap] rw-p");
        let shared = "7f0000000000-7f0000001000 rw-s 00000000 00:01 6   /memfd:x (deleted)";
        assert_eq!(Region::parse(shared).expect("writable").name, "/memfd:x rw-s");
        let anonymous = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ";
        assert_eq!(Region::parse(anonymous).expect("writable").name, "(anonymous) rw-p");
        let code = "7f0000000000-7f0000001000 r-xp 00000000 08:01 6   /usr/lib/libc.so.6";
        assert!(Region::parse(code).is_none());
    }

    #[test]
    fn the_company_of_a_trace_is_told_and_nothing_of_a_person() {
        let bytes = "{\"birth\":\"19800217\",\"name\":\"検証　花子\"}".as_bytes();
        let start = bytes.len() - 17;
        let told = context(bytes, &(start..start + 15));
        assert_eq!(told, "{\"birth\":\"########\",\"name\":\"█\"}");
    }
}
