//! The screens of the self-service kiosk.
//!
//! A [`Face`] draws the views of `madoguchi-journey`; [`shell`] joins it with the journey, the
//! link to the agent and the clock; every visit has a process of its own ([`launcher`]). Nothing here knows a procedure, and no words stand here.

mod content;
mod drawn;
mod edid;
pub mod launcher;
mod phrases;
pub mod shell;
mod show;
mod sound;
#[cfg(feature = "twin")]
pub mod twin;

pub use show::Face;

/// What the Slint compiler made of `ui/`.
#[allow(
    clippy::all,
    clippy::todo,
    clippy::unwrap_used,
    clippy::large_futures,
    unsafe_code,
    unused_qualifications,
    reason = "generated"
)]
mod ui {
    slint::include_modules!();
}
