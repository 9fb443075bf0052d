//! SHA-256, as the databases keep it.

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 of the pieces, one after the other.
pub(crate) fn sha256(pieces: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for piece in pieces {
        context.update(piece);
    }
    context.finish().as_ref().to_vec()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
