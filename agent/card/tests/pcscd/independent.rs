//! The library `myna-card` with its own way through PC/SC, whose author measured it on real cards:
//! it reads from the virtual card what we read.

use std::collections::BTreeSet;

use jiff::civil::date;
use madoguchi_card::flows::{authentication, face, form, identify, verify};
use madoguchi_card::{Conversation, Key, Pins, Trouble, with_card};
use madoguchi_protocol::AttributeName;
use myna_card::ap::common::CommonAp;
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::surface::SurfaceAp;
use myna_card::ap::text::TextAp;
use myna_card::transport::pcsc::{Sharing, connect};
use myna_card::{Pin, Sex};

use crate::counter::{Counter, NUMBER_B, PIN, hanako, typed};
use crate::namespace::in_a_system_of_its_own;

const READER: &str = "Virtual PCD 00 00";
const CHALLENGE: &[u8] = b"a challenge";

/// What both read.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    municipality: String,
    name: String,
    address: String,
    birth_date: String,
    sex: String,
    certificate: Vec<u8>,
    signature: Vec<u8>,
    name_image: Vec<u8>,
    expiry: String,
}

#[test]
fn an_independent_reader_reads_the_same_from_every_file() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    hand.lay().expect("laid");
    counter.reader(None, true);
    let ours = with_card(Some(READER), |link| ours(&mut Conversation::new(link)));
    let ours = ours.expect("a card").expect("read");
    let theirs = theirs().expect("read");
    assert_eq!(ours, theirs);
    assert_eq!((ours.name.as_str(), ours.expiry.as_str()), ("検証　花子", "20350217"));
    counter.close();
}

fn ours(card: &mut Conversation) -> Result<Read, Trouble> {
    use AttributeName::{Address, BirthDate, Name, Sex};
    let says = identify::identify(card)?;
    verify(card, typed(Key::TextPin, PIN))?;
    let wanted: BTreeSet<_> = [Name, Address, BirthDate, Sex].into();
    let (attributes, _) = form::read(card, &wanted)?.into_parts();
    let attribute = |name| attributes[&name].value.expose().to_owned();

    let before = authentication::before(card, &Pins::default(), date(2026, 11, 22))?;
    let pin = typed(Key::AuthenticationPin, PIN);
    let signed = authentication::sign(card, pin, &before, CHALLENGE)?;
    let face::Opened::Right(signed) = signed else { panic!("the PIN is wrong") };

    let number = typed(Key::FaceNumberB, NUMBER_B);
    let face::Opened::Right(face) = face::read(card, number)? else { panic!("it is wrong") };
    Ok(Read {
        municipality: says.issuer.expect("it says so").to_string(),
        name: attribute(Name),
        address: attribute(Address),
        birth_date: attribute(BirthDate),
        sex: attribute(Sex),
        certificate: signed.certificate.der().to_vec(),
        signature: signed.signature,
        name_image: face.name_image.to_vec(),
        expiry: face.expiry,
    })
}

fn theirs() -> myna_card::Result<Read> {
    let mut card = connect(READER, Sharing::Shared)?;
    let information = CommonAp::select(&mut card)?.read_card_info()?;

    let mut text = TextAp::select(&mut card)?;
    text.verify_pin(&Pin::numeric(PIN)?)?;
    let attributes = text.read_attributes()?;
    // What we cannot compare: the issuer's hash of the file, as they see it.
    let file = text.read_ef(myna_card::ap::text::ef::ATTRIBUTES)?;
    assert!(text.read_integrity_record()?.matches_attributes_file(&file)?);

    let mut jpki = JpkiAp::select(&mut card)?;
    let certificate = jpki.read_auth_certificate_der()?;
    jpki.verify_auth_pin(&Pin::numeric(PIN)?)?;
    // The card hashes: the way that we do not go, to the same signature.
    let signature = jpki.sign_with_auth_key(SignatureScheme::Sha256DigestInfo, CHALLENGE)?;

    let mut surface = SurfaceAp::select(&mut card)?;
    surface.verify_code_b(&Pin::numeric(NUMBER_B)?)?;
    let face = surface.read_card_face()?;
    Ok(Read {
        municipality: information.municipality_code,
        name: attributes.name,
        address: attributes.address,
        birth_date: attributes.birth_date.to_string().replace('-', ""),
        sex: match attributes.sex {
            Sex::Female => "2".to_owned(),
            other => panic!("{other:?}"),
        },
        certificate,
        signature,
        name_image: face.name_image.data,
        expiry: face.expiry.to_string().replace('-', ""),
    })
}
