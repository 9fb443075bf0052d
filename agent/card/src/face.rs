//! The card's face, FACE EF 0002, read in parts: behind the first 256 bytes, which lie before the
//! photograph, nothing is asked for but headers and what is wanted. The photograph is not even sent.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::tlv::{self, BadFile, Header};

/// Tags of the file and of what is wanted of it.
const FILE: u32 = 0xFF20;
const TABLE: u32 = 0xDF21;
const BIRTH_DATE: u32 = 0xDF22;
const SEX: u32 = 0xDF23;
const NAME_IMAGE: u32 = 0xDF25;
const EXPIRY: u32 = 0xDF29;

/// Longest picture of a name that is believed, in bytes; the one seen has about 170.
const LONGEST_IMAGE: usize = 8192;
/// The header of an object that is longer than 255 bytes, as a photograph is: no byte of it follows.
const LONG_HEADER: usize = 5;
/// The longest header of an object.
const HEADER: usize = 6;
/// What pictures of the face begin with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What the card's face says. None of it was checked against the issuer's signature: that covers
/// the photograph too, which is not read.
#[derive(PartialEq)]
pub struct CardFace {
    /// 生年月日, YYYYMMDD; month and day may be 00.
    pub birth_date: Zeroizing<String>,
    /// 性別, one digit of JIS X 0303.
    pub sex: Zeroizing<String>,
    /// The name as it is printed, a PNG of one bit a pixel: for characters that text cannot carry.
    pub name_image: Zeroizing<Vec<u8>>,
    /// The card's last day, YYYYMMDD.
    pub expiry: String,
}

impl fmt::Debug for CardFace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardFace(…)")
    }
}

/// The file as far as it was read.
#[derive(Default)]
pub struct Parts {
    parts: Vec<(usize, Zeroizing<Vec<u8>>)>,
}

/// What to do next.
pub enum Next {
    /// Read these bytes of the file, at most 256.
    Read(Range<usize>),
    /// All that is wanted was read.
    Done(CardFace),
}

impl Parts {
    /// Takes what was read from an offset on.
    pub fn add(&mut self, offset: usize, bytes: &[u8]) {
        self.parts.push((offset, Zeroizing::new(bytes.to_vec())));
    }

    /// Goes through the objects as far as their bytes are here. The offset table leads over what is
    /// not wanted; where it leads to something else, the headers of all objects do.
    pub fn next(&self) -> Result<Next, BadFile> {
        match self.all() {
            Ok(face) => Ok(Next::Done(face)),
            Err(Missing::Bytes(range)) => Ok(Next::Read(range)),
            Err(Missing::Not(why)) => Err(why),
        }
    }

    fn all(&self) -> Result<CardFace, Missing> {
        let outer = self.header(0)?;
        if outer.tag != FILE {
            return Err(BadFile("another file").into());
        }
        let text = |tag, digits: usize| {
            let value = self.value(self.find(&outer, tag)?, digits)?;
            match String::from_utf8(value.to_vec()) {
                Ok(text) if text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()) => {
                    Ok(Zeroizing::new(text))
                }
                _ => Err(Missing::Not(BadFile("a date or sex is not of digits"))),
            }
        };
        let birth_date = text(BIRTH_DATE, 8)?;
        let sex = text(SEX, 1)?;
        let name_image = self.value(self.find(&outer, NAME_IMAGE)?, LONGEST_IMAGE)?;
        if !name_image.starts_with(PNG) {
            return Err(BadFile("the name is no PNG").into());
        }
        let expiry = text(EXPIRY, 8)?.to_string();
        Ok(CardFace { birth_date, sex, name_image, expiry })
    }

    /// Where the object with this tag begins and what its header says.
    fn find(&self, outer: &Header, tag: u32) -> Result<(usize, Header), Missing> {
        if let Some(at) = self.by_table(outer, tag)? {
            let header = self.header(at)?;
            if header.tag == tag {
                return Ok((at, header));
            }
        }
        let mut at = outer.value;
        while at < outer.end {
            let header = self.header(at)?;
            if header.tag == tag {
                return Ok((at, header));
            }
            at += header.end;
        }
        Err(BadFile("an object is missing").into())
    }

    /// Where the table (DF21: one 16-bit offset for each object after it) says that it begins.
    fn by_table(&self, outer: &Header, tag: u32) -> Result<Option<usize>, Missing> {
        let table = self.header(outer.value)?;
        let entry = usize::try_from(tag.wrapping_sub(TABLE + 1)).unwrap_or(usize::MAX);
        if table.tag != TABLE || table.end - table.value < 2 * entry.saturating_add(1) {
            return Ok(None);
        }
        let at = outer.value + table.value + 2 * entry;
        let offset = self.bytes(at..at + 2)?;
        let offset = usize::from(u16::from_be_bytes([offset[0], offset[1]]));
        Ok(Some(offset).filter(|at| (outer.value..outer.end).contains(at)))
    }

    fn header(&self, at: usize) -> Result<Header, Missing> {
        let known = self.from(at);
        match tlv::header(&known) {
            Ok(header) => Ok(header),
            Err(why) => match [LONG_HEADER, HEADER].into_iter().find(|most| known.len() < *most) {
                Some(most) => Err(Missing::Bytes(at + known.len()..at + most)),
                None => Err(why.into()),
            },
        }
    }

    fn value(
        &self,
        (at, header): (usize, Header),
        longest: usize,
    ) -> Result<Zeroizing<Vec<u8>>, Missing> {
        if header.end - header.value > longest {
            return Err(BadFile("an object is too long").into());
        }
        self.bytes(at + header.value..at + header.end)
    }

    fn bytes(&self, range: Range<usize>) -> Result<Zeroizing<Vec<u8>>, Missing> {
        let mut bytes = self.from(range.start);
        if bytes.len() < range.len() {
            let from = range.start + bytes.len();
            return Err(Missing::Bytes(from..range.end.min(from + 256)));
        }
        bytes.truncate(range.len());
        Ok(bytes)
    }

    /// The bytes from here on as far as they were read without a gap.
    fn from(&self, at: usize) -> Zeroizing<Vec<u8>> {
        // At its full size from the start: growing would leave copies behind.
        let total = self.parts.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut known = Zeroizing::new(Vec::with_capacity(total));
        loop {
            let here = at + known.len();
            let part = self.parts.iter().find(|(o, b)| (*o..o + b.len()).contains(&here));
            let Some((offset, bytes)) = part else { return known };
            known.extend_from_slice(&bytes[here - offset..]);
        }
    }
}

/// Why it is not all here.
enum Missing {
    Bytes(Range<usize>),
    Not(BadFile),
}

impl From<BadFile> for Missing {
    fn from(why: BadFile) -> Self {
        Self::Not(why)
    }
}

/// The municipality's code in FACE EF 0003 (DF34), if it says one.
pub fn municipality(file: &[u8]) -> Option<madoguchi_protocol::MunicipalityCode> {
    let inner = tlv::contents(file, 0xFF30).ok()?;
    let object = tlv::objects(inner).filter_map(Result::ok).find(|object| object.tag == 0xDF34)?;
    std::str::from_utf8(object.value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
