//! Frames of the local protocol: a big-endian `u32` length, then that many bytes of JSON.
//!
//! No I/O: [`FrameReader`] is fed with whatever bytes arrived. Both directions can carry a PIN
//! digit or a person's data, so every buffer here is wiped when it is dropped or grows.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::{Zeroize, Zeroizing};

/// Largest frame, in bytes. Packs are the longest thing said.
pub const MAX_FRAME: usize = 512 * 1024;

const LENGTH: usize = 4;

/// Bytes that are not frames of this protocol. The connection is then closed.
#[derive(Debug, thiserror::Error)]
pub enum BadFrame {
    /// Longer than [`MAX_FRAME`].
    #[error("a frame of {0} bytes is over the limit of {MAX_FRAME}")]
    TooLong(usize),
    /// Not the JSON asked for. The parser's message may quote the frame, so only the place is kept.
    #[error("a frame is not of this protocol (line {line}, column {column})")]
    NotTheProtocol {
        /// 1-based line in the frame.
        line: usize,
        /// 1-based column in the frame.
        column: usize,
    },
}

/// Puts a message into a frame.
///
/// # Errors
/// [`BadFrame::TooLong`].
///
/// # Panics
/// Never for the types of this crate, which always serialise.
pub fn encode<T: Serialize>(message: &T) -> Result<Zeroizing<Vec<u8>>, BadFrame> {
    // A JSON vector that grows would leave copies behind: first count, then write once.
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, message).expect("protocol types serialise");
    if counter.0 > MAX_FRAME {
        return Err(BadFrame::TooLong(counter.0));
    }
    let mut frame = Zeroizing::new(Vec::with_capacity(LENGTH + counter.0));
    #[expect(clippy::cast_possible_truncation, reason = "at most MAX_FRAME")]
    frame.extend_from_slice(&(counter.0 as u32).to_be_bytes());
    serde_json::to_writer(&mut *frame, message).expect("protocol types serialise");
    Ok(frame)
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Collects bytes and gives out whole messages.
#[derive(Default)]
pub struct FrameReader {
    bytes: Zeroizing<Vec<u8>>,
}

impl FrameReader {
    /// Takes bytes as they arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        let needed = self.bytes.len() + bytes.len();
        if needed > self.bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two()));
            larger.extend_from_slice(&self.bytes);
            // The smaller buffer is wiped by being dropped.
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one. Its bytes are wiped from the buffer.
    ///
    /// # Errors
    /// [`BadFrame`]; the reader is then of no further use.
    pub fn next_message<T: DeserializeOwned>(&mut self) -> Result<Option<T>, BadFrame> {
        let Some(length) = self.bytes.first_chunk::<LENGTH>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length > MAX_FRAME {
            return Err(BadFrame::TooLong(length));
        }
        let Some(body) = self.bytes.get(LENGTH..LENGTH + length) else { return Ok(None) };
        let message = serde_json::from_slice(body)
            .map_err(|e| BadFrame::NotTheProtocol { line: e.line(), column: e.column() });
        let end = LENGTH + length;
        let rest = self.bytes.len() - end;
        self.bytes.copy_within(end.., 0);
        self.bytes[rest..].zeroize();
        self.bytes.truncate(rest);
        message.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::local::{Request, RequestFrame, ToAgent};
    use crate::personal::PinDigit;

    fn digit(id: u64) -> ToAgent {
        let digit = PinDigit::try_from(7).expect("a digit");
        ToAgent::Request(RequestFrame { id, visit: None, request: Request::PinDigit { digit } })
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_however_they_were_cut(cuts in prop::collection::vec(1usize..40, 1..30)) {
            let mut wire = Vec::new();
            for id in 0..5 {
                wire.extend_from_slice(&encode(&digit(id)).expect("small"));
            }
            let mut reader = FrameReader::default();
            let mut seen = Vec::new();
            let mut rest = wire.as_slice();
            for cut in cuts.into_iter().chain(std::iter::repeat(40)) {
                if rest.is_empty() { break; }
                let (now, later) = rest.split_at(cut.min(rest.len()));
                rest = later;
                reader.feed(now);
                while let Some(message) = reader.next_message::<ToAgent>().expect("good frames") {
                    seen.push(message);
                }
            }
            prop_assert_eq!(seen, (0..5).map(digit).collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = FrameReader::default();
            reader.feed(&bytes);
            let _ = reader.next_message::<ToAgent>();
        }
    }

    #[test]
    fn a_frame_that_was_read_is_wiped_from_the_buffer() {
        let mut reader = FrameReader::default();
        reader.feed(&encode(&digit(1)).expect("small"));
        reader.next_message::<ToAgent>().expect("good").expect("whole");
        let capacity = reader.bytes.capacity();
        reader.bytes.resize(capacity, 0);
        assert!(reader.bytes.iter().all(|&b| b == 0), "a digit was left in the buffer");
    }

    #[test]
    fn a_bad_frame_is_refused_without_quoting_it() {
        let mut reader = FrameReader::default();
        let body = br#"{"request":{"id":1,"request":{"do":"pin_digit","digit":"7777"}}}"#;
        reader.feed(&u32::try_from(body.len()).expect("small").to_be_bytes());
        reader.feed(body);
        let error = reader.next_message::<ToAgent>().expect_err("a digit is a number");
        assert!(!error.to_string().contains("7777"));
        let mut reader = FrameReader::default();
        reader.feed(&u32::MAX.to_be_bytes());
        assert!(matches!(reader.next_message::<ToAgent>(), Err(BadFrame::TooLong(_))));
    }
}
