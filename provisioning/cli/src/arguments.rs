//! The command line, and its manual.

mod alert;
mod office;
mod pack;
mod permit;
mod staff;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use madoguchi_identity::Endpoint;
use madoguchi_protocol::{ApplicationId, DeviceId, SiteId, TenantId};

pub(crate) use self::alert::Alert;
pub(crate) use self::office::Office;
pub(crate) use self::pack::{Pack, SchemaName};
pub(crate) use self::permit::{ExportPermit, Permit};
pub(crate) use self::staff::{Clerk, Counter};

/// Sets up and looks after a Madoguchi installation.
///
/// The first time, on a machine that stays offline:
///
///     madoguchi-provision municipal-key create --out municipal
///     madoguchi-provision ca create --tenant tokiwa --out ca
///     madoguchi-provision sealing-key create --out sealing
///
/// then a certificate for each role of the core and for each operator (`certificate issue`), the
/// bundles (`bundle sign`, `bundle publish`), and for every kiosk an enrolment sheet (`device add`).
///
/// Keys are never overwritten. Files with a secret can be read by their owner alone (0600).
/// The exit status is 0 on success, 1 on failure and 2 when the command line is wrong.
#[derive(Debug, Parser)]
#[command(name = "madoguchi-provision", version, verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Print one JSON object on standard output; an error becomes {"error": "…"} on standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The municipality's own key, which signs packs, profiles and sealing keys.
    #[command(subcommand)]
    MunicipalKey(MunicipalKey),
    /// The authority that certifies the core, the operators and the devices.
    #[command(subcommand)]
    Ca(Ca),
    /// Certificates for the core's roles and for operators.
    #[command(subcommand)]
    Certificate(Certificate),
    /// Keys to which devices seal applications; only the office can open them.
    #[command(subcommand)]
    SealingKey(SealingKey),
    /// Procedure packs, while they are written.
    #[command(subcommand)]
    Pack(Pack),
    /// What devices are told: packs, profiles and sealing keys, signed offline.
    #[command(subcommand)]
    Bundle(Bundle),
    /// Kiosks and counters.
    #[command(subcommand)]
    Device(Device),
    /// What a device does only when the municipality allows it, signed offline.
    #[command(subcommand)]
    Permit(Permit),
    /// Applications that reached the office.
    #[command(subcommand)]
    Application(Application),
    /// Devices at which somebody is needed.
    #[command(subcommand)]
    Alert(Alert),
    /// Who may log in at the counters.
    #[command(subcommand)]
    Clerk(Clerk),
    /// Which device stands at which counter.
    #[command(subcommand)]
    Counter(Counter),
    /// What the office knows of its own state.
    #[command(subcommand)]
    Office(Office),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MunicipalKey {
    /// Make the municipal key.
    ///
    /// Writes `municipal.key` (private, 0600) and `municipal.pub`, and prints the fingerprint that
    /// stands on every enrolment sheet. Devices trust this key for as long as they are enrolled:
    /// keep the private half on a machine or medium that is never connected, with a copy in the
    /// safe.
    Create {
        /// Folder for the two files; it is made when there is none.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ca {
    /// Make the certificate authority of a municipality.
    ///
    /// Writes `ca.key` (private, 0600) and `ca.pem`. The registrar needs both to enrol devices;
    /// everybody else needs `ca.pem` alone.
    Create {
        /// The municipality, as `tokiwa`: 1 to 32 of a-z, 0-9 and '-'. It cannot be changed later.
        #[arg(long)]
        tenant: TenantId,
        /// Folder for the two files; it is made when there is none.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// How many days it is valid.
        #[arg(long, default_value_t = 3650, value_parser = clap::value_parser!(u16).range(1..))]
        days: u16,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Certificate {
    /// Issue a certificate with a fresh key.
    ///
    /// Writes `certificate.pem` and `key.pem` (private, 0600). Devices do not get theirs here: they
    /// make their own key and enrol (`device add`).
    Issue {
        /// For which role of the core, or for an operator.
        #[arg(long)]
        role: IssuedRole,
        /// The operator's name in the system, as `sato`. A role of the core has no other name than
        /// the role.
        #[arg(long, required_if_eq("role", "operator"))]
        name: Option<String>,
        /// A name under which the role is reached. May be given several times.
        #[arg(long, value_name = "NAME")]
        dns: Vec<String>,
        /// An address under which the role is reached. May be given several times.
        #[arg(long, value_name = "ADDRESS")]
        ip: Vec<IpAddr>,
        /// Folder of the authority, as `ca create` made it.
        #[arg(long, value_name = "DIR")]
        ca: PathBuf,
        /// Folder for the two files; it is made when there is none.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// How many days it is valid; it ends with its authority at the latest.
        #[arg(long, default_value_t = 397, value_parser = clap::value_parser!(u16).range(1..))]
        days: u16,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IssuedRole {
    /// Takes envelopes from devices.
    Intake,
    /// Opens envelopes in the staff network.
    Office,
    /// Enrols devices and hands out bundles.
    Registrar,
    /// A person who types this program's commands.
    Operator,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SealingKey {
    /// Make a key to which devices seal applications.
    ///
    /// Writes `sealing-ID.key` (private, 0600, for the office alone) and `sealing-ID.json` (for
    /// the bundle). Until a bundle with the public half is published, no device uses it.
    Create {
        /// Folder for the two files; it is made when there is none.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Which mechanism.
        #[arg(long, default_value = "x-wing")]
        kem: KemName,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KemName {
    /// X25519 and ML-KEM-768 together: what is sealed today stays closed to a quantum computer.
    XWing,
    /// X25519 alone: the fallback.
    #[value(name = "x25519")]
    X25519,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Sign packs, a profile or sealing keys with the municipal key. Works offline.
    ///
    /// Everything is checked before it is signed; a mistake is named with its file, line and
    /// column. An existing FILE is replaced only when it is a former generation of the same bundle.
    Sign(Sign),
    /// Hand a signed bundle to the registrar, which hands it to the devices.
    ///
    /// The registrar refuses a generation that is not newer than the one it has.
    Publish {
        /// What `bundle sign` wrote.
        file: PathBuf,
        /// The registrar, as https://host:port.
        #[arg(long, value_name = "URL")]
        registrar: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// What is signed.
    #[arg(long)]
    pub(crate) kind: Kind,
    /// Larger than every generation of this kind (and, for a profile, of this device) before.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=i64::MAX as u64))]
    pub(crate) generation: u64,
    /// Whose bundle it is.
    #[arg(long)]
    pub(crate) tenant: TenantId,
    /// Folder of the municipal key, as `municipal-key create` made it.
    #[arg(long, value_name = "DIR")]
    pub(crate) municipal_key: PathBuf,
    /// For --kind packs: a procedure pack, or a folder with several (*.toml). May be given several
    /// times.
    #[arg(long, value_name = "PATH", required_if_eq("kind", "packs"))]
    pub(crate) packs: Vec<PathBuf>,
    /// For --kind packs: a life event, which leads to several packs. May be given several times;
    /// they are shown in that order.
    #[arg(long, value_name = "FILE")]
    pub(crate) life_event: Vec<PathBuf>,
    /// For --kind packs: the municipality's 町丁目, from which new addresses are picked.
    #[arg(long, value_name = "FILE")]
    pub(crate) towns: Option<PathBuf>,
    /// For --kind profile: the device's profile. Given with --packs as well, for either kind, a
    /// warning names the packs that this device will not show.
    #[arg(long, value_name = "FILE", required_if_eq("kind", "profile"))]
    pub(crate) profile: Option<PathBuf>,
    /// For --kind sealing-keys: a folder with the public halves (sealing-*.json). Devices use the
    /// first one they can: X-Wing stands before X25519.
    #[arg(long, value_name = "DIR", required_if_eq("kind", "sealing-keys"))]
    pub(crate) sealing_keys: Option<PathBuf>,
    /// Where the signed bundle goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The office's public keys.
    SealingKeys,
    /// Procedure packs.
    Packs,
    /// Settings of one device.
    Profile,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// Admit a device and write its enrolment sheet.
    ///
    /// The sheet (0600) holds a token that enrols the device once, and everything the device will
    /// trust afterwards. Carry it to the device, run `madoguchi-agent enrol` there and destroy it.
    /// For a device that is known already this makes a new token; older ones become void.
    Add(Box<Add>),
    /// List all devices, and when each enrolled.
    List {
        /// The registrar, as https://host:port.
        #[arg(long, value_name = "URL")]
        registrar: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The device's name, as `kiosk-01`: unique in the municipality.
    #[arg(long)]
    pub(crate) device: DeviceId,
    /// The building in which it stands, as `honcho`.
    #[arg(long)]
    pub(crate) site: SiteId,
    /// The registrar, as https://host:port. The device uses the same address.
    #[arg(long, value_name = "URL")]
    pub(crate) registrar: Endpoint,
    /// Where the device delivers, as https://host:port. May be given several times, the preferred
    /// one first.
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) intake: Vec<Endpoint>,
    /// The municipal public key (`municipal.pub`), or the folder that has it.
    #[arg(long, value_name = "PATH")]
    pub(crate) municipal_key: PathBuf,
    /// Where the sheet goes. A file that is already there is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) sheet: PathBuf,
    #[command(flatten)]
    pub(crate) operator: Operator,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Application {
    /// List what the office has, without anything about a person: numbers, times, and what came late
    /// and waits until somebody has looked whether it was already done on paper (照合待ち).
    List {
        /// Only what waits for reconciliation.
        #[arg(long)]
        awaiting_reconciliation: bool,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
    /// Show one application as the office opened it. The office records who asked, and why.
    ///
    /// What is printed is about a person: close the terminal afterwards.
    Show {
        /// The application's id (a UUIDv7, as in the logs of device and core).
        id: ApplicationId,
        /// Why it is opened, in words.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        /// Packs (*.toml) by whose labels fields and choices are shown; without them, by key.
        #[arg(long, value_name = "PATH")]
        packs: Vec<PathBuf>,
        #[command(flatten)]
        operator: Operator,
    },
}

/// Who asks, and whom to trust.
#[derive(Debug, Args)]
pub(crate) struct Operator {
    /// Folder of the operator's certificate, as `certificate issue --role operator` made it.
    #[arg(long, value_name = "DIR")]
    pub(crate) identity: PathBuf,
    /// The authority's certificate (`ca.pem`), the only root that is trusted.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Arguments::command().debug_assert();
    }
}
