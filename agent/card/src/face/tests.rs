use super::*;
use crate::conversation::Key;
use crate::flows::face as flow;
use crate::flows::face::Opened;
use crate::pin::tests::typed_for;
use crate::testing::{CardLink, HANAKO, NUMBER_B};

/// Hanako's FACE EF 0002, as it is read in parts.
fn read(parts: &mut Vec<(usize, Vec<u8>)>) -> CardFace {
    let mut link = CardLink::with(HANAKO);
    let mut card = crate::Conversation::new(&mut link);
    assert!(flow::before(&mut card).expect("known").issuer.is_some());
    let face = match flow::read(&mut card, typed_for(Key::FaceNumberB, NUMBER_B)).expect("read") {
        Opened::Right(face) => face,
        Opened::Wrong { tries_left } => panic!("{tries_left}"),
    };
    // What was read, by what was sent.
    let value = link.sent.iter().position(|c| c[1] == 0x20 && c.len() > 4).expect("a VERIFY");
    for (command, answer) in link.sent[value + 1..].iter().zip(&link.answered[value + 1..]) {
        let offset = match command[2] {
            short if short & 0x80 != 0 => 0,
            high => usize::from(u16::from_be_bytes([high, command[3]])),
        };
        parts.push((offset, answer[..answer.len() - 2].to_vec()));
    }
    face
}

/// Feeds a file in parts; how many it took.
fn parse(file: &[u8]) -> Result<(CardFace, usize), BadFile> {
    let mut parts = Parts::default();
    parts.add(0, &file[..file.len().min(256)]);
    for count in 1..100 {
        match parts.next()? {
            Next::Done(face) => return Ok((face, count)),
            Next::Read(range) => {
                assert!(range.len() <= 256 && !range.is_empty());
                let end = range.end.min(file.len());
                let Some(part) = file.get(range.start..end).filter(|part| !part.is_empty()) else {
                    return Err(BadFile("shorter than it says"));
                };
                parts.add(range.start, part);
            }
        }
    }
    panic!("it never ends");
}

fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("short").to_be_bytes();
    [tag.to_be_bytes().as_slice(), &[0x82], &length, value].concat()
}

/// A face with a photograph of 1,900 bytes, and a table that leads where it is told to.
fn face(table: impl Fn(usize, usize) -> usize) -> Vec<u8> {
    let image = [PNG, [0x55; 160].as_slice()].concat();
    let objects = [
        object(0xDF22, b"19800217"),
        object(0xDF23, b"2"),
        object(0xDF24, &[0x90; 265]),
        object(0xDF25, &image),
        object(0xDF26, &image),
        object(0xDF27, &[0x4A; 1900]),
        object(0xDF28, &[0x33; 256]),
        object(0xDF29, b"20350217"),
        object(0xDF2A, PNG),
    ];
    let mut at = 5 + 5 + 18;
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.extend(u16::try_from(table(number, at)).expect("short").to_be_bytes());
        at += object.len();
    }
    object(0xFF20, &[object(0xDF21, &offsets), objects.concat()].concat())
}

#[test]
fn the_face_is_read_without_its_photograph() {
    let mut parts = Vec::new();
    let face = read(&mut parts);
    assert_eq!((face.birth_date.as_str(), face.sex.as_str()), ("19800217", "2"));
    assert_eq!(face.expiry, "20350217");
    assert!(face.name_image.starts_with(PNG));
    assert_eq!(parts.len(), 5, "the beginning; name and expiry, each after its header");
    // JPEG 2000 begins so.
    let photo = |bytes: &[u8]| bytes.windows(8).any(|w| w == b"\x00\x00\x00\x0CjP  ");
    assert!(!parts.iter().any(|(_, bytes)| photo(bytes)), "nothing of the photograph was sent");
    assert_eq!(format!("{face:?}"), "CardFace(…)");
}

/// How many bytes of a photograph are asked for behind the first 256.
fn photograph_in(file: &[u8]) -> usize {
    let photo = file.windows(8).position(|w| *w == [0x4A; 8]).expect("a photograph");
    let photo = photo..photo + 1900;
    assert!(photo.start > 256 && file[photo.end - 1] == 0x4A && file[photo.end] != 0x4A);
    let mut parts = Parts::default();
    parts.add(0, &file[..256]);
    let mut asked = 0;
    while let Next::Read(range) = parts.next().expect("sound") {
        let end = range.end.min(file.len());
        asked += (range.start..end).filter(|at| photo.contains(at)).count();
        parts.add(range.start, &file[range.start..end]);
    }
    asked
}

#[test]
fn of_the_photograph_nothing_is_asked_for() {
    assert_eq!(photograph_in(&face(|_, at| at)), 0);
    // Without a table's help, from header to header.
    assert_eq!(photograph_in(&face(|_, _| 0)), 0);
    // A table that leads into it, or to its header.
    assert!(photograph_in(&face(|_, at| at + 1)) <= LONG_HEADER);
    assert_eq!(photograph_in(&face(|number, at| if number == 7 { at - 2166 } else { at })), 0);
    assert!(photograph_in(&face(|number, at| if number == 7 { at - 1000 } else { at })) <= HEADER);
}

#[test]
fn a_table_that_leads_astray_is_not_followed() {
    let tables: [fn(usize, usize) -> usize; 5] = [
        |_, at| at,
        |_, at| at + 1,
        |_, _| 0,
        |_, _| 0xFFFF,
        |number, at| if number == 7 { at - 20 } else { at },
    ];
    for (at, table) in tables.into_iter().enumerate() {
        let (read, parts) = parse(&face(table)).expect("read");
        assert_eq!((read.expiry.as_str(), read.name_image.len()), ("20350217", 168), "table {at}");
        assert!(parts <= 16, "table {at}: {parts} parts");
    }
    assert_eq!(parse(&face(|_, at| at)).expect("read").1, 5);
}

#[test]
fn nonsense_is_refused_without_a_panic_or_an_end_that_never_comes() {
    let good = face(|_, at| at);
    for at in 0..600 {
        for byte in [0x00, 0x01, 0x7F, 0x82, 0xDF, 0xFF] {
            let mut bad = good.clone();
            bad[at] = byte;
            let _ = parse(&bad);
        }
    }
    for length in 0..good.len() {
        let _ = parse(&good[..length]);
    }
    let mut no_image = good.clone();
    let at = good.windows(8).position(|window| window == PNG).expect("an image");
    no_image[at] = b'X';
    assert!(parse(&no_image).is_err());
}
