//! What a card says of itself to anybody: COMMON EF 0001.

use std::fmt;

use jiff::civil::Date;
use madoguchi_protocol::MunicipalityCode;
use myna_card::tlv::simple;

/// Tag of the record, and what stands in it: serial number, municipality's code, expiry.
const TAG: u8 = 0x01;
const SERIAL: usize = 15;
const CODE: usize = 5;
const DAY: usize = 8;

/// What a card says of itself, as far as it does. The serial number is not kept.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CardInformation {
    /// Who issued it, and alone can set its PIN anew.
    pub issuer: Option<MunicipalityCode>,
    /// The last day on which it counts, as YYYYMMDD: a birthday of its holder.
    expiry: Option<u32>,
}

impl fmt::Debug for CardInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardInformation({:?}, …)", self.issuer)
    }
}

impl CardInformation {
    /// Reads the record. Cards that say something else are not refused for it: they say nothing.
    #[must_use]
    pub fn parse(record: &[u8]) -> Self {
        let digits = simple::parse(record)
            .ok()
            .filter(|tlv| tlv.tag == TAG && tlv.value.len() >= SERIAL + CODE + DAY)
            .and_then(|tlv| std::str::from_utf8(tlv.value).ok())
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(digits) = digits else { return Self::default() };
        let (_, rest) = digits.split_at(SERIAL);
        let (code, rest) = rest.split_at(CODE);
        let day = rest.split_at(DAY).0.parse().ok();
        Self { issuer: code.parse().ok(), expiry: day.filter(|day| *day > 0) }
    }

    /// Whether its last day is over.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expiry.is_some_and(|last| last < as_number(today))
    }
}

/// YYYYMMDD, so that days whose month or day is not known can be compared too.
pub(crate) fn as_number(day: Date) -> u32 {
    let [year, month, day] = [day.year().into(), i32::from(day.month()), i32::from(day.day())];
    u32::try_from(year * 10_000 + month * 100 + day).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] = b"\x01\x1c0000000000001991310120350217";

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn a_card_says_who_issued_it_and_counts_up_to_its_last_day() {
        let card = CardInformation::parse(RECORD);
        assert_eq!(card.issuer.as_ref().map(MunicipalityCode::as_str), Some("13101"));
        assert!(!card.is_expired(day("2035-02-17")));
        assert!(card.is_expired(day("2035-02-18")));
    }

    #[test]
    fn its_last_day_is_a_birthday_and_cannot_be_printed() {
        let printed = format!("{:?}", CardInformation::parse(RECORD));
        assert!(printed.contains("13101"), "{printed}");
        assert!(!printed.contains("0217") && !printed.contains("2035"), "{printed}");
    }

    #[test]
    fn what_cannot_be_read_says_nothing_and_never_expires() {
        let shorter = &RECORD[..RECORD.len() - 1];
        let letters = [&RECORD[..RECORD.len() - 1], b"X"].concat();
        let another = [b"\x02".as_slice(), &RECORD[1..]].concat();
        for record in [b"".as_slice(), shorter, &letters, &another, &[0x01, 0xFF, 0xFF, 0xFF]] {
            let card = CardInformation::parse(record);
            assert_eq!(card, CardInformation::default());
            assert!(!card.is_expired(day("2999-12-31")));
        }
        let never = [&RECORD[..RECORD.len() - 8], b"00000000"].concat();
        assert!(!CardInformation::parse(&never).is_expired(day("2999-12-31")));
    }
}
