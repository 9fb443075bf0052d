//! What can be wrong with a device's identity, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use madoguchi_protocol::time::in_japan;

/// Why there is no usable identity. Every message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No identity was ever made active.
    #[error(
        "this device is not enrolled ({} is missing): run `madoguchi-agent enrol` with its enrolment sheet",
        .0.display()
    )]
    NotEnrolled(PathBuf),
    /// No certificate was accepted yet, so there is nothing to prove.
    #[error("this enrolment has no certificate yet: send the request to the registrar first")]
    NotCertified,
    /// The sheet that made the active identity was altered afterwards.
    #[error(
        "this sheet enrolled the device before and has been changed since; its token is used: ask for a new sheet (`madoguchi-provision device add`)"
    )]
    SheetChanged,
    /// A file of the identity cannot be read.
    #[error("cannot read {}: check its owner and that the disk is well", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the identity cannot be written.
    #[error("cannot write {}: check the folder's owner and the space on the disk", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the identity does not hold what it should.
    #[error("{} is damaged ({what}): enrol this device again", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The private key can be read by others.
    #[error("{} can be read by other users: run `chmod 600` on it, or enrol again if they could have", .0.display())]
    KeyNotPrivate(PathBuf),
    /// No random bytes, or a key that the cryptography refuses.
    #[error("the device key cannot be made or used: {0}")]
    Key(&'static str),
    /// The registrar's answer is not a certs-only PKCS#7.
    #[error(
        "the registrar's answer is not a certificate ({0}): check that the sheet's registrar URL is right"
    )]
    Answer(&'static str),
    /// The certificate belongs to another key.
    #[error(
        "the certificate does not fit this device's key: ask for a new enrolment sheet and enrol again"
    )]
    KeyDoesNotFit,
    /// The certificate does not lead to the sheet's CA.
    #[error(
        "the certificate is not from the authority on the enrolment sheet: ask for a new sheet"
    )]
    NotFromThisAuthority(#[source] Box<rustls::Error>),
    /// The certificate names somebody else.
    #[error(
        "the certificate is for {found}, not for {expected}: check that the sheet is this device's"
    )]
    AnotherName {
        /// The name in the certificate.
        found: String,
        /// This device's.
        expected: String,
    },
    /// The clock is before the certificate's first moment.
    #[error(
        "the certificate counts from {}, but the clock says {}: set this device's clock",
        in_japan(*not_before),
        in_japan(*now)
    )]
    NotYetValid {
        /// First moment of the certificate.
        not_before: jiff::Timestamp,
        /// What the clock says.
        now: jiff::Timestamp,
    },
    /// The clock is after the certificate's last moment.
    #[error(
        "the certificate ended at {} and the clock says {}: set the clock, or enrol this device again",
        in_japan(*not_after),
        in_japan(*now)
    )]
    Expired {
        /// Last moment of the certificate.
        not_after: jiff::Timestamp,
        /// What the clock says.
        now: jiff::Timestamp,
    },
    /// The TLS library refuses the configuration.
    #[error("TLS cannot be set up with this identity: enrol this device again")]
    Tls(#[source] Box<rustls::Error>),
}

impl IdentityError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, what: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.to_string() }
    }

    pub(crate) fn tls(error: rustls::Error) -> Self {
        Self::Tls(Box::new(error))
    }
}
