//! What stands in a file of the journal.

use madoguchi_protocol::{ApplicationId, VisitId};

use super::{Entry, Found, Place, State};
use crate::{EnvelopeKey, KeptEnvelope};

const MAGIC: &[u8; 4] = b"MDGJ";
const FORMAT: u8 = 1;
/// Of a record.
pub(super) const HEAD: usize = 24;
/// Of an entry.
pub(super) const ENTRY_HEAD: usize = 42;
const KEY: usize = 17;

#[derive(Clone, Copy)]
enum Kind {
    Kept = 1,
    Delivered = 2,
    SetAside = 3,
}

pub(super) struct Record<'a> {
    kind: Kind,
    pub(super) next_sequence: u64,
    pub(super) body: &'a [u8],
}

pub(super) struct EntryHead {
    pub(super) key: EnvelopeKey,
    state: State,
    pub(super) visit: VisitId,
    length: u32,
}

pub(super) fn encode(
    entry: &Entry<'_>,
    number: u64,
    at: u64,
    next_sequence: u64,
) -> (Vec<u8>, Vec<Place>) {
    let mut places = Vec::new();
    let mut record = vec![0; HEAD];
    let kind = match entry {
        Entry::Kept(kept) => {
            for (state, envelope) in *kept {
                places.push(push_entry(&mut record, *state, envelope, number, at));
            }
            Kind::Kept
        }
        Entry::Delivered(keys) => {
            keys.iter().for_each(|key| record.extend_from_slice(&key_bytes(*key)));
            Kind::Delivered
        }
        Entry::SetAside(keys) => {
            keys.iter().for_each(|key| record.extend_from_slice(&key_bytes(*key)));
            Kind::SetAside
        }
    };
    let length = u32::try_from(record.len() - HEAD).expect("a visit's forms are not 4 GiB");
    record[..4].copy_from_slice(MAGIC);
    record[4] = FORMAT;
    record[5] = kind as u8;
    record[8..16].copy_from_slice(&next_sequence.to_be_bytes());
    record[16..20].copy_from_slice(&length.to_be_bytes());
    let checksum = checksum(number, at, &[&record[..20], &record[HEAD..]]);
    record[20..HEAD].copy_from_slice(&checksum.to_be_bytes());
    (record, places)
}

fn push_entry(
    record: &mut Vec<u8>,
    state: State,
    envelope: &KeptEnvelope,
    number: u64,
    record_at: u64,
) -> Place {
    let begin = record.len();
    let at = record_at + begin as u64;
    record.push(match state {
        State::Due => 0,
        State::Aside => 1,
    });
    record.extend_from_slice(&key_bytes(envelope.key));
    record.extend_from_slice(envelope.visit.0.as_bytes());
    let length = u32::try_from(envelope.bytes.len()).expect("at most MAX_VALUE");
    record.extend_from_slice(&length.to_be_bytes());
    let checksum = checksum(number, at, &[&record[begin..], &envelope.bytes]);
    record.extend_from_slice(&checksum.to_be_bytes());
    record.extend_from_slice(&envelope.bytes);
    let at = u32::try_from(at).expect("a file is not 4 GiB");
    Place { file: number, at, length: length + ENTRY_HEAD as u32 }
}

pub(super) fn parse_record(bytes: &[u8], number: u64, at: usize) -> Option<Record<'_>> {
    let (head, rest) = bytes.get(at..)?.split_at_checked(HEAD)?;
    if &head[..4] != MAGIC || head[4] != FORMAT {
        return None;
    }
    let kind = match head[5] {
        1 => Kind::Kept,
        2 => Kind::Delivered,
        3 => Kind::SetAside,
        _ => return None,
    };
    let body = rest.get(..u32_at(head, 16)? as usize)?;
    if checksum(number, at as u64, &[&head[..20], body]) != u32_at(head, 20)? {
        return None;
    }
    let next_sequence = u64::from_be_bytes(head[8..16].try_into().ok()?);
    Some(Record { kind, next_sequence, body })
}

/// Where the next whole record begins, at that byte or behind it.
pub(super) fn next_record(bytes: &[u8], number: u64, from: usize) -> Option<usize> {
    (from..bytes.len().saturating_sub(HEAD))
        .find(|at| bytes[*at..].starts_with(MAGIC) && parse_record(bytes, number, *at).is_some())
}

/// None when something in it is not what its kind says.
pub(super) fn each_of(
    record: &Record<'_>,
    number: u64,
    body_at: usize,
    each: &mut impl FnMut(Found),
) -> Option<()> {
    let mut rest = record.body;
    while !rest.is_empty() {
        let length = match record.kind {
            Kind::Kept => {
                let at = u32::try_from(body_at + record.body.len() - rest.len()).ok()?;
                // The record's checksum was right: so is the entry's.
                let head = parse_entry_head(rest)?;
                let length = head.length + ENTRY_HEAD as u32;
                each(Found::Kept(head.key, head.state, Place { file: number, at, length }));
                length as usize
            }
            Kind::Delivered => {
                each(Found::Delivered(parse_key(rest)?));
                KEY
            }
            Kind::SetAside => {
                each(Found::SetAside(parse_key(rest)?));
                KEY
            }
        };
        rest = rest.get(length..)?;
    }
    Some(())
}

pub(super) fn parse_entry(bytes: &[u8], number: u64, at: u64) -> Option<EntryHead> {
    let head = parse_entry_head(bytes)?;
    let envelope = bytes.get(ENTRY_HEAD..)?;
    let is_whole = envelope.len() == head.length as usize
        && checksum(number, at, &[&bytes[..38], envelope]) == u32_at(bytes, 38)?;
    is_whole.then_some(head)
}

fn parse_entry_head(bytes: &[u8]) -> Option<EntryHead> {
    let head = bytes.get(..ENTRY_HEAD)?;
    let state = match head[0] {
        0 => State::Due,
        1 => State::Aside,
        _ => return None,
    };
    let visit = VisitId::from_bytes(head[18..34].try_into().ok()?);
    Some(EntryHead { key: parse_key(&head[1..])?, state, visit, length: u32_at(head, 34)? })
}

pub(crate) fn key_bytes(key: EnvelopeKey) -> [u8; KEY] {
    let mut bytes = [0; KEY];
    bytes[..16].copy_from_slice(key.application.as_bytes());
    bytes[16] = key.part;
    bytes
}

pub(crate) fn parse_key(bytes: &[u8]) -> Option<EnvelopeKey> {
    let id: &[u8; 16] = bytes.first_chunk()?;
    let application = ApplicationId::from_bytes(*id).ok()?;
    Some(EnvelopeKey { application, part: *bytes.get(16)? })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// With its place, so that bytes that come from elsewhere on the disk are never taken for a record.
fn checksum(number: u64, at: u64, parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_be_bytes());
    hasher.update(&at.to_be_bytes());
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}
