//! `permit …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use madoguchi_protocol::{DeviceId, TenantId};

#[derive(Debug, Subcommand)]
pub(crate) enum Permit {
    /// Allow one device to hand over on a medium what it could not deliver. Works offline.
    ///
    /// For the day the network is gone for good: carry the permit to the device, stop the agent
    /// there, run `madoguchi-agent export --permit FILE --to FOLDER`, carry the folder to the intake's
    /// machine and run `madoguchi-core import --config core.toml FOLDER` there. What leaves the device
    /// is sealed to the office.
    Export(ExportPermit),
}

#[derive(Debug, Args)]
pub(crate) struct ExportPermit {
    /// Whose device it is.
    #[arg(long)]
    pub(crate) tenant: TenantId,
    /// The device's name, as `kiosk-01`.
    #[arg(long)]
    pub(crate) device: DeviceId,
    /// For how many hours, at most a week.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=168))]
    pub(crate) hours: u16,
    /// From when on, as 2026-11-22T09:00:00+09:00; without it, from now on. The device's clock
    /// counts.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Folder of the municipal key, as `municipal-key create` made it.
    #[arg(long, value_name = "DIR")]
    pub(crate) municipal_key: PathBuf,
    /// Where the permit goes. A file that is already there is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
