//! The printer out of paper, broken, gone and back.

use std::io::{Read as _, Write as _};
use std::mem::replace;
use std::net::TcpListener;
use std::sync::mpsc;

use madoguchi_printing::{PrintReport, spawn_with};
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::local::{Paper, PrintState, PrinterState};
use madoguchi_protocol::{FailureCode, VisitId};

use crate::hall::{HASTY, Hall, TIMING, code, is_printing, is_ready, is_unusable};
use crate::peer::Peer;
use crate::samples::{forms_of, slip_of};

#[test]
fn without_paper_the_job_fails_as_such_and_can_be_asked_for_again() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, HASTY);
    let visit = VisitId::random();
    peer.take_paper_out();
    // This printer only warns while it has a job, so the job's time has to run out.
    hall.handle.print(slip_of(visit, "A001"));
    assert_eq!(code(&hall.end_of(visit, Paper::Slip)), Some(FailureCode::PrinterPaper));
    hall.until(&is_unusable(FailureCode::PrinterPaper));

    peer.fill_paper_in();
    hall.until(&is_ready());
    hall.handle.print(slip_of(visit, "A001"));
    assert_eq!(hall.end_of(visit, Paper::Slip), PrintState::Printed {});
    hall.close();
}

#[test]
fn a_printer_that_is_gone_is_missing_until_it_is_back() {
    let mut peer = Peer::start();
    let mut hall = Hall::open(&peer, TIMING);
    let visit = VisitId::random();
    peer.switch_off();
    hall.until(&is_unusable(FailureCode::PrinterMissing));
    hall.handle.print(slip_of(visit, "A001"));
    assert_eq!(code(&hall.end_of(visit, Paper::Slip)), Some(FailureCode::PrinterMissing));

    peer.switch_on();
    hall.until(&is_ready());
    hall.handle.print(slip_of(visit, "A001"));
    assert_eq!(hall.end_of(visit, Paper::Slip), PrintState::Printed {});
    hall.close();
}

#[test]
fn a_printer_that_goes_in_the_middle_of_a_job_is_missing_and_starts_afresh() {
    let mut peer = Peer::start();
    let mut hall = Hall::open(&peer, HASTY);
    let visit = VisitId::random();
    peer.hold();
    hall.handle.print(slip_of(visit, "A001"));
    hall.until(&is_printing(visit, Paper::Slip));
    peer.switch_off();
    assert_eq!(code(&hall.end_of(visit, Paper::Slip)), Some(FailureCode::PrinterMissing));
    hall.until(&is_unusable(FailureCode::PrinterMissing));

    peer.let_go();
    peer.switch_on();
    hall.until(&is_ready());
    hall.handle.print(slip_of(visit, "A002"));
    assert_eq!(hall.end_of(visit, Paper::Slip), PrintState::Printed {});
    hall.close();
}

#[test]
fn a_job_that_the_printer_gives_up_has_failed() {
    let peer = Peer::start();
    let mut hall = Hall::open(&peer, TIMING);
    let visit = VisitId::random();
    peer.break_down();
    hall.handle.print(forms_of(visit, "A001"));
    assert_eq!(code(&hall.end_of(visit, Paper::Forms)), Some(FailureCode::PrinterFailed));
    hall.close();
    assert!(peer.tray().is_empty());
}

#[test]
fn forms_are_not_sent_to_a_printer_that_has_no_paper_for_them() {
    let peer = Peer::start();
    let mut hall = Hall::without_printer(TIMING);
    let visit = VisitId::random();
    let mut printer = peer.printer();
    printer.forms = false;
    hall.handle.configure(Some(printer));
    hall.handle.print(forms_of(visit, "A001"));
    assert_eq!(code(&hall.end_of(visit, Paper::Forms)), Some(FailureCode::PrinterFailed));
    hall.close();
    assert_eq!(peer.begun(), 0);
}

#[test]
fn without_a_printer_every_job_fails_and_a_removed_one_is_told_of() {
    let peer = Peer::start();
    let mut hall = Hall::without_printer(TIMING);
    let visit = VisitId::random();
    hall.handle.print(slip_of(visit, "A001"));
    assert_eq!(code(&hall.end_of(visit, Paper::Slip)), Some(FailureCode::PrinterMissing));
    hall.handle.configure(Some(peer.printer()));
    hall.until(&is_ready());
    hall.handle.configure(None);
    hall.until(&|report| *report == PrintReport::Printer(None));
    hall.close();
}

#[test]
fn an_address_that_is_no_printers_is_told_as_a_failed_printer() {
    let mut hall = Hall::without_printer(TIMING);
    let printer = Printer { uri: "http://printer/".to_owned(), slip_width_mm: 58, forms: false };
    hall.handle.configure(Some(printer));
    let told = hall.until(&is_unusable(FailureCode::PrinterFailed));
    let PrintReport::Printer(Some(PrinterState::Unusable { failure })) = told else {
        unreachable!("{told:?}")
    };
    assert!(failure.detail.contains("http://printer/"), "{failure}");
    hall.close();
}

/// Whatever makes the printing thread panic (here, its reader), it is told and goes on.
#[test]
fn a_panic_fails_what_is_under_way_and_printing_begins_anew() {
    let peer = Peer::start();
    let (sender, reports) = mpsc::channel();
    let mut panicked = false;
    let handle = spawn_with(TIMING, move |report| {
        let is_printing = matches!(report, PrintReport::Job { state: PrintState::Printing {}, .. });
        drop(sender.send(report));
        assert!(!is_printing || replace(&mut panicked, true), "a panic that is wanted");
    });
    let mut hall = Hall::of(handle, reports);
    hall.handle.configure(Some(peer.printer()));
    hall.until(&is_ready());

    let visit = VisitId::random();
    peer.hold();
    hall.handle.print(slip_of(visit, "A001"));
    hall.handle.print(forms_of(visit, "A001"));
    hall.until(&is_unusable(FailureCode::PrinterFailed));
    for paper in [Paper::Slip, Paper::Forms] {
        assert_eq!(code(&hall.end_of(visit, paper)), Some(FailureCode::PrinterFailed));
    }
    peer.let_go();
    hall.until(&is_ready());
    hall.handle.print(slip_of(visit, "A002"));
    assert_eq!(hall.end_of(visit, Paper::Slip), PrintState::Printed {});
    hall.close();
}

/// Anyone can answer on the kiosk's own cable, once a plug is pulled.
#[test]
fn an_answer_that_is_not_well_formed_is_a_failed_printer_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut hall = Hall::without_printer(TIMING);
    hall.handle.configure(Some(Printer {
        uri: format!("ipp://127.0.0.1:{port}/ipp/print"),
        slip_width_mm: 58,
        forms: false,
    }));
    // An integer of one byte.
    let body = b"\x02\0\0\0\0\0\0\x01\x04\x23\0\x0dprinter-state\0\x01\x03\x03";
    let (mut stream, _) = listener.accept().expect("a connection");
    assert_ne!(stream.read(&mut [0; 4096]).expect("a request"), 0);
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).expect("sent");
    stream.write_all(body).expect("sent");
    let told = hall.until(&is_unusable(FailureCode::PrinterFailed));
    assert!(format!("{told:?}").contains("a value with tag 0x23 has 1 bytes"), "{told:?}");
    drop(listener);
    hall.close();
}
