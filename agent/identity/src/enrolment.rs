//! Becoming a device: from a sheet to an active identity, in steps that can each be repeated.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use der::pem::LineEnding;
use madoguchi_durable::Readers;

use crate::certificate;
use crate::error::IdentityError;
use crate::folder;
use crate::identity::{ACTIVE, CA, CHAIN, Identity, KEY, MUNICIPAL_KEY, SETTINGS};
use crate::key::DeviceKey;
use crate::sheet::EnrolmentSheet;
use crate::tls;

/// The folder of an identity that is not proved yet.
const PENDING: &str = "pending";
/// The certificate request: the same bytes are sent again when an answer was lost.
const REQUEST: &str = "request.csr";
/// SHA-256 of the token, written last: this folder belongs to that sheet and is complete.
const BEGUN: &str = "begun";
/// SHA-256 of the token, in `active/`: that sheet made this identity.
const ENROLLED_WITH: &str = "enrolled-with";

/// In `active/` until the device has begun to count anew: what it keeps is numbered by key.
const BEGINS_A_SERIES: &str = "begins-a-series";

/// What only an enrolment under way has.
const UNDER_WAY: &[&str] = &[BEGUN, REQUEST];

/// An enrolment under way: a key and a request, later a certificate, all in `pending/`.
///
/// Send [`Enrolment::csr_base64`] to the registrar, give its answer to
/// [`Enrolment::accept_pkcs7`], make a connection with [`Enrolment::identity`], and when it
/// succeeded [`Enrolment::activate`].
#[derive(Debug)]
pub struct Enrolment {
    dir: PathBuf,
    sheet: EnrolmentSheet,
    request: String,
}

impl Enrolment {
    /// Begins, or goes on where an earlier run with the same token stopped: same key, same request.
    /// Whom to trust and where to call is always the sheet's that is given: it may be corrected.
    ///
    /// # Errors
    /// [`IdentityError`] when the state folder cannot be written or no key can be made.
    pub fn begin(sheet: &EnrolmentSheet, dir: &Path) -> Result<Self, IdentityError> {
        let pending = dir.join(PENDING);
        // Left by a power cut at the end of `activate`; an active identity is not under way.
        if dir.join(ACTIVE).exists() {
            folder::remove_files(&dir.join(ACTIVE), UNDER_WAY)?;
        }
        let mark = mark_of(sheet);
        let begun = std::fs::read_to_string(pending.join(BEGUN)).unwrap_or_default();
        if begun == mark {
            write_public(sheet, &pending)?;
            // A certificate that the corrected sheet does not take is asked for again.
            if Identity::load_folder(&pending).is_err() {
                folder::remove_files(&pending, &[CHAIN])?;
            }
        } else {
            folder::remove(&pending)?;
            prepare(sheet, &pending, &mark)?;
        }
        let path = pending.join(REQUEST);
        let request = std::fs::read_to_string(&path).map_err(|e| IdentityError::read(&path, e))?;
        Ok(Self { dir: dir.to_owned(), sheet: sheet.clone(), request })
    }

    /// The certificate request (PKCS#10) for `simpleenroll`: standard base64 of its DER.
    #[must_use]
    pub fn csr_base64(&self) -> &str {
        &self.request
    }

    /// Whether a certificate was already accepted, so that only the proof is missing.
    #[must_use]
    pub fn is_certified(&self) -> bool {
        self.dir.join(PENDING).join(CHAIN).exists()
    }

    /// Takes the registrar's answer: certs-only PKCS#7 in base64, with or without line breaks and
    /// chain. Nothing is written unless the certificate fits the key, comes from the sheet's CA,
    /// names this device alone and counts now.
    ///
    /// # Errors
    /// [`IdentityError`] that says which of these it was.
    pub fn accept_pkcs7(&self, base64: &str) -> Result<(), IdentityError> {
        let pending = self.dir.join(PENDING);
        let key = DeviceKey::read(&pending.join(KEY))?;
        let certificates = certificate::from_pkcs7(base64)?;
        let chain = certificate::chain_for(&key, certificates, &self.sheet.ca)?;
        let roots = tls::roots(&self.sheet.ca)?;
        certificate::check(&chain, roots, &self.sheet.settings.urn())?
            .check(jiff::Timestamp::now())?;
        let pem: Result<String, _> = chain
            .iter()
            .map(|c| der::pem::encode_string("CERTIFICATE", LineEnding::LF, c))
            .collect();
        let pem = pem.map_err(|_| IdentityError::Answer("it cannot be written as PEM"))?;
        folder::write(&pending.join(CHAIN), pem.as_bytes(), Readers::Everybody)
    }

    /// The new identity, for the connection that proves it.
    ///
    /// # Errors
    /// [`IdentityError::NotCertified`] before [`Enrolment::accept_pkcs7`].
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        if !self.is_certified() {
            return Err(IdentityError::NotCertified);
        }
        Identity::load_folder(&self.dir.join(PENDING))
    }

    /// Makes the proved identity the active one; one that was active before is gone.
    ///
    /// # Errors
    /// [`IdentityError`]; the former identity is then still in its place.
    pub fn activate(self) -> Result<Identity, IdentityError> {
        let pending = self.dir.join(PENDING);
        // Loads before it replaces: what does not load must not become active.
        self.identity()?;
        write(&pending, ENROLLED_WITH, &mark_of(&self.sheet))?;
        write(&pending, BEGINS_A_SERIES, "")?;
        let active = self.dir.join(ACTIVE);
        folder::replace(&pending, &active)?;
        // Only now: until the exchange, a second run must find its key and request.
        folder::remove_files(&active, UNDER_WAY)?;
        Identity::load(&self.dir)
    }
}

impl Identity {
    /// The active identity, when this very sheet made it: its token is used, and to enrol with it
    /// again would fail.
    ///
    /// # Errors
    /// [`IdentityError::SheetChanged`] when the sheet says something else by now; and as
    /// [`Identity::load`] and [`Identity::check_clock`], when that identity cannot be used.
    pub fn made_by(sheet: &EnrolmentSheet, dir: &Path) -> Result<Option<Self>, IdentityError> {
        let mark = std::fs::read_to_string(dir.join(ACTIVE).join(ENROLLED_WITH));
        if mark.unwrap_or_default() != mark_of(sheet) {
            return Ok(None);
        }
        let identity = Self::load(dir)?;
        if !identity.is_as_told_by(sheet)? {
            return Err(IdentityError::SheetChanged);
        }
        identity.check_clock(jiff::Timestamp::now())?;
        Ok(Some(identity))
    }
}

impl Identity {
    /// Whether nothing was ever numbered under the active identity of that folder.
    #[must_use]
    pub fn begins_a_series(dir: &Path) -> bool {
        dir.join(ACTIVE).join(BEGINS_A_SERIES).exists()
    }

    /// The device counts from 1 from now on. Durable on return.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn series_has_begun(dir: &Path) -> Result<(), IdentityError> {
        folder::remove_files(&dir.join(ACTIVE), &[BEGINS_A_SERIES])
    }
}

fn prepare(sheet: &EnrolmentSheet, pending: &Path, mark: &str) -> Result<(), IdentityError> {
    folder::create(pending)?;
    let key = DeviceKey::generate()?;
    key.write(&pending.join(KEY))?;
    write_public(sheet, pending)?;
    write(pending, REQUEST, &key.request(&sheet.settings)?)?;
    write(pending, BEGUN, mark)
}

/// What the sheet says about whom to trust and where to call.
fn write_public(sheet: &EnrolmentSheet, pending: &Path) -> Result<(), IdentityError> {
    let settings = toml::to_string(&sheet.settings).map_err(|_| {
        IdentityError::damaged(&pending.join(SETTINGS), "it cannot be written as TOML")
    })?;
    write(pending, SETTINGS, &settings)?;
    write(pending, CA, sheet.ca_pem())?;
    write(pending, MUNICIPAL_KEY, &sheet.municipal_key.to_base64())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), IdentityError> {
    folder::write(&folder.join(name), text.as_bytes(), Readers::Everybody)
}

fn mark_of(sheet: &EnrolmentSheet) -> String {
    let digest = digest::digest(&digest::SHA256, sheet.token.expose().as_bytes());
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}
