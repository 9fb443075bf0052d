//! Everything that can be sent to a card: a closed list.
//!
//! What is not named here cannot be asked for. The 個人番号 (TEXT 0001, FACE 0005), 照合番号A, which
//! is that number (TEXT 0014, FACE 0013), and the photograph's key are not.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::CardKey;

/// An application of a My Number Card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Application {
    /// 公的個人認証AP: certificates and their keys.
    Jpki,
    /// 券面事項入力補助AP: the attributes as text.
    Text,
    /// 券面事項確認AP: the card's face.
    Face,
    /// 共通カードAP: serial number, municipality, expiry.
    Common,
}

impl Application {
    /// SELECT by its whole identifier, without an answer.
    pub(super) fn select(self) -> (&'static str, &'static [u8]) {
        match self {
            Self::Jpki => {
                ("SELECT JPKI", b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
            }
            Self::Text => {
                ("SELECT TEXT", b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08")
            }
            Self::Face => {
                ("SELECT FACE", b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02")
            }
            Self::Common => {
                ("SELECT COMMON", b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x01\x00")
            }
        }
    }
}

/// A file that may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// 署名用電子証明書. Opens by the signature password.
    SignatureCertificate,
    /// Token information: what kind of thing answers.
    Token,
    /// Which certificates there are.
    Availability,
    /// 利用者証明用電子証明書.
    AuthenticationCertificate,
    /// 基本4情報. Opens by the PIN or by 照合番号B.
    Attributes,
    /// Hashes of the two files above it, signed by the issuer. Opens like them.
    Integrity,
    /// The issuer key's card-verifiable certificate.
    IssuerCertificate,
    /// Information on TEXT itself: public, and long enough to rinse with.
    TextInformation,
    /// The card's face. Opens by 照合番号B of FACE.
    Face,
    /// Information on FACE itself, with the municipality's code.
    FaceInformation,
}

impl File {
    /// Where it is, its identifier (also as a short one), and its name in the log.
    pub(super) fn place(self) -> (Application, u8, &'static str) {
        match self {
            Self::SignatureCertificate => (Application::Jpki, 0x01, "READ JPKI/0001"),
            Self::Token => (Application::Jpki, 0x06, "READ JPKI/0006"),
            Self::Availability => (Application::Jpki, 0x08, "READ JPKI/0008"),
            Self::AuthenticationCertificate => (Application::Jpki, 0x0A, "READ JPKI/000A"),
            Self::Attributes => (Application::Text, 0x02, "READ TEXT/0002"),
            Self::Integrity => (Application::Text, 0x03, "READ TEXT/0003"),
            Self::IssuerCertificate => (Application::Text, 0x04, "READ TEXT/0004"),
            Self::TextInformation => (Application::Text, 0x05, "READ TEXT/0005"),
            Self::Face => (Application::Face, 0x02, "READ FACE/0002"),
            Self::FaceInformation => (Application::Face, 0x03, "READ FACE/0003"),
        }
    }

    /// Whether a person can be found by it though anybody may read it: by its serial number.
    pub(super) fn names_its_holder(self) -> bool {
        self == Self::AuthenticationCertificate
    }
}

/// A key reference to which a typed value may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// 券面事項入力補助用暗証番号: 4 digits.
    TextPin,
    /// 照合番号B for the attributes as text: 14 digits.
    TextNumberB,
    /// 照合番号B for the card's face: 14 digits.
    FaceNumberB,
    /// 利用者証明用電子証明書用暗証番号: 4 digits.
    AuthenticationPin,
    /// 署名用電子証明書用パスワード: 6 to 16 of A to Z and 0 to 9, at least one of each.
    SignaturePassword,
}

impl Key {
    /// Where it is, its identifier (also as a short one), and its name in the log.
    pub(super) fn place(self) -> (Application, u8, &'static str) {
        match self {
            Self::TextPin => (Application::Text, 0x11, "VERIFY TEXT/0011"),
            Self::TextNumberB => (Application::Text, 0x15, "VERIFY TEXT/0015"),
            Self::FaceNumberB => (Application::Face, 0x12, "VERIFY FACE/0012"),
            Self::AuthenticationPin => (Application::Jpki, 0x18, "VERIFY JPKI/0018"),
            Self::SignaturePassword => (Application::Jpki, 0x1B, "VERIFY JPKI/001B"),
        }
    }

    /// Whose it is.
    pub(crate) fn application(self) -> Application {
        self.place().0
    }

    /// The failure that says that it has no tries left.
    #[must_use]
    pub fn locked(self) -> FailureCode {
        match self {
            Self::TextPin => FailureCode::CardPinLocked,
            Self::TextNumberB | Self::FaceNumberB => FailureCode::CardNumberLocked,
            Self::AuthenticationPin => FailureCode::CardAuthenticationPinLocked,
            Self::SignaturePassword => FailureCode::CardSignaturePasswordLocked,
        }
    }

    /// Fewest and most characters of its value.
    #[must_use]
    pub fn lengths(self) -> (u8, u8) {
        match self {
            Self::TextPin | Self::AuthenticationPin => (4, 4),
            Self::TextNumberB | Self::FaceNumberB => (14, 14),
            Self::SignaturePassword => (6, 16),
        }
    }

    /// P2 that names it by its short identifier.
    pub(crate) fn reference(self) -> u8 {
        0x80 | self.place().1
    }
}

impl From<CardKey> for Key {
    fn from(by: CardKey) -> Self {
        match by {
            CardKey::Pin => Self::TextPin,
            CardKey::ReferenceNumberB => Self::TextNumberB,
        }
    }
}

/// A private key that signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKey {
    /// Of 利用者証明用電子証明書.
    Authentication,
    /// Of 署名用電子証明書.
    Signature,
}

impl SigningKey {
    pub(super) fn place(self) -> (u8, &'static str) {
        match self {
            Self::Authentication => (0x17, "SIGN JPKI/0017"),
            Self::Signature => (0x1A, "SIGN JPKI/001A"),
        }
    }
}

/// An application of another kind of card, by which that card is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// 運転免許証 (DF1).
    DrivingLicence,
    /// 在留カード and 特別永住者証明書 (DF1).
    Residence,
}

impl Foreign {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 2] = [Self::DrivingLicence, Self::Residence];

    pub(super) fn select(self) -> (&'static str, &'static [u8]) {
        match self {
            Self::DrivingLicence => (
                "SELECT licence",
                b"\x00\xA4\x04\x0C\x10\xA0\x00\x00\x02\x31\x01\0\0\0\0\0\0\0\0\0\0",
            ),
            Self::Residence => (
                "SELECT residence",
                b"\x00\xA4\x04\x0C\x10\xD3\x92\xF0\x00\x4F\x02\0\0\0\0\0\0\0\0\0\0",
            ),
        }
    }

    /// What lies there when it answers.
    pub fn code(self) -> FailureCode {
        match self {
            Self::DrivingLicence => FailureCode::CardIsDrivingLicence,
            Self::Residence => FailureCode::CardIsResidence,
        }
    }
}

/// Record 1 of COMMON EF 0001, by its short identifier.
pub(super) const CARD_INFORMATION: &[u8] = b"\x00\xB2\x01\x0C\x00";
/// The same of the file that is selected.
pub(super) const CURRENT_RECORD: &[u8] = b"\x00\xB2\x01\x04\x00";
pub(super) const CARD_INFORMATION_FILE: u8 = 0x01;

/// Longer than the longest VERIFY, and an application that no card has.
pub(super) const OVERWRITE: &[u8] =
    b"\x00\xA4\x04\x0C\x12\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
