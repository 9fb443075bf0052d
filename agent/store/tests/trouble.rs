//! A disk that refuses: full while something is written, or unable to sync. Each scene plays in a
//! process of its own, in which the system really refuses.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Reading, Room, Store, StoreError, set_aside_in};

const FOLDER: &str = "TROUBLE_FOLDER";

fn envelope(fill: u8) -> KeptEnvelope {
    let key = EnvelopeKey { application: ApplicationId::now(), part: 1 };
    KeptEnvelope { key, visit: VisitId::random(), bytes: vec![fill; 60_000] }
}

/// Plays a scene in a process behind these words: this test once more, which finds the folder there.
/// Then looks at what is left.
fn play(
    test: &str,
    before: impl FnOnce(&Path) -> Vec<OsString>,
    scene: impl FnOnce(&Path),
    after: impl FnOnce(&Path),
) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return scene(Path::new(&folder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut words = before(folder.path());
    words.push(std::env::current_exe().expect("this program").into());
    let output = Command::new(&words[0])
        .args(&words[1..])
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .expect("started");
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"),
        "{output:?}"
    );
    after(folder.path());
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn strace(rules: &[&str]) -> Vec<OsString> {
    words(&[&["strace", "-f", "-o", "/dev/null"], rules].concat())
}

/// Keeps until the disk fails at that, and gives what was kept. It fails before the hundredth.
fn kept_until_it_fails(store: &mut Store, at: &str) -> Vec<KeptEnvelope> {
    let mut kept = Vec::new();
    loop {
        let envelope = envelope(1);
        match store.keep(std::slice::from_ref(&envelope)) {
            Ok(()) => kept.push(envelope),
            Err(StoreError::File { action, .. }) if action == at => return kept,
            Err(other) => panic!("{other:?}"),
        }
        assert!(kept.len() < 100, "the disk never failed");
    }
}

/// The store goes on with what needs no disk, and calls nothing kept any more.
fn poisoned(store: &mut Store, kept: &[KeptEnvelope]) {
    for _ in 0..3 {
        assert!(matches!(store.keep(&[envelope(9)]), Err(StoreError::Poisoned)));
    }
    assert!(matches!(store.check_can_keep(), Err(StoreError::Poisoned)));
    assert_eq!(store.due(None, 999).expect("due"), kept, "what was kept can be delivered");
    store.delivered(kept[0].key).expect("forgotten until the next opening");
    assert_eq!(store.due(None, 999).expect("due"), kept[1..]);
    store.settle().expect("nothing is said that is not so");
}

/// After the trouble: what was called kept is there, and keeping goes on.
fn mended(folder: &Path, least: usize) {
    let mut store = Store::open(folder).expect("opens");
    let due = store.due(None, 999).expect("due");
    let kept = due.iter().filter(|due| due.bytes[0] == 1).count();
    assert!(kept >= least, "{kept} of {least}");
    store.keep(&[envelope(2)]).expect("kept");
    drop(store);
    let mut store = Store::open(folder).expect("opens");
    assert_eq!(store.due(None, 999).expect("due").len(), due.len() + 1);
}

#[test]
fn after_a_write_that_failed_half_way_nothing_is_called_kept() {
    // No file may grow over 2,000 blocks of 512 bytes; the signal for it is left aside.
    let limit = |_: &Path| words(&["sh", "-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\""]);
    let scene = |folder: &Path| {
        let mut store = Store::open(folder).expect("opens");
        let kept = kept_until_it_fails(&mut store, "write");
        assert!(kept.len() >= 10, "{} were kept", kept.len());
        poisoned(&mut store, &kept);
    };
    let test = "after_a_write_that_failed_half_way_nothing_is_called_kept";
    play(test, limit, scene, |folder| mended(folder, 10));
}

#[test]
fn after_a_sync_that_failed_nothing_is_called_kept() {
    let strace =
        |_: &Path| strace(&["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=5+"]);
    let scene = |folder: &Path| {
        let mut store = Store::open(folder).expect("opens");
        let kept = kept_until_it_fails(&mut store, "sync");
        poisoned(&mut store, &kept);
    };
    let test = "after_a_sync_that_failed_nothing_is_called_kept";
    play(test, strace, scene, |folder| mended(folder, 2));
}

#[test]
fn what_a_moment_refuses_to_read_is_not_set_aside() {
    let strace = |folder: &Path| {
        let journal = folder.join("outbox/journal-0000000000000001").display().to_string();
        let inject = "inject=pread64:error=ENOMEM:when=1";
        strace(&["-P", &journal, "-e", "trace=pread64", "-e", inject])
    };
    let scene = |folder: &Path| {
        let mut store = Store::open(folder).expect("opens");
        let kept = [envelope(1), envelope(2)];
        store.keep(&kept).expect("kept");
        assert!(matches!(store.due(None, 9), Err(StoreError::File { action: "read", .. })));
        assert_eq!(store.due(None, 9).expect("due"), kept);
        assert_eq!(store.waiting().set_aside, 0);
    };
    play("what_a_moment_refuses_to_read_is_not_set_aside", strace, scene, |_| ());
}

#[test]
fn a_bad_sector_takes_what_stands_on_it_and_nothing_else() {
    // The file cannot be read as a whole, and of its pieces not the one with the second envelope.
    let strace = |folder: &Path| {
        let mut store = Store::open(folder).expect("opens");
        let kept: Vec<KeptEnvelope> = (1..4).map(envelope).collect();
        kept.iter().for_each(|one| store.keep(std::slice::from_ref(one)).expect("kept"));
        drop(store);
        let journal = folder.join("outbox/journal-0000000000000001").display().to_string();
        let (whole, piece) = ("inject=read:error=EIO", "inject=pread64:error=EIO:when=20");
        strace(&["-P", &journal, "-e", "trace=read,pread64", "-e", whole, "-e", piece])
    };
    let scene = |folder: &Path| {
        let found = Reading::open(folder).expect("read");
        assert_eq!((found.waiting().due, found.unreadable()), (2, 1));
        drop(found);
        // The pieces from the 20th on have been asked for: this time all of them can be read.
        let mut store = Store::open(folder).expect("opens");
        let due = store.due(None, 9).expect("due");
        let fills: Vec<u8> = due.iter().map(|kept| kept.bytes[0]).collect();
        assert_eq!(fills, [1, 2, 3]);
        assert!(set_aside_in(folder).is_empty());
    };
    play("a_bad_sector_takes_what_stands_on_it_and_nothing_else", strace, scene, |_| ());
}

#[test]
fn a_full_disk_is_announced_refuses_and_recovers() {
    // A disk of 160 MiB of its own, in a mount namespace of its own.
    let mount = "mount -t tmpfs -o size=160m none \"$TROUBLE_FOLDER\" && exec \"$0\" \"$@\"";
    let unshare =
        |_: &Path| words(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount]);
    play("a_full_disk_is_announced_refuses_and_recovers", unshare, a_small_disk, |_| ());
}

fn a_small_disk(folder: &Path) {
    let mut store = Store::open(&folder.join("store")).expect("opens");
    assert_eq!(store.waiting().room, Room::Plenty);
    let fill = |name: &str, mib: usize| {
        std::fs::write(folder.join(name), vec![0; mib << 20]).expect("room");
    };
    fill("somebody's", 60);
    assert_eq!(store.waiting().room, Room::Low, "announced");
    store.keep(&[envelope(1)]).expect("keeping goes on");
    fill("somebody else's", 40);
    assert_eq!(store.waiting().room, Room::Full);
    assert!(matches!(store.keep(&[envelope(1)]), Err(StoreError::Full(_))));
    assert!(matches!(store.check_can_keep(), Err(StoreError::Full(_))));
    // Delivery goes on to the last byte.
    let left = rustix::fs::statvfs(folder).expect("a disk");
    let left = usize::try_from(left.f_bavail * left.f_frsize).expect("bytes");
    std::fs::write(folder.join("the rest"), vec![0; left]).expect("room");
    let due = store.due(None, 9).expect("due");
    assert_eq!(due.len(), 1);
    store.delivered(due[0].key).or_else(|_| store.delivered(due[0].key)).expect("forgotten");
    assert_eq!(store.waiting().due, 0);
    drop(store);
    // Not even an index can be made: that is said, or done without, and nothing breaks.
    match Store::open(&folder.join("store")) {
        Ok(store) => assert_eq!(store.waiting().due, 0),
        Err(StoreError::File { .. } | StoreError::Index { .. }) => {}
        Err(other) => panic!("{other:?}"),
    }

    for name in ["somebody's", "somebody else's", "the rest"] {
        std::fs::remove_file(folder.join(name)).expect("made room");
    }
    let mut store = Store::open(&folder.join("store")).expect("opens");
    store.keep(&[envelope(1)]).expect("kept");
}
