//! The card by its answers.

mod desk;
mod kinds;
mod rules;
mod signatures;
