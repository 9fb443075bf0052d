//! Who a device is and whom it speaks to: `device.toml`, and the first lines of a sheet.

use std::fmt;

use madoguchi_protocol::{DeviceId, SiteId, TenantId};
use serde::{Deserialize, Serialize};

/// Base of a core role's URLs: `https://host[:port]`, nothing after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint(String);

/// A text that is not an [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint is https://host or https://host:port, not {0:?}")]
pub struct BadEndpoint(String);

impl Endpoint {
    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Endpoint {
    type Error = BadEndpoint;
    fn try_from(text: String) -> Result<Self, BadEndpoint> {
        let trimmed = text.strip_suffix('/').unwrap_or(&text);
        let good = trimmed.strip_prefix("https://").is_some_and(|host| {
            // Only what a name, an address and a port are written with: no path, no user.
            let allowed =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
            !host.is_empty() && host.len() <= 255 && host.chars().all(allowed)
        });
        if good { Ok(Self(trimmed.to_owned())) } else { Err(BadEndpoint(text)) }
    }
}

impl std::str::FromStr for Endpoint {
    type Err = BadEndpoint;
    fn from_str(text: &str) -> Result<Self, BadEndpoint> {
        text.to_owned().try_into()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who a device is and whom it speaks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSettings {
    /// Whose device.
    pub tenant: TenantId,
    /// Where it stands.
    pub site: SiteId,
    /// Its name.
    pub device: DeviceId,
    /// Where it enrols and gets its bundles.
    pub registrar: Endpoint,
    /// Where it delivers, the preferred one first; at least one.
    pub intakes: Vec<Endpoint>,
}

impl DeviceSettings {
    /// The one name in the device's certificate: `urn:madoguchi:<tenant>:device:<site>:<device>`.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("urn:madoguchi:{}:device:{}:{}", self.tenant, self.site, self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_and_a_host_and_nothing_more() {
        for good in ["https://localhost:8443", "https://[::1]:8443", "https://core.example/"] {
            good.parse::<Endpoint>().expect(good);
        }
        for bad in [
            "http://core.example",
            "https://",
            "https://a/b",
            "https://u@a",
            "core.example",
            "https://a?b",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
