//! What is about a person or a PIN has no readable form.

use madoguchi_protocol::{Personal, PinDigit};

#[test]
fn neither_a_value_nor_a_digit_can_be_printed() {
    let name = Personal::from("検証 花子");
    assert_eq!(format!("{name:?}"), "Personal(…)");
    let digit = PinDigit::try_from(7).expect("a digit");
    assert_eq!(format!("{digit:?}"), "PinDigit(…)");
    assert!(PinDigit::try_from(10).is_err());
}
