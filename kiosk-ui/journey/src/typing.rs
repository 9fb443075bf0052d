//! An answer while it is typed: digits in groups, and before an address its 町丁目.

use madoguchi_procedure::{Entry, Town, Towns, split_address};
use madoguchi_protocol::{Personal, PinDigit};

use crate::view::{EntryKind, KanaRow};

/// Most digits of one group of an address.
const ADDRESS_DIGITS: u8 = 4;

/// What is typed so far.
pub(crate) struct Typing {
    entry: Entry,
    /// Place of the 町丁目 in the municipality's list.
    pub town: Option<usize>,
    /// The 町丁目 is being chosen (anew).
    pub choosing_town: bool,
    /// The row that is looked at.
    pub row: Option<KanaRow>,
    groups: Vec<Personal<String>>,
    current: usize,
    /// The agent did not take it.
    pub refused: bool,
}

impl Typing {
    /// Begins with what was entered before, if anything was.
    pub fn new(entry: Entry, entered: Option<&str>, towns: Option<&Towns>) -> Self {
        let (town, groups) = entered.and_then(|v| taken_apart(entry, v, towns)).unwrap_or_default();
        let mut typing = Self {
            entry,
            town,
            choosing_town: entry == Entry::Address && town.is_none(),
            row: None,
            groups: groups.into_iter().map(Personal::new).collect(),
            current: 0,
            refused: false,
        };
        typing.groups.resize(typing.sizes().len(), Personal::default());
        let filled = typing.groups.iter().rposition(|g| !g.expose().is_empty());
        typing.current = filled.unwrap_or_default();
        typing
    }

    pub fn kind(&self) -> EntryKind {
        match self.entry {
            Entry::Date { .. } => EntryKind::Date,
            Entry::Address => EntryKind::Address,
            Entry::Number { .. } => EntryKind::Number,
        }
    }

    /// Most digits of each group.
    pub fn sizes(&self) -> Vec<u8> {
        match self.entry {
            Entry::Date { .. } => vec![4, 2, 2],
            Entry::Address => vec![ADDRESS_DIGITS; 3],
            Entry::Number { digits } => vec![digits],
        }
    }

    pub fn groups(&self) -> &[Personal<String>] {
        &self.groups
    }

    pub fn current(&self) -> usize {
        self.current
    }

    /// Whether a digit is taken now.
    pub fn takes_digits(&self) -> bool {
        let size = self.sizes().get(self.current).copied().unwrap_or_default();
        !self.choosing_town && self.typed().len() < usize::from(size)
    }

    pub fn can_erase(&self) -> bool {
        self.groups.iter().any(|g| !g.expose().is_empty())
    }

    pub fn can_go_to_next_group(&self) -> bool {
        self.current + 1 < self.groups.len() && !self.typed().is_empty()
    }

    fn typed(&self) -> &str {
        self.groups.get(self.current).map_or("", |g| g.expose())
    }

    fn set_typed(&mut self, typed: String) {
        if let Some(group) = self.groups.get_mut(self.current) {
            *group = Personal::new(typed);
        }
        self.refused = false;
    }

    /// One key. A zero before a house number says nothing and is not taken.
    pub fn digit(&mut self, digit: &PinDigit) {
        let digit = char::from(digit.ascii());
        let typed = self.typed();
        let void = digit == '0' && typed.is_empty() && self.entry == Entry::Address;
        if !self.takes_digits() || void {
            return;
        }
        let typed = format!("{typed}{digit}");
        // No month begins with 2 to 9 and has two digits, so the next key is the day's.
        let month = self.current == 1 && !typed.starts_with(['0', '1']);
        let full = typed.len() >= self.sizes().get(self.current).map_or(0, |s| usize::from(*s));
        self.set_typed(typed);
        let ready = matches!(self.entry, Entry::Date { .. }) && (full || month);
        if ready && self.current + 1 < self.groups.len() {
            self.current += 1;
        }
    }

    /// Takes the last digit back, also of the group before.
    pub fn erase(&mut self) {
        while self.typed().is_empty() && self.current > 0 {
            self.current -= 1;
        }
        let mut typed = self.typed().to_owned();
        typed.pop();
        self.set_typed(typed);
    }

    pub fn next_group(&mut self) {
        if self.can_go_to_next_group() {
            self.current += 1;
        }
    }

    pub fn choose_town(&mut self, place: usize) {
        (self.town, self.choosing_town, self.refused) = (Some(place), false, false);
    }

    /// Whether the page of the 町丁目 comes before this one.
    pub fn has_town_before(&self) -> bool {
        self.entry == Entry::Address && !self.choosing_town
    }

    /// Back to the page of the 町丁目, if it comes before this one; says whether it does.
    pub fn back_to_town(&mut self) -> bool {
        let before = self.has_town_before();
        self.choosing_town |= before;
        before
    }

    /// What is wrong, once that can be said: the last box is full and makes no sense, or the agent,
    /// which knows what day it is, did not take it.
    pub fn problem(&self, towns: Option<&Towns>) -> Option<Problem> {
        let full = !self.takes_digits() && self.current + 1 == self.groups.len();
        let senseless = full && self.value(towns).is_none();
        match self.entry {
            Entry::Date { not_after_today: true } if self.refused => Some(Problem::AfterToday),
            Entry::Date { .. } if senseless => Some(Problem::NotADay),
            Entry::Number { .. } if senseless => Some(Problem::Other),
            _ => self.refused.then_some(Problem::Other),
        }
    }

    /// The answer as `madoguchi-procedure` spells it, once it is complete and can be right.
    pub fn value(&self, towns: Option<&Towns>) -> Option<Personal<String>> {
        let typed = self.groups.iter().map(|g| g.expose().as_str());
        let value = match self.entry {
            Entry::Date { .. } => {
                let [year, month, day] = self.groups.as_slice() else { return None };
                format!("{}{:0>2}{:0>2}", year.expose(), month.expose(), day.expose())
            }
            Entry::Address => {
                let digits: Vec<&str> = typed.filter(|g| !g.is_empty()).collect();
                format!("{}{}", town(towns, self.town?)?.name, digits.join("-"))
            }
            Entry::Number { .. } => typed.collect(),
        };
        let value = Personal::new(value);
        self.entry.check_with(value.expose(), towns).ok().map(|()| value)
    }
}

/// What is wrong with what is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No calendar has this day.
    NotADay,
    /// This day has not come yet.
    AfterToday,
    /// Something else.
    Other,
}

/// The 町丁目 at a place of the list.
pub(crate) fn town(towns: Option<&Towns>, place: usize) -> Option<&Town> {
    towns?.iter().nth(place)
}

/// The row of the kana table in which a reading stands.
pub(crate) fn row_of(kana: &str) -> Option<KanaRow> {
    use KanaRow as K;
    Some(match kana.chars().next()? {
        'ぁ'..='お' | 'ゔ' => K::A,
        'か'..='ご' | 'ゕ' | 'ゖ' => K::Ka,
        'さ'..='ぞ' => K::Sa,
        'た'..='ど' => K::Ta,
        'な'..='の' => K::Na,
        'は'..='ぽ' => K::Ha,
        'ま'..='も' => K::Ma,
        'ゃ'..='よ' => K::Ya,
        'ら'..='ろ' => K::Ra,
        'ゎ'..='ん' => K::Wa,
        _ => return None,
    })
}

/// What was entered, as it was typed.
fn taken_apart(
    entry: Entry,
    value: &str,
    towns: Option<&Towns>,
) -> Option<(Option<usize>, Vec<String>)> {
    entry.check(value).ok()?;
    Some(match entry {
        Entry::Date { .. } => {
            let part = |range| value.get(range).map(str::to_owned);
            (None, vec![part(0..4)?, part(4..6)?, part(6..8)?])
        }
        Entry::Address => {
            let (name, digits) = split_address(value).ok()?;
            let place = towns?.iter().position(|t| t.name == name);
            (place, digits.split('-').map(str::to_owned).collect())
        }
        Entry::Number { .. } => (None, vec![value.to_owned()]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: Entry = Entry::Date { not_after_today: false };

    fn towns() -> Towns {
        let text = "format = 1\ntown = [{ name = \"旭町\", kana = \"あさひちょう\" }, \
                    { name = \"本町一丁目\", kana = \"ほんちょういっちょうめ\" }]";
        Towns::parse(text).expect("towns")
    }

    fn typed(entry: Entry, keys: &str) -> Typing {
        let mut typing = Typing::new(entry, None, Some(&towns()));
        for key in keys.chars() {
            match key {
                '>' => typing.next_group(),
                '<' => typing.erase(),
                't' => typing.choose_town(1),
                digit => {
                    let digit = digit.to_digit(10).expect("a digit");
                    let digit = u8::try_from(digit).expect("one digit");
                    typing.digit(&PinDigit::try_from(digit).expect("a digit"));
                }
            }
        }
        typing
    }

    fn value(entry: Entry, keys: &str) -> Option<String> {
        typed(entry, keys).value(Some(&towns())).map(|v| v.expose().clone())
    }

    #[test]
    fn a_date_is_typed_as_people_say_it() {
        for keys in
            ["20260405", "202645", "2026404", "202604>5", "20261>5", "2026445<<5", "20260405<5"]
        {
            let day = if keys == "20261>5" { "20260105" } else { "20260405" };
            let expected = if keys == "2026404" { "20260404" } else { day };
            assert_eq!(value(DATE, keys).as_deref(), Some(expected), "{keys}");
        }
        for keys in ["", "2026", "20260431", "202600", "2026>>5", "20261"] {
            assert_eq!(value(DATE, keys), None, "{keys}");
        }
    }

    #[test]
    fn an_address_is_a_town_and_up_to_three_numbers() {
        let address = |keys| value(Entry::Address, keys);
        assert_eq!(address("t12"), Some("本町一丁目12".into()));
        assert_eq!(
            address("t02>30>4>5"),
            Some("本町一丁目2-30-45".into()),
            "the last > says nothing"
        );
        assert_eq!(address("t1>2<"), Some("本町一丁目1".into()));
        assert_eq!(
            address("t1234567"),
            Some("本町一丁目1234".into()),
            "a full group takes no more"
        );
        assert_eq!(address("t"), None);
        assert_eq!(address("12"), None, "no digits before the town");
    }

    #[test]
    fn a_number_has_at_most_its_digits() {
        let number = |keys| value(Entry::Number { digits: 2 }, keys);
        assert_eq!(number("123"), Some("12".into()));
        assert_eq!((number("0"), number("")), (None, None));
    }

    #[test]
    fn what_was_entered_can_be_typed_over() {
        for (entry, value) in [
            (DATE, "20260405"),
            (Entry::Address, "本町一丁目1-2"),
            (Entry::Number { digits: 3 }, "12"),
        ] {
            let towns = towns();
            let typing = Typing::new(entry, Some(value), Some(&towns));
            assert_eq!(typing.value(Some(&towns)).expect("complete").expose(), value);
            assert!(!typing.choosing_town);
        }
    }

    #[test]
    fn every_kana_has_its_row() {
        for (kana, row) in [
            ("あさひ", KanaRow::A),
            ("ごたんだ", KanaRow::Ka),
            ("づ", KanaRow::Ta),
            ("ぽ", KanaRow::Ha),
            ("ゆ", KanaRow::Ya),
            ("を", KanaRow::Wa),
        ] {
            assert_eq!(row_of(kana), Some(row), "{kana}");
        }
        assert_eq!(row_of(""), None);
    }
}
