//! FACE (券面事項確認AP): what is printed on the card, signed.

use super::{Application, Elementary, Gate, Signs, UNKNOWN_CONTENT, behind, free, key, shut};
use crate::ber::{self, filled, long_object, object};
use crate::key::{Form, Key};
use crate::make::picture;
use crate::make::rsa::{TestKey, sha256, sha256_info};
use crate::make::verifiable::{self, KeyId};
use crate::person::Person;

const AID: &[u8] = b"\xD3\x92\x10\0\x31\0\x01\x01\x04\x02";

/// The birth date, 照合番号B and 照合番号A.
const BIRTH_DATE: u16 = 0x11;
const NUMBER_B: u16 = 0x12;
const NUMBER_A: u16 = 0x13;

/// Widths of the pictures on the test card, in pixels; longer texts are wider here.
const NAME_WIDTH: usize = 216;
const ADDRESS_WIDTH: usize = 288;
const CODE_WIDTH: usize = 24;
const NUMBER_WIDTH: usize = 72;

pub fn application(person: &Person) -> Application {
    let full = person.unconfirmed().number_tries_full;
    let number_b = person.number_b();
    let number_a = match person.individual_number() {
        Some(number) => key(person, Some(number), Form::Fixed, (full, full)),
        None => Elementary::Key(Key::unknown(full)),
    };
    let number = match person.individual_number() {
        Some(number) => behind(&[NUMBER_A], number_picture(number)),
        None => shut(),
    };
    let face = face(person);
    // A photo of a real card is larger: its file is, too.
    let size = (face.len() + 1).next_multiple_of(1024);
    let both = [NUMBER_A, NUMBER_B];
    let tries_b = (person.number_tries()[1], full);
    let signer =
        Elementary::Signer { key: TestKey::FaceCard, gate: Gate::Free, command: Signs::Digest };
    let birth_date = person.birth_date_key();
    let files = [
        (0x01, behind(&[BIRTH_DATE], filled(age(person), 768))),
        (0x02, behind(&both, filled(face, size))),
        (0x03, free(filled(information(person), 512))),
        (0x04, free(filled(certificate(person), 1024))),
        (0x05, number),
        (0x06, behind(&both, UNKNOWN_CONTENT.to_vec())),
        (BIRTH_DATE, key(person, Some(&birth_date), Form::Fixed, (full, full))),
        (NUMBER_B, key(person, Some(&number_b), Form::Fixed, tries_b)),
        (NUMBER_A, number_a),
        (0x1A, signer),
        (0x1C, Elementary::Internal),
        (0x1E, Elementary::Internal),
    ];
    let application = Application::new("face", AID, files);
    Application { default_signer: Some(0x1A), ..application }
}

/// EF 0001: the birth date, this card's key, and a signature over both.
fn age(person: &Person) -> Vec<u8> {
    let objects = [
        object(&[0xDF, 0x11], person.birth_date().as_bytes()),
        object(&[0xDF, 0x12], &verifiable::public_key(TestKey::FaceCard)),
    ]
    .concat();
    let signature = object(&[0xDF, 0x13], &TestKey::FaceIssuer.sign(&objects));
    object(&[0xFF, 0x10], &[objects, signature].concat())
}

/// EF 0002: the face of the card. The signature covers three groups, each by its hash; expiry and
/// security code stand behind it, uncovered.
fn face(person: &Person) -> Vec<u8> {
    let sex = person.sex().to_string();
    let text = [
        object(&[0xDF, 0x22], person.birth_date().as_bytes()),
        object(&[0xDF, 0x23], sex.as_bytes()),
        object(&[0xDF, 0x24], &verifiable::public_key(TestKey::FaceCard)),
    ];
    let pictures = [
        // Three bytes of length whether needed or not, as on the test card.
        long_object(&[0xDF, 0x25], &picture::of_text(person.drawn_name(), NAME_WIDTH)),
        object(&[0xDF, 0x26], &picture::of_text(person.address(), ADDRESS_WIDTH)),
    ];
    let photo = object(&[0xDF, 0x27], picture::PHOTO);
    let hashes = [text.concat(), pictures.concat(), photo.clone()].map(|group| sha256(&group));
    let signed = sha256_info(&hashes.concat());
    let signature = TestKey::FaceIssuer.sign_as_is(&signed).unwrap_or_default();
    let code = picture::of_text(person.security_code(), CODE_WIDTH);
    let [birth_date, sex, key] = text;
    let [name, address] = pictures;
    let objects = [
        birth_date,
        sex,
        key,
        name,
        address,
        photo,
        object(&[0xDF, 0x28], &signature),
        object(&[0xDF, 0x29], person.expires().as_bytes()),
        object(&[0xDF, 0x2A], &code),
    ];
    ber::with_offsets(&[0xFF, 0x20], &[0xDF, 0x21], &objects)
}

/// EF 0003: basic information, and the code of the municipality.
fn information(person: &Person) -> Vec<u8> {
    let block = [KeyId::FACE_BLOCK.bytes().as_slice(), &[0xA5; 256]].concat();
    let objects = [
        object(&[0xDF, 0x31], &[0x06, 0x03, 0x0E, 0x01]),
        object(&[0xDF, 0x32], KeyId::FACE_INFORMATION.bytes()),
        object(&[0xDF, 0x33], &[0x00]),
        object(&[0xDF, 0x34], person.municipality().as_bytes()),
        object(&[0xDF, 0x35], &block),
    ];
    object(&[0xFF, 0x30], &objects.concat())
}

/// EF 0004: who signs here.
fn certificate(person: &Person) -> Vec<u8> {
    let subject = KeyId::municipality(person.municipality(), 1);
    let issuer = (&KeyId::FACE_CA, TestKey::FaceCa);
    verifiable::certificate(issuer, (&subject, TestKey::FaceIssuer))
}

/// EF 0005: the 個人番号 as a picture, signed.
fn number_picture(number: &str) -> Vec<u8> {
    let objects = [
        long_object(&[0xDF, 0x41], &picture::of_text(number, NUMBER_WIDTH)),
        object(&[0xDF, 0x42], &verifiable::public_key(TestKey::FaceCard)),
    ]
    .concat();
    let signature = object(&[0xDF, 0x43], &TestKey::FaceIssuer.sign(&objects));
    filled(object(&[0xFF, 0x40], &[objects, signature].concat()), 1024)
}

#[cfg(test)]
mod tests {
    use myna_card::ap::surface::{AgeRecord, ApBasicData, CardFace, MyNumberImage};
    use myna_card::data::{CardVerifiableCertificate, ImageFormat, RsaPublicKey};

    use super::*;
    use crate::person::tests::hanako;

    fn issuer() -> RsaPublicKey {
        CardVerifiableCertificate::parse(&certificate(&hanako())).expect("parses").public_key
    }

    #[test]
    fn an_independent_reader_verifies_the_face_of_the_card() {
        let read = CardFace::parse(&face(&hanako())).expect("parses, offsets right");
        read.verify(&issuer()).expect("signed");
        assert_eq!(read.expiry.to_string(), "2035-02-17");
        let formats =
            [&read.name_image, &read.address_image, &read.photo].map(|image| image.format);
        assert_eq!(formats, [ImageFormat::Png, ImageFormat::Png, ImageFormat::Jpeg2000]);
        assert_eq!(read.public_key.modulus, TestKey::FaceCard.modulus());
    }

    #[test]
    fn an_independent_reader_verifies_the_age() {
        let file = age(&hanako());
        assert_eq!(file.len(), 547);
        let read = AgeRecord::parse(&file).expect("parses");
        read.verify(&issuer()).expect("signed");
        assert_eq!(read.birth_date.to_string(), "1980-02-17");
    }

    #[test]
    fn an_independent_reader_understands_the_basic_information() {
        let file = information(&hanako());
        assert_eq!(file.len(), 320);
        assert_eq!(ApBasicData::parse(&file).expect("parses").municipality_code, "99999");
    }

    #[test]
    fn an_independent_reader_verifies_the_picture_of_a_number() {
        let read = MyNumberImage::parse(&number_picture("123456789018")).expect("parses");
        read.verify(&issuer()).expect("signed");
    }
}
