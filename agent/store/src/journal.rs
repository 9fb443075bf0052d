//! The journal: what takes the fdatasync. Files that are only appended to, and removed whole when
//! nothing in them is waiting any more, oldest first.
//!
//! A file `journal-N` is a row of records. A record: `MDGJ`, format (1), kind, two zeros, the
//! sequence that follows it (8), length of its body (4), CRC-32 (4) of its place, of what stands
//! before and of its body; all numbers big-endian. Bodies: of *kept* a row of entries, of
//! *delivered* and *set aside* a row of keys (16 + 1). An entry: state, key, visit (16), length (4),
//! CRC-32 (4) of its place and itself, the envelope.
//!
//! What is appended is one write and one fdatasync, and with a new file an fsync of the folder.
//! Nothing is appended after one that failed, nor to a file of an earlier opening; so what a power
//! cut tears is the end of a file, and nobody was told of it.

mod format;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::error::is_of_the_disk;
use crate::{EnvelopeKey, KeptEnvelope, StoreError, aside};
use format::{ENTRY_HEAD, HEAD, each_of, encode, next_record, parse_entry, parse_record};

pub(crate) use format::{key_bytes, parse_key};

const NAME: &str = "journal-";

/// No file of ours becomes so long: one that is was not written by us (64 MiB).
const LONGEST: u64 = 64 << 20;

/// How an envelope stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Due,
    Aside,
}

impl State {
    pub(crate) const ALL: [Self; 2] = [Self::Due, Self::Aside];
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: u64,
    pub(crate) at: u32,
    /// Of the entry, its head included.
    pub(crate) length: u32,
}

/// What a scan comes upon.
pub(crate) enum Found {
    Kept(EnvelopeKey, State, Place),
    Delivered(EnvelopeKey),
    SetAside(EnvelopeKey),
}

/// What a scan says of a file.
pub(crate) struct Scanned {
    /// The sequence that must be used next, as far as this file knows; none when it is empty.
    pub(crate) next_sequence: Option<u64>,
    /// Something in it that was written whole can no longer be read.
    pub(crate) is_damaged: bool,
}

/// What is appended.
pub(crate) enum Entry<'a> {
    Kept(&'a [(State, &'a KeptEnvelope)]),
    Delivered(&'a [EnvelopeKey]),
    SetAside(&'a [EnvelopeKey]),
}

pub(crate) struct Journal {
    folder: PathBuf,
    /// After so many bytes a new file is begun.
    grain: u64,
    /// Length of each file by its number.
    files: BTreeMap<u64, u64>,
    /// The last file that is known to have a whole record.
    carrier: Option<u64>,
    /// The file that is appended to: the last, when this opening has begun one.
    active: Option<File>,
    /// The file that was read last.
    reading: Option<(u64, File)>,
}

impl Journal {
    /// Lists what is there; after `grain` bytes a new file is begun.
    pub(crate) fn open(folder: &Path, grain: u64) -> Result<Self, StoreError> {
        let mut files = BTreeMap::new();
        let cannot_list = || StoreError::file("list", folder);
        for entry in fs::read_dir(folder).map_err(cannot_list())? {
            let entry = entry.map_err(cannot_list())?;
            let name = entry.file_name();
            if let Some(number) = name.to_str().and_then(parse_name) {
                let length = entry.metadata().map_err(cannot_list())?.len();
                files.insert(number, length);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            grain,
            files,
            carrier: None,
            active: None,
            reading: None,
        })
    }

    /// The numbers of its files, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.files.keys().copied().collect()
    }

    /// The oldest file that may be removed when nothing in it waits: a later one must carry the
    /// sequence, which a file whose only record was torn does not.
    pub(crate) fn oldest_removable(&self) -> Option<u64> {
        let oldest = self.files.keys().next().copied();
        oldest.filter(|oldest| self.carrier.is_some_and(|carrier| *oldest < carrier))
    }

    /// That file has a record that can be read.
    pub(crate) fn carries(&mut self, number: u64) {
        self.carrier = self.carrier.max(Some(number));
    }

    /// Number and length of the last file.
    pub(crate) fn end(&self) -> Option<(u64, u64)> {
        self.files.last_key_value().map(|(number, length)| (*number, *length))
    }

    /// Length of the longest file that is read.
    pub(crate) fn longest(&self) -> u64 {
        self.files.values().copied().filter(|length| *length <= LONGEST).max().unwrap_or(0)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().sum()
    }

    /// Appends, durably on return; says where what was kept stands. After an error nothing may be
    /// appended any more.
    pub(crate) fn append(
        &mut self,
        entry: &Entry<'_>,
        next_sequence: u64,
    ) -> Result<Vec<Place>, StoreError> {
        let is_full = self.end().is_some_and(|(_, length)| length >= self.grain);
        if self.active.is_none() || is_full {
            self.begin_file()?;
        }
        let (number, at) = self.end().unwrap_or_default();
        let path = self.path(number);
        // Begun above, if it was not there.
        let Some(active) = &self.active else { return Err(StoreError::Poisoned) };
        let (record, places) = encode(entry, number, at, next_sequence);
        active.write_all_at(&record, at).map_err(StoreError::file("write", &path))?;
        active.sync_data().map_err(StoreError::file("sync", &path))?;
        if at == 0 {
            let folder = &self.folder;
            madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder))?;
        }
        self.files.insert(number, at + record.len() as u64);
        self.carries(number);
        Ok(places)
    }

    /// Makes durable what an earlier opening may have written without being able to sync it.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        if let Some((last, _)) = self.end() {
            let path = self.path(last);
            // One that cannot be opened cannot be read either.
            if let Ok(file) = File::open(&path) {
                file.sync_all().map_err(StoreError::file("sync", &path))?;
            }
        }
        let folder = &self.folder;
        madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder))
    }

    fn begin_file(&mut self) -> Result<(), StoreError> {
        let number = self.end().map_or(1, |(number, _)| number + 1);
        let path = self.path(number);
        let file = File::create_new(&path).map_err(StoreError::file("make", &path))?;
        self.files.insert(number, 0);
        self.active = Some(file);
        Ok(())
    }

    /// The envelope at that place; none when it is not there any more as it was written.
    pub(crate) fn read(
        &mut self,
        key: EnvelopeKey,
        place: Place,
    ) -> Result<Option<KeptEnvelope>, StoreError> {
        let path = self.path(place.file);
        if self.reading.as_ref().is_none_or(|(number, _)| *number != place.file) {
            let file = File::open(&path).map_err(StoreError::file("open", &path))?;
            self.reading = Some((place.file, file));
        }
        let Some((_, file)) = &self.reading else { return Ok(None) };
        let mut bytes = vec![0; place.length as usize];
        match file.read_exact_at(&mut bytes, place.at.into()) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(StoreError::file("read", &path)(e)),
        }
        let entry = parse_entry(&bytes, place.file, place.at.into());
        Ok(entry.filter(|entry| entry.key == key).map(|entry| KeptEnvelope {
            key,
            visit: entry.visit,
            bytes: bytes.split_off(ENTRY_HEAD),
        }))
    }

    /// Goes through a file from its beginning. `buffer`: for its bytes, the same for many files.
    pub(crate) fn scan(
        &self,
        number: u64,
        buffer: &mut Vec<u8>,
        mut each: impl FnMut(Found),
    ) -> Result<Scanned, StoreError> {
        let path = self.path(number);
        if self.files.get(&number).is_some_and(|length| *length > LONGEST) {
            return Err(StoreError::file("read", &path)(io::ErrorKind::FileTooLarge.into()));
        }
        let is_damaged = File::open(&path)
            .and_then(|file| read_whole(&file, buffer))
            .map_err(StoreError::file("read", &path))?;
        let bytes = buffer.as_slice();
        let mut scanned = Scanned { next_sequence: None, is_damaged };
        let mut at = 0;
        while at < bytes.len() {
            let Some(record) = parse_record(bytes, number, at) else {
                // The end that was torn, unless something whole follows.
                let Some(next) = next_record(bytes, number, at + 1) else {
                    let torn = bytes.len() - at;
                    tracing::warn!(path = %path.display(), torn, "the end of a file is torn");
                    break;
                };
                scanned.is_damaged = true;
                at = next;
                continue;
            };
            scanned.next_sequence = scanned.next_sequence.max(Some(record.next_sequence));
            let body = at + HEAD;
            at = body + record.body.len();
            scanned.is_damaged |= each_of(&record, number, body, &mut each).is_none();
        }
        Ok(scanned)
    }

    /// Removes a file, durably on return.
    pub(crate) fn remove(&mut self, number: u64) -> Result<(), StoreError> {
        let path = self.path(number);
        fs::remove_file(&path).map_err(StoreError::file("remove", &path))?;
        let folder = &self.folder;
        madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder))?;
        self.forget(number);
        Ok(())
    }

    /// Removes all files.
    pub(crate) fn clear(&mut self) -> Result<(), StoreError> {
        (self.active, self.carrier) = (None, None);
        self.numbers().into_iter().try_for_each(|number| self.remove(number))
    }

    /// Sets a file aside that cannot be read.
    pub(crate) fn set_aside(&mut self, number: u64, why: &str) -> Result<(), StoreError> {
        aside::set_aside(&self.path(number), why)?;
        self.forget(number);
        Ok(())
    }

    fn forget(&mut self, number: u64) {
        self.files.remove(&number);
        self.reading.take_if(|(reading, _)| *reading == number);
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{NAME}{number:016}"))
    }
}

/// What is asked for at a time of a file that cannot be read as a whole: no smaller piece is lost with a
/// bad sector (4 KiB).
const SECTORS: usize = 4 << 10;

/// All bytes of a file, with zeros where the disk has lost them; whether it has lost any.
fn read_whole(mut file: &File, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    match file.read_to_end(buffer) {
        Err(error) if is_of_the_disk(&error) => {}
        read => return read.map(|_| false),
    }
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    buffer.clear();
    buffer.resize(length, 0);
    let mut is_damaged = false;
    for (piece, at) in buffer.chunks_mut(SECTORS).zip((0_u64..).step_by(SECTORS)) {
        match file.read_exact_at(piece, at) {
            Err(error) if is_of_the_disk(&error) => {
                piece.fill(0);
                is_damaged = true;
            }
            read => read?,
        }
    }
    Ok(is_damaged)
}

/// The number of a file with such a name; nobody else's file is touched.
fn parse_name(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(NAME)?;
    let ours = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
    ours.then(|| digits.parse().ok()).flatten()
}
