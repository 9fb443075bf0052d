//! The store as the daemon uses it. Power cuts are a matter of the harness; here a process is
//! thought to be killed, which drops nothing that was written.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::ticket::TicketBlock;
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{
    EnvelopeKey, KeptEnvelope, MAX_VALUE, Reading, Room, Store, StoreError, highest_generation,
    set_aside_in,
};

fn envelope(fill: u8) -> KeptEnvelope {
    let key = EnvelopeKey { application: ApplicationId::now(), part: 1 };
    KeptEnvelope { key, visit: VisitId::random(), bytes: vec![fill; 5_000] }
}

fn block(first: u16, last: u16) -> TicketBlock {
    let day = "2026-11-22".parse().expect("a day");
    TicketBlock { business_day: day, letter: 'A'.try_into().expect("a letter"), first, last }
}

fn take(store: &mut Store) -> Option<u16> {
    let block = block(1, 1);
    let taken = store.take_ticket(block.letter, block.business_day).expect("counters");
    taken.map(|t| t.number())
}

fn open(folder: &Path) -> Store {
    Store::open(folder).expect("opens")
}

/// The journal's files, oldest first.
fn journal(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("outbox")).expect("an outbox");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    let is_ours = |path: &PathBuf| {
        name(path).strip_prefix("journal-").is_some_and(|n| n.parse::<u64>().is_ok())
    };
    let mut files: Vec<PathBuf> = paths.filter(is_ours).collect();
    files.sort();
    files
}

/// Flips a bit in the middle of a file.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("damaged");
}

fn all(store: &mut Store) -> Vec<KeptEnvelope> {
    store.due(None, usize::MAX).expect("due")
}

#[test]
fn what_was_kept_is_due_after_a_restart_until_it_is_delivered() {
    let folder = tempfile::tempdir().expect("a folder");
    let envelopes = [envelope(1), envelope(2), envelope(3)];
    let mut store = open(folder.path());
    for (envelope, sequence) in envelopes.iter().zip(1..) {
        assert_eq!(store.next_sequence(), sequence);
        store.keep(std::slice::from_ref(envelope)).expect("kept");
    }
    drop(store);

    let mut store = open(folder.path());
    assert_eq!(store.next_sequence(), 4);
    assert_eq!(store.due(None, 2).expect("due"), envelopes[..2], "oldest first");
    assert_eq!(store.due(Some(envelopes[0].key), 9).expect("due"), envelopes[1..], "behind one");
    store.delivered(envelopes[0].key).expect("forgotten");
    store.delivered(envelopes[0].key).expect("a repeat has no effect");
    store.set_aside(envelopes[1].key).expect("set aside");
    assert_eq!(store.due(None, 9).expect("due"), envelopes[2..]);
    assert_eq!((store.waiting().due, store.waiting().set_aside), (1, 1));
    drop(store);
    let mut store = open(folder.path());
    assert_eq!(store.due(None, 9).expect("due"), envelopes[2..]);
    assert_eq!((store.waiting().due, store.waiting().set_aside), (1, 1));
}

#[test]
fn a_value_over_the_limit_is_refused_and_poisons_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let longest = KeptEnvelope { bytes: vec![9; MAX_VALUE], ..envelope(0) };
    store.keep(std::slice::from_ref(&longest)).expect("kept");
    let longer = KeptEnvelope { bytes: vec![9; MAX_VALUE + 1], ..envelope(0) };
    assert!(matches!(store.keep(&[longer]), Err(StoreError::TooLong(_))));
    store.keep(&[envelope(1)]).expect("a refusal poisons nothing");
    assert_eq!(store.due(None, 1).expect("due"), [longest]);
}

#[test]
fn the_newest_come_newest_first_from_a_moment_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let now: Timestamp = "2026-11-22T03:00:00Z".parse().expect("a time");
    let made = |minutes: i64| {
        let at = now + SignedDuration::from_mins(minutes);
        let mut id = *ApplicationId::now().as_bytes();
        id[..6].copy_from_slice(&at.as_millisecond().to_be_bytes()[2..]);
        let application = ApplicationId::from_bytes(id).expect("an id");
        KeptEnvelope { key: EnvelopeKey { application, part: 1 }, ..envelope(1) }
    };
    let envelopes: Vec<KeptEnvelope> = (0..5).map(made).collect();
    assert_eq!(store.oldest_due().expect("the index"), None);
    store.keep(&envelopes).expect("kept");
    let newest = |store: &mut Store, minutes, before: Option<usize>, limit| {
        let since = now + SignedDuration::from_mins(minutes);
        let before = before.map(|at: usize| envelopes[at].key);
        let found = store.newest_due(since, before, limit).expect("the index");
        let at = |due: &KeptEnvelope| envelopes.iter().position(|e| e == due).expect("kept");
        found.iter().map(at).collect::<Vec<usize>>()
    };
    assert_eq!(newest(&mut store, -9, None, 9), [4, 3, 2, 1, 0]);
    assert_eq!(newest(&mut store, 2, None, 9), [4, 3, 2], "made at the moment counts");
    assert_eq!(newest(&mut store, -9, Some(3), 2), [2, 1]);
    assert_eq!(newest(&mut store, 5, None, 9), [0; 0]);
    let oldest = store.oldest_due().expect("the index").expect("due");
    assert_eq!((oldest, oldest.application.made_at()), (envelopes[0].key, now));
    store.delivered_all(&[envelopes[4].key, envelopes[0].key, envelopes[0].key]).expect("gone");
    assert_eq!(newest(&mut store, -9, None, 9), [3, 2, 1]);
    assert_eq!(store.waiting().due, 3);
    drop(store);
    assert_eq!(newest(&mut open(folder.path()), -9, None, 9), [3, 2, 1]);
}

#[test]
fn no_ticket_number_is_given_twice_whatever_happens() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    assert_eq!(take(&mut store), None, "nothing was leased");
    store.add_block(&block(1, 20)).expect("leased");
    let mut given = vec![];
    for _ in 0..3 {
        given.push(take(&mut store).expect("a number"));
    }
    // Killed: the file runs ahead of what was given.
    drop(store);
    let mut store = open(folder.path());
    while let Some(number) = take(&mut store) {
        given.push(number);
    }
    assert!(given.windows(2).all(|w| w[0] < w[1]), "{given:?}");
    assert_eq!(given[..4], [1, 2, 3, 9]);
    assert_eq!(given.last(), Some(&20));
}

#[test]
fn a_block_with_numbers_that_are_there_already_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    for (first, last) in [(1, 20), (20, 30), (5, 6)] {
        let again = store.add_block(&block(first, last));
        assert!(matches!(again, Err(StoreError::BlockTaken)), "{first} to {last}");
    }
    store.add_block(&block(21, 30)).expect("leased");
}

#[test]
fn closing_in_good_order_skips_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(5, 9)).expect("leased");
    assert_eq!(take(&mut store), Some(5));
    store.settle().expect("settled");
    drop(store);
    let mut store = open(folder.path());
    assert_eq!(take(&mut store), Some(6));
    assert_eq!(store.tickets_left(block(1, 1).letter, block(1, 1).business_day), 3);
}

#[test]
fn damaged_counters_are_set_aside_and_never_bring_an_old_block_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    take(&mut store);
    drop(store);
    damage(&folder.path().join("counters.json"));
    let mut store = open(folder.path());
    assert_eq!(take(&mut store), None);
    assert_eq!(set_aside_in(folder.path()), [folder.path().join("counters.json.unreadable-1")]);
    store.add_block(&block(41, 60)).expect("a fresh block");
    assert_eq!(take(&mut store), Some(41));
}

#[test]
fn whatever_file_cannot_be_read_is_set_aside_whole_and_keeping_goes_on() {
    for name in ["counters.json", "generations.json", "outbox/journal-0000000000000001"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = open(folder.path());
        store.add_block(&block(1, 20)).expect("leased");
        store.remember_generation("packs", 7, b"seven").expect("written");
        store.keep(&[envelope(1)]).expect("kept");
        drop(store);
        // A folder in its place: the system refuses to read it.
        let path = folder.path().join(name);
        std::fs::remove_file(&path).expect("removed");
        std::fs::create_dir(&path).expect("in its place");
        std::fs::write(path.join("inside"), "something").expect("written");

        let mut store = open(folder.path());
        let aside = PathBuf::from(format!("{}.unreadable-1", path.display()));
        assert!(aside.join("inside").exists(), "{name}");
        assert_eq!(set_aside_in(folder.path()), [aside], "{name}");
        store.keep(&[envelope(2)]).expect("keeping goes on");
        drop(store);
        assert_eq!(set_aside_in(folder.path()).len(), 1, "{name} is set aside once");
    }
}

#[test]
fn of_a_damaged_journal_everything_is_saved_that_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let envelopes: Vec<KeptEnvelope> = (1..=5).map(envelope).collect();
    for envelope in &envelopes {
        store.keep(std::slice::from_ref(envelope)).expect("kept");
    }
    store.delivered(envelopes[0].key).expect("delivered");
    store.set_aside(envelopes[4].key).expect("set aside");
    let next = store.next_sequence();
    drop(store);
    let [file] = journal(folder.path()).try_into().expect("one file");
    damage(&file);

    let mut store = open(folder.path());
    let saved = [&envelopes[1], &envelopes[3]];
    assert_eq!(all(&mut store).iter().collect::<Vec<_>>(), saved, "the middle one is damaged");
    assert_eq!(store.waiting().set_aside, 1);
    assert_eq!(set_aside_in(folder.path()).len(), 1);
    assert!(store.next_sequence() >= next, "{} after {next}", store.next_sequence());
    drop(store);
    let mut store = open(folder.path());
    assert_eq!(all(&mut store).iter().collect::<Vec<_>>(), saved);
    assert_eq!(store.waiting().set_aside, 1);
}

#[test]
fn a_journal_that_cannot_be_read_gives_no_sequence_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    for fill in 0..9 {
        store.keep(&[envelope(fill)]).expect("kept");
    }
    let next = store.next_sequence();
    drop(store);
    let [file] = journal(folder.path()).try_into().expect("one file");
    std::fs::remove_file(&file).expect("removed");
    std::fs::create_dir(&file).expect("in its place");
    let mut store = open(folder.path());
    assert!(store.next_sequence() > next, "{} after {next}", store.next_sequence());
    assert!(all(&mut store).is_empty());
}

#[test]
fn a_journal_that_lost_its_end_after_an_orderly_one_gives_no_sequence_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let kept = [envelope(1), envelope(2)];
    kept.iter().for_each(|one| store.keep(std::slice::from_ref(one)).expect("kept"));
    let next = store.next_sequence();
    store.settle().expect("settled");
    drop(store);
    let [file] = journal(folder.path()).try_into().expect("one file");
    let length = file.metadata().expect("there").len();
    let cut = std::fs::File::options().write(true).open(&file).expect("there");
    cut.set_len(length - 1).expect("cut");
    let mut store = open(folder.path());
    assert_eq!(all(&mut store), kept[..1]);
    assert!(store.next_sequence() > next, "{} after {next}", store.next_sequence());
}

#[test]
fn a_journal_that_lost_its_end_after_a_kill_gives_no_sequence_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let kept = [envelope(1), envelope(2)];
    kept.iter().for_each(|one| store.keep(std::slice::from_ref(one)).expect("kept"));
    let next = store.next_sequence();
    // Numbers of a day write down where the sequence is.
    store.add_block(&block(1, 20)).expect("leased");
    drop(store);
    let [file] = journal(folder.path()).try_into().expect("one file");
    let length = file.metadata().expect("there").len();
    let cut = std::fs::File::options().write(true).open(&file).expect("there");
    cut.set_len(length - 1).expect("cut");
    let store = open(folder.path());
    let jumped = store.next_sequence();
    assert!(jumped > next, "{jumped} after {next}");
    drop(store);
    let mut store = open(folder.path());
    assert_eq!(store.next_sequence(), jumped, "once");
    assert_eq!(all(&mut store), kept[..1]);
}

#[test]
fn a_new_series_begins_at_one_in_an_empty_outbox_and_numbers_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    let kept = [envelope(1), envelope(2)];
    store.keep(&kept).expect("kept");
    assert_eq!(take(&mut store), Some(1));
    assert!(matches!(store.begin_series(), Err(StoreError::SeriesGoesOn(2))));
    store.set_aside(kept[0].key).expect("set aside");
    store.handed_over(&[kept[0].key, kept[1].key]).expect("forgotten");
    store.begin_series().expect("begun");
    for _ in 0..2 {
        assert_eq!(store.next_sequence(), 1);
        drop(store);
        store = open(folder.path());
    }
    store.keep(&[envelope(3)]).expect("kept");
    assert_eq!(store.next_sequence(), 2);
    assert!(take(&mut store) > Some(1));
    drop(store);
    let mut store = open(folder.path());
    assert_eq!((all(&mut store).len(), store.next_sequence()), (1, 2));
}

#[test]
fn what_was_set_aside_is_due_again_when_asked_and_stays_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let kept = [envelope(1), envelope(2), envelope(3), envelope(4)];
    kept.iter().for_each(|one| store.keep(std::slice::from_ref(one)).expect("kept"));
    kept[..3].iter().for_each(|one| store.set_aside(one.key).expect("set aside"));
    assert_eq!(store.try_again(&[kept[1].key.application]).expect("again"), [kept[1].key]);
    assert_eq!(all(&mut store), [kept[1].clone(), kept[3].clone()]);
    assert_eq!((store.waiting().due, store.waiting().set_aside), (2, 2));
    // The first cannot be read any more: it stays.
    let [file] = journal(folder.path()).try_into().expect("one file");
    let mut bytes = std::fs::read(&file).expect("read");
    let at = bytes.windows(5_000).position(|window| window == kept[0].bytes).expect("there");
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).expect("damaged");
    assert_eq!(store.try_again(&[]).expect("again"), [kept[2].key]);
    assert_eq!((store.waiting().due, store.waiting().set_aside), (3, 1));
    drop(store);
    assert_eq!(all(&mut open(folder.path())), kept[1..], "also after a kill");
}

#[test]
fn a_store_is_read_without_a_change_also_from_a_disk_that_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let kept = [envelope(1), envelope(2), envelope(3)];
    store.keep(&kept).expect("kept");
    store.delivered(kept[1].key).expect("delivered");
    store.set_aside(kept[0].key).expect("set aside");
    assert!(matches!(Reading::open(folder.path()), Err(StoreError::InUse(_))));
    drop(store);
    let before = files(folder.path());
    let mut read = Reading::open(folder.path()).expect("read");
    assert_eq!(read.all(), [kept[2].key, kept[0].key], "what is due first");
    assert_eq!(read.oldest_due(), Some(kept[2].key.application.made_at()));
    assert_eq!((read.waiting().due, read.waiting().set_aside, read.unreadable()), (1, 1, 0));
    for one in [&kept[2], &kept[0]] {
        assert_eq!(read.read(one.key).as_ref(), Some(one));
    }
    assert!(Store::is_open(folder.path()) || Store::open(folder.path()).is_err(), "held meanwhile");
    drop(read);
    assert_eq!(files(folder.path()), before);

    let [file] = journal(folder.path()).try_into().expect("one file");
    damage(&file);
    let read = Reading::open(folder.path()).expect("read");
    assert_eq!(read.unreadable(), 1);
}

#[test]
fn a_folder_that_was_cleared_knows_no_sequence_and_when_it_was_opened_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Store::knows_no_sequence(folder.path()) && Store::opened_at(folder.path()).is_none());
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    drop(store);
    // The journal alone, and the counters alone.
    let counters = folder.path().join("counters.json");
    let aside = folder.path().join("elsewhere");
    std::fs::rename(&counters, &aside).expect("moved");
    assert!(!Store::knows_no_sequence(folder.path()));
    std::fs::rename(&aside, &counters).expect("moved back");
    std::fs::remove_dir_all(folder.path().join("outbox")).expect("cleared");
    assert!(!Store::knows_no_sequence(folder.path()));
    std::fs::remove_file(&counters).expect("cleared");
    assert!(Store::knows_no_sequence(folder.path()));

    let lock =
        std::fs::File::options().write(true).open(folder.path().join("lock")).expect("there");
    lock.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("long ago");
    assert_eq!(Store::opened_at(folder.path()), Some(Timestamp::UNIX_EPOCH));
    drop(open(folder.path()));
    let opened = Store::opened_at(folder.path()).expect("opened");
    assert!(opened > Timestamp::now() - SignedDuration::from_mins(1), "{opened}");
}

#[test]
fn a_reading_notices_an_end_that_is_lost() {
    for is_settled in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = open(folder.path());
        store.keep(&[envelope(1)]).expect("kept");
        store.keep(&[envelope(2)]).expect("kept");
        if is_settled {
            store.settle().expect("settled");
        } else {
            store.add_block(&block(1, 20)).expect("leased");
        }
        drop(store);
        assert_eq!(Reading::open(folder.path()).expect("read").unreadable(), 0);
        let [file] = journal(folder.path()).try_into().expect("one file");
        let mut bytes = std::fs::read(&file).expect("read");
        *bytes.last_mut().expect("bytes") ^= 1;
        std::fs::write(&file, bytes).expect("damaged");
        let read = Reading::open(folder.path()).expect("read");
        assert_eq!((read.waiting().due, read.unreadable()), (1, 1), "settled: {is_settled}");
    }
}

/// Everything in a folder and below, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    let mut found: Vec<_> = entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![(path.clone(), std::fs::read(&path).expect("read"))],
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_file_longer_than_any_of_ours_is_set_aside_unread() {
    // One could be read and would be taken for torn, the other is longer than any memory; neither has
    // a byte on the disk.
    for length in [1 << 30, 8 << 40] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = open(folder.path());
        store.keep(&[envelope(1)]).expect("kept");
        drop(store);
        let path = folder.path().join("outbox/journal-0000000000000002");
        std::fs::File::create(&path).expect("made").set_len(length).expect("stretched");
        let mut store = open(folder.path());
        assert_eq!(all(&mut store).len(), 1);
        let aside = PathBuf::from(format!("{}.unreadable-1", path.display()));
        assert_eq!(set_aside_in(folder.path()), [aside]);
    }
}

#[test]
fn names_that_are_not_ours_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let names = ["journal-5", "journal-18446744073709551615", "journal-+000000000000005"];
    for name in names {
        std::fs::write(folder.path().join("outbox").join(name), "somebody's").expect("written");
    }
    let mut store = open(folder.path());
    store.keep(&[envelope(1)]).expect("kept");
    assert!(set_aside_in(folder.path()).is_empty());
    for name in names {
        let there = std::fs::read(folder.path().join("outbox").join(name)).expect("there");
        assert_eq!(there, b"somebody's", "{name}");
    }
}

#[test]
fn an_index_is_believed_only_as_it_was_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let kept = [envelope(1), envelope(2)];
    store.keep(&kept).expect("kept");
    store.settle().expect("settled");
    drop(store);
    let closed = folder.path().join("outbox/closed.json");
    assert!(closed.exists());
    std::fs::write(folder.path().join("outbox/index/db"), "this is not sled's").expect("damaged");
    let mut store = open(folder.path());
    assert_eq!(all(&mut store), kept, "made again from the journal");
    assert!(!closed.exists(), "an index in use is not closed");
    assert!(set_aside_in(folder.path()).is_empty(), "nothing is lost with an index");

    store.settle().expect("settled");
    store.delivered(kept[0].key).expect("delivered");
    assert!(!closed.exists(), "what is done afterwards takes it back");
    drop(store);
    assert_eq!(all(&mut open(folder.path())), kept[1..]);
}

#[test]
fn delivered_space_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let big = || KeptEnvelope { bytes: vec![3; 60_000], ..envelope(3) };
    let refused = big();
    store.keep(std::slice::from_ref(&refused)).expect("kept");
    store.set_aside(refused.key).expect("set aside");
    for _ in 0..60 {
        let visit: Vec<KeptEnvelope> = (0..10).map(|_| big()).collect();
        store.keep(&visit).expect("kept");
    }
    assert!(bytes_in(folder.path()) > 36_000_000);
    loop {
        let keys: Vec<EnvelopeKey> =
            store.due(None, 64).expect("due").iter().map(|due| due.key).collect();
        if keys.is_empty() {
            break;
        }
        store.delivered_all(&keys).expect("delivered");
    }
    assert!(bytes_in(folder.path()) < 16 << 20, "{} bytes", bytes_in(folder.path()));
    drop(store);
    let store = open(folder.path());
    assert_eq!((store.waiting().due, store.waiting().set_aside), (0, 1), "it moved on");
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry"));
    entries
        .map(|entry| match entry.metadata().expect("there") {
            metadata if metadata.is_dir() => bytes_in(&entry.path()),
            metadata => metadata.len(),
        })
        .sum()
}

#[test]
fn an_outbox_that_nothing_was_kept_in_yet_goes_on_with_its_sequence() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    drop(store);
    assert_eq!(open(folder.path()).next_sequence(), 1, "a gap would be taken for a loss");
}

#[test]
fn a_store_in_use_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(!Store::is_open(folder.path()), "there is none");
    let mut store = open(folder.path());
    assert!(matches!(Store::open(folder.path()), Err(StoreError::InUse(_))));
    assert!(Store::is_open(folder.path()));
    store.keep(&[envelope(1)]).expect("kept");
    drop(store);
    assert!(!Store::is_open(folder.path()));
    assert_eq!(open(folder.path()).waiting().due, 1);
    assert!(set_aside_in(folder.path()).is_empty());
}

#[test]
fn a_remembered_value_comes_back_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    assert_eq!(store.recall("packs"), None);
    store.remember("packs", b"one").expect("written");
    store.remember("packs", b"two").expect("written");
    store.settle().expect("settled");
    drop(store);
    assert_eq!(open(folder.path()).recall("packs"), Some(b"two".to_vec()));
    let path = folder.path().join("packs.cached");
    let mut bytes = std::fs::read(&path).expect("there");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&path, bytes).expect("damaged");
    assert_eq!(open(folder.path()).recall("packs"), None);
}

#[test]
fn the_highest_generation_stays_when_an_older_value_is_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    assert_eq!(store.highest_generation("packs"), 0);
    store.remember_generation("packs", 4, b"four").expect("written");
    let four = std::fs::read(folder.path().join("packs.cached")).expect("there");
    store.remember_generation("packs", 5, b"five").expect("written");
    let older = store.remember_generation("packs", 4, b"four");
    assert!(matches!(older, Err(StoreError::Older { found: 4, highest: 5 })), "{older:?}");
    assert_eq!(store.recall("packs"), Some(b"five".to_vec()));
    drop(store);
    std::fs::write(folder.path().join("packs.cached"), four).expect("put back");
    let store = open(folder.path());
    // Whoever recalls it reads its generation under its signature.
    assert_eq!(store.recall("packs"), Some(b"four".to_vec()));
    assert_eq!(store.highest_generation("packs"), 5);
    assert_eq!(highest_generation(folder.path(), "packs"), 5, "whoever has it open");
    assert_eq!(highest_generation(folder.path(), "profile"), 0);
}

#[test]
fn there_is_room_in_a_new_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(store.waiting().room, Room::Plenty);
    store.check_can_keep().expect("room");
}
