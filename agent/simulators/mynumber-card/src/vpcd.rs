//! The wire to `vsmartcard-vpcd`: frames of a big-endian `u16` length and a payload, both ways.
//!
//! A payload of one byte is an order of the reader (power off, power on, reset: no answer; ATR:
//! answered with a frame); anything longer is a command, answered with a frame. Closing the
//! connection takes the card off the reader.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tracing::{debug, trace};

use crate::wire::{OnReader, Power, Prompt, Said, Stream};

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GET_ATR: u8 = 4;

/// Answers until the connection ends or the card is gone.
pub(crate) fn serve(card: &mut dyn OnReader, reader: &mut dyn Stream) -> io::Result<()> {
    while let Some(frame) = read_frame(reader)? {
        let (answer, last) = match order(card, &frame) {
            Said::Answer(answer) => (answer, false),
            Said::Last(answer) => (answer, true),
            Said::Gone => return Ok(()),
        };
        if !matches!(frame[..], [] | [POWER_OFF | POWER_ON | RESET]) {
            reader.write_all(&framed(&answer)?)?;
        }
        if last {
            return Ok(());
        }
    }
    Ok(())
}

/// Waits until the reader looks whether a card is there, and leaves it without an answer; false when
/// it wants something else of the card.
pub(crate) fn next_look(reader: &TcpStream, until: Instant) -> io::Result<bool> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        reader.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match read_frame(&mut Prompt::new(reader)?)?.as_deref() {
            Some([GET_ATR]) => return Ok(true),
            Some([POWER_OFF | POWER_ON | RESET]) => {}
            _ => return Ok(false),
        }
    }
}

fn order(card: &mut dyn OnReader, frame: &[u8]) -> Said {
    let mut power = |power| {
        debug!(?power, "power");
        card.power(power);
        Said::Answer(Vec::new())
    };
    match *frame {
        [] => Said::Answer(Vec::new()),
        [POWER_OFF] => power(Power::Off),
        [POWER_ON] => power(Power::On),
        [RESET] => power(Power::Reset),
        [GET_ATR] => {
            trace!("ATR");
            Said::Answer(card.atr())
        }
        [order] => {
            debug!(order, "unknown order");
            Said::Answer(Vec::new())
        }
        ref command => card.transmit(command),
    }
}

/// One frame, or `None` at the regular end.
fn read_frame(reader: &mut (impl Read + ?Sized)) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    match reader.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    reader.read_exact(&mut frame)?;
    Ok(Some(frame))
}

/// Length and payload in one write, so that nothing is held back on our side either.
fn framed(payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(payload.len()).map_err(|_| ErrorKind::InvalidData)?;
    Ok([&length.to_be_bytes(), payload].concat())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{Shutdown, TcpListener};
    use std::thread;

    use super::*;
    use crate::Card;
    use crate::person::tests::hanako;
    use crate::wire::Transport;

    #[test]
    fn the_reader_gets_an_atr_and_answers_until_it_hangs_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        let mut card = Card::new(&hanako());
        let card = thread::spawn(move || {
            Transport::Vpcd.serve(&mut card, &mut Prompt::new(&stream).expect("options"))
        });
        let (mut reader, _) = listener.accept().expect("the card");
        let mut expect = |sent: &[u8], received: &[u8]| {
            reader.write_all(sent).expect("sent");
            let mut answer = vec![0; received.len()];
            reader.read_exact(&mut answer).expect("answered");
            assert_eq!(answer, received);
        };
        expect(&[0, 1, GET_ATR], b"\x00\x09\x3B\xE0\x00\xFF\x81\x31\xFE\x45\x14");
        expect(&[0, 1, POWER_ON, 0, 5, 0, 0xB0, 0, 0, 0], &[0, 2, 0x69, 0x86]);
        // Without power a card is mute: an empty frame.
        expect(&[0, 1, POWER_OFF, 0, 5, 0, 0xB0, 0, 0, 0], &[0, 0]);
        reader.shutdown(Shutdown::Both).expect("closed");
        card.join().expect("no panic").expect("a regular end");
    }
}
