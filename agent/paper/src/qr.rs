//! The slip's secret as a QR code.

use fast_qr::{ECL, QRBuilder};
use madoguchi_protocol::ticket::TicketToken;
use zeroize::Zeroizing;

use super::PaperError;

/// Before the token: says what the code is to whoever scans it, and opens nothing on a phone.
const PREFIX: &str = "madoguchi:t:";

/// What the code says: `madoguchi:t:` and the token as in JSON, 22 characters of URL-safe base64.
#[must_use]
pub fn payload(token: &TicketToken) -> Zeroizing<String> {
    let token = Zeroizing::new(String::from(token.clone()));
    Zeroizing::new([PREFIX, &token].concat())
}

/// A square of black and white modules.
pub struct Code {
    /// Modules along each side, without the quiet zone.
    pub side: u16,
    /// Runs of black modules: column, row, how many.
    pub runs: Vec<(u16, u16, u16)>,
}

/// White modules that must surround the code.
pub const QUIET: f32 = 4.0;

/// The code of a token, with 15 % of redundancy (level M): paper gets folded.
pub fn code(token: &TicketToken) -> Result<Code, PaperError> {
    let payload = payload(token);
    let qr = QRBuilder::new(payload.as_bytes()).ecl(ECL::M).build().map_err(|_| PaperError::Qr)?;
    let side = u16::try_from(qr.size).map_err(|_| PaperError::Qr)?;
    let mut runs: Vec<(u16, u16, u16)> = Vec::new();
    for row in 0..side {
        let modules = &qr[usize::from(row)];
        for column in (0..side).filter(|column| modules[usize::from(*column)].value()) {
            match runs.last_mut() {
                Some((x, y, length)) if *y == row && *x + *length == column => *length += 1,
                _ => runs.push((column, row, 1)),
            }
        }
    }
    Ok(Code { side, runs })
}
