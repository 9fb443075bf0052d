//! A visit's paper on its way to the kiosk's printer.
//!
//! [`spawn`] starts one thread that owns the printer. A [`Job`] is made into a PDF by
//! `madoguchi-paper` and handed to the printer by IPP (RFC 8011); what becomes of it comes back as [`PrintReport`]s.
//!
//! ```text
//!  PrintHandle ──orders──►  press ──►  madoguchi-paper   (Slip, Forms → PDF)
//!  your closure ◄─reports─    │
//!                             └──────►  device (IPP over HTTP) ──►  printer
//! ```
//!
//! **A late job never prints into the next visit.** A job is made empty first and filled only when
//! the printer has told its number, so it can be cancelled at every moment. Whatever is not known
//! to have come out (a time-out, no paper, a forgotten visit, a restart of this program) is
//! cancelled, and the printer asked until it says that the job is gone. Until then nothing is
//! printed.

mod answer;
mod device;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handle;
mod job;
mod press;
mod report;
mod wire;

pub use device::look;
pub use handle::{PrintHandle, Timing, spawn, spawn_with};
pub use job::Job;
pub use report::PrintReport;
