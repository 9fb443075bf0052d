//! What a reader, or somebody with orders, says to the virtual card.

use std::io::{self, Read, Write};

use madoguchi_virtual_card::{Card, OnReader, Order, Power, Said, Script, Transport};

use crate::plastic::{self, SELECT_COMMON, SELECT_JPKI, SELECT_TEXT};

/// Commands, each with its length before it, and what becomes of the power.
pub fn commands(bytes: &[u8]) {
    let Some((who, mut rest)) = bytes.split_first() else { return };
    let people = plastic::people();
    let mut card = plastic::powered(&people[usize::from(*who) % people.len()]);
    while let Some((length, after)) = rest.split_first() {
        let (command, next) = after.split_at(usize::from(*length).min(after.len()));
        rest = next;
        match command {
            [] => card.reset(),
            [0] => card.power_off(),
            [1] => card.power_on(),
            command => {
                let answer = card.transmit(command);
                assert_ne!(answer.len(), 1, "half a status word");
            }
        }
    }
}

/// The conversation that a reader of a card begins, with everybody.
pub fn conversations() -> Vec<Vec<u8>> {
    let everybody = 0..u8::try_from(plastic::people().len()).expect("some people");
    everybody
        .map(|who| {
            let lengths = spoken(usize::from(who)).into_iter().map(|command| {
                let length = u8::try_from(command.len()).expect("short");
                [&[length], command.as_slice()].concat()
            });
            [&[who][..], &lengths.collect::<Vec<_>>().concat()].concat()
        })
        .collect()
}

fn spoken(who: usize) -> Vec<Vec<u8>> {
    let verify = plastic::verify_number(&plastic::people()[who], 0x95);
    let commands: [&[u8]; 14] = [
        SELECT_JPKI,
        b"\x00\xA4\x02\x0C\x02\x00\x06",
        b"\x00\xB0\x00\x00\x20",
        b"\x00\xB0\x86\x00\x00\x01\x00",
        SELECT_COMMON,
        b"\x00\xB2\x01\x0C\x00",
        SELECT_TEXT,
        b"\x00\x20\x00\x95",
        &verify,
        b"\x00\xB0\x82\x00\x00",
        b"\x00\xA4\x02\x0C\x02\x00\x18",
        b"\x00\x20\x00\x80",
        b"\x80\x2A\x00\x97\x05\x30\x31\x30\x0D\x06\x00",
        b"\x00\x84\x00\x00\x08",
    ];
    commands.map(<[u8]>::to_vec).into()
}

/// Frames of vpcd.
pub fn vpcd(bytes: &[u8]) {
    serve(Transport::Vpcd, bytes);
}

pub fn vpcd_frames() -> Vec<Vec<u8>> {
    let frame = |payload: &[u8]| {
        let length = u16::try_from(payload.len()).expect("short").to_be_bytes();
        [&length, payload].concat()
    };
    let orders = [4, 1, 2, 0, 1].map(|order| frame(&[order])).concat();
    let frames: Vec<_> = spoken(0).iter().map(|command| frame(command)).collect();
    vec![orders.clone(), [orders, frames.concat()].concat()]
}

/// Messages of QEMU's `ccid-card-passthru`.
pub fn vscard(bytes: &[u8]) {
    serve(Transport::Vscard, bytes);
}

pub fn vscard_messages() -> Vec<Vec<u8>> {
    let message = |kind: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).expect("short");
        [&[kind, 0, length].map(u32::to_be_bytes).concat(), payload].concat()
    };
    let greeting = message(1, b"VSCD\0\0\0\x02\0\0\0\0");
    let good = message(2, &[0; 4]);
    let commands: Vec<_> = spoken(0).iter().map(|command| message(7, command)).collect();
    let end = [message(8, &[]), message(4, &[])].concat();
    vec![
        [greeting.clone(), good.clone()].concat(),
        [greeting, good, commands.concat(), end].concat(),
    ]
}

fn serve(transport: Transport, bytes: &[u8]) {
    let mut lying = Lying(plastic::powered(&plastic::people()[0]));
    let mut wire = Wire { said: bytes };
    // Whatever the reader says, the card is without power when it has ended.
    let _ = transport.serve(&mut lying, &mut wire);
    assert_eq!(lying.0.transmit(SELECT_JPKI), Vec::<u8>::new(), "power after the end");
}

/// A card with nobody's hand on it.
struct Lying(Card);

impl OnReader for Lying {
    fn atr(&mut self) -> Vec<u8> {
        self.0.atr().to_vec()
    }

    fn power(&mut self, power: Power) {
        match power {
            Power::On => self.0.power_on(),
            Power::Off => self.0.power_off(),
            Power::Reset => self.0.reset(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Said {
        Said::Answer(self.0.transmit(command))
    }
}

/// A reader that says what it was given, and listens to nothing.
struct Wire<'a> {
    said: &'a [u8],
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.said.read(buffer)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines of the control socket, and scripts. An order reads again as it is written.
pub fn orders(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for line in text.lines() {
        if let Ok(order) = line.parse::<Order>() {
            assert_eq!(order.to_string().parse::<Order>(), Ok(order));
        }
    }
    let _ = text.parse::<Script>();
}

pub fn lines() -> Vec<Vec<u8>> {
    let lines = "lay\ntake\nswap /a/person.toml\nstatus\nstatus all\nfault at 3 remove before\n\
        fault on 002000 mute 5s\nfault at 1 status 6F00\nfault at 2 truncate 7\nfault at 2 flip 7\n\
        fault at 2 empty\nalways first-fails\nnever short-only\nclear\ntries text.11 2\n\
        timing contactless\n";
    vec![lines.as_bytes().to_vec()]
}
