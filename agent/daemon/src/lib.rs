//! The agent: the actors of one device, wired together.
//!
//! | actor | where | owns | when its channel is full |
//! | --- | --- | --- | --- |
//! | desk ([`desk`], [`reception`]) | task | the visit | the socket stops reading: the screen waits |
//! | screens ([`local`]) | a task a connection | the socket | a screen that does not read is disconnected |
//! | card (`madoguchi-card`) | own thread | PC/SC | see there |
//! | printing (`madoguchi-printing`) | own thread | the printer | see there |
//! | calls ([`calls`]) | a task a call | nothing | the visitor hears that nobody was reached |
//! | keeper ([`keeper`]) | own thread | the store | the asker waits: nothing said is dropped |
//! | delivery ([`delivery`]) | task | nothing | – |
//! | core ([`core_sync`]) | task | what the core said | – |
//! | supervision ([`supervise`]) | task | the watchdog, the [`status`] | – |

pub mod calls;
pub mod check;
pub mod clock;
pub mod config;
pub mod core_sync;
pub mod counter;
pub mod delivery;
pub mod desk;
pub mod drill;
pub mod enrol;
pub mod export;
pub mod handed_over;
pub mod keeper;
pub mod local;
pub mod practice;
pub mod reception;
pub mod refused;
pub mod run;
pub mod series;
pub mod settings;
pub mod standing;
pub mod status;
pub mod stopped;
pub mod supervise;
