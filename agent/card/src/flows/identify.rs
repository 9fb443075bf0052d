//! What lies on the reader.

use madoguchi_protocol::FailureCode;
use myna_card::TokenType;

use super::{DONE, expect, is_refusal, unreadable, unusable};
use crate::conversation::{Application, Conversation, File, Foreign, Trouble};
use crate::fingerprint::{Fingerprint, VisitSecret};
use crate::information::CardInformation;
use crate::link::LinkError;

/// Length of a token's label.
const LABEL: u8 = 32;
/// The label of a 住民基本台帳カード.
const JUKI: &[u8] = b"JPKIAPICCTOKEN";
/// What readers make up for a FeliCa card (PC/SC part 3, 3.1.3.2.3): the PC/SC workgroup's
/// identifier and the standard.
const FELICA: &[u8] = b"\x4F\x0C\xA0\x00\x00\x03\x06\x11";

/// Finds out whether this is a My Number Card, and what it says of itself: four commands. It is
/// told by its application and its token, never by what the reader shows.
///
/// # Errors
/// The code that names what lies there instead, as far as it can be named.
pub fn identify(card: &mut Conversation) -> Result<CardInformation, Trouble> {
    Ok(recognise(card, None)?.1)
}

/// Likewise, and by what it is known again within the visit.
pub(crate) fn recognise(
    card: &mut Conversation,
    secret: Option<&VisitSecret>,
) -> Result<(Option<Fingerprint>, CardInformation), Trouble> {
    match card.select(Application::Jpki) {
        Ok(DONE) => {}
        Ok(status) => return Err(another(card, status)?),
        // Some readers refuse commands to cards that have none.
        Err(LinkError::Lost(_) | LinkError::Refused) if is_felica(&card.atr()) => {
            return Err(unusable(FailureCode::CardIsTransit, "a FeliCa card"));
        }
        Err(error) => return Err(error.into()),
    }
    let (token, status) = card.beginning(File::Token, Some(LABEL))?;
    let token = TokenType::from_bytes(token);
    if is_refusal(status) {
        return Err(another(card, status)?);
    }
    expect(status, "READ JPKI/0006")?;
    kind(&token)?;
    // A card that does not tell is still a card; it is not known again once it was lifted.
    if card.select(Application::Common)? != DONE {
        return Ok((None, CardInformation::default()));
    }
    let (information, status) = card.card_information()?;
    let told = status == DONE && !information.is_empty();
    let fingerprint = secret.filter(|_| told).map(|secret| secret.fingerprint(information));
    Ok((fingerprint, CardInformation::parse(information)))
}

/// What a token says that it is.
fn kind(token: &TokenType) -> Result<(), Trouble> {
    match token {
        TokenType::Card => Ok(()),
        TokenType::Android | TokenType::IPhone => {
            Err(unusable(FailureCode::CardIsPhone, "the token is a phone's"))
        }
        TokenType::Other(label) if label.trim_ascii_end() == JUKI => {
            Err(unusable(FailureCode::CardIsJuki, "the token is a 住基カード's"))
        }
        TokenType::Other(_) => Err(unusable(FailureCode::CardNotMyNumber, "another token")),
        TokenType::Absent => Err(LinkError::Lost("a short token").into()),
    }
}

/// Names a card that is not ours, where it can be named.
fn another(card: &mut Conversation, status: u16) -> Result<Trouble, LinkError> {
    if is_felica(&card.atr()) {
        return Ok(unusable(FailureCode::CardIsTransit, "a FeliCa card"));
    }
    if !is_refusal(status) {
        return Ok(unreadable("SELECT JPKI", status));
    }
    for foreign in Foreign::ALL {
        if card.select_foreign(foreign)? == DONE {
            return Ok(unusable(foreign.code(), "it has that card's application"));
        }
    }
    let detail = format_args!("it has no JPKI application: {status:04X}");
    Ok(unusable(FailureCode::CardNotMyNumber, detail))
}

fn is_felica(atr: &[u8]) -> bool {
    atr.windows(FELICA.len()).any(|window| window == FELICA)
}
