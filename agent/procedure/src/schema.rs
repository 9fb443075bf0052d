//! The JSON Schemas of packs, life events and towns, for editors and other programs.

/// JSON Schema of packs.
pub const PACK: &str = include_str!("../pack-v1.schema.json");
/// JSON Schema of life events.
pub const LIFE_EVENT: &str = include_str!("../life-event-v1.schema.json");
/// JSON Schema of lists of towns.
pub const TOWNS: &str = include_str!("../towns-v1.schema.json");
