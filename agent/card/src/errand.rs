//! What a visit may want of its card.

use std::collections::BTreeSet;

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, Personal};

use crate::conversation::Key;
use crate::flows::signature::Electronic;

/// What a visit wants of its card. Each has a key of its own, and a value typed for one is never
/// sent for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// The attributes as text, opened by the PIN or by 照合番号B.
    Form(CardKey),
    /// The card's face, opened by 照合番号B of it.
    Face,
    /// 利用者証明用電子証明書, and a signature over a challenge.
    Authentication,
    /// 署名用電子証明書, and a signature: only for a pack that takes effect by itself.
    Signature(Electronic),
}

impl Errand {
    /// The key whose value it needs.
    #[must_use]
    pub fn key(self) -> Key {
        match self {
            Self::Form(by) => by.into(),
            Self::Face => Key::FaceNumberB,
            Self::Authentication => Key::AuthenticationPin,
            Self::Signature(_) => Key::SignaturePassword,
        }
    }

    /// Whether that is what it is for, by whatever key.
    pub(crate) fn is_for(self, wanted: &Wanted) -> bool {
        matches!(
            (self, wanted),
            (Self::Form(_), Wanted::Attributes(_))
                | (Self::Face, Wanted::Face)
                | (Self::Authentication, Wanted::Challenge(_))
                | (Self::Signature(_), Wanted::Disclosure(_))
        )
    }
}

impl From<CardKey> for Errand {
    fn from(by: CardKey) -> Self {
        Self::Form(by)
    }
}

/// What comes with the value: what is wanted, once it is right.
#[derive(Debug)]
pub enum Wanted {
    /// These attributes.
    Attributes(BTreeSet<AttributeName>),
    /// The face.
    Face,
    /// This signed.
    Challenge(Personal<Vec<u8>>),
    /// What a signature would disclose, and whether it is still what the card's text said.
    Disclosure(Option<CardAttributes>),
}
