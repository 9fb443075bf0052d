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

/// Where the `.slint` files lie, for the build script of another room of `kiosk-ui`: rooms lie side
/// by side. Asked when the script runs, since a build directory may serve several clones and what
/// was compiled in one would name the other.
#[must_use]
pub fn path() -> PathBuf {
    let room = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    PathBuf::from(room).join("../widgets/ui")
}
