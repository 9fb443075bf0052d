//! What is on paper: the slip with the number, and forms, laid out and made into PDF.
//!
//! Everything is measured in points (1/72 inch) from the top left corner, as in PDF.

mod breaks;
mod column;
mod content;
pub mod filled;
mod fonts;
mod form;
mod qr;
mod sheet;
mod slip;
mod text;
mod words;

use jiff::Timestamp;
use madoguchi_protocol::bundle::Printer;
use zeroize::Zeroizing;

use fonts::Fonts;

pub use content::{Content, Errand, Form, Kept, Next, Row, Slip, Stage, Station};
pub use fonts::FontError;
pub use qr::payload;

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

/// A form as a PDF to be kept: PDF/A-2u (ISO 19005-2), whose fonts and text stay readable; `made_at` stands in it.
///
/// # Errors
/// As [`pdf`].
pub fn archival_pdf(form: &Form, made_at: Timestamp) -> Result<Zeroizing<Vec<u8>>, PaperError> {
    let fonts = Fonts::load()?;
    sheet::to_archival_pdf(form::pages(form, &fonts), &form.title.ja, made_at, &fonts)
}

/// Points in a millimetre.
const MM: f32 = 72.0 / 25.4;
