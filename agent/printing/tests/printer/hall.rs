//! Printing as the agent sees it: a handle, and what is reported.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use madoguchi_printing::{PrintHandle, PrintReport, Timing, spawn_with};
use madoguchi_protocol::local::{Paper, PrintState, PrinterState};
use madoguchi_protocol::{FailureCode, VisitId};

use crate::peer::{PATIENCE, Peer};

pub const TIMING: Timing = Timing {
    job: Duration::from_secs(8),
    cancel: Duration::from_secs(5),
    look: Duration::from_millis(200),
};

/// For tests of what takes too long.
pub const HASTY: Timing = Timing {
    job: Duration::from_secs(2),
    cancel: Duration::from_secs(1),
    look: Duration::from_millis(200),
};

pub struct Hall {
    pub handle: PrintHandle,
    reports: Receiver<PrintReport>,
    pub seen: Vec<PrintReport>,
}

impl Hall {
    /// With a printer that has been found ready.
    pub fn open(peer: &Peer, timing: Timing) -> Self {
        let mut hall = Self::without_printer(timing);
        hall.handle.configure(Some(peer.printer()));
        hall.until(&is_ready());
        hall
    }

    pub fn without_printer(timing: Timing) -> Self {
        let (sender, reports) = mpsc::channel();
        let handle = spawn_with(timing, move |report| drop(sender.send(report)));
        Self::of(handle, reports)
    }

    pub fn of(handle: PrintHandle, reports: Receiver<PrintReport>) -> Self {
        Self { handle, reports, seen: Vec::new() }
    }

    /// Waits for a report.
    pub fn until(&mut self, wanted: &dyn Fn(&PrintReport) -> bool) -> PrintReport {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(report) = self.reports.recv_timeout(left) else {
                panic!("in vain, after {:?}", self.seen);
            };
            self.seen.push(report.clone());
            if wanted(&report) {
                return report;
            }
        }
    }

    /// Waits until a job has come to its end, and says how.
    pub fn end_of(&mut self, visit: VisitId, paper: Paper) -> PrintState {
        let report = self.until(&|report| {
            is_of(report, visit, paper, &|state| !matches!(state, PrintState::Printing {}))
        });
        let PrintReport::Job { state, .. } = report else { unreachable!("{report:?}") };
        state
    }

    /// Stops printing; everything that was reported.
    pub fn close(mut self) -> Vec<PrintReport> {
        assert!(self.handle.stop(PATIENCE), "printing does not end");
        self.seen.extend(self.reports.try_iter());
        self.seen
    }
}

pub fn is_ready() -> impl Fn(&PrintReport) -> bool {
    |report| *report == PrintReport::Printer(Some(PrinterState::Ready {}))
}

pub fn is_unusable(code: FailureCode) -> impl Fn(&PrintReport) -> bool {
    move |report| match report {
        PrintReport::Printer(Some(PrinterState::Unusable { failure })) => failure.code == code,
        _ => false,
    }
}

pub fn is_printing(visit: VisitId, paper: Paper) -> impl Fn(&PrintReport) -> bool {
    move |report| is_of(report, visit, paper, &|state| matches!(state, PrintState::Printing {}))
}

pub fn is_any_of(report: &PrintReport, wanted: VisitId) -> bool {
    matches!(report, PrintReport::Job { visit, .. } if *visit == wanted)
}

pub fn code(state: &PrintState) -> Option<FailureCode> {
    match state {
        PrintState::Failed { failure } => Some(failure.code),
        _ => None,
    }
}

fn is_of(
    report: &PrintReport,
    wanted: VisitId,
    which: Paper,
    how: &dyn Fn(&PrintState) -> bool,
) -> bool {
    matches!(report, PrintReport::Job { visit, paper, state }
        if *visit == wanted && *paper == which && how(state))
}
