//! What is on the paper, read back from the PDF. Needs the Debian package poppler-utils.

mod archival;
mod paper;
mod samples;
mod shipped;
mod words;
