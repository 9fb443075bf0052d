//! What printing tells.

use madoguchi_protocol::VisitId;
use madoguchi_protocol::local::{Paper, PrintState, PrinterState};

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintReport {
    /// The printer: when it was first looked at, then at every change; `None` once none is
    /// configured any more.
    Printer(Option<PrinterState>),
    /// What became of a job. Every job that was taken ends with `Printed` or `Failed`, unless its
    /// visit was forgotten: nothing is reported of that.
    Job {
        /// Whose.
        visit: VisitId,
        /// Which paper.
        paper: Paper,
        /// How far it is.
        state: PrintState,
    },
}
