//! The keeper on a real disk: all of a visit or nothing, and what outlives a restart.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_daemon::delivery::KeptOutbox;
use madoguchi_daemon::desk::visit::Keep;
use madoguchi_daemon::refused::RefusedList;
use madoguchi_daemon::{clock, standing};
use madoguchi_protocol::application::{Content, Field, Origin, PartlyFilled, TicketOnlyReason};
use madoguchi_protocol::core_api::{MAX_BODY, Problem};
use madoguchi_protocol::header::{EnvelopeKind, PackVersion};
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{FailureCode, Personal, VisitId};
use madoguchi_uplink::{CoreState, Outbox as _};
use tokio::sync::watch;

use crate::city::{City, Extras};
use crate::device::Device;

fn pack(id: &str) -> PackVersion {
    PackVersion { id: id.parse().expect("a pack"), version: 1 }
}

/// A form with one value of that length.
fn form(id: &str, length: usize) -> Content {
    let key = "name".parse().expect("a key");
    let value = Personal::new("検".repeat(length));
    let field = Field { key, value, origin: Origin::Typed, evidence: None };
    Content::Filled { pack: pack(id), fields: vec![field] }
}

fn keep(visit: VisitId, contents: Vec<Content>) -> Box<Keep> {
    let settings = Arc::new(City::new().settings(Extras::default()));
    let section = 'A'.try_into().expect("a letter");
    Box::new(Keep { visit, settings, section, contents })
}

#[tokio::test]
async fn everything_of_a_visit_is_kept_under_one_number_and_one_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    device.lease().await;
    let reason = TicketOnlyReason::WithoutCard;
    let partly = Some(PartlyFilled { pack: pack("copy"), fields: vec![] });
    // The second one is too long for one envelope.
    let contents =
        vec![form("moving", 2), form("leaving", 40_000), Content::TicketOnly { reason, partly }];
    let visit = VisitId::random();
    let kept = device.keeper.keep(keep(visit, contents)).await.expect("kept");

    let headers = device.waiting().await;
    let first = &headers[0];
    assert!(headers.iter().all(|h| {
        (h.visit, h.ticket, &h.token_sha256) == (visit, kept.ticket, &first.token_sha256)
            && (h.business_day, h.kept_at) == (kept.business_day, kept.kept_at)
    }));
    let sequences: Vec<_> = headers.iter().map(|h| h.sequence).collect();
    assert_eq!(sequences, (1..=headers.len() as u64).collect::<Vec<_>>());
    let mut applications: Vec<_> = headers.iter().map(|h| h.application).collect();
    applications.dedup();
    assert_eq!(applications.len(), 3, "each is an application of its own");
    assert!(headers.len() > 3, "the long one has parts");
    let last = headers.last().expect("kept");
    assert_eq!((last.kind, &last.pack), (EnvelopeKind::TicketOnly, &None));
    device.end().await;
}

#[tokio::test]
async fn of_a_visit_that_cannot_be_kept_whole_nothing_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    device.lease().await;
    // Longer than all the parts that one application can have.
    let contents = vec![form("moving", 2), form("leaving", 6 << 20)];
    let refused = device.keeper.keep(keep(VisitId::random(), contents)).await;
    assert_eq!(refused.expect_err("too long").code, FailureCode::Internal);
    assert_eq!(device.waiting().await, []);

    device.keeper.keep(keep(VisitId::random(), vec![form("moving", 2)])).await.expect("kept");
    let headers = device.waiting().await;
    assert_eq!(headers.len(), 1);
    assert_eq!(headers[0].sequence, 1, "no gap that the office would ask about");
    device.end().await;
}

#[tokio::test]
async fn without_numbers_nothing_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    let refused = device.keeper.keep(keep(VisitId::random(), vec![form("moving", 2)])).await;
    assert_eq!(refused.expect_err("no numbers").code, FailureCode::TicketsNone);
    assert_eq!(device.waiting().await, []);
    device.end().await;
}

#[tokio::test]
async fn a_device_has_numbers_while_one_of_its_sections_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    let sections = ['A', 'B'].map(|letter| SectionLetter::try_from(letter).expect("a letter"));
    device.keeper.sections(sections.to_vec()).await.expect("taken");
    device.keeper.ping().await.expect("an answer");
    let state = || device.state.borrow().clone();
    let ready = || state().ready.map_err(|failure| failure.code);
    assert_eq!((ready(), state().exhausted), (Err(FailureCode::TicketsNone), sections.to_vec()));
    device.lease().await;
    device.keeper.ping().await.expect("an answer");
    assert_eq!((ready(), state().exhausted), (Ok(()), vec![sections[1]]));
    device.end().await;
}

#[tokio::test]
async fn a_revoked_device_is_revoked_also_after_a_restart_without_the_core() {
    let folder = tempfile::tempdir().expect("a folder");
    let problem = |state: &CoreState| state.problem;
    for (before, says, after) in [
        (None, Some(FailureCode::DeviceRevoked), Some(FailureCode::DeviceRevoked)),
        (Some(FailureCode::DeviceRevoked), None, None),
    ] {
        let device = Device::start(folder.path());
        let known = standing::recall(&device.keeper).await.expect("recalled");
        assert_eq!(problem(&known), before);
        let (core, state) = watch::channel(known);
        let remembers = tokio::spawn(standing::remember(device.keeper.clone(), known, state));
        core.send_replace(CoreState { problem: says, ..known });
        // It ends with the core, once it has taken the last word.
        drop(core);
        remembers.await.expect("remembered");
        device.end().await;

        let device = Device::start(folder.path());
        let known = standing::recall(&device.keeper).await.expect("recalled");
        assert_eq!(problem(&known), after);
        device.end().await;
    }
}

/// Keeps so many applications, each on its own.
async fn keep_some(device: &Device, count: usize, length: usize) {
    device.lease().await;
    for _ in 0..count {
        let contents = vec![form("moving", length)];
        device.keeper.keep(keep(VisitId::random(), contents)).await.expect("kept");
    }
}

#[tokio::test]
async fn what_waits_is_handed_out_from_either_end_and_forgotten_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    let before = clock::now();
    keep_some(&device, 5, 2).await;
    let due = device.keeper.due(None, 100).await.expect("read");
    let oldest_first: Vec<_> = due.iter().map(|kept| kept.key).collect();
    let since = before - SignedDuration::from_secs(1);
    let newest = device.keeper.newest_due(since, None, 2).await.expect("read");
    let newest: Vec<_> = newest.iter().map(|kept| kept.key).collect();
    assert_eq!(newest, [oldest_first[4], oldest_first[3]]);
    let next = device.keeper.newest_due(since, Some(newest[1]), 1).await.expect("read");
    assert_eq!(next[0].key, oldest_first[2]);
    let later = clock::now() + SignedDuration::from_secs(1);
    assert_eq!(device.keeper.newest_due(later, None, 2).await.expect("read"), []);

    let state = || device.state.borrow().clone();
    let oldest = state().oldest.expect("something is due");
    assert!(oldest >= since && oldest <= later);
    device.keeper.delivered(oldest_first[..4].to_vec()).await.expect("forgotten");
    device.keeper.ping().await.expect("an answer");
    assert_eq!(state().waiting.due, 1);
    device.keeper.delivered(oldest_first).await.expect("also what is gone already");
    device.keeper.ping().await.expect("an answer");
    assert_eq!((state().waiting.due, state().oldest), (0, None));
    device.end().await;
}

#[tokio::test]
async fn what_is_handed_out_at_once_is_no_more_than_one_body_of_the_core() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    keep_some(&device, 30, 15_000).await;
    device.keeper.ping().await.expect("an answer");
    let waiting = device.state.borrow().waiting.due;
    let due = device.keeper.due(None, 100).await.expect("read");
    let bytes: usize = due.iter().map(|kept| kept.bytes.len()).sum();
    assert!(bytes <= MAX_BODY, "{bytes}");
    assert!(due.len() < waiting, "{} of {waiting}", due.len());
    let last = due.last().map(|kept| kept.key);
    let rest = device.keeper.due(last, 100).await.expect("read");
    assert_eq!(due.len() + rest.len(), waiting);
    device.end().await;
}

#[tokio::test]
async fn what_the_core_refused_for_good_is_listed_with_its_reason_and_lies_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::start(folder.path());
    keep_some(&device, 2, 2).await;
    let outbox = KeptOutbox(device.keeper.clone());
    let due = outbox.due(None, 1).await.expect("read").remove(0);
    let problem = Problem {
        kind: "urn:madoguchi:problem:envelope.malformed".to_owned(),
        title: "This is not an envelope".to_owned(),
        status: 400,
        detail: "its header ends too soon".to_owned(),
        retry: false,
    };
    outbox.set_aside(&due, problem).await.expect("set aside");
    assert_eq!(outbox.due(None, 10).await.expect("read").len(), 1);
    device.end().await;

    // Also without the agent, and after a restart.
    let listed = RefusedList::of(folder.path());
    let [refused] = listed.all() else { panic!("one: {listed:?}") };
    assert_eq!((refused.application, refused.part), (due.key.application, due.key.part));
    assert_eq!(refused.problem, "urn:madoguchi:problem:envelope.malformed");
    assert_eq!(refused.detail, "its header ends too soon");
    let device = Device::start(folder.path());
    let waiting = device.state.borrow().waiting;
    assert_eq!((waiting.due, waiting.set_aside), (1, 1));
    device.end().await;
}
