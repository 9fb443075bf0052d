//! Printing against `ippeveprinter`, a real IPP printer.
//!
//! Needs the Debian packages cups-ipp-utils, dbus-daemon and poppler-utils, and says so when one is
//! missing.

mod faults;
mod hall;
mod log;
mod peer;
mod promise;
mod samples;
#[path = "../../../paper/tests/paper/words.rs"]
mod words;
