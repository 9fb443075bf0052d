//! Pictures of scenes.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use slint::{Rgb8Pixel, SharedPixelBuffer};

/// Writes one picture as PNG and says where.
///
/// # Errors
/// The file cannot be written.
pub fn write(
    picture: &SharedPixelBuffer<Rgb8Pixel>,
    folder: &Path,
    name: &str,
) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{name}.png"));
    let file = BufWriter::new(File::create(&path)?);
    let mut encoder = png::Encoder::new(file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(picture.as_bytes()).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(path)
}
