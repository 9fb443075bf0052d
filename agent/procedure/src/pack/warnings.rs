//! What is not wrong with a pack, but is going to be.

use jiff::civil::Date;

use super::MAX_PACK_BYTES;
use super::raw::RawPack;
use crate::document::{Document, PackError};

/// In June municipalities begin to issue the tax certificates of a fiscal year.
const NEW_YEAR_IN: i8 = 6;

pub(super) fn warnings(text: &str, today: Date) -> Vec<PackError> {
    let Ok((mut document, raw)) = Document::read::<RawPack>(text, MAX_PACK_BYTES) else {
        return Vec::new();
    };
    let issued = if today.month() < NEW_YEAR_IN { today.year() - 1 } else { today.year() };
    for field in raw.field.get_ref() {
        let field = field.get_ref();
        let choices = field.choices.as_ref().map_or(&[][..], |choices| choices.get_ref());
        let newest = choices.iter().filter_map(|c| c.year.as_ref()).max_by_key(|y| *y.get_ref());
        if let Some(newest) = newest.filter(|newest| *newest.get_ref() < issued) {
            let message = format!(
                "the newest year is {}, and {issued} is issued: add it, let the oldest go",
                newest.get_ref()
            );
            document.wrong(newest, field.key.get_ref(), message);
        }
    }
    document.into_mistakes()
}
