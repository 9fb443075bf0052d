//! What the card side tells.

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{Failure, VisitId};

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
        by: CardKey,
        /// Its tries left, at least 1; asking has spent none.
        tries_left: u8,
    },
    /// No value can be asked for, or what was asked failed. Another try begins with taking the card
    /// off, or with another `begin`; after `reader.*` failures it begins by itself when the reader
    /// is back. After `card.changed` there is none. A value that is being typed must be dropped.
    Unusable(Failure),
    /// The card was taken away. A value that is being typed must be dropped.
    Removed,
    /// The attributes that were asked for, all of them. The card is done with: its release
    /// follows at once.
    Read(CardAttributes),
    /// The card refused the value; nothing was repeated. When that was the last try, the news is
    /// [`CardNews::Unusable`] with `card.pin_locked` or `card.number_locked` instead.
    PinWrong {
        /// Tries left, at least 1.
        tries_left: u8,
    },
    /// After `end`: the card is without power and the PC/SC context released. While a reader hangs
    /// this does not come.
    Released,
}
