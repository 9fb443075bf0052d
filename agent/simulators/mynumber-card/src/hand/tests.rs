use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;
use crate::Person;
use crate::person::tests::hanako;

fn hand(listener: &TcpListener, deadline: Duration) -> Hand {
    Hand::holding(Card::new(&hanako()), listener.local_addr().expect("bound"), deadline)
}

/// The reader looks until a card is there.
fn look(listener: &TcpListener) -> TcpStream {
    loop {
        let (mut reader, _) = listener.accept().expect("the card");
        reader.write_all(&[0, 1, 0, 0, 1, 4]).expect("looked");
        let mut atr = [0; 11];
        if reader.read_exact(&mut atr).is_ok() {
            return reader;
        }
    }
}

/// Lays a card that was taken, before a reader that looks meanwhile.
fn lay_again(
    hand: &Hand,
    listener: &TcpListener,
    lay: impl FnOnce(&Hand) -> Result<(), NoReader>,
) -> TcpStream {
    let begun = Instant::now();
    let reader = thread::scope(|scope| {
        let reader = scope.spawn(|| look(listener));
        lay(hand).expect("laid");
        reader.join().expect("no panic")
    });
    assert!(begun.elapsed() >= EMPTY, "the reader cannot have seen that it was empty");
    reader
}

#[test]
fn laying_connects_and_taking_hangs_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_secs(10));
    assert!(!hand.is_laid());
    for again in [false, true] {
        let lay = |hand: &Hand| hand.lay().and_then(|()| hand.lay());
        let mut reader = if again {
            lay_again(&hand, &listener, lay)
        } else {
            lay(&hand).expect("laid");
            look(&listener)
        };
        assert!(hand.is_laid());
        hand.take();
        assert!(!hand.is_laid());
        assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    }
}

/// What the card says its serial number is.
fn serial(reader: &mut TcpStream) -> Vec<u8> {
    let mut record = Vec::new();
    reader.write_all(&[0, 1, 1]).expect("power");
    let select = b"\0\xA4\x04\x0C\x0A\xD3\x92\x10\0\x31\0\x01\x01\x01\0";
    for command in [select.as_slice(), b"\0\xB2\x01\x0C\0"] {
        let length = u8::try_from(command.len()).expect("short");
        reader.write_all(&[&[0, length], command].concat()).expect("sent");
        let mut length = [0; 2];
        reader.read_exact(&mut length).expect("a length");
        record = vec![0; usize::from(u16::from_be_bytes(length))];
        reader.read_exact(&mut record).expect("an answer");
    }
    record
}

#[test]
fn another_card_takes_the_place_of_the_first() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_secs(10));
    hand.lay().expect("laid");
    let mut reader = look(&listener);
    let first = serial(&mut reader);
    let jiro = Person::parse(include_str!("../../people/jiro.toml")).expect("a person");
    let mut next = lay_again(&hand, &listener, |hand| hand.swap(Card::new(&jiro)));
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    assert_ne!(serial(&mut next), first);
}

#[test]
fn a_card_can_be_taken_instead_of_answering() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_secs(10));
    hand.take_at(&[0, 0x20]);
    hand.lay().expect("laid");
    let mut reader = look(&listener);
    serial(&mut reader);
    assert!(hand.is_laid());
    reader.write_all(&[0, 4, 0, 0x20, 0, 0x91]).expect("sent");
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    hand.wait_until_taken();
    // Once.
    let mut reader = lay_again(&hand, &listener, Hand::lay);
    serial(&mut reader);
    reader.write_all(&[0, 4, 0, 0x20, 0, 0x91]).expect("sent");
    reader.read_exact(&mut [0; 4]).expect("an answer");
}

#[test]
fn a_card_that_lies_comes_back_to_a_reader_that_was_restarted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_secs(10));
    hand.lay().expect("laid");
    drop(listener.accept().expect("the card"));
    listener.accept().expect("the card again");
}

#[test]
fn a_reader_that_never_comes_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_millis(200));
    drop(listener);
    let error = hand.lay().expect_err("no reader");
    assert!(error.to_string().contains("vsmartcard-vpcd"), "{error}");
    assert!(!hand.is_laid());
}

#[test]
fn a_mute_card_that_is_taken_goes_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_secs(10));
    hand.plan(Trigger::At(1), Fault::Mute(Duration::from_secs(3600)));
    hand.lay().expect("laid");
    let mut reader = look(&listener);
    reader.write_all(&[0, 1, 1, 0, 4, 0, 0x20, 0, 0x91]).expect("sent");
    assert!(hand.wait_for_commands(1));
    hand.take();
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
}

#[test]
fn a_fault_is_told_over_the_wire_and_the_card_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hand = hand(&listener, Duration::from_secs(10));
    hand.plan(Trigger::At(2), Fault::Remove(Moment::After));
    hand.lay().expect("laid");
    let mut reader = look(&listener);
    reader.write_all(&[0, 1, 1]).expect("power");
    for _ in 0..2 {
        reader.write_all(&[0, 5, 0, 0xB0, 0, 0, 0]).expect("sent");
        let mut answer = [0; 4];
        reader.read_exact(&mut answer).expect("answered");
        assert_eq!(answer, [0, 2, 0x69, 0x86]);
    }
    assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
    hand.wait_until_taken();
    assert_eq!((hand.counts().commands, hand.planned_faults()), (2, 0));
}

#[test]
fn qemu_is_told_that_the_card_goes_and_gets_it_again() {
    const CARD_REMOVE: u8 = 6;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let reader = listener.local_addr().expect("bound");
    let place = Place { transport: Transport::Vscard, reader, deadline: Duration::from_secs(10) };
    let hand = Hand::before(place, Card::new(&hanako()), StateFile::default());
    for _ in 0..2 {
        hand.lay().expect("laid");
        let (mut reader, _) = listener.accept().expect("the card");
        hand.take();
        let mut said = Vec::new();
        reader.read_to_end(&mut said).expect("to the end");
        assert_eq!(said[said.len() - 12..], [0, 0, 0, CARD_REMOVE, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
