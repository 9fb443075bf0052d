//! Names and identifiers, checked once when they enter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not a name of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}, not {found:?}")]
pub struct BadName {
    what: &'static str,
    rule: &'static str,
    found: String,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $lengths:expr, $allowed:expr
     $(, shaped $shaped:expr)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                let allowed: fn(char) -> bool = $allowed;
                let good = $lengths.contains(&text.len())
                    && text.chars().all(allowed)
                    && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    $(&& ($shaped)(text))?;
                if good {
                    Ok(Self(text.to_owned()))
                } else {
                    // A wrong name may be anything, also very long: show its beginning.
                    let found = text.chars().take(80).collect();
                    Err(BadName { what: $what, rule: $rule, found })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

name!(
    /// A municipality or consortium, as `tokiwa`.
    TenantId, "a tenant", "1 to 32 of a-z, 0-9 and '-'", (1..=32), lower
);
name!(
    /// A building (庁舎) of a municipality, as `honcho`.
    SiteId, "a site", "1 to 32 of a-z, 0-9 and '-'", (1..=32), lower
);
name!(
    /// One device, as `kiosk-01`. Unique within its tenant.
    DeviceId, "a device", "1 to 32 of a-z, 0-9 and '-'", (1..=32), lower
);
name!(
    /// A procedure pack, as `tenkyo`.
    PackId, "a pack", "1 to 48 of a-z, 0-9 and '-'", (1..=48), lower
);
name!(
    /// A field, question or choice of a pack, as `old_address`.
    FieldKey, "a key", "1 to 48 of a-z, 0-9 and '_'", (1..=48),
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
);

name!(
    /// A municipality in 全国地方公共団体コード without its check digit, as cards carry it (COMMON
    /// EF 0001, FACE DF34): `13101`.
    MunicipalityCode, "a municipality's code", "5 digits", (5..=5), |c| c.is_ascii_digit()
);
name!(
    /// Vendor and product of a USB device, as `lsusb` writes them: `054c:0dc9`.
    UsbId, "a USB id", "vendor and product, each of 4 of 0-9 and a-f, with ':' between", (9..=9),
    |c| c.is_ascii_digit() || ('a'..='f').contains(&c) || c == ':',
    shaped |text: &str| text.find(':') == Some(4) && text.rfind(':') == Some(4)
);

/// One person's use of a kiosk: random (UUIDv4), says nothing about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitId(pub Uuid);

impl VisitId {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads the identifier back from its 16 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for VisitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An identifier that its maker chooses and everybody after it uses as the idempotency key.
macro_rules! ordered_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "Uuid", into = "Uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh one, ordered by the time of its making.
            #[must_use]
            pub fn now() -> Self {
                Self(Uuid::now_v7())
            }

            /// When it was made, by the maker's clock of then, in whole milliseconds: a UUIDv7 begins
            /// with it (RFC 9562 §5.7).
            #[must_use]
            pub fn made_at(&self) -> jiff::Timestamp {
                let [a, b, c, d, e, f, ..] = *self.as_bytes();
                let milliseconds = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
                // 48 bits reach to the year 10889, a timestamp to 9999.
                jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX)
            }

            /// The 16 bytes of the identifier.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads the identifier back from its 16 bytes.
            ///
            /// # Errors
            /// When the bytes are not a UUIDv7.
            pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, BadName> {
                Uuid::from_bytes(bytes).try_into()
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = BadName;
            fn try_from(uuid: Uuid) -> Result<Self, BadName> {
                if uuid.get_version_num() == 7 {
                    Ok(Self(uuid))
                } else {
                    Err(BadName { what: $what, rule: "a UUIDv7", found: uuid.to_string() })
                }
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                let uuid = Uuid::parse_str(text).map_err(|_| BadName {
                    what: $what,
                    rule: "a UUIDv7",
                    found: text.chars().take(80).collect(),
                })?;
                uuid.try_into()
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

ordered_id!(
    /// One application: a UUIDv7, made at the kiosk, and the idempotency key everywhere after.
    ApplicationId,
    "an application id"
);
ordered_id!(
    /// One alert: a UUIDv7, made by the device.
    AlertId,
    "an alert id"
);

/// One of the four attributes of TEXT EF 0002 (基本4情報). The 個人番号 has no name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeName {
    /// 氏名 (DF22).
    Name,
    /// 住所 (DF23).
    Address,
    /// 生年月日 (DF24), `YYYYMMDD` on the card; day and month may be `00`.
    BirthDate,
    /// 性別 (DF25), one digit of JIS X 0303.
    Sex,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usb_id_is_two_halves_of_four() {
        "054c:0dc9".parse::<UsbId>().expect("an id");
        for wrong in ["054c0dc9a", "054:c0dc9", "054c0:dc9", "05:c:0dc9", "054C:0DC9", "054c:0dc"] {
            assert!(wrong.parse::<UsbId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_ordered_id_says_when_it_was_made() {
        let before = jiff::Timestamp::now().as_millisecond();
        let made = ApplicationId::now().made_at().as_millisecond();
        assert!((before..=jiff::Timestamp::now().as_millisecond()).contains(&made));
        let id: ApplicationId = "01a3e1f0-4c80-7000-8000-000000000000".parse().expect("a UUIDv7");
        assert_eq!(id.made_at().as_millisecond(), 0x01a3_e1f0_4c80);
        let last: ApplicationId = "ffffffff-ffff-7000-8000-000000000000".parse().expect("a UUIDv7");
        assert_eq!(last.made_at(), jiff::Timestamp::MAX);
    }
}
