//! Slint components and tokens: colour, type, sizes in millimetres, buttons, key pad, drawings.
//!
//! The components are `.slint` files; a screen's build script gives [`LIBRARY`] and [`path`] to the
//! Slint compiler and imports `@madoguchi-widgets/widgets.slint`. What is Rust here is what the
//! components cannot work out themselves: how large a panel is.

#[cfg(test)]
mod contrast;
pub mod panel;

use std::path::PathBuf;

pub use panel::{Panel, Pixels};

/// The library's name in `import { … } from "@madoguchi-widgets/widgets.slint"`.
pub const LIBRARY: &str = "madoguchi-widgets";

/// Where the `.slint` files lie. For build scripts only: a path of the machine that compiles.
#[must_use]
pub fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/ui"))
}
