#![allow(dead_code, reason = "each test program uses a part of it")]
//! A stage without a screen, and a screen without a person: for tests of the agent's promises.

pub mod kiosk;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
pub use madoguchi_stage::BareScreen;
use madoguchi_stage::namespaces::Private;
use madoguchi_stage::{Backlog, Core, Device, Programs, Reader, Stop};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A reader and no invisible screen.
pub const PRIVATE: Private = Private { reader: true, screen: false };

/// Core, reader and an enrolled device whose agent runs.
pub struct Office {
    // Dropped in this order.
    pub device: Device,
    pub core: Core,
    pub reader: Reader,
    pub programs: Programs,
    pub logs: PathBuf,
}

impl Office {
    pub fn open(work: &Path, stop: &Stop) -> Result<Self> {
        Self::open_as(1, &[], work, stop)
    }

    /// With two intakes, each with a database of its own.
    pub fn open_with_two_intakes(work: &Path, stop: &Stop) -> Result<Self> {
        Self::open_as(2, &[], work, stop)
    }

    /// `prefix`: what the agent is started with, as a tracer.
    pub fn open_with_agent(work: &Path, prefix: &[OsString], stop: &Stop) -> Result<Self> {
        Self::open_as(1, prefix, work, stop)
    }

    fn open_as(intakes: usize, prefix: &[OsString], work: &Path, stop: &Stop) -> Result<Self> {
        let programs = Programs::beside_this_one()?;
        let logs = work.join("logs");
        std::fs::create_dir_all(&logs)?;
        let repository = Path::new("../..").canonicalize()?;
        let reader = Reader::start(&logs, stop)?;
        let core = {
            let profile = Core::usual_profile(&repository);
            Core::start(intakes, &programs, &repository, &profile, work, &logs, stop)?
        };
        let sheet = core.admit_device()?;
        let mut device = Device::enrol(&programs, &sheet, prefix, None, work, &logs)?;
        device.start(stop)?;
        Ok(Self { device, core, reader, programs, logs })
    }
}

impl Office {
    /// What fills the store of the device, which has its settings and numbers then.
    pub fn backlog(&self) -> Result<Backlog> {
        BareScreen::connect(&self.device.socket())?;
        let packs = Path::new("../..").canonicalize()?.join("provisioning/procedures");
        Backlog::of(&self.device.state(), self.core.folder(), &packs)
    }
}
