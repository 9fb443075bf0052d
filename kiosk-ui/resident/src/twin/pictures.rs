//! Pictures of scenes, and the page that shows them all.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use slint::{Rgb8Pixel, SharedPixelBuffer};

use super::combinations::{Combination, language_name};

/// Writes one picture as PNG, `file` being its path under `folder` without the ending.
///
/// # Errors
/// The file cannot be written.
pub fn write(picture: &SharedPixelBuffer<Rgb8Pixel>, folder: &Path, file: &str) -> io::Result<()> {
    let path = folder.join(format!("{file}.png"));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(&path)?), picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(picture.as_bytes()).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)
}

/// Reads a picture as [`write`] writes it.
///
/// # Errors
/// The file cannot be read, or is no PNG of 8-bit RGB.
pub fn read(path: &Path) -> io::Result<SharedPixelBuffer<Rgb8Pixel>> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path)?))
        .read_info()
        .map_err(io::Error::other)?;
    let size = reader.output_buffer_size().ok_or_else(|| io::Error::other("too large"))?;
    let mut bytes = vec![0; size];
    let info = reader.next_frame(&mut bytes).map_err(io::Error::other)?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
        return Err(io::Error::other("not 8-bit RGB"));
    }
    let mut picture = SharedPixelBuffer::new(info.width, info.height);
    for (pixel, rgb) in picture.make_mut_slice().iter_mut().zip(bytes.as_chunks::<3>().0) {
        *pixel = Rgb8Pixel::new(rgb[0], rgb[1], rgb[2]);
    }
    Ok(picture)
}

const HEAD: &str = r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Screens</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 0 16px; }
header { position: sticky; top: 0; background: #fff; padding: 12px 0; display: flex; gap: 16px; flex-wrap: wrap; }
input { font: inherit; padding: 6px 10px; width: 24em; }
main { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-end; }
figure { margin: 0; width: 240px; }
img { width: 100%; border: 1px solid #999; display: block; }
figcaption { font-size: 12px; overflow-wrap: anywhere; }
[hidden] { display: none; }
</style>
<header><input id="filter" type="search" placeholder="words, e.g. 1280x800 en largest kept, or: paper slip" autofocus>
<span id="count"></span></header>
<main>
"#;

const FOOT: &str = r#"</main>
<script>
const filter = document.getElementById("filter"), count = document.getElementById("count");
const figures = [...document.querySelectorAll("figure")];
function show() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const figure of figures) {
    const name = figure.dataset.name.split(" ");
    const fits = words.every(word => name.some(part => part.startsWith(word)));
    figure.hidden = !fits;
    shown += fits;
  }
  count.textContent = shown + " of " + figures.length;
}
filter.addEventListener("input", show);
show();
</script>
</html>
"#;

/// The folder among pictures where those of the visit's paper are, if somebody has put them there.
const PAPER: &str = "paper";

/// The page that shows pictures of all of these, each by a thumbnail and its name, and of the paper.
///
/// # Errors
/// It cannot be written.
pub fn write_index(folder: &Path, combinations: &[Combination]) -> io::Result<()> {
    let mut page = String::from(HEAD);
    for combination in combinations {
        let language = language_name(combination.language);
        figure(&mut page, &combination.to_string(), &combination.file(), language);
    }
    for name in papers(folder) {
        let words = format!("{PAPER} {}", name.replace('-', " "));
        figure(&mut page, &words, &format!("{PAPER}/{name}"), "ja");
    }
    page.push_str(FOOT);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("index.html"), page)
}

fn figure(page: &mut String, name: &str, file: &str, language: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "<figure data-name=\"{name}\"><a href=\"{file}.png\"><img loading=\"lazy\" \
         lang=\"{language}\" alt=\"{name}\" src=\"{file}.png\"></a>\
         <figcaption>{name}</figcaption></figure>"
    );
}

/// The pictures of paper, by name and without their ending.
fn papers(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder.join(PAPER)).into_iter().flatten().flatten();
    let name = |path: PathBuf| {
        let is_picture = path.extension().is_some_and(|ending| ending == "png");
        is_picture.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
    };
    let mut names: Vec<String> = files.filter_map(|file| name(file.path())).collect();
    names.sort();
    names
}
