//! A disk that keeps what it promised and nothing else.
//!
//! The content of a file is promised by fsync or fdatasync of that file, a name by fsync of its
//! folder. What was not promised may be there or not, each write for itself and a write in parts of
//! 512 bytes. A rename is there or not there. Names of one folder that are not promised reach the
//! disk independently of each other, but for one name in order.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::trace::{Call, Moment};

const SECTOR: usize = 512;

type Id = usize;

/// Whether the disk does what a sync asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    Honoured,
    Ignored,
}

pub struct Disk {
    syncs: Syncs,
    files: Vec<File>,
    folders: Vec<Folder>,
    /// Position of what was opened, for writes that name none.
    positions: HashMap<i64, u64>,
    /// How much of each pending list a sync that has begun will make durable.
    syncing: HashMap<usize, (Node, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    File(Id),
    Folder(Id),
}

#[derive(Default)]
struct File {
    live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// How many of the changes are already durable, ever.
    settled: usize,
}

#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

#[derive(Default)]
struct Folder {
    live: BTreeMap<String, Node>,
    durable: BTreeMap<String, Node>,
    pending: Vec<Naming>,
    settled: usize,
}

#[derive(Clone)]
enum Naming {
    Name(String, Node),
    Unname(String),
    Rename(String, String, Node),
}

/// What a cut leaves: paths below the root; none for a folder.
pub type Image = Vec<(PathBuf, Option<Vec<u8>>)>;

impl Disk {
    pub fn new(syncs: Syncs) -> Self {
        Self {
            syncs,
            files: Vec::new(),
            folders: vec![Folder::default()],
            positions: HashMap::new(),
            syncing: HashMap::new(),
        }
    }

    /// A disk that has kept all of this.
    pub fn with(image: &Image) -> Self {
        let mut disk = Self::new(Syncs::Honoured);
        let mut image: Vec<_> = image.iter().collect();
        // A folder before what is in it.
        image.sort();
        for (path, bytes) in image {
            let node = match bytes {
                None => {
                    disk.folders.push(Folder::default());
                    Node::Folder(disk.folders.len() - 1)
                }
                Some(bytes) => {
                    let (live, durable) = (bytes.clone(), bytes.clone());
                    disk.files.push(File { live, durable, ..File::default() });
                    Node::File(disk.files.len() - 1)
                }
            };
            disk.name(path, node);
        }
        for folder in 0..disk.folders.len() {
            let upto = disk.folders[folder].settled + disk.folders[folder].pending.len();
            disk.settle(Node::Folder(folder), upto);
        }
        disk
    }

    /// A new process: nothing is open.
    pub fn forget_positions(&mut self) {
        self.positions.clear();
        self.syncing.clear();
    }

    pub fn apply(&mut self, moment: &Moment, root: &Path) {
        let below = |path: &Path| path.strip_prefix(root).expect("below the root").to_owned();
        match moment {
            Moment::Begins(id, Call::Sync { path }) => {
                if let Some(node) = self.node(&below(path)) {
                    let upto = match node {
                        Node::File(file) => {
                            self.files[file].settled + self.files[file].pending.len()
                        }
                        Node::Folder(folder) => {
                            self.folders[folder].settled + self.folders[folder].pending.len()
                        }
                    };
                    self.syncing.insert(*id, (node, upto));
                }
            }
            Moment::Ends(id, Call::Sync { .. }) => {
                let begun = self.syncing.remove(id);
                if let Some((node, upto)) = begun.filter(|_| self.syncs == Syncs::Honoured) {
                    self.settle(node, upto);
                }
            }
            Moment::Begins(_, call) => self.begin(call, &below),
            Moment::Ends(_, Call::Open { path, fd, .. }) => {
                if self.node(&below(path)).is_some() {
                    self.positions.insert(*fd, 0);
                }
            }
            Moment::Ends(..) => {}
        }
    }

    fn begin(&mut self, call: &Call, below: &impl Fn(&Path) -> PathBuf) {
        match call {
            Call::Open { path, creates, truncates, .. } => {
                let path = below(path);
                match self.node(&path) {
                    None if *creates => {
                        self.files.push(File::default());
                        self.name(&path, Node::File(self.files.len() - 1));
                    }
                    Some(Node::File(file)) if *truncates => {
                        self.change(file, Change::Truncate(0));
                    }
                    _ => {}
                }
            }
            Call::Write { path, fd, at, bytes } => {
                let Some(Node::File(file)) = self.node(&below(path)) else {
                    // A file without a name: it is gone with the process.
                    return;
                };
                let position = self.positions.entry(*fd).or_default();
                let begin = at.unwrap_or(*position);
                if at.is_none() {
                    *position += bytes.len() as u64;
                }
                let at = usize::try_from(begin).expect("a position");
                self.change(file, Change::Write { at, bytes: bytes.clone() });
            }
            Call::Truncate { path, length } => {
                if let Some(Node::File(file)) = self.node(&below(path)) {
                    let length = usize::try_from(*length).expect("a length");
                    self.change(file, Change::Truncate(length));
                }
            }
            Call::MakeFolder { path } => {
                self.folders.push(Folder::default());
                self.name(&below(path), Node::Folder(self.folders.len() - 1));
            }
            Call::Rename { from, to } => {
                let (from, to) = (below(from), below(to));
                let node = self.node(&from).expect("what is renamed is there");
                let (folder, old) = self.place(&from);
                let (same, new) = self.place(&to);
                assert_eq!(folder, same, "the model knows renames within a folder only");
                let folder = &mut self.folders[folder];
                folder.live.remove(&old);
                folder.live.insert(new.clone(), node);
                folder.pending.push(Naming::Rename(old, new, node));
            }
            Call::Remove { path } => {
                let (folder, name) = self.place(&below(path));
                let folder = &mut self.folders[folder];
                folder.live.remove(&name);
                folder.pending.push(Naming::Unname(name));
            }
            Call::Sync { .. } | Call::Say { .. } => {}
        }
    }

    fn change(&mut self, file: Id, change: Change) {
        let file = &mut self.files[file];
        change.clone().apply(&mut file.live, |_| true);
        file.pending.push(change);
    }

    fn name(&mut self, path: &Path, node: Node) {
        let (folder, name) = self.place(path);
        let folder = &mut self.folders[folder];
        folder.live.insert(name.clone(), node);
        folder.pending.push(Naming::Name(name, node));
    }

    fn settle(&mut self, node: Node, upto: usize) {
        match node {
            Node::File(id) => {
                let file = &mut self.files[id];
                let count = upto.saturating_sub(file.settled).min(file.pending.len());
                for change in file.pending.drain(..count) {
                    change.apply(&mut file.durable, |_| true);
                }
                file.settled += count;
            }
            Node::Folder(id) => {
                let folder = &mut self.folders[id];
                let count = upto.saturating_sub(folder.settled).min(folder.pending.len());
                for naming in folder.pending.drain(..count) {
                    naming.apply(&mut folder.durable);
                }
                folder.settled += count;
            }
        }
    }

    fn node(&self, path: &Path) -> Option<Node> {
        let mut node = Node::Folder(0);
        for name in path {
            let Node::Folder(folder) = node else { return None };
            node = *self.folders[folder].live.get(name.to_str()?)?;
        }
        Some(node)
    }

    fn place(&self, path: &Path) -> (Id, String) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        match self.node(path.parent().expect("a folder")) {
            Some(Node::Folder(folder)) => (folder, name),
            _ => panic!("no folder for {}", path.display()),
        }
    }

    /// As the process saw it last.
    pub fn live(&self) -> Image {
        let mut image = Vec::new();
        self.collect(
            0,
            Path::new(""),
            &mut image,
            &mut |folder| folder.live.clone(),
            &mut |file| file.live.clone(),
        );
        image
    }

    /// As a power cut may leave it. `chance`: of each unsynced change, to have reached the disk.
    pub fn cut(&self, rng: &mut Rng, chance: f64) -> Image {
        let mut image = Vec::new();
        let names = std::cell::RefCell::new(rng.fork());
        let mut contents = rng.fork();
        self.collect(
            0,
            Path::new(""),
            &mut image,
            &mut |folder| {
                let mut entries = folder.durable.clone();
                for naming in &folder.pending {
                    if names.borrow_mut().f64() < chance {
                        naming.clone().apply(&mut entries);
                    }
                }
                entries
            },
            &mut |file| {
                let mut content = file.durable.clone();
                for change in &file.pending {
                    change.clone().tear(&mut content, &mut contents, chance);
                }
                content
            },
        );
        image
    }

    fn collect(
        &self,
        folder: Id,
        path: &Path,
        image: &mut Image,
        entries: &mut dyn FnMut(&Folder) -> BTreeMap<String, Node>,
        content: &mut dyn FnMut(&File) -> Vec<u8>,
    ) {
        for (name, node) in entries(&self.folders[folder]) {
            let path = path.join(name);
            match node {
                Node::File(file) => image.push((path, Some(content(&self.files[file])))),
                Node::Folder(folder) => {
                    image.push((path.clone(), None));
                    self.collect(folder, &path, image, entries, content);
                }
            }
        }
    }
}

impl Change {
    /// Applies those sectors of it that `reaches` names; a shorter file is filled with zeros.
    fn apply(self, content: &mut Vec<u8>, mut reaches: impl FnMut(usize) -> bool) {
        match self {
            Self::Truncate(length) => {
                if reaches(length / SECTOR) {
                    content.resize(length, 0);
                }
            }
            Self::Write { at, bytes } => {
                let mut from = 0;
                while from < bytes.len() {
                    let begin = at + from;
                    let to = bytes.len().min(from + SECTOR - begin % SECTOR);
                    if reaches(begin / SECTOR) {
                        if content.len() < at + to {
                            content.resize(at + to, 0);
                        }
                        content[begin..at + to].copy_from_slice(&bytes[from..to]);
                    }
                    from = to;
                }
            }
        }
    }

    fn tear(self, content: &mut Vec<u8>, rng: &mut Rng, chance: f64) {
        if rng.f64() >= chance {
            // Not one byte, though the file may have grown already.
            if let Self::Write { at, bytes } = self
                && rng.u8(..8) == 0
            {
                content.resize(content.len().max(at + bytes.len()), 0);
            }
            return;
        }
        match rng.u8(..4) {
            0 => {
                let upto = rng.usize(..64);
                let mut count = 0;
                self.apply(content, |_| {
                    count += 1;
                    count <= upto
                });
            }
            1 => self.apply(content, |_| rng.bool()),
            _ => self.apply(content, |_| true),
        }
    }
}

impl Naming {
    fn apply(self, entries: &mut BTreeMap<String, Node>) {
        match self {
            Self::Name(name, node) => drop(entries.insert(name, node)),
            Self::Unname(name) => drop(entries.remove(&name)),
            Self::Rename(from, to, node) => {
                entries.remove(&from);
                entries.insert(to, node);
            }
        }
    }
}

/// Makes the files of an image in an empty folder.
pub fn write(image: &Image, folder: &Path) {
    for (path, content) in image {
        let path = folder.join(path);
        match content {
            Some(content) => fs::write(&path, content).expect("a file"),
            None => fs::create_dir(&path).expect("a folder"),
        }
    }
}
