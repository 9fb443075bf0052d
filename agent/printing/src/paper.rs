//! Laying out and making the PDF.
//!
//! Everything is measured in points (1/72 inch) from the top left corner, as in PDF.

mod breaks;
mod column;
mod fonts;
mod form;
mod qr;
mod sheet;
mod slip;
mod text;
mod words;

use madoguchi_protocol::bundle::Printer;
use zeroize::Zeroizing;

use fonts::Fonts;

pub use fonts::FontError;
pub use qr::payload;

use crate::job::Content;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// No font to write Japanese with.
    #[error("no font")]
    Font(#[from] FontError),
    /// The QR code was not made.
    #[error("the QR code was not made")]
    Qr,
    /// The PDF was not made. What the library says may name what was written, so it is left out.
    #[error("the PDF was not made")]
    Pdf,
}

/// The PDF of a job's content for a printer.
///
/// # Errors
/// When a font is missing, or a library fails.
pub fn pdf(content: &Content, printer: &Printer) -> Result<Zeroizing<Vec<u8>>, PaperError> {
    let fonts = Fonts::load()?;
    let pages = match content {
        Content::Slip(slip) => slip::pages(slip, printer.slip_width_mm, &fonts)?,
        Content::Forms(forms) => forms.iter().flat_map(|form| form::pages(form, &fonts)).collect(),
    };
    sheet::to_pdf(pages, &fonts)
}

/// Points in a millimetre.
const MM: f32 = 72.0 / 25.4;
