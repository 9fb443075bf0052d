//! Power cuts. A recording of everything the store asks of the disk is played back up to a moment;
//! what the disk had not promised by then is partly there and partly not; the store is opened on
//! that, and asked for all it had promised.

mod check;
mod disk;
mod sled_alone;
mod trace;
mod workload;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use fastrand::Rng;

use check::{Told, Violation};
use disk::{Disk, Image, Syncs};
use trace::{Call, Moment};
use workload::{SESSIONS, Said};

/// At least so many cuts, besides those at every sync.
const BETWEEN: usize = 1_000;

/// The seed of recording and cuts; another one with `POWER_SEED`.
fn seed() -> u64 {
    let asked = std::env::var("POWER_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = asked.unwrap_or(20_261_122);
    eprintln!("POWER_SEED={seed}");
    seed
}

/// One recording at a time: a process that is being started holds the locks of every store that is
/// open at that moment, until it is another program.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The test that plays one.
const SESSION: &str = "after_any_power_cut_everything_that_was_said_is_true";

/// Plays a session of the workload where a recording asks for one, in a process of its own; whether one
/// did.
fn played_a_session() -> bool {
    let Ok(folder) = std::env::var("POWER_FOLDER") else { return false };
    let of = |name: &str| std::env::var(name).expect("set by the recording");
    let number = |name: &str| of(name).parse().expect("a number");
    let (seed, session) = (number("POWER_SEED"), number("POWER_SESSION"));
    match of("POWER_WHAT").as_str() {
        "sled-alone" => workload::run_sled_alone(Path::new(&folder), seed, session),
        "opening" => workload::run_opening(Path::new(&folder)),
        _ => workload::run(Path::new(&folder), seed, session),
    }
    true
}

/// What is under the harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Store,
    SledAlone,
}

#[test]
fn after_any_power_cut_everything_that_was_said_is_true() {
    if played_a_session() {
        return;
    }
    let _alone = alone();
    let seed = seed();
    let recording = Recording::make(What::Store, seed);
    recording.check_the_model();
    recording.check_its_reach();
    let cuts = recording.cut(Syncs::Honoured, seed, BETWEEN);
    println!("{} cuts, {} of them at syncs", cuts.count, cuts.at_syncs);
    assert!(cuts.count >= 1_000);
    assert!(cuts.broken.is_empty(), "{:#?}", cuts.broken);
}

#[test]
fn a_disk_that_does_not_sync_is_found_out() {
    let _alone = alone();
    let seed = seed();
    let cuts = Recording::make(What::Store, seed).cut(Syncs::Ignored, seed, 150);
    println!("{} cuts broke {:?}", cuts.count, cuts.broken.keys());
    for rule in ["nothing kept is missing", "nothing delivered comes back"] {
        assert!(cuts.broken.contains_key(rule), "{rule}: the harness would notice nothing");
    }
}

/// Why there is a journal: the same harness, the same syncs, and sled as the only record.
#[test]
fn sled_alone_loses_what_was_kept_on_a_disk_that_syncs() {
    let _alone = alone();
    let seed = seed();
    let cuts = Recording::make(What::SledAlone, seed).cut(Syncs::Honoured, seed, 60);
    println!("{} of {} cuts broke {:#?}", cuts.broken_cuts, cuts.count, cuts.broken);
    assert!(!cuts.broken.is_empty(), "the journal could go");
}

/// What a device did, and what it asked of its disk.
struct Recording {
    what: What,
    root: PathBuf,
    _folder: tempfile::TempDir,
    sessions: Vec<Vec<Moment>>,
}

/// What came of the cuts.
struct Cuts {
    count: usize,
    at_syncs: usize,
    /// After how many of them something was not true.
    broken_cuts: usize,
    /// Examples of each rule that was broken.
    broken: BTreeMap<&'static str, Vec<String>>,
}

/// One cut, to be checked.
struct Cut {
    number: usize,
    name: String,
    image: Image,
    told: Arc<Told>,
    goes_on: bool,
}

impl Recording {
    fn make(what: What, seed: u64) -> Self {
        let folder = in_memory();
        let root = folder.path().join("state");
        fs::create_dir(&root).expect("a folder");
        let mut sessions = Vec::new();
        for session in 0..SESSIONS {
            let what = if what == What::Store { "store" } else { "sled-alone" };
            sessions.push(record(&root, what, seed, session));
        }
        Self { what, root, _folder: folder, sessions }
    }

    /// A model that forgets a call would prove nothing.
    fn check_the_model(&self) {
        let mut disk = Disk::new(Syncs::Honoured);
        for session in &self.sessions {
            disk.forget_positions();
            session.iter().for_each(|moment| disk.apply(moment, &self.root));
        }
        let mut live = disk.live();
        let mut there = Vec::new();
        walk(&self.root, Path::new(""), &mut there);
        live.sort();
        there.sort();
        let names = |image: &Image| image.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&live), names(&there));
        for (model, disk) in live.iter().zip(&there) {
            assert!(model == disk, "the model has another {}", model.0.display());
        }
    }

    /// What a cut at a moment by chance leaves, and what had been said.
    fn cut_once(&self, rng: &mut Rng) -> (Image, Arc<Told>) {
        let moments: usize = self.sessions.iter().map(Vec::len).sum();
        let mut left = rng.usize(..moments);
        let (mut disk, mut told) = (Disk::new(Syncs::Honoured), Told::default());
        for session in &self.sessions {
            disk.forget_positions();
            for moment in &session[..left.min(session.len())] {
                if let Moment::Begins(_, Call::Say { text }) = moment {
                    told.hear(Said::parse(text));
                }
                disk.apply(moment, &self.root);
            }
            if left < session.len() {
                break;
            }
            left -= session.len();
        }
        (disk.cut(rng, 0.5), Arc::new(told))
    }

    /// A path of the store that no recording takes would be proven by none.
    fn check_its_reach(&self) {
        let of = |session: &[Moment], wanted: &dyn Fn(&Call) -> bool| {
            let begun = session
                .iter()
                .filter(|moment| matches!(moment, Moment::Begins(_, call) if wanted(call)));
            begun.count()
        };
        let most = |wanted: &dyn Fn(&Call) -> bool| {
            self.sessions.iter().map(|session| of(session, wanted)).max().unwrap_or(0)
        };
        let is_journal = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("journal-") && !name.contains('.')
        };
        let begun = most(
            &|call| matches!(call, Call::Open { path, creates: true, .. } if is_journal(path)),
        );
        assert!(begun >= 3, "{begun} files of the journal begun in a session");
        let removed = most(&|call| matches!(call, Call::Remove { path } if is_journal(path)));
        assert!(removed >= 2, "{removed} files of the journal given back in a session");
        let index = |path: &Path| path.ends_with("outbox/index");
        let made = most(&|call| matches!(call, Call::MakeFolder { path } if index(path)));
        assert!(made >= 3, "an index made {made} times in a session");
        let aside = most(&|call| matches!(call, Call::Rename { from, .. } if is_journal(from)));
        assert!(aside >= 1, "no damaged file was moved on from");
    }

    fn cut(&self, syncs: Syncs, seed: u64, between: usize) -> Cuts {
        let mut rng = Rng::with_seed(seed);
        let moments: usize = self.sessions.iter().map(Vec::len).sum();
        let mut random: Vec<usize> = (0..between).map(|_| rng.usize(..moments)).collect();
        random.sort_unstable();
        let mut random = random.into_iter().peekable();
        let (mut count, mut at_syncs, mut at) = (0, 0, 0);
        let broken = Mutex::new(Broken::default());
        silence_checks();
        let (send, receive) = sync_channel::<Cut>(4);
        let receive = Mutex::new(receive);
        std::thread::scope(|scope| {
            let workers = std::thread::available_parallelism().map_or(2, usize::from);
            for _ in 0..workers {
                scope.spawn(|| {
                    let folder = in_memory();
                    loop {
                        let cut = receive.lock().expect("no panic").recv();
                        let Ok(cut) = cut else { return };
                        note(&broken, &cut.name, examine(self.what, &cut, folder.path()));
                    }
                });
            }
            let mut disk = Disk::new(syncs);
            let mut told = Arc::new(Told::default());
            for session in &self.sessions {
                disk.forget_positions();
                for moment in session {
                    let is_sync = matches!(moment, Moment::Ends(_, Call::Sync { .. }));
                    let mut names = Vec::new();
                    // Where much is broken, a few cuts show it.
                    let is_sync = is_sync && self.what == What::Store && syncs == Syncs::Honoured;
                    if is_sync {
                        names.push("before a sync");
                    }
                    while random.next_if(|next| *next == at).is_some() {
                        names.push("between");
                    }
                    let mut cut = |disk: &Disk, told: &Arc<Told>, name: &str| {
                        let chance = [0.0, 0.2, 0.5, 0.8, 1.0][rng.usize(..5)];
                        let image = disk.cut(&mut rng, chance);
                        let name = format!("cut {count}, {name}, at {at}, chance {chance}");
                        let goes_on = count % 4 == 0;
                        send.send(Cut {
                            number: count,
                            name,
                            image,
                            told: Arc::clone(told),
                            goes_on,
                        })
                        .expect("a worker");
                        count += 1;
                    };
                    names.iter().for_each(|name| cut(&disk, &told, name));
                    if let Moment::Begins(_, Call::Say { text }) = moment {
                        Arc::make_mut(&mut told).hear(Said::parse(text));
                    }
                    disk.apply(moment, &self.root);
                    if is_sync {
                        cut(&disk, &told, "after a sync");
                        at_syncs += 2;
                    }
                    at += 1;
                }
            }
            drop(send);
        });
        let (broken, broken_cuts) = broken.into_inner().expect("no panic");
        Cuts { count, at_syncs, broken_cuts, broken }
    }
}

/// A session of the workload, as strace saw it.
fn record(root: &Path, what: &str, seed: u64, session: u64) -> Vec<Moment> {
    let output = root.with_extension("strace");
    let words = trace::tracer(&output);
    let program = std::env::current_exe().expect("this program");
    let ended = Command::new(&words[0])
        .args(&words[1..])
        .arg(program)
        .args(["--exact", SESSION, "--nocapture"])
        .env("POWER_FOLDER", root.join("store"))
        .env("POWER_WHAT", what)
        .env("POWER_SEED", seed.to_string())
        .env("POWER_SESSION", session.to_string())
        .output()
        .expect("strace is installed");
    // strace ends as what it traced.
    assert_eq!(ended.status.signal(), Some(6), "session {session} aborts: {ended:?}");
    let text = fs::read_to_string(&output).expect("a trace");
    fs::remove_file(&output).expect("removed");
    trace::parse(&text, root)
}

/// The power comes back after a cut, and goes again while the store is opened: at every moment of that
/// opening, what had been said before the first cut is still true.
#[test]
fn a_cut_within_the_opening_after_a_cut_changes_nothing() {
    let _alone = alone();
    let seed = seed();
    let recording = Recording::make(What::Store, seed);
    let mut rng = Rng::with_seed(seed);
    let (mut count, mut broken) = (0, Vec::new());
    silence_checks();
    for _ in 0..TWICE {
        let (image, told) = recording.cut_once(&mut rng);
        let folder = in_memory();
        let root = folder.path().join("state");
        fs::create_dir(&root).expect("a folder");
        disk::write(&image, &root);
        let opening = record(&root, "opening", seed, 0);
        for at in (0..=opening.len()).step_by(STRIDE) {
            let mut disk = Disk::with(&image);
            opening[..at].iter().for_each(|moment| disk.apply(moment, &root));
            let image = disk.cut(&mut rng, [0.0, 0.5, 1.0][count % 3]);
            let name = format!("cut {count}, at {at} of an opening");
            let cut = Cut { number: count, name, image, told: Arc::clone(&told), goes_on: true };
            let violations = examine(What::Store, &cut, folder.path());
            broken.extend(violations.into_iter().map(|rule| (cut.name.clone(), rule)));
            count += 1;
        }
    }
    println!("{count} second cuts");
    assert!(count >= 200, "{count} second cuts");
    assert!(broken.is_empty(), "{:#?}", &broken[..broken.len().min(5)]);
}

/// How often a recording is cut twice, and every how many moments of an opening.
const TWICE: usize = 25;
const STRIDE: usize = 5;

/// Longest that the store may take to say everything.
const PATIENCE: Duration = Duration::from_secs(20);

/// In a thread of its own: sled alone may wait for itself for ever.
fn examine(what: What, cut: &Cut, folder: &Path) -> Vec<Violation> {
    let root = folder.join(cut.number.to_string());
    fs::create_dir(&root).expect("a folder");
    disk::write(&cut.image, &root);
    let (store, told, goes_on) = (root.join("store"), Arc::clone(&cut.told), cut.goes_on);
    let (send, receive) = sync_channel(1);
    let checking = move || {
        let checked = catch_unwind(|| match what {
            What::Store => told.check(&store, goes_on),
            What::SledAlone => told.check_sled_alone(&store),
        });
        let panicked = |_| vec![("it does not panic", String::new())];
        // Nobody waits any more for one that took too long.
        let _ = send.send(checked.unwrap_or_else(panicked));
    };
    std::thread::Builder::new().name(CHECK.to_owned()).spawn(checking).expect("a thread");
    let checked = receive.recv_timeout(PATIENCE);
    let _ = fs::remove_dir_all(&root);
    checked.unwrap_or_else(|_| vec![("it does not hang", String::new())])
}

/// Name of the threads whose panics are counted and not shown.
const CHECK: &str = "check of a cut";

fn silence_checks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(CHECK) {
                usual(panic);
            }
        }));
    });
}

/// Examples by rule, and how many cuts.
type Broken = (BTreeMap<&'static str, Vec<String>>, usize);

fn note(broken: &Mutex<Broken>, name: &str, violations: Vec<Violation>) {
    let (broken, count) = &mut *broken.lock().expect("no panic");
    *count += usize::from(!violations.is_empty());
    for (rule, how) in violations {
        let examples: &mut Vec<String> = broken.entry(rule).or_default();
        if examples.len() < 3 {
            examples.push(format!("{name}: {how}"));
        }
    }
}

fn walk(root: &Path, below: &Path, image: &mut Image) {
    for entry in fs::read_dir(root.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            image.push((path.clone(), None));
            walk(root, &path, image);
        } else {
            image.push((path, Some(fs::read(entry.path()).expect("a file"))));
        }
    }
}

/// Where syncs cost nothing: what they promise is the model's matter.
fn in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = tempfile::Builder::new().prefix("madoguchi-power-").tempdir_in(memory);
    made.or_else(|_| tempfile::tempdir()).expect("a folder")
}
