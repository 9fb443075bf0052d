//! Admitting devices.

use std::io;

use anyhow::{Context as _, Result};
use madoguchi_authority::Role;
use madoguchi_durable::{Readers, Reserved};
use madoguchi_identity::{DeviceSettings, EnrolmentSheet, Token};
use madoguchi_protocol::core_api::{DEVICES, Devices, EnrolmentToken, NewDevice};
use madoguchi_protocol::time::in_japan;
use serde_json::json;

use crate::arguments::{Add, Device};
use crate::connection::Connection;
use crate::keys;
use crate::report::Report;

pub(crate) fn run(command: Device) -> Result<Report> {
    match command {
        Device::Add(add) => self::add(*add),
        Device::List { registrar, operator } => {
            list(&Connection::open(&operator, &registrar, Role::Registrar)?)
        }
    }
}

fn add(arguments: Add) -> Result<Report> {
    let Add { device, site, registrar, intake, municipal_key, sheet: path, operator } = arguments;
    // Before the token is made: it is shown only once, and makes the former void.
    let sheet_file = Reserved::new(&path).map_err(|e| {
        let there = e.kind() == io::ErrorKind::AlreadyExists;
        let what = if there { "is not overwritten" } else { "cannot be written" };
        anyhow::Error::new(e).context(format!("--sheet: {} {what}", path.display()))
    })?;
    let municipal_key = keys::municipal_public_key(&municipal_key)?;
    let ca_pem = std::fs::read_to_string(&operator.ca).context("--ca")?;
    let connection = Connection::open(&operator, &registrar, Role::Registrar)?;

    let new = NewDevice { device: device.clone(), site: site.clone() };
    let EnrolmentToken { token, expires_at, .. } = connection.post(DEVICES, &new)?;
    let tenant = connection.tenant().clone();
    let settings = DeviceSettings {
        tenant,
        site: site.clone(),
        device: device.clone(),
        registrar,
        intakes: intake,
    };
    let sheet =
        EnrolmentSheet::new(settings, Token::new(token), expires_at, municipal_key, ca_pem)?;
    sheet_file.create(sheet.to_toml().as_bytes(), Readers::Owner).with_context(|| {
        format!(
            "{} could not be written, and the token is lost: run the command again for a new one",
            path.display()
        )
    })?;

    let fingerprint = municipal_key.fingerprint();
    let words = format!(
        "{device} at {site} may enrol until {}.\n\
         sheet          {}   (holds a one-time token: carry it by hand)\n\
         municipal key  {fingerprint}   (compare it with the installation's record)\n\
         \n\
         Next: on the device, `madoguchi-agent enrol --config agent.toml --sheet {}`,\n\
         then destroy the sheet.",
        in_japan(expires_at),
        path.display(),
        path.file_name().unwrap_or_default().display(),
    );
    let json = json!({
        "device": device, "site": site, "sheet": path, "expires_at": expires_at,
        "municipal_key_fingerprint": fingerprint,
    });
    Report::new(&json, words)
}

fn list(registrar: &Connection) -> Result<Report> {
    let devices: Devices = registrar.get(DEVICES, &[])?;
    let mut words = String::new();
    if devices.devices.is_empty() {
        words.push_str("There is no device yet. Next: `device add`.");
    }
    for device in &devices.devices {
        let state = match (&device.enrolled_at, &device.certificate_sha256) {
            (Some(at), Some(sha256)) => {
                let certificate: String = sha256.chars().take(16).collect();
                format!("enrolled {}, certificate {certificate}", in_japan(*at))
            }
            _ => "not enrolled yet".to_owned(),
        };
        words.push_str(&format!("{:<24} {:<16} {state}\n", device.device, device.site));
    }
    Report::new(&devices, words)
}
