//! What stands on a PDF, as poppler reads it.

use std::path::Path;
use std::process::Command;

/// The words of a PDF, without spaces between them.
pub fn words(pdf: &Path) -> String {
    let output = Command::new("pdftotext")
        .arg("-raw")
        .args([pdf, Path::new("-")])
        .output()
        .expect("pdftotext (Debian package poppler-utils)");
    assert!(output.status.success(), "pdftotext: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").split_whitespace().collect()
}
