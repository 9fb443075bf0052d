//! Who a certificate speaks for: exactly one SAN URI, written and read only here.

use std::fmt;
use std::str::FromStr;

use madoguchi_protocol::{DeviceId, SiteId, TenantId};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

const PREFIX: &str = "urn:madoguchi:";

/// Who a certificate speaks for.
///
/// As text: `urn:madoguchi:<tenant>:device:<site>:<device>`, `urn:madoguchi:<tenant>:role:<role>`,
/// `urn:madoguchi:<tenant>:operator:<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A kiosk or another device.
    Device {
        /// Its municipality.
        tenant: TenantId,
        /// Where it stands.
        site: SiteId,
        /// Its name.
        device: DeviceId,
    },
    /// A role of the core.
    Role {
        /// Its municipality.
        tenant: TenantId,
        /// Which role.
        role: Role,
    },
    /// A person who runs the system (情報担当).
    Operator {
        /// The municipality.
        tenant: TenantId,
        /// The operator's name in the system.
        name: OperatorName,
    },
}

/// The roles of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Takes envelopes and gives ticket blocks.
    Intake,
    /// Opens envelopes.
    Office,
    /// Enrols devices and hands out bundles.
    Registrar,
}

/// An operator's name in the system, as `sato`: 1 to 32 of a-z, 0-9 and '-'.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorName(String);

/// A text or certificate that says no identity of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentity {
    /// Not one of the three forms.
    #[error("not an identity of the form urn:madoguchi:<tenant>:device|role|operator:…")]
    Form,
    /// Not a role.
    #[error("a role is intake, office or registrar")]
    Role,
    /// Not an operator's name.
    #[error("an operator's name is 1 to 32 of a-z, 0-9 and '-'")]
    Operator,
    /// Not DER of an X.509 certificate.
    #[error("not a certificate")]
    Certificate,
    /// No URI, or more than one, so it would be a matter of taste who it is.
    #[error("the certificate has {0} identities, not one")]
    NotOne(usize),
}

impl Identity {
    /// The municipality it belongs to.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        match self {
            Self::Device { tenant, .. }
            | Self::Role { tenant, .. }
            | Self::Operator { tenant, .. } => tenant,
        }
    }

    /// What a certificate says. Proves nothing about who issued it.
    ///
    /// # Errors
    /// [`BadIdentity`] when there is not exactly one URI, or it is not one of ours.
    pub fn of_certificate(der: &CertificateDer<'_>) -> Result<Self, BadIdentity> {
        only_uri(der)?.parse()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { tenant, site, device } => {
                write!(f, "{PREFIX}{tenant}:device:{site}:{device}")
            }
            Self::Role { tenant, role } => write!(f, "{PREFIX}{tenant}:role:{role}"),
            Self::Operator { tenant, name } => write!(f, "{PREFIX}{tenant}:operator:{name}"),
        }
    }
}

impl FromStr for Identity {
    type Err = BadIdentity;

    fn from_str(text: &str) -> Result<Self, BadIdentity> {
        let form = |_| BadIdentity::Form;
        let words: Vec<&str> =
            text.strip_prefix(PREFIX).ok_or(BadIdentity::Form)?.split(':').collect();
        match words.as_slice() {
            [tenant, "device", site, device] => Ok(Self::Device {
                tenant: tenant.parse().map_err(form)?,
                site: site.parse().map_err(form)?,
                device: device.parse().map_err(form)?,
            }),
            [tenant, "role", role] => {
                Ok(Self::Role { tenant: tenant.parse().map_err(form)?, role: role.parse()? })
            }
            [tenant, "operator", name] => {
                Ok(Self::Operator { tenant: tenant.parse().map_err(form)?, name: name.parse()? })
            }
            _ => Err(BadIdentity::Form),
        }
    }
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Intake, Self::Office, Self::Registrar];

    /// As in the certificate, in configuration and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Office => "office",
            Self::Registrar => "registrar",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = BadIdentity;
    fn from_str(text: &str) -> Result<Self, BadIdentity> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(BadIdentity::Role)
    }
}

impl OperatorName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OperatorName {
    type Err = BadIdentity;
    fn from_str(text: &str) -> Result<Self, BadIdentity> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=32).contains(&text.len()) && !text.starts_with('-') && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadIdentity::Operator)
        }
    }
}

/// The authority's own URI: it names its tenant, so that no one has to repeat it.
pub(crate) fn authority_uri(tenant: &TenantId) -> String {
    format!("{PREFIX}{tenant}:authority")
}

/// The tenant of an authority's certificate.
pub(crate) fn authority_tenant(der: &CertificateDer<'_>) -> Result<TenantId, BadIdentity> {
    let uri = only_uri(der)?;
    let tenant = uri.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(":authority"));
    tenant.ok_or(BadIdentity::Form)?.parse().map_err(|_| BadIdentity::Form)
}

fn only_uri<'a>(der: &'a CertificateDer<'_>) -> Result<&'a str, BadIdentity> {
    let certificate = EndEntityCert::try_from(der).map_err(|_| BadIdentity::Certificate)?;
    let uris: Vec<&str> = certificate.valid_uri_names().collect();
    match uris.as_slice() {
        [uri] => Ok(uri),
        others => Err(BadIdentity::NotOne(others.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identity_reads_back_as_written() {
        for text in [
            "urn:madoguchi:tokiwa:device:honcho:kiosk-01",
            "urn:madoguchi:tokiwa:role:intake",
            "urn:madoguchi:tokiwa:role:office",
            "urn:madoguchi:tokiwa:role:registrar",
            "urn:madoguchi:tokiwa:operator:sato",
        ] {
            let identity: Identity = text.parse().expect("an identity");
            assert_eq!(identity.to_string(), text);
            assert_eq!(identity.tenant().as_str(), "tokiwa");
        }
    }

    #[test]
    fn what_is_not_exactly_an_identity_is_refused() {
        for text in [
            "",
            "urn:madoguchi:tokiwa",
            "urn:madoguchi:tokiwa:device:honcho",
            "urn:madoguchi:tokiwa:device:honcho:kiosk-01:x",
            "urn:madoguchi:tokiwa:device::kiosk-01",
            "urn:madoguchi:tokiwa:role:clerk",
            "urn:madoguchi:tokiwa:operator:-sato",
            "urn:madoguchi:tokiwa:operator:Sato",
            "urn:madoguchi:tokiwa:authority",
            "URN:madoguchi:tokiwa:role:office",
        ] {
            assert!(text.parse::<Identity>().is_err(), "{text}");
        }
    }
}
