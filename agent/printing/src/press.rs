//! The thread that owns the printer: takes one order at a time.

use madoguchi_protocol::local::PrintState;
use madoguchi_protocol::{Failure, FailureCode};

use crate::handle::{Mailbox, Order, Timing};
use crate::report::PrintReport;

pub struct Press<'a, R> {
    mailbox: &'a Mailbox,
    timing: Timing,
    report: R,
}

impl<'a, R: FnMut(PrintReport)> Press<'a, R> {
    pub fn new(mailbox: &'a Mailbox, timing: Timing, report: R) -> Self {
        Self { mailbox, timing, report }
    }

    pub async fn run(mut self) {
        loop {
            match self.mailbox.next().await {
                Order::Configure(_) => (self.report)(PrintReport::Printer(None)),
                Order::Print(job) => {
                    let failure =
                        Failure::new(FailureCode::PrinterMissing, "printing is not there yet");
                    (self.report)(PrintReport::Job {
                        visit: job.visit,
                        paper: job.paper(),
                        state: PrintState::Failed { failure },
                    });
                    self.mailbox.finish();
                }
                Order::TellMismatch(..) => {}
                Order::Stop => return,
            }
        }
    }
}
