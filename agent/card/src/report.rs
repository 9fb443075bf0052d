//! What the card side tells.

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{Failure, MunicipalityCode, VisitId};

use crate::conversation::Key;
use crate::face::CardFace;
use crate::flows::authentication::Signed;
use crate::flows::signature::Disclosure;

/// One report.
#[derive(Debug, PartialEq)]
pub struct CardReport {
    /// The visit it belongs to; `None` only for [`CardNews::Reader`].
    pub visit: Option<VisitId>,
    /// What happened.
    pub news: CardNews,
}

/// What happened.
#[derive(Debug, PartialEq)]
pub enum CardNews {
    /// State of the reader: once at the start, then at every change.
    Reader {
        /// Why no card can be read, if none can.
        problem: Option<Failure>,
        /// Whether something lies on the reader.
        card_present: bool,
    },
    /// A card lies there and is being looked at.
    Present,
    /// A My Number Card whose key may be asked for.
    Usable {
        /// Which key.
        key: Key,
        /// Its tries left, at least 1; asking has spent none.
        tries_left: u8,
    },
    /// No value can be asked for, or what was asked failed. Another try begins with taking the card
    /// off, or with another `begin`; after `reader.*` failures it begins by itself when the reader
    /// is back. After `card.changed` and `card.signature_bad` there is none. A value that is being
    /// typed must be dropped, and after `card.signature_bad` whatever the card said.
    Unusable {
        /// Why.
        failure: Failure,
        /// Who issued the card, where it has said so: they alone set a PIN anew.
        issuer: Option<MunicipalityCode>,
    },
    /// The card was taken away. A value that is being typed must be dropped.
    Removed,
    /// The attributes that were asked for, all of them. Their signature is looked at next; the
    /// card is done with then: its release follows at once.
    Read(CardAttributes),
    /// After `Read`, within the same visit: what is known of the issuer's signature over the
    /// attributes. `NotChecked` when the card was gone before, or does not say. A bad signature is
    /// [`CardNews::Unusable`] with `card.signature_bad` instead.
    Verified(SignatureCheck),
    /// The card's face, of which no signature was checked. Its release follows at once.
    Face {
        /// What it says.
        face: CardFace,
        /// Who issued it, where it says so.
        municipality: Option<MunicipalityCode>,
    },
    /// The challenge, signed. The card's release follows at once.
    Authenticated(Signed),
    /// The password was right: what a signature would disclose is to be shown. The password stays
    /// in force until the signature, `end`, or another `begin`.
    Discloses(Disclosure),
    /// The message, signed with what was shown. The card's release follows at once.
    Signed(Signed),
    /// The card refused the value; nothing was repeated. When that was the last try, the news is
    /// [`CardNews::Unusable`] with the key's own failure instead, as `card.pin_locked`.
    PinWrong {
        /// Tries left, at least 1.
        tries_left: u8,
    },
    /// After `end`: the card is without power and the PC/SC context released. From a reader that
    /// hangs it comes when it does not any more, perhaps within another visit.
    Released,
}
