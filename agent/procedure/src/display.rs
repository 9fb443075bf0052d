//! How values of the card are said to a person, in each language.

use madoguchi_protocol::AttributeName;
use madoguchi_protocol::local::Language;

use crate::entry::Entry;
use crate::pack::{FieldDefinition, Source};

/// The value of a field as a person reads it: what the card says, the label of what was picked, a
/// typed day in words. What cannot be understood is shown as it is.
#[must_use]
pub fn field_value(definition: &FieldDefinition, value: &str, language: Language) -> String {
    match &definition.source {
        Source::Card { attribute } => card_value(*attribute, value, language),
        Source::Question { choices, .. } => {
            let picked = choices.iter().find(|choice| choice.key.as_str() == value);
            picked.map_or(value, |choice| language.of(&choice.label)).to_owned()
        }
        Source::Entry { entry: Entry::Date { .. }, .. } => {
            date(value, language).unwrap_or_else(|| value.to_owned())
        }
        Source::Entry { .. } | Source::AtCounter => value.to_owned(),
    }
}

/// A card value as a person reads it. What cannot be understood is shown as the card has it.
#[must_use]
pub fn card_value(attribute: AttributeName, value: &str, language: Language) -> String {
    let said = match attribute {
        AttributeName::Name | AttributeName::Address => None,
        AttributeName::BirthDate => date(value, language),
        AttributeName::Sex => sex(value, language).map(str::to_owned),
    };
    said.unwrap_or_else(|| value.to_owned())
}

/// JIS X 0303, as TEXT DF25 holds it.
fn sex(value: &str, language: Language) -> Option<&'static str> {
    Some(match (value, language) {
        ("1", Language::Japanese) => "男",
        ("1", Language::English) => "Male",
        ("2", Language::Japanese) => "女",
        ("2", Language::English) => "Female",
        ("9", Language::Japanese) => "適用不能",
        ("9", Language::English) => "Not applicable",
        ("0", Language::Japanese) => "不明",
        ("0", Language::English) => "Not known",
        _ => return None,
    })
}

/// `YYYYMMDD`, Gregorian; month and day may be `00` (unknown), so this is not a date type.
fn date(value: &str, language: Language) -> Option<String> {
    if value.len() != 8 || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| value[range].parse::<u16>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    if month > 12 || day > 31 {
        return None;
    }
    if language == Language::English {
        return Some(english(year, month, day));
    }
    let mut said = match era(year, month, day) {
        Some((era, 1)) => format!("{era}元年"),
        Some((era, of_era)) => format!("{era}{of_era}年"),
        None => String::new(),
    };
    if !said.is_empty() {
        said.push_str(&format!("（{year}年）"));
    } else {
        said.push_str(&format!("{year}年"));
    }
    said.push_str(&match (month, day) {
        (0, 0) => "月日不詳".into(),
        (0, day) => format!("月不詳{day}日"),
        (month, 0) => format!("{month}月日不詳"),
        (month, day) => format!("{month}月{day}日"),
    });
    Some(said)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `month` and `day` are in range, or 0 for unknown.
fn english(year: u16, month: u16, day: u16) -> String {
    let name = usize::from(month).checked_sub(1).and_then(|at| MONTHS.get(at));
    match (name, day) {
        (Some(name), 0) => format!("{name} {year} (day not known)"),
        (Some(name), day) => format!("{day} {name} {year}"),
        (None, _) => format!("{year} (month and day not known)"),
    }
}

/// First days of the eras since the Gregorian calendar came (1873).
const ERAS: [(&str, (u16, u16, u16)); 5] = [
    ("令和", (2019, 5, 1)),
    ("平成", (1989, 1, 8)),
    ("昭和", (1926, 12, 25)),
    ("大正", (1912, 7, 30)),
    ("明治", (1868, 1, 25)),
];

/// The era and its year; none where an unknown month or day leaves the era open.
fn era(year: u16, month: u16, day: u16) -> Option<(&'static str, u16)> {
    let earliest = (year, month.max(1), day.max(1));
    let latest = (year, if month == 0 { 12 } else { month }, if day == 0 { 31 } else { day });
    let of = |date| ERAS.iter().find(|(_, first)| date >= *first);
    let (first, last) = (of(earliest)?, of(latest)?);
    (first.0 == last.0).then(|| (first.0, year - first.1.0 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth(value: &str) -> String {
        card_value(AttributeName::BirthDate, value, Language::Japanese)
    }

    #[test]
    fn birth_dates_are_said_in_the_era_and_never_guessed() {
        assert_eq!(birth("19800217"), "昭和55年（1980年）2月17日");
        assert_eq!(birth("20190501"), "令和元年（2019年）5月1日");
        assert_eq!(birth("20190430"), "平成31年（2019年）4月30日");
        assert_eq!(birth("19260000"), "1926年月日不詳");
        assert_eq!(birth("19500300"), "昭和25年（1950年）3月日不詳");
        assert_eq!(birth("１９８０"), "１９８０");
        assert_eq!(birth("19801340"), "19801340");
    }

    #[test]
    fn birth_dates_are_said_in_english_words() {
        let birth = |value| card_value(AttributeName::BirthDate, value, Language::English);
        assert_eq!(birth("19800217"), "17 February 1980");
        assert_eq!(birth("20001200"), "December 2000 (day not known)");
        assert_eq!(birth("20000000"), "2000 (month and day not known)");
    }

    #[test]
    fn answers_are_said_as_the_visitor_gave_them() {
        let pack = include_str!("../../../provisioning/procedures/tennyu.toml");
        let pack = crate::Pack::parse(pack).expect("a pack");
        let said = |key: &str, value| {
            let key = key.parse().expect("a key");
            field_value(pack.field(&key).expect("a field"), value, Language::Japanese)
        };
        assert_eq!(said("who_moves", "whole_household"), "家族（世帯）の全員");
        assert_eq!(said("moved_on", "20260401"), "令和8年（2026年）4月1日");
        assert_eq!(said("new_address", "本町一丁目2-3"), "本町一丁目2-3");
        assert_eq!(said("birth_date", "19800217"), "昭和55年（1980年）2月17日");
        assert_eq!(said("sex", "2"), "女");
    }

    #[test]
    fn sex_is_said_as_the_standard_has_it() {
        assert_eq!(card_value(AttributeName::Sex, "2", Language::Japanese), "女");
        assert_eq!(card_value(AttributeName::Sex, "3", Language::English), "3");
    }
}
