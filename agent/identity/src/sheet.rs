//! The enrolment sheet: what an operator hands to the person who sets up a device.

use std::fmt;

use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_protocol::{DeviceId, SiteId, TenantId};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::settings::{DeviceSettings, Endpoint};

/// Longest sheet that is read, in bytes.
const MAX_SHEET: usize = 64 * 1024;

/// The one-time token. Whoever holds it can enrol the device, so it is never printed in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes the registrar's text as it is: only the registrar knows what is a good one.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the request to the registrar.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Everything a device needs to enrol and to trust nobody else afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolmentSheet {
    /// Who the device will be, and its endpoints.
    pub settings: DeviceSettings,
    /// Shown to the registrar once.
    pub token: Token,
    /// The registrar takes the token until then.
    pub expires_at: jiff::Timestamp,
    /// The key by which bundles are signed.
    pub municipal_key: MunicipalPublicKey,
    /// The only roots this device will ever trust; at least one.
    pub ca: Vec<CertificateDer<'static>>,
    ca_pem: String,
}

/// The sheet as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tenant: TenantId,
    site: SiteId,
    device: DeviceId,
    registrar: Endpoint,
    intakes: Vec<Endpoint>,
    token: Token,
    expires_at: jiff::Timestamp,
    municipal_key: String,
    municipal_key_fingerprint: String,
    ca: String,
}

/// Why a sheet cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Longer than a sheet can be.
    #[error("the enrolment sheet has {0} bytes: this is another file")]
    TooLong(usize),
    /// Not TOML, or not the keys of a sheet.
    #[error("enrolment sheet, line {line}, column {column}: {message}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there; the line itself may hold the token and is not repeated.
        message: String,
    },
    /// TOML of the right shape that says something impossible.
    #[error("enrolment sheet, {key}: {message}")]
    Meaning {
        /// Which key.
        key: &'static str,
        /// What is wrong with it and what to do.
        message: String,
    },
}

fn meaning(key: &'static str, message: impl ToString) -> SheetError {
    SheetError::Meaning { key, message: message.to_string() }
}

impl EnrolmentSheet {
    /// A sheet for a new device.
    ///
    /// # Errors
    /// [`SheetError::Meaning`] when there is no intake or no certificate in `ca_pem`.
    pub fn new(
        settings: DeviceSettings,
        token: Token,
        expires_at: jiff::Timestamp,
        municipal_key: MunicipalPublicKey,
        ca_pem: String,
    ) -> Result<Self, SheetError> {
        if settings.intakes.is_empty() {
            return Err(meaning("intakes", "name at least one"));
        }
        let ca = CertificateDer::pem_slice_iter(ca_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| meaning("ca", e))?;
        if ca.is_empty() {
            return Err(meaning("ca", "there is no certificate in it"));
        }
        Ok(Self { settings, token, expires_at, municipal_key, ca, ca_pem })
    }

    /// Reads a sheet; the fingerprint is computed again and must be the one written.
    ///
    /// # Errors
    /// [`SheetError`], with the place.
    pub fn parse(text: &str) -> Result<Self, SheetError> {
        if text.len() > MAX_SHEET {
            return Err(SheetError::TooLong(text.len()));
        }
        let written: Written = toml::from_str(text).map_err(|e| syntax(text, &e))?;
        let municipal_key = MunicipalPublicKey::from_base64(&written.municipal_key)
            .map_err(|e| meaning("municipal_key", e))?;
        let fingerprint = municipal_key.fingerprint();
        if fingerprint != written.municipal_key_fingerprint.trim() {
            let message = format!(
                "the key's fingerprint is {fingerprint}, not the one written: the sheet was altered; \
                 ask for a new one"
            );
            return Err(meaning("municipal_key_fingerprint", message));
        }
        let settings = DeviceSettings {
            tenant: written.tenant,
            site: written.site,
            device: written.device,
            registrar: written.registrar,
            intakes: written.intakes,
        };
        Self::new(settings, written.token, written.expires_at, municipal_key, written.ca)
    }

    /// The sheet as TOML. It holds the token: write it to a file that only its owner can read.
    #[must_use]
    pub fn to_toml(&self) -> Zeroizing<String> {
        let settings = self.settings.clone();
        let written = Written {
            tenant: settings.tenant,
            site: settings.site,
            device: settings.device,
            registrar: settings.registrar,
            intakes: settings.intakes,
            token: self.token.clone(),
            expires_at: self.expires_at,
            municipal_key: self.municipal_key.to_base64(),
            municipal_key_fingerprint: self.municipal_key.fingerprint(),
            ca: self.ca_pem.clone(),
        };
        // Strings and a list of strings: nothing in it that TOML cannot say.
        Zeroizing::new(toml::to_string(&written).expect("a sheet is TOML"))
    }

    /// The CA's certificates, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> SheetError {
    let before = error.span().map_or("", |s| text.get(..s.start).unwrap_or(text));
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    SheetError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_envelope::bundle::MunicipalKey;

    use super::*;

    fn sheet() -> EnrolmentSheet {
        let ca = rcgen::generate_simple_self_signed(["ca".into()]).expect("a certificate");
        let key = MunicipalKey::generate().and_then(|k| k.public()).expect("a key");
        let settings = DeviceSettings {
            tenant: "tokiwa".parse().expect("a tenant"),
            site: "honcho".parse().expect("a site"),
            device: "kiosk-01".parse().expect("a device"),
            registrar: "https://localhost:8443".parse().expect("an endpoint"),
            intakes: vec!["https://localhost:8444".parse().expect("an endpoint")],
        };
        let token = Token::new("geheim-0123456789".into());
        EnrolmentSheet::new(
            settings,
            token,
            "2026-11-22T03:00:00Z".parse().expect("a time"),
            key,
            ca.cert.pem(),
        )
        .expect("a sheet")
    }

    #[test]
    fn a_sheet_reads_back_as_written() {
        let sheet = sheet();
        let read = EnrolmentSheet::parse(&sheet.to_toml()).expect("a sheet");
        assert_eq!(read, sheet);
    }

    #[test]
    fn a_swapped_municipal_key_is_noticed() {
        let text = sheet().to_toml();
        let other = sheet().municipal_key.to_base64();
        let swapped = text.replace(&sheet_key(&text), &other);
        let error = EnrolmentSheet::parse(&swapped).expect_err("altered");
        assert!(
            matches!(error, SheetError::Meaning { key: "municipal_key_fingerprint", .. }),
            "{error}"
        );
    }

    fn sheet_key(text: &str) -> String {
        EnrolmentSheet::parse(text).expect("a sheet").municipal_key.to_base64()
    }

    #[test]
    fn errors_name_the_line_and_never_repeat_the_token() {
        let text = sheet().to_toml();
        let unknown = text.replacen("site =", "sight =", 1);
        let error = EnrolmentSheet::parse(&unknown).expect_err("an unknown key");
        assert!(matches!(error, SheetError::Syntax { line: 2, .. }), "{error}");
        assert!(error.to_string().contains("sight"), "{error}");

        let broken = text.replace("token = \"geheim", "token = \"\\qgeheim");
        let error = EnrolmentSheet::parse(&broken).expect_err("broken TOML");
        assert!(!error.to_string().contains("geheim"), "{error}");
        assert!(!format!("{:?}", sheet()).contains("geheim"));
    }
}
