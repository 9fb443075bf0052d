//! The keeper on a real disk: all of a visit or nothing, and what outlives a restart.

use std::sync::Arc;

use madoguchi_daemon::desk::visit::Keep;
use madoguchi_daemon::standing;
use madoguchi_protocol::application::{Content, Field, Origin, PartlyFilled, TicketOnlyReason};
use madoguchi_protocol::header::{EnvelopeKind, PackVersion};
use madoguchi_protocol::{FailureCode, Personal, VisitId};
use madoguchi_uplink::CoreState;
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
