//! The store as the daemon uses it. Power cuts are a matter of the harness; here a process is
//! thought to be killed, which drops nothing that was written.

use std::path::Path;

use madoguchi_protocol::ticket::TicketBlock;
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, MAX_VALUE, Store, StoreError};

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

fn blobs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("outbox/blobs")).map_or(0, Iterator::count)
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
    assert_eq!(blobs(folder.path()), 0, "sled never syncs its blobs");
}

#[test]
fn the_longest_value_stays_in_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    let longest = KeptEnvelope { bytes: vec![9; MAX_VALUE], ..envelope(0) };
    store.keep(&[longest]).expect("kept");
    assert_eq!(blobs(folder.path()), 0);
    let longer = KeptEnvelope { bytes: vec![9; MAX_VALUE + 1], ..envelope(0) };
    assert!(matches!(store.keep(&[longer]), Err(StoreError::TooLong(_))));
    store.keep(&[envelope(1)]).expect("a refusal poisons nothing");
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
fn an_outbox_that_the_disk_or_the_system_refuses_is_left_where_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.keep(&[envelope(1)]).expect("kept");
    drop(store);
    // A folder in the place of sled's file: an error of the system, as a wrong owner is.
    let (file, aside) = (folder.path().join("outbox/db"), folder.path().join("db"));
    std::fs::rename(&file, &aside).expect("moved");
    std::fs::create_dir(&file).expect("in its place");
    assert!(Store::open(folder.path()).is_err());
    assert!(!folder.path().join("outbox.unreadable-1").exists());
    std::fs::remove_dir(&file).expect("mended");
    std::fs::rename(&aside, &file).expect("mended");
    assert_eq!(open(folder.path()).waiting().due, 1);
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
fn damaged_counters_never_bring_an_old_block_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    take(&mut store);
    drop(store);
    let path = folder.path().join("counters.json");
    let mut bytes = std::fs::read(&path).expect("counters");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("damaged");
    assert_eq!(take(&mut open(folder.path())), None);
}

#[test]
fn an_outbox_that_cannot_be_opened_is_set_aside_and_its_sequence_is_not_used_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path());
    store.add_block(&block(1, 20)).expect("leased");
    store.keep(&[envelope(1)]).expect("kept");
    store.settle().expect("settled");
    drop(store);
    std::fs::write(folder.path().join("outbox/conf"), b"this is not sled's").expect("damaged");

    let mut store = open(folder.path());
    assert!(folder.path().join("outbox.unreadable-1/db").exists());
    assert!(store.next_sequence() > 1_000, "{}", store.next_sequence());
    assert!(store.due(None, 9).expect("due").is_empty());
    store.keep(&[envelope(2)]).expect("keeping goes on");
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
    let mut store = open(folder.path());
    assert!(matches!(Store::open(folder.path()), Err(StoreError::InUse(_))));
    store.keep(&[envelope(1)]).expect("kept");
    drop(store);
    assert_eq!(open(folder.path()).waiting().due, 1);
    assert!(!folder.path().join("outbox.unreadable-1").exists());
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
