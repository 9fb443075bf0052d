//! `madoguchi-agent export`: kept envelopes onto a medium, on the day the network is gone for good.
//!
//! Only with a permit of the municipality for this device and this time, and only while the agent does
//! not run. What is written is sealed as it lies in the store, what was set aside included, and nothing is
//! changed there: if the network comes back after all, the same envelopes are delivered and count once.
//! The device's own disk is only read.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use jiff::Timestamp;
use madoguchi_envelope::SignError;
use madoguchi_envelope::export::{ExportError, sign_manifest};
use madoguchi_identity::{Identity, IdentityError};
use madoguchi_protocol::DeviceId;
use madoguchi_protocol::export::{
    EXPORT_FORMAT, ExportManifest, ExportPermit, ExportedEnvelope, MANIFEST, SignedPermit,
};
use madoguchi_protocol::time::in_japan;
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Reading, Waiting};

use crate::config::Config;
use crate::settings::CLOCK_TOLERANCE;
use crate::stopped::{self, NotOpened};

/// A permit is a few hundred bytes; more is another file.
const MAX_PERMIT: u64 = 16 << 10;

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// How many envelopes.
    pub envelopes: usize,
    /// How many of them the core had refused; the list of what was set aside says why.
    pub set_aside: usize,
    /// How many more cannot be read from the disk any more.
    pub unreadable: usize,
    /// How many files of the journal are damaged: in them there may have been more.
    pub damaged_files: usize,
}

impl Exported {
    /// Whether nothing that lies on the device is missing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unreadable == 0 && self.damaged_files == 0
    }
}

/// Why nothing, or not everything, was exported, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailed {
    /// No identity.
    #[error("this device has no usable identity: it cannot sign what it hands over")]
    Identity(#[source] IdentityError),
    /// The store is not to be had.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// A permit that cannot be read.
    #[error("cannot read the permit {0}: `madoguchi-provision permit export` writes one")]
    ReadPermit(PathBuf, #[source] io::Error),
    /// Another file.
    #[error("{0} is not a permit: `madoguchi-provision permit export` writes one")]
    NotAPermit(PathBuf),
    /// Not signed by this device's municipality.
    #[error(
        "the permit is not this municipality's: have it signed with the municipal key of {device}"
    )]
    Refused {
        /// This device.
        device: DeviceId,
        /// What is wrong.
        #[source]
        source: ExportError,
    },
    /// A permit of another device.
    #[error("the permit is for {found}, and this is {device}: use the permit of this device")]
    OtherDevice {
        /// Whose permit it is.
        found: DeviceId,
        /// This device.
        device: DeviceId,
    },
    /// Before its time.
    #[error(
        "the permit counts from {}, and this device's clock says {}: wait, or set the clock",
        in_japan(*.from), in_japan(*.now)
    )]
    NotYet {
        /// From when on it counts.
        from: Timestamp,
        /// This device's time.
        now: Timestamp,
    },
    /// After its time.
    #[error(
        "the permit ended at {}, and this device's clock says {}: ask for a new one, or set the clock",
        in_japan(*.until), in_japan(*.now)
    )]
    Ended {
        /// Until when it counted.
        until: Timestamp,
        /// This device's time.
        now: Timestamp,
    },
    /// The medium failed.
    #[error("cannot {action} {path}: use another medium, with an empty or new folder, and repeat")]
    Medium {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something is there already.
    #[error("{0} is not empty: name a new or empty folder, so that two exports are never mixed")]
    NotEmpty(PathBuf),
    /// The device's key refused.
    #[error("the manifest could not be signed")]
    Sign(#[source] SignError),
}

/// Writes everything that the core has not into a folder. On return it is on the medium. `told` hears
/// before each envelope how many of how many are done.
///
/// # Errors
/// [`ExportFailed`]; a folder without a manifest is an export that was not finished.
pub fn export(
    config: &Config,
    permit: &Path,
    to: &Path,
    told: impl FnMut(usize, usize),
) -> Result<Exported, ExportFailed> {
    let identity =
        Identity::load(&config.state_dir.join("identity")).map_err(ExportFailed::Identity)?;
    let now = Timestamp::now();
    check_permit(&read_permit(permit, &identity)?, &identity.settings().device, now)?;

    let mut store = stopped::read(&config.state_dir)?;
    let medium = Medium::prepare(to)?;
    let envelopes = medium.write_all(&mut store, told)?;
    let Waiting { due, set_aside, .. } = store.waiting();
    let exported = Exported {
        envelopes: envelopes.len(),
        set_aside,
        unreadable: due + set_aside - envelopes.len(),
        damaged_files: store.unreadable(),
    };
    let device = identity.settings();
    let manifest = ExportManifest {
        format: EXPORT_FORMAT,
        tenant: device.tenant.clone(),
        site: device.site.clone(),
        device: device.device.clone(),
        exported_at: now,
        envelopes,
    };
    let signed = sign_manifest(&manifest, identity.certificate(), &identity.signer())
        .map_err(ExportFailed::Sign)?;
    medium.finish(&serde_json::to_vec(&signed).expect("a manifest serialises"))?;
    Ok(exported)
}

fn read_permit(path: &Path, identity: &Identity) -> Result<ExportPermit, ExportFailed> {
    let failed = |e| ExportFailed::ReadPermit(path.to_owned(), e);
    if fs::metadata(path).map_err(failed)?.len() > MAX_PERMIT {
        return Err(ExportFailed::NotAPermit(path.to_owned()));
    }
    let bytes = fs::read(path).map_err(failed)?;
    // The parser's own words could quote another file's secret.
    let signed: SignedPermit =
        serde_json::from_slice(&bytes).map_err(|_| ExportFailed::NotAPermit(path.to_owned()))?;
    let settings = identity.settings();
    identity
        .municipal_key()
        .verify_permit(&signed, &settings.tenant)
        .map_err(|source| ExportFailed::Refused { device: settings.device.clone(), source })
}

/// Whether a permit of the own municipality counts for that device at that time. Clocks differ: what
/// was signed a few minutes ahead of this device's clock counts already.
fn check_permit(
    permit: &ExportPermit,
    device: &DeviceId,
    now: Timestamp,
) -> Result<(), ExportFailed> {
    let ExportPermit { device: found, from, until, .. } = permit;
    if found != device {
        let (found, device) = (found.clone(), device.clone());
        return Err(ExportFailed::OtherDevice { found, device });
    }
    if from.duration_since(now) > CLOCK_TOLERANCE {
        return Err(ExportFailed::NotYet { from: *from, now });
    }
    if now >= *until {
        return Err(ExportFailed::Ended { until: *until, now });
    }
    Ok(())
}

/// The folder on the medium. A stick knows no owners and modes, so none are set there.
struct Medium<'a>(&'a Path);

impl<'a> Medium<'a> {
    fn prepare(folder: &'a Path) -> Result<Self, ExportFailed> {
        fs::create_dir_all(folder).map_err(medium("make", folder))?;
        let mut entries = fs::read_dir(folder).map_err(medium("read", folder))?;
        if entries.next().is_some() {
            return Err(ExportFailed::NotEmpty(folder.to_owned()));
        }
        Ok(Self(folder))
    }

    fn write_all(
        &self,
        store: &mut Reading,
        mut told: impl FnMut(usize, usize),
    ) -> Result<Vec<ExportedEnvelope>, ExportFailed> {
        let mut exported = Vec::new();
        let all = store.all();
        for (done, key) in all.iter().enumerate() {
            told(done, all.len());
            let Some(KeptEnvelope { key, bytes, .. }) = store.read(*key) else { continue };
            let EnvelopeKey { application, part } = key;
            let envelope = ExportedEnvelope { application, part, sha256: sha256(&bytes) };
            self.write(&envelope.file(exported.len()), &bytes)?;
            exported.push(envelope);
        }
        Ok(exported)
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> Result<(), ExportFailed> {
        let path = self.0.join(file);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| File::create_new(&path)?.write_all(bytes));
        written.map_err(medium("write", &path))
    }

    /// The manifest comes when everything else is on the medium.
    fn finish(&self, manifest: &[u8]) -> Result<(), ExportFailed> {
        self.sync()?;
        self.write(Path::new(MANIFEST), manifest)?;
        self.sync()
    }

    fn sync(&self) -> Result<(), ExportFailed> {
        let sync = || File::open(self.0).and_then(|folder| Ok(rustix::fs::syncfs(&folder)?));
        sync().map_err(medium("write everything to", self.0))
    }
}

fn medium(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportFailed {
    let path = path.to_owned();
    move |source| ExportFailed::Medium { action, path, source }
}

/// Lower-case hexadecimal, as a manifest says it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}
