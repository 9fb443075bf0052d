//! What the tests' device offers. Not the shipped packs: a city's words may change at any time.

pub use madoguchi_procedure::samples::{LIFE_EVENT, PROXY, SHORT, TENKYO, TOWNS};
