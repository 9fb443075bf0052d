//! The objects in a card's files (BER), judged before anything is added up or copied.
//!
//! Tags and lengths are read by `myna-card`, which takes the lengths with needless zeros that real
//! cards have.

use myna_card::tlv::ber;

/// Longest file that is believed, in bytes: READ BINARY reaches no further.
pub const LONGEST_FILE: usize = 0x7FFF;

/// A file is not as it should be. Says what, never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadFile(pub &'static str);

/// The beginning of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub tag: u32,
    /// Where its value begins.
    pub value: usize,
    /// Where it ends.
    pub end: usize,
}

/// One object.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    pub tag: u32,
    pub value: &'a [u8],
    /// As it is written, tag and length too.
    pub whole: &'a [u8],
}

/// Reads the header at the beginning of these bytes. The value need not be there.
pub fn header(bytes: &[u8]) -> Result<Header, BadFile> {
    let header = ber::parse_header(bytes).map_err(|_| BadFile("not BER"))?;
    if header.length > LONGEST_FILE {
        return Err(BadFile("a length beyond belief"));
    }
    let (value, end) = (header.header_len, header.header_len + header.length);
    Ok(Header { tag: header.tag, value, end })
}

/// How long a file is whose one object has this tag, header and all.
pub fn file_length(beginning: &[u8], tag: u32) -> Result<usize, BadFile> {
    let header = header(beginning)?;
    if header.tag != tag {
        return Err(BadFile("another file"));
    }
    Ok(header.end)
}

/// The value of a file whose one object has this tag.
pub fn contents(file: &[u8], tag: u32) -> Result<&[u8], BadFile> {
    let end = file_length(file, tag)?;
    file.get(header(file)?.value..end).ok_or(BadFile("cut off"))
}

/// The objects in a value, one after another. Filler (00, FF) ends them.
pub fn objects(value: &[u8]) -> Objects<'_> {
    Objects(value)
}

/// See [`objects`].
pub struct Objects<'a>(&'a [u8]);

impl<'a> Iterator for Objects<'a> {
    type Item = Result<Object<'a>, BadFile>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.0);
        if matches!(rest.first(), None | Some(0x00 | 0xFF)) {
            return None;
        }
        Some(header(rest).and_then(|header| {
            let whole = rest.get(..header.end).ok_or(BadFile("an object runs over the end"))?;
            self.0 = &rest[header.end..];
            Ok(Object { tag: header.tag, value: &whole[header.value..], whole })
        }))
    }
}
