//! Promise 11: one person's paper never meets another's.

use madoguchi_protocol::local::{Paper, PrintState};
use madoguchi_protocol::{FailureCode, VisitId};

use crate::hall::{HASTY, Hall, TIMING, code, is_any_of, is_printing, is_ready, is_unusable};
use crate::peer::{Peer, until};
use crate::samples::{forms_of, slip_of};

/// The visitor leaves while the printer is still at it: the job is cancelled, and the next visit's
/// paper is not sent before the printer says that the former is gone.
#[test]
fn a_late_job_never_prints_anothers_paper() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, TIMING);
    let (first, second) = (VisitId::random(), VisitId::random());

    peer.hold();
    hall.handle.print(slip_of(first, "A001"));
    hall.until(&is_printing(first, Paper::Slip));
    until("the printer is at it", || peer.begun() == 1);
    hall.handle.forget(first);
    hall.handle.print(slip_of(second, "A002"));
    // While the cancelled job goes on, whatever the printer does with it, nothing else is sent.
    let failed = hall.end_of(second, Paper::Slip);
    assert_eq!(code(&failed), Some(FailureCode::PrinterFailed));
    assert_eq!(peer.begun(), 1, "a job was sent behind another that was not gone");
    hall.until(&is_unusable(FailureCode::PrinterFailed));

    peer.let_go();
    hall.until(&is_ready());
    let late = peer.tray().len();
    hall.handle.print(slip_of(second, "A002"));
    assert_eq!(hall.end_of(second, Paper::Slip), PrintState::Printed {});
    let after: Vec<String> = peer.words().split_off(late);
    assert_eq!(after.len(), 1);
    assert!(after[0].contains("A002") && !after[0].contains("A001"), "{after:?}");
    let told = hall.close();
    let of_first = told.iter().filter(|report| is_any_of(report, first)).count();
    assert_eq!(of_first, 1, "told of a forgotten visit: {told:?}");
}

/// An agent that was killed with a job in the printer cancels it before it prints anything.
#[test]
fn a_job_of_an_earlier_run_is_cancelled_first() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, HASTY);
    let visit = VisitId::random();
    peer.hold();
    hall.handle.print(slip_of(visit, "A001"));
    hall.until(&is_printing(visit, Paper::Slip));
    // It stops without having seen the job gone.
    hall.close();

    let mut hall = Hall::without_printer(TIMING);
    hall.handle.configure(Some(peer.printer()));
    hall.until(&is_unusable(FailureCode::PrinterFailed));
    peer.let_go();
    hall.until(&is_ready());
    hall.close();
}

/// The printer takes too long: the job is cancelled and nothing is printed until it is gone.
#[test]
fn a_time_out_never_prints_anothers_paper() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, HASTY);
    let (first, second) = (VisitId::random(), VisitId::random());

    peer.hold();
    hall.handle.print(forms_of(first, "A001"));
    let failed = hall.end_of(first, Paper::Forms);
    assert_eq!(code(&failed), Some(FailureCode::PrinterFailed));
    hall.until(&is_unusable(FailureCode::PrinterFailed));
    hall.handle.forget(first);
    hall.handle.print(slip_of(second, "A002"));
    let failed = hall.end_of(second, Paper::Slip);
    assert_eq!(code(&failed), Some(FailureCode::PrinterFailed));
    assert_eq!(peer.begun(), 1, "a job was sent behind one that was not gone");

    peer.let_go();
    hall.until(&is_ready());
    let late = peer.tray().len();
    hall.handle.print(slip_of(second, "A002"));
    assert_eq!(hall.end_of(second, Paper::Slip), PrintState::Printed {});
    let after = peer.words().split_off(late);
    assert_eq!(after.len(), 1);
    assert!(after[0].contains("A002") && !after[0].contains("A001"), "{after:?}");
    hall.close();
}

/// Two touches, two programs, two visits in one second: one paper of a visit is printed once, and
/// papers of two visits at once are not printed at all.
#[test]
fn a_second_request_within_a_second_never_prints_anothers_paper() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, TIMING);
    let (first, second, third) = (VisitId::random(), VisitId::random(), VisitId::random());

    // The same paper again: once. Another paper of the same visit: after it.
    hall.handle.print(slip_of(first, "A001"));
    hall.handle.print(slip_of(first, "A001"));
    hall.handle.print(forms_of(first, "A001"));
    assert_eq!(hall.end_of(first, Paper::Slip), PrintState::Printed {});
    assert_eq!(hall.end_of(first, Paper::Forms), PrintState::Printed {});
    assert_eq!(peer.begun(), 2);
    assert_eq!(hall.handle.mismatches(), 0);

    // Another visit's while one is under way: neither, and it is counted.
    peer.hold();
    hall.handle.print(slip_of(second, "A002"));
    hall.until(&is_printing(second, Paper::Slip));
    until("the printer is at it", || peer.begun() == 3);
    peer.break_down();
    hall.handle.print(slip_of(third, "A003"));
    assert_eq!(hall.handle.mismatches(), 1);
    peer.let_go();
    for visit in [second, third] {
        let state = hall.end_of(visit, Paper::Slip);
        assert_eq!(code(&state), Some(FailureCode::VisitMismatch), "{state:?}");
    }
    hall.close();
    assert_eq!(peer.begun(), 3, "the third visit's paper was sent");
    let words = peer.words();
    assert!(words.iter().all(|paper| paper.contains("A001")), "{words:?}");
}

#[test]
fn what_a_forgotten_visit_waits_for_is_never_sent() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, TIMING);
    let (first, second) = (VisitId::random(), VisitId::random());
    peer.hold();
    hall.handle.print(slip_of(first, "A001"));
    hall.handle.print(forms_of(first, "A001"));
    hall.until(&is_printing(first, Paper::Slip));
    until("the printer is at it", || peer.begun() == 1);
    hall.handle.forget(first);
    peer.let_go();

    hall.handle.print(slip_of(second, "A002"));
    assert_eq!(hall.end_of(second, Paper::Slip), PrintState::Printed {});
    let told = hall.close();
    assert_eq!(peer.begun(), 2);
    let of_first: Vec<_> = told.iter().filter(|report| is_any_of(report, first)).collect();
    assert_eq!(of_first.len(), 1, "told of a forgotten visit: {of_first:?}");
}
