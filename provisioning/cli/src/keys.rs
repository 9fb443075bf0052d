//! Making keys and certificates.

use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::digest;
use jiff::Timestamp;
use madoguchi_authority::{
    CA_CERTIFICATE_FILE, CA_KEY_FILE, CERTIFICATE_FILE, CertificateAuthority, KEY_FILE, Role,
    Validity, files,
};
use madoguchi_envelope::bundle::MunicipalKey as SigningKey;
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_protocol::time::in_japan;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::json;

use crate::arguments::{Ca, Certificate, IssuedRole, KemName, MunicipalKey, SealingKey};
use crate::report::Report;

pub(crate) fn municipal_key(MunicipalKey::Create { out }: MunicipalKey) -> Result<Report> {
    let key = SigningKey::generate().context("no key could be made")?;
    written(files::write_municipal_key(&out, &key))?;
    let fingerprint = key.public().context("the new key cannot be read")?.fingerprint();
    let private = out.join(files::MUNICIPAL_KEY_FILE);
    let public = out.join(files::MUNICIPAL_PUBLIC_FILE);
    let words = format!(
        "The municipal key is made.\n\
         private      {}   (keep it offline; nothing can replace it)\n\
         public       {}\n\
         fingerprint  {fingerprint}\n\
         \n\
         Next: write the fingerprint into the installation's record, make a copy of the private\n\
         half for the safe, and make the authority with `ca create`.",
        private.display(),
        public.display(),
    );
    Report::new(&json!({"private": private, "public": public, "fingerprint": fingerprint}), words)
}

pub(crate) fn ca(Ca::Create { tenant, out, days }: Ca) -> Result<Report> {
    let authority = CertificateAuthority::create(&tenant, Validity::days(Timestamp::now(), days))
        .context("no authority could be made")?;
    written(authority.write(&out))?;
    let sha256 = fingerprint(authority.root().certificate());
    let until = authority.root().not_after();
    let (certificate, key) = (out.join(CA_CERTIFICATE_FILE), out.join(CA_KEY_FILE));
    let words = format!(
        "The authority of {tenant} is made, valid until {}.\n\
         private      {}   (for the registrar alone)\n\
         certificate  {}\n\
         SHA-256      {sha256}\n\
         \n\
         Next: `certificate issue` for intake, office and registrar, and for each operator.",
        in_japan(until),
        key.display(),
        certificate.display(),
    );
    let json = json!({
        "tenant": tenant, "certificate": certificate, "key": key, "sha256": sha256,
        "not_after": until,
    });
    Report::new(&json, words)
}

pub(crate) fn certificate(command: Certificate) -> Result<Report> {
    let Certificate::Issue { role, name, dns, ip, ca, out, days } = command;
    let authority = CertificateAuthority::read_dir(&ca)
        .with_context(|| format!("there is no authority in {}", ca.display()))?;
    let wanted = Validity::days(Timestamp::now(), days);
    let validity = authority.granted(wanted).context("no certificate could be issued")?;
    let names = server_names(&dns, &ip)?;
    let credential = match role.of_the_core() {
        Some(role) => {
            if name.is_some_and(|name| name != role.as_str()) {
                bail!("the {role} has no other name than its role: leave --name out");
            }
            if names.is_empty() {
                bail!("say with --dns or --ip under which name the {role} is reached");
            }
            authority.issue_role(role, &names, validity)
        }
        None => {
            if !names.is_empty() {
                bail!("an operator is a person: leave --dns and --ip out");
            }
            let name = name.unwrap_or_default().parse().context("--name")?;
            authority.issue_operator(&name, validity)
        }
    };
    let credential = credential.context("no certificate could be issued")?;
    written(credential.write(&out))?;

    let identity = credential.identity().context("the new certificate cannot be read")?;
    let certificate = CertificateDer::from_pem_slice(credential.certificate_pem().as_bytes())
        .context("the new certificate cannot be read")?;
    let sha256 = fingerprint(&certificate);
    let (certificate, key) = (out.join(CERTIFICATE_FILE), out.join(KEY_FILE));
    let next = match role {
        IssuedRole::Operator => "give the folder to the operator, for `--identity`.",
        _ => "name both files in core.toml.",
    };
    let until = validity.until();
    let cut = if until < wanted.until() {
        format!(", the end of its authority: shorter than the {days} days asked for")
    } else {
        String::new()
    };
    let words = format!(
        "A certificate is issued to {identity}, valid until {}{cut}.\n\
         private      {}\n\
         certificate  {}\n\
         SHA-256      {sha256}\n\
         \n\
         Next: {next}",
        in_japan(until),
        key.display(),
        certificate.display(),
    );
    let identity = identity.to_string();
    let json = json!({
        "identity": identity, "certificate": certificate, "key": key, "sha256": sha256,
        "not_after": until,
    });
    Report::new(&json, words)
}

pub(crate) fn sealing_key(SealingKey::Create { out, kem }: SealingKey) -> Result<Report> {
    let (name, kem) = match kem {
        KemName::XWing => ("x-wing", Kem::XWing),
        KemName::X25519 => ("x25519", Kem::X25519),
    };
    let key = SealingPrivateKey::generate(kem);
    let private = written(files::write_sealing_key(&out, &key))?;
    let public = private.with_extension("json");
    let id = key.public().id;
    let words = format!(
        "The sealing key {id} ({name}) is made.\n\
         private      {}   (for the office alone)\n\
         public       {}\n\
         \n\
         Next: give the private half to the office, then `bundle sign --kind sealing-keys` and\n\
         `bundle publish`. Devices seal to it from then on.",
        private.display(),
        public.display(),
    );
    let json = json!({"id": id, "kem": name, "private": private, "public": public});
    Report::new(&json, words)
}

impl IssuedRole {
    fn of_the_core(self) -> Option<Role> {
        match self {
            Self::Intake => Some(Role::Intake),
            Self::Office => Some(Role::Office),
            Self::Registrar => Some(Role::Registrar),
            Self::Operator => None,
        }
    }
}

fn server_names(dns: &[String], ip: &[std::net::IpAddr]) -> Result<Vec<ServerName<'static>>> {
    let mut names = Vec::new();
    for name in dns {
        let parsed = ServerName::try_from(name.clone());
        match parsed {
            Ok(parsed @ ServerName::DnsName(_)) => names.push(parsed),
            _ => bail!("--dns {name:?} is not a host name; addresses go with --ip"),
        }
    }
    names.extend(ip.iter().map(|ip| ServerName::from(*ip)));
    Ok(names)
}

fn written<T, E>(result: Result<T, E>) -> Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    result.map_err(|error| never_overwritten("keys are", error))
}

/// Says what to do when a file is already there that is never overwritten.
pub(crate) fn never_overwritten<E>(what: &str, error: E) -> anyhow::Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    let error = anyhow::Error::new(error);
    let there = |e: &io::Error| e.kind() == io::ErrorKind::AlreadyExists;
    if error.chain().any(|e| e.downcast_ref().is_some_and(there)) {
        error.context(format!("{what} never overwritten: choose another --out"))
    } else {
        error
    }
}

/// SHA-256 of a certificate, lower-case hexadecimal.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = digest::digest(&digest::SHA256, certificate);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// The municipal public key of a file, or of a folder that has it.
pub(crate) fn municipal_public_key(
    path: &Path,
) -> Result<madoguchi_envelope::bundle::MunicipalPublicKey> {
    let file =
        if path.is_dir() { path.join(files::MUNICIPAL_PUBLIC_FILE) } else { path.to_owned() };
    files::read_municipal_public_key(&file).context("--municipal-key")
}
