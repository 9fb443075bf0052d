//! Packs for the tests of other rooms: small, and never changed for a city's sake.

use crate::{CardAttributes, CardValue};

/// A notice that takes all four attributes and asks two things, an address and a choice. Section A.
pub const MOVING: &str = include_str!("../samples/moving.toml");
/// A request that takes the name alone and asks for a number. Section B.
pub const COPY: &str = include_str!("../samples/copy.toml");
/// No question at all. Section A.
pub const SHORT: &str = include_str!("../samples/short.toml");
/// A question on which another one, something to bring and a notice depend. Section A.
pub const PROXY: &str = include_str!("../samples/proxy.toml");
/// A 転居届: all four attributes, a question of each kind, the last of which one at the counter depends
/// on. Section A.
pub const TENKYO: &str = include_str!("../samples/tenkyo.toml");
/// An occasion that leads to [`PROXY`] (not beside [`TENKYO`], and it says so), to [`TENKYO`] or
/// [`SHORT`], to a pack that no device has, and to a counter.
pub const LIFE_EVENT: &str = include_str!("../samples/event.toml");
/// 青葉台一丁目, with its reading in Latin letters, 青葉台二丁目 and 本町一丁目.
pub const TOWNS: &str = include_str!("../samples/towns.toml");

/// What the card of an invented person says.
#[must_use]
pub fn card_of(name: &str) -> CardAttributes {
    CardValue::all_as_read([name, "常盤県常盤市本町一丁目２番３号", "19800217", "2"])
}
