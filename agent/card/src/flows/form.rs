//! The attributes as text, and whether the issuer signed them.

use std::collections::BTreeSet;

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{AttributeName, FailureCode};

use super::reading::{self, Reading};
use super::{select, unusable};
use crate::attributes::{self, Digest};
use crate::conversation::{Application, Conversation, File, Trouble};
use crate::issuer;
use crate::pins::{Checked, Pins};

/// What a card's form needs besides the value, read while it is typed.
pub struct Preparation {
    certificate: Reading,
    failed: bool,
}

/// The attributes that were wanted, and what the issuer must have signed.
pub struct Form {
    /// Their signature is not checked yet.
    pub attributes: CardAttributes,
    digest: Digest,
}

impl Default for Preparation {
    fn default() -> Self {
        let certificate = Reading::of(File::IssuerCertificate, issuer::certificate_length);
        Self { certificate, failed: false }
    }
}

impl Preparation {
    /// Whether there is nothing more to do before the value.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.failed || self.certificate.is_done()
    }

    /// Sends one command. A card that refuses cannot be verified, and is used all the same.
    ///
    /// # Errors
    /// When the card does not answer any more.
    pub fn step(&mut self, card: &mut Conversation) -> Result<(), Trouble> {
        let stepped = select(card, Application::Text).and_then(|()| self.certificate.step(card));
        match stepped {
            Err(Trouble::Unusable(failure)) => {
                tracing::debug!(%failure, "the issuer's certificate cannot be read");
                self.failed = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Starts anew unless it is done: something else was asked for in between.
    pub fn restart(&mut self) {
        if !self.is_done() {
            *self = Self::default();
        }
    }
}

/// Reads the attributes, once what opens them was verified: one command when the file's content is
/// not longer than 256 bytes.
///
/// # Errors
/// `card.unreadable` when the file is not as it should be.
pub fn read(card: &mut Conversation, wanted: &BTreeSet<AttributeName>) -> Result<Form, Trouble> {
    let bad = |error| unusable(FailureCode::CardUnreadable, format_args!("TEXT/0002: {error}"));
    let file = reading::whole(card, File::Attributes, attributes::file_length)?;
    let attributes = attributes::extract(&file, wanted).map_err(bad)?;
    Ok(Form { attributes, digest: attributes::signed_digest(&file).map_err(bad)? })
}

/// Reads what the issuer signed, two commands, and judges it. Afterwards nothing is left of it.
///
/// # Errors
/// `card.signature_bad` when a signature is wrong under a pinned key; else as for every command.
pub fn check(
    card: &mut Conversation,
    mut preparation: Preparation,
    digest: &Digest,
    pins: &Pins,
) -> Result<SignatureCheck, Trouble> {
    preparation.restart();
    if preparation.failed {
        return Ok(SignatureCheck::NotChecked);
    }
    let integrity = reading::whole(card, File::Integrity, issuer::integrity_length)?;
    let certificate = preparation.certificate.rest(card)?;
    let checked: Checked = issuer::check(digest, integrity, &certificate, pins);
    checked.map_err(|error| unusable(FailureCode::CardSignatureBad, error))
}

impl Form {
    /// The attributes, and what [`check`] needs.
    #[must_use]
    pub fn into_parts(self) -> (CardAttributes, Digest) {
        (self.attributes, self.digest)
    }
}
