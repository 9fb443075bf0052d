//! What a card is made of: keys, certificates, signed objects and pictures.

pub mod certificate;
pub mod picture;
pub mod rsa;
pub mod verifiable;
