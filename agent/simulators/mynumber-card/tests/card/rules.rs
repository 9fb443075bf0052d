//! The rules of the card, by its answers to commands.

use crate::desk::{
    ATTRIBUTES, COMMON, Desk, HANAKO, ISSUER, JIRO, JPKI, NUMBER_B, RIGHT, TEXT, TRIES, WRONG,
    people,
};

const WRONG_NUMBER_B: &str = "002000950E 3535303231373230333532323834";
const NUMBER_TRIES: &str = "00200095";

#[test]
fn asking_for_the_tries_spends_none() {
    let mut card = Desk::hanako();
    assert_eq!(card.statuses([TEXT, TRIES, TRIES, TRIES, TRIES, TRIES])[1..], [0x63C3; 5]);
    assert_eq!(card.status(RIGHT), 0x9000);
    assert_eq!(card.status(TRIES), 0x63C3);
}

#[test]
fn wrong_values_count_down_and_block() {
    let mut card = Desk::hanako();
    let told = card.statuses([TEXT, WRONG, TRIES, WRONG, WRONG, TRIES, WRONG, RIGHT, TRIES]);
    let expected = [0x9000, 0x63C2, 0x63C2, 0x63C1, 0x63C0, 0x63C0, 0x6984, 0x6984, 0x63C0];
    assert_eq!(told, expected);
    assert_eq!(card.status(ATTRIBUTES), 0x6982);
}

#[test]
fn a_right_value_resets_the_counter() {
    let mut card = Desk::hanako();
    let told = card.statuses([TEXT, WRONG, WRONG, RIGHT, TRIES, WRONG]);
    assert_eq!(told, [0x9000, 0x63C2, 0x63C1, 0x9000, 0x63C3, 0x63C2]);
}

#[test]
fn a_pin_of_another_length_is_a_wrong_one() {
    let mut card = Desk::hanako();
    assert_eq!(card.statuses([TEXT, "0020009103 393234"])[1], 0x63C2);
    assert_eq!(card.status("0020009105 3932343700"), 0x63C1);
    assert_eq!(card.status(&format!("0020009111 {}", "39".repeat(17))), 0x6700);
    assert_eq!(card.status(TRIES), 0x63C1);
}

#[test]
fn tries_survive_a_loss_of_power_and_the_pin_does_not() {
    let mut card = Desk::hanako();
    assert_eq!(card.statuses([TEXT, WRONG, TRIES])[2], 0x63C2);
    card.0.power_off();
    assert!(card.0.transmit(&[0, 0x20, 0, 0x91]).is_empty());
    card.0.power_on();
    assert_eq!(card.statuses([TEXT, TRIES, RIGHT, ATTRIBUTES])[1..], [0x63C2, 0x9000, 0x9000]);
    card.0.power_off();
    card.0.power_on();
    assert_eq!(card.statuses([TEXT, ATTRIBUTES]), [0x9000, 0x6982]);
}

#[test]
fn the_pin_outlives_a_warm_reset_and_power_that_was_on() {
    let mut card = Desk::hanako();
    card.statuses([TEXT, RIGHT]);
    card.0.reset();
    card.0.power_on();
    assert_eq!(card.status(ATTRIBUTES), 0x9000);
}

#[test]
fn only_another_application_clears_the_pin() {
    let mut card = Desk::hanako();
    assert_eq!(card.statuses([TEXT, RIGHT, TEXT, ATTRIBUTES])[3], 0x9000);
    assert_eq!(card.statuses(["00A4040C05 D276000085", ATTRIBUTES]), [0x6A82, 0x9000]);
    for other in [JPKI, ISSUER] {
        assert_eq!(card.statuses([TEXT, RIGHT, other, TEXT, ATTRIBUTES])[4], 0x6982, "{other}");
    }
}

#[test]
fn a_wrong_value_after_a_right_one_closes_again() {
    let mut card = Desk::hanako();
    assert_eq!(card.statuses([TEXT, RIGHT, WRONG, ATTRIBUTES])[3], 0x6982);
}

#[test]
fn a_locked_card_and_one_without_a_pin_say_so() {
    let mut locked = Desk::with(&format!("{HANAKO}tries = 0"));
    assert_eq!(locked.statuses([TEXT, TRIES, RIGHT]), [0x9000, 0x63C0, 0x6984]);
    let mut without = Desk::with(&HANAKO.replace("pin = \"9247\"", ""));
    assert_eq!(without.statuses([TEXT, TRIES, RIGHT, ATTRIBUTES])[1..], [0x6A88, 0x6A88, 0x6982]);
}

#[test]
fn there_is_no_individual_number() {
    let mut card = Desk::hanako();
    let told = card.statuses([TEXT, "00A4020C020001", "00B0000011", RIGHT, "00B0810011"]);
    assert_eq!(told, [0x9000, 0x9000, 0x6982, 0x9000, 0x6982]);
}

#[test]
fn number_b_opens_the_attributes_and_counts_for_itself() {
    let mut card = Desk::hanako();
    let told = card.statuses([TEXT, NUMBER_TRIES, WRONG_NUMBER_B, TRIES, ATTRIBUTES, NUMBER_B]);
    assert_eq!(told[1..], [0x63CA, 0x63C9, 0x63C3, 0x6982, 0x9000]);
    assert_eq!(card.statuses([ATTRIBUTES, NUMBER_TRIES, "00B0810011"]), [0x9000, 0x63CA, 0x6982]);
    // Each key is in force by itself.
    assert_eq!(card.statuses([WRONG, ATTRIBUTES, WRONG_NUMBER_B, ATTRIBUTES])[1], 0x9000);
    assert_eq!(card.status(ATTRIBUTES), 0x6982);
}

#[test]
fn number_b_works_where_the_pin_does_not_and_locks_like_it() {
    for person in [people!("hanako-locked-pin"), people!("hanako-without-pin")] {
        let mut card = Desk::with(person);
        assert_eq!(card.statuses([TEXT, NUMBER_B, ATTRIBUTES]), [0x9000; 3]);
    }
    let mut last = Desk::with(&format!("{HANAKO}number_tries = 1"));
    let told = last.statuses([TEXT, WRONG_NUMBER_B, NUMBER_B, NUMBER_TRIES]);
    assert_eq!(told, [0x9000, 0x63C0, 0x6984, 0x63C0]);
    let mut locked = Desk::with(people!("hanako-locked-number"));
    assert_eq!(locked.statuses([TEXT, NUMBER_TRIES, NUMBER_B])[1..], [0x63C0, 0x6984]);
    assert_eq!(locked.statuses([RIGHT, ATTRIBUTES]), [0x9000, 0x9000]);
}

#[test]
fn the_serial_number_is_public_and_each_card_has_its_own() {
    let read = |person| {
        let mut card = Desk::with(person);
        assert_eq!(card.status(COMMON), 0x9000);
        card.ask("00B2010C00")
    };
    let (record, status) = read(HANAKO);
    assert_eq!(
        (record.as_slice(), status),
        (b"\x01\x1C0000000000000019999920350217".as_slice(), 0x9000)
    );
    assert_ne!(read(JIRO).0, record);
    let mut card = Desk::hanako();
    let selected = ["00A4020C020001", "00B2010400", "00B2020400", "00B2000400", "00B2010600"];
    let told = [0x9000, 0x9000, 0x6A83, 0x6A86, 0x6A86];
    card.status(COMMON);
    assert_eq!(card.statuses(selected), told);
    assert_eq!(card.status("00B0000000"), 0x6981);
}

#[test]
fn what_is_laid_instead_of_a_my_number_card_answers_like_what_it_is() {
    let mut phone = Desk::with(people!("phone"));
    phone.statuses([JPKI, "00A4020C020006"]);
    assert!(phone.ask("00B0000020").0.starts_with(b"JPKIAPGPSETOKEN  "));
    let mut other = Desk::with(people!("other-card"));
    assert_eq!(other.statuses([JPKI, TEXT, COMMON, ISSUER]), [0x6A82, 0x6A82, 0x6A82, 0x9000]);
    let mut broken = Desk::with(people!("broken-card"));
    assert_eq!(broken.statuses([JPKI, JPKI, TEXT]), [0x6F00; 3]);
}

#[test]
fn number_a_answers_the_empty_verify_and_opens_nothing() {
    let mut card = Desk::hanako();
    assert_eq!(card.statuses([TEXT, "00200094"])[1], 0x63CA);
    assert_eq!(card.status("002000940C 313233343536373839303132"), 0x63C9);
    assert_eq!(card.statuses(["00200092", "0020009201 30"]), [0x63C0, 0x6984]);
    assert_eq!(card.status(ATTRIBUTES), 0x6982);
}

#[test]
fn files_are_reached_by_selection_and_by_short_identifier() {
    let mut card = Desk::hanako();
    card.status(TEXT);
    assert_eq!(card.statuses(["00A4020C020011", "00200080", "00A4020C020005"])[1], 0x63C3);
    let selected = card.ask("00B0000000").0;
    assert_eq!(card.ask("00B0850000").0, selected);
    assert_eq!(selected.len(), 256);
    // The short identifier made its file current.
    assert_eq!(card.ask("00B000F000").0, selected[0xF0..]);
    assert_eq!(card.ask("00B085F000").0, selected[0xF0..]);
}

#[test]
fn lengths_are_short_and_extended() {
    let mut card = Desk::hanako();
    card.statuses([TEXT, RIGHT]);
    assert_eq!(card.ask(ATTRIBUTES).0.len(), 256);
    assert_eq!(card.ask("00B0820007").0.len(), 7);
    assert_eq!(card.ask("00B08200 000000").0.len(), 1536);
    assert_eq!(card.ask("00B08200 000104").0.len(), 260);
    // Reading past the end gives what there is; starting behind it does not.
    assert_eq!(card.ask("00B005F000").0.len(), 16);
    assert_eq!(card.status("00B0060000"), 0x6B00);
}

#[test]
fn token_information_is_free_and_whole() {
    let mut card = Desk::hanako();
    card.statuses([JPKI, "00A4020C020006"]);
    let (token, status) = card.ask("00B0000000");
    assert_eq!((token.len(), status), (160, 0x9000));
    assert!(token.starts_with(b"JPKIAPICCTOKEN2  "));
}

#[test]
fn what_the_card_does_not_know_it_refuses_with_the_ordinary_words() {
    let mut card = Desk::hanako();
    assert_eq!(card.status("00A40000"), 0x6A86);
    assert_eq!(card.status("00A4040C0A D3921000310001010403"), 0x6A82);
    assert_eq!(card.status("00A4000C023F00"), 0x6A82);
    assert_eq!(card.statuses([JPKI, "00A40000"]), [0x9000, 0x9000]);
    assert_eq!(card.status("00B0000000"), 0x6986);
    assert_eq!(card.status("00A4020C020003"), 0x6A82);
    assert_eq!(card.status("00CADF3005"), 0x6A88);
    assert_eq!(card.status("00E2000000"), 0x6D00);
    assert_eq!(card.status("A0A4000000"), 0x6E00);
    assert_eq!(card.status("01B0000000"), 0x6881);
    assert_eq!(card.status("002000"), 0x6700);
    card.status(TEXT);
    assert_eq!(card.status("00B0910000"), 0x6981);
    assert_eq!(card.status("00200085"), 0x6981);
    assert_eq!(card.status("0020009100"), 0x6700);
    assert_eq!(card.status("00200011"), 0x6A86);
}
