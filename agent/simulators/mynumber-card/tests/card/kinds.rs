//! What else people lay down, and what is not confirmed.

use madoguchi_virtual_card::{Card, Interface, Person};

use crate::desk::{COMMON, Desk, FACE, HANAKO, ISSUER, JPKI, TEXT, TRIES, verify};

fn with(line: &str) -> Desk {
    Desk::with(&format!("{line}\n{HANAKO}"))
}

#[test]
fn only_a_my_number_card_and_a_phone_have_all_of_what_they_claim() {
    for (kind, answers) in [
        ("my_number_card", [0x9000; 4]),
        ("special_residence", [0x9000; 4]),
        ("phone", [0x9000, 0x6A82, 0x6A82, 0x6A82]),
        ("iphone", [0x9000, 0x6A82, 0x6A82, 0x6A82]),
        ("juki", [0x9000, 0x6A82, 0x6A82, 0x6A82]),
        ("driving_licence", [0x6A82; 4]),
        ("residence", [0x6A82; 4]),
        ("transit", [0x6E00; 4]),
        ("other", [0x6A82; 4]),
        ("broken", [0x6F00; 4]),
    ] {
        let mut card = with(&format!("kind = \"{kind}\""));
        assert_eq!(card.statuses([JPKI, TEXT, FACE, COMMON]), answers, "{kind}");
    }
}

#[test]
fn the_token_tells_card_phones_and_the_card_before_apart() {
    for (kind, label) in [
        ("my_number_card", "JPKIAPICCTOKEN2 "),
        ("phone", "JPKIAPGPSETOKEN "),
        ("iphone", "JPKIAPIOSTOKEN "),
        ("juki", "JPKIAPICCTOKEN "),
    ] {
        let mut card = with(&format!("kind = \"{kind}\""));
        card.status(JPKI);
        assert!(card.read(0x06).starts_with(label.as_bytes()), "{kind}");
    }
}

#[test]
fn other_cards_are_known_by_their_own_applications() {
    let licence = "00A4040C10 A0000002310100000000000000000000";
    let residence = "00A4040C10 D392F0004F0200000000000000000000";
    for (kind, selected, status) in [
        ("driving_licence", licence, 0x9000),
        ("residence", residence, 0x9000),
        ("special_residence", residence, 0x9000),
        ("my_number_card", licence, 0x6A82),
        ("my_number_card", residence, 0x6A82),
    ] {
        assert_eq!(with(&format!("kind = \"{kind}\"")).status(selected), status, "{kind}");
    }
    let mut licence = with("kind = \"driving_licence\"");
    assert_eq!(licence.statuses(["00A4020C022F01", "00B0000011"]), [0x9000; 2]);
    // A reader tells the number of a FeliCa itself.
    let mut transit = with("kind = \"transit\"");
    assert_eq!(transit.ask("FFCA000000").0.len(), 8);
    assert_eq!(Desk::hanako().status("FFCA000000"), 0x6E00);
}

#[test]
fn the_answer_to_reset_is_that_of_the_interface() {
    let card = Card::new(&Person::parse(HANAKO).expect("a person"));
    assert_eq!(card.atr(), b"\x3B\xE0\0\xFF\x81\x31\xFE\x45\x14");
    let card = card.by(Interface::Contactless);
    assert_eq!(card.atr(), b"\x3B\x88\x80\x01\0\0\x05\xE0\xB3\x81\xA1\0\x7F");
}

#[test]
fn what_is_not_confirmed_is_a_switch() {
    let unconfirmed = |line: &str| {
        let mut card = Desk::with(&format!("{HANAKO}\n[unconfirmed]\n{line}"));
        card.status(TEXT);
        card
    };
    let mut card = unconfirmed("blocked = \"6983\"");
    let told = [0; 4].map(|_| card.status(&verify(0x11, "0000")));
    assert_eq!(told, [0x63C2, 0x63C1, 0x63C0, 0x6983]);
    let mut card = unconfirmed("in_force_answers_done = true");
    assert_eq!(card.statuses([TRIES, &verify(0x11, "9247"), TRIES]), [0x63C3, 0x9000, 0x9000]);
    assert_eq!(unconfirmed("number_tries_full = 3").status("00200095"), 0x63C3);
    let selected = "00A404000A D3921000310001010408 00";
    assert_eq!(unconfirmed("fci = true").ask(selected).0[..2], [0x6F, 0x0C]);
    assert!(Desk::hanako().ask(selected).0.is_empty());
    let mut card = unconfirmed("short_identifiers = false");
    assert_eq!(card.statuses([TRIES, "00B0850004"]), [0x6A86, 0x6A86]);
    assert_eq!(card.statuses(["00A4020C020011", "00200080"]), [0x9000, 0x63C3]);
    let without = HANAKO.replace("pin = \"9247\"", "");
    let mut card = Desk::with(&format!("{without}\n[unconfirmed]\nwithout_pin = \"63C0\""));
    assert_eq!(card.statuses([TEXT, TRIES]), [0x9000, 0x63C0]);
}

#[test]
fn a_licence_on_the_card_is_an_application_of_its_own() {
    let select = "00A4040C10 A0000002310600000000000000000000";
    assert_eq!(Desk::hanako().status(select), 0x6A82);
    let licence = "[licence]\npin = \"4321\"\nexpires = \"20300217\"";
    let mut card = Desk::with(&format!("{HANAKO}\n{licence}"));
    assert_eq!(card.status(select), 0x9000);
    assert_eq!(card.ask("00B09A0000"), (vec![0xC1, 1, 1], 0x9000));
    assert_eq!(card.statuses(["00B09B0000", "00200086"]), [0x6982, 0x63CA]);
    assert_eq!(card.statuses([&verify(0x06, "4321"), "00B09B0000"]), [0x9000; 2]);
    let at_82 = format!("{HANAKO}\n{licence}\n[unconfirmed]\nlicence_pin_is_82 = true");
    let mut card = Desk::with(&at_82);
    assert_eq!(card.statuses([select, "00200082", "00200086"]), [0x9000, 0x63CA, 0x6A82]);
}

#[test]
fn the_number_is_on_the_card_only_where_the_person_has_one() {
    let mut card = with("individual_number = \"123456789018\"");
    card.statuses([TEXT, &verify(0x11, "9247")]);
    assert_eq!(card.read(0x01), b"\xFF\x10\x0C123456789018\xFF\xFF");
    card.status(FACE);
    assert_eq!(card.statuses([&verify(0x12, "55021720352285"), "00B0850000"]), [0x9000, 0x6982]);
    assert_eq!(card.statuses([&verify(0x13, "123456789018"), "00B0850000"]), [0x9000; 2]);
}

#[test]
fn each_key_of_the_face_opens_as_much_as_on_a_real_card() {
    let mut card = Desk::hanako();
    let (age, face) = ("00B0810004", "00B0820004");
    assert_eq!(card.statuses([FACE, age, face]), [0x9000, 0x6982, 0x6982]);
    assert_eq!(card.statuses([&verify(0x11, "550217"), age, face]), [0x9000, 0x9000, 0x6982]);
    assert_eq!(card.statuses([&verify(0x12, "55021720352285"), face]), [0x9000; 2]);
    assert_eq!(card.statuses(["00B0830004", "00B0840004"]), [0x9000; 2]);
}

#[test]
fn the_issuers_domain_answers_get_data_and_large_objects_only_at_length() {
    let mut card = Desk::hanako();
    assert_eq!(card.ask("00CA00F000"), (b"99999".to_vec(), 0x9000));
    assert_eq!(card.ask("00CA004500"), (b"000000000000001".to_vec(), 0x9000));
    assert_eq!(card.status("00CA7F2100"), 0x6700);
    assert_eq!(card.ask("00CA7F21000000").1, 0x9000);
    assert_eq!(card.status("00CA004400"), 0x6A88);
    assert_eq!(card.statuses([TEXT, "00CA00F000", "00CA5F5100"]), [0x9000, 0x6A88, 0x9000]);
    assert_eq!(card.statuses([ISSUER, "00CA00F000"]), [0x9000; 2]);
}

#[test]
fn challenges_are_as_long_as_wanted_and_never_the_same_twice() {
    let mut card = Desk::hanako();
    let (first, second) = (card.ask("0084000008").0, card.ask("0084000008").0);
    assert_eq!((first.len(), second.len()), (8, 8));
    assert_ne!(first, second);
    assert_eq!(card.ask("0084000000").0.len(), 256);
    assert_eq!(card.status("0084000000 0010"), 0x6985);
}

#[test]
fn none_of_the_probes_of_opensc_takes_this_card_for_another() {
    let mut probes = [
        "00A4040007627601FF000000",
        "00A4040006A00000000101",
        "00A404000BE82B0601040181C31F020100",
        "00A4040C0FD23300000045737445494420763335",
        "00CADF3005",
        "00CB3FFF035C017E08",
        "00A4040009A0000003080000100000",
        "00A4040C07A000000116DB00",
        "00A4040C07A0000000791000",
        "00A404000CF276A288BCFBA69D34F31001",
        "00A4040009A0000003974254465900",
        "00A4040006D2760001240100",
    ]
    .map(str::to_owned)
    .to_vec();
    probes.extend((0..16).map(|n| format!("00A4040C07A00000007901{n:02X}")));
    let mut card = Desk::hanako();
    for probe in probes {
        let status = card.status(&probe);
        assert!(matches!(status, 0x6A82 | 0x6A88 | 0x6D00), "{probe}: {status:04X}");
    }
}
