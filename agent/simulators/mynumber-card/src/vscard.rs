//! The wire to QEMU's `ccid-card-passthru`, a USB reader of a virtual machine: messages of type,
//! reader and length (each a big-endian `u32`) and a payload, both ways.
//!
//! Both sides greet; the card then adds its reader and shows its answer to reset, which the reader
//! acknowledges; after that the reader sends commands and the card answers them. Power is not told:
//! the card has it as long as it lies there. The reader knows the protocol T=0 only (QEMU 7.2: a
//! card whose answer to reset offers nothing but T=1 is not powered), so the answer to reset must be
//! that of a contactless card, which offers both. Protocol as of QEMU 4 to 9 (`hw/usb/
//! ccid-card-passthru.c`) and libcacard (`vscard_common.h`).

use std::io::{self, ErrorKind, Read, Write};

use tracing::{debug, trace};

use crate::wire::{OnReader, Power, Said, Stream};

/// Types of messages.
const INIT: u32 = 1;
const ERROR: u32 = 2;
const READER_ADD: u32 = 3;
const READER_REMOVE: u32 = 4;
const ATR: u32 = 5;
const CARD_REMOVE: u32 = 6;
const APDU: u32 = 7;
const FLUSH: u32 = 8;
const FLUSH_COMPLETE: u32 = 9;

/// `VSCD`, version 0.0.2, no capabilities.
const GREETING: &[u8; 12] = b"VSCD\0\0\0\x02\0\0\0\0";

/// The reader before there is one, and the only one.
const NO_READER: u32 = u32::MAX;
const READER: u32 = 0;

/// Longest payload that is taken, in bytes: as long as QEMU's own buffer.
const LONGEST: u32 = 64 * 1024;

/// Answers until the connection ends or the card is gone. Closing the connection does not take a
/// card off this reader, so that is said.
pub(crate) fn serve(card: &mut dyn OnReader, reader: &mut dyn Stream) -> io::Result<()> {
    let outcome = answer(card, reader);
    if let Err(error) = send(reader, CARD_REMOVE, READER, &[]) {
        debug!(%error, "the reader went first");
    }
    outcome
}

fn answer(card: &mut dyn OnReader, reader: &mut dyn Stream) -> io::Result<()> {
    send(reader, INIT, NO_READER, GREETING)?;
    send(reader, READER_ADD, NO_READER, &[])?;
    card.power(Power::On);
    send(reader, ATR, READER, &card.atr())?;
    while let Some(message) = receive(reader)? {
        match message.kind {
            INIT => greeted(&message.payload)?,
            APDU => match card.transmit(&whole(message.payload)) {
                Said::Answer(answer) => send(reader, APDU, READER, &answer)?,
                Said::Last(answer) => return send(reader, APDU, READER, &answer),
                Said::Gone => return Ok(()),
            },
            ERROR if message.payload == [0; 4] => trace!("acknowledged"),
            ERROR => return Err(io::Error::other("the reader refused the card")),
            FLUSH => send(reader, FLUSH_COMPLETE, message.reader, &[])?,
            READER_REMOVE => return Ok(()),
            kind => debug!(kind, "unknown message"),
        }
    }
    Ok(())
}

/// The command as it was before a program made it one of T=0, which has no place for two things: a
/// VERIFY without a value gets a length of zero, and a signature's command loses its Le.
fn whole(mut command: Vec<u8>) -> Vec<u8> {
    match command[..] {
        [_, 0x20, _, _, 0] => drop(command.pop()),
        [_, 0x2A | 0x88, _, _, lc, ref data @ ..] if lc > 0 && data.len() == usize::from(lc) => {
            command.push(0);
        }
        _ => {}
    }
    command
}

fn greeted(payload: &[u8]) -> io::Result<()> {
    if payload.starts_with(b"VSCD") {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::InvalidData, "the other end is no VSCARD reader"))
}

struct Message {
    kind: u32,
    reader: u32,
    payload: Vec<u8>,
}

/// One message, or `None` at the regular end.
fn receive(reader: &mut (impl Read + ?Sized)) -> io::Result<Option<Message>> {
    let mut head = [0; 12];
    match reader.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let [kind, from, length] = numbers(head);
    if length > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "a message is too long"));
    }
    let mut payload = vec![0; length as usize];
    reader.read_exact(&mut payload)?;
    Ok(Some(Message { kind, reader: from, payload }))
}

fn numbers(head: [u8; 12]) -> [u32; 3] {
    let at = |i: usize| u32::from_be_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
    [at(0), at(4), at(8)]
}

fn send(reader: &mut (impl Write + ?Sized), kind: u32, to: u32, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).map_err(|_| ErrorKind::InvalidData)?;
    let head = [kind, to, length].map(u32::to_be_bytes).concat();
    reader.write_all(&[head.as_slice(), payload].concat())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;
    use crate::Card;
    use crate::person::tests::hanako;
    use crate::wire::Transport;

    /// A reader as QEMU's is: it greets, acknowledges, and sends commands.
    struct Reader {
        stream: TcpStream,
        card: thread::JoinHandle<io::Result<()>>,
    }

    impl Reader {
        fn with_a_card() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let stream = TcpStream::connect(listener.local_addr().expect("bound"));
            let mut stream = stream.expect("connects");
            let mut card = Card::new(&hanako());
            let card = thread::spawn(move || Transport::Vscard.serve(&mut card, &mut stream));
            Self { stream: listener.accept().expect("the card").0, card }
        }

        fn next(&self) -> (u32, u32, Vec<u8>) {
            let message = receive(&mut &self.stream).expect("read").expect("a message");
            (message.kind, message.reader, message.payload)
        }

        fn say(&self, kind: u32, payload: &[u8]) {
            send(&mut &self.stream, kind, READER, payload).expect("sent");
        }

        /// The whole opening: who says what in which order.
        fn open(&self) {
            self.say(INIT, GREETING);
            assert_eq!(self.next(), (INIT, NO_READER, GREETING.to_vec()));
            assert_eq!(self.next(), (READER_ADD, NO_READER, vec![]));
            self.say(ERROR, &[0; 4]);
            let atr = b"\x3B\xE0\x00\xFF\x81\x31\xFE\x45\x14".to_vec();
            assert_eq!(self.next(), (ATR, READER, atr));
            self.say(ERROR, &[0; 4]);
        }

        fn end(self) -> io::Result<()> {
            drop(self.stream);
            self.card.join().expect("no panic")
        }
    }

    #[test]
    fn the_card_greets_shows_its_atr_and_answers() {
        let reader = Reader::with_a_card();
        reader.open();
        for (command, answer) in [
            (b"\0\xA4\x04\x0C\x0A\xD3\x92\x10\0\x31\0\x01\x01\x04\x08".as_slice(), [0x90, 0x00]),
            (&[0, 0x20, 0, 0x91], [0x63, 0xC3]),
        ] {
            reader.say(APDU, command);
            assert_eq!(reader.next(), (APDU, READER, answer.to_vec()));
        }
        reader.say(FLUSH, &[]);
        assert_eq!(reader.next().0, FLUSH_COMPLETE);
        reader.end().expect("a regular end");
    }

    #[test]
    fn commands_of_t_0_are_made_whole() {
        for (sent, meant) in [
            ([0, 0x20, 0, 0x80, 0].as_slice(), [0, 0x20, 0, 0x80].as_slice()),
            (&[0x80, 0x2A, 0, 0x80, 2, 7, 7], &[0x80, 0x2A, 0, 0x80, 2, 7, 7, 0]),
            (&[0x80, 0x2A, 0, 0x80, 2, 7, 7, 0], &[0x80, 0x2A, 0, 0x80, 2, 7, 7, 0]),
            (&[0, 0x20, 0, 0x80], &[0, 0x20, 0, 0x80]),
            (&[0, 0xB0, 0, 0, 0], &[0, 0xB0, 0, 0, 0]),
            (&[0, 0x20], &[0, 0x20]),
        ] {
            assert_eq!(whole(sent.to_vec()), meant);
        }
    }

    #[test]
    fn a_reader_that_refuses_or_is_none_is_told() {
        let reader = Reader::with_a_card();
        reader.open();
        reader.say(ERROR, &[0, 0, 0, 2]);
        let error = reader.card.join().expect("no panic").expect_err("refused");
        assert_eq!(error.to_string(), "the reader refused the card");
        let reader = Reader::with_a_card();
        reader.say(INIT, b"HTTP/1.1 400");
        let error = reader.card.join().expect("no panic").expect_err("another protocol");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_before_memory_is_taken() {
        let reader = Reader::with_a_card();
        (&reader.stream).write_all(&[0, 0, 0, 7, 0, 0, 0, 0, 0xFF, 0, 0, 0]).expect("sent");
        let error = reader.card.join().expect("no panic").expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
