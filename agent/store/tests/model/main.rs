//! A store beside a model of it that is a few maps: whatever is done to both, in whatever order,
//! the store says what the model says. The rules have names ([`Rules`]).
//!
//! Everything plays in a process whose files may be forbidden to grow, so that a full disk is one:
//! a write stops half way.

mod rules;

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use rules::Rules;

/// Something that happens to a store.
#[derive(Debug, Clone)]
enum Step {
    /// A visit keeps some envelopes of this length.
    Keep {
        count: u8,
        length: usize,
    },
    /// The core takes these of the oldest, or of the newest.
    Deliver {
        count: u8,
        newest: bool,
    },
    /// The core refuses one of the oldest for good.
    SetAside {
        at: u8,
    },
    /// What the core refused is tried again: of this application, or all of it.
    TryAgain {
        at: Option<u8>,
    },
    /// Everything is carried away on a medium, and the device gets another key.
    HandOver,
    /// The core leases numbers, and one visit takes some.
    Lease,
    Take {
        count: u8,
    },
    /// The registrar has something newer.
    Remember,
    /// The orderly end's first half, without the end.
    Settle,
    /// An orderly end and a new beginning.
    Restart,
    /// Killed, and begun again.
    Crash,
    /// Killed while something was written, of which so many bytes are there.
    CrashInAWrite {
        bytes: u16,
    },
    /// No file grows any more by more than so many bytes, until the next beginning.
    DiskFull {
        room: u16,
    },
    /// The device's clock is off by so many hours.
    ClockJumps {
        hours: i32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..4_u8, prop::sample::select(vec![0, 1, 5_400, 17_700, 62_800]))
            .prop_map(|(count, length)| Step::Keep { count, length }),
        5 => (1..40_u8, any::<bool>()).prop_map(|(count, newest)| Step::Deliver { count, newest }),
        1 => (0..4_u8).prop_map(|at| Step::SetAside { at }),
        1 => prop::option::of(0..3_u8).prop_map(|at| Step::TryAgain { at }),
        1 => Just(Step::HandOver),
        1 => Just(Step::Lease),
        2 => (1..12_u8).prop_map(|count| Step::Take { count }),
        1 => Just(Step::Remember),
        1 => Just(Step::Settle),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
        1 => (0..9_000_u16).prop_map(|bytes| Step::CrashInAWrite { bytes }),
        1 => any::<u16>().prop_map(|room| Step::DiskFull { room }),
        1 => (-500..500_i32).prop_map(|hours| Step::ClockJumps { hours }),
    ]
}

/// Set where a file that may not grow is an error and no signal.
const BEHIND_LIMITS: &str = "MODEL_BEHIND_LIMITS";

/// Steps with which something was wrong once: they stand in the file and are played first.
const REGRESSIONS: &str = "tests/model/regressions.txt";

#[test]
fn a_store_is_what_its_model_says() {
    if std::env::var_os(BEHIND_LIMITS).is_some() {
        play_many();
        return;
    }
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_store_is_what_its_model_says", "--nocapture"])
        .env(BEHIND_LIMITS, "1")
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn play_many() {
    let config = ProptestConfig {
        cases: 400,
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        source_file: Some(file!()),
        ..ProptestConfig::default()
    };
    let steps = prop::collection::vec(step(), 1..80);
    proptest!(config, |(steps in steps)| play(&steps)?);
}

fn play(steps: &[Step]) -> Result<(), TestCaseError> {
    let folder = tempfile::Builder::new().tempdir_in(memory()).expect("a folder");
    let mut rules = Rules::begin(&folder.path().join("store"));
    for step in steps {
        rules.take(step).map_err(TestCaseError::fail)?;
    }
    rules.take(&Step::Crash).map_err(TestCaseError::fail)
}

/// Where a sync costs nothing.
fn memory() -> &'static Path {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory } else { Path::new("/tmp") }
}

/// The longest that a file may become.
fn limit_files(bytes: Option<u64>) {
    let limits = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(limits.maximum), ..limits })
        .expect("a limit");
}
