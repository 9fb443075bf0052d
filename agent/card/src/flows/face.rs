//! The card's face: expiry, municipality, and the name as it is printed.

use madoguchi_protocol::{FailureCode, MunicipalityCode};

use super::{Verdict, expect, select, unusable};
use crate::conversation::{Application, Conversation, File, Key, Trouble};
use crate::face::{self, CardFace, Next, Parts};
use crate::flows::reading;
use crate::pin::PinBuffer;
use crate::tlv::{self, BadFile};

/// Most parts of the file that are read before it is given up: a sound one needs a handful.
const MOST_PARTS: usize = 32;

/// What a card's face says to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Tries left of 照合番号B here, at least 1; asking has spent none.
    pub tries_left: u8,
    /// Who issued the card, where it says so.
    pub issuer: Option<MunicipalityCode>,
}

/// What comes of a value.
#[derive(Debug)]
pub enum Opened<T> {
    /// What was wanted.
    Right(T),
    /// The value was wrong; nothing was repeated.
    Wrong {
        /// Tries left, at least 1.
        tries_left: u8,
    },
}

impl<T> Opened<T> {
    /// The same of what comes of a right value.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Opened<U> {
        match self {
            Self::Right(wanted) => Opened::Right(map(wanted)),
            Self::Wrong { tries_left } => Opened::Wrong { tries_left },
        }
    }
}

/// Asks for the tries of 照合番号B and the municipality.
///
/// # Errors
/// `card.number_locked`, or as for every command.
pub fn before(card: &mut Conversation) -> Result<Before, Trouble> {
    let tries_left = super::tries_left(card, Key::FaceNumberB)?;
    let length = |beginning: &[u8]| tlv::file_length(beginning, 0xFF30);
    let issuer = match reading::whole(card, File::FaceInformation, length) {
        Ok(file) => face::municipality(&file),
        // It is no reason to refuse a card.
        Err(Trouble::Unusable(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(Before { tries_left, issuer })
}

/// Sends 照合番号B to FACE, once, and reads the face without its photograph.
///
/// # Errors
/// `card.number_locked` when that was the last try; `card.unreadable` when the face is not as it
/// should be.
pub fn read(card: &mut Conversation, number: PinBuffer) -> Result<Opened<CardFace>, Trouble> {
    if number.key() != Key::FaceNumberB {
        return Err(unusable(FailureCode::VisitOutOfOrder, "a value for another key"));
    }
    match super::verify(card, number)? {
        Verdict::Wrong { tries_left } => Ok(Opened::Wrong { tries_left }),
        Verdict::Right => parts(card).map(Opened::Right),
    }
}

fn parts(card: &mut Conversation) -> Result<CardFace, Trouble> {
    let bad = |error| unusable(FailureCode::CardUnreadable, format_args!("FACE/0002: {error}"));
    select(card, Application::Face)?;
    let mut parts = Parts::default();
    let (beginning, status) = card.beginning(File::Face, None)?;
    expect(status, "READ FACE/0002")?;
    parts.add(0, beginning);
    for _ in 0..MOST_PARTS {
        match parts.next().map_err(bad)? {
            Next::Done(face) => return Ok(face),
            Next::Read(range) => {
                let (more, status) = card.more(File::Face, range.start, range.len())?;
                expect(status, "READ FACE/0002")?;
                if more.is_empty() {
                    return Err(bad(BadFile("shorter than it says")));
                }
                parts.add(range.start, more);
            }
        }
    }
    Err(unusable(FailureCode::CardUnreadable, "FACE/0002: too many parts"))
}
