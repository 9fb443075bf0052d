//! Days in the Japanese calendar.

/// The first days of the eras, their first years, and their digits in certificates.
const ERAS: [(&str, u16, char); 5] = [
    ("20190501", 2019, '5'),
    ("19890108", 1989, '4'),
    ("19261225", 1926, '3'),
    ("19120730", 1912, '2'),
    ("0", 1868, '1'),
];

/// The first six digits of 照合番号B: a day YYYYMMDD as YYMMDD with the year of its era; before
/// 明治, and beyond 99, the last two digits of the year.
pub fn short_day(day: &str) -> String {
    let (year, rest) = day.split_at(4);
    let year: u16 = year.parse().unwrap_or(0);
    let first = era(day).map_or(year, |(_, first, _)| first);
    format!("{:02}{rest}", (year + 1).saturating_sub(first) % 100)
}

/// The digit of the day's era in certificates; 0 when the day is not known.
pub fn digit(day: &str) -> char {
    let known = !day.ends_with("00");
    era(day).filter(|_| known).map_or('0', |(_, _, digit)| digit)
}

fn era(day: &str) -> Option<(&'static str, u16, char)> {
    ERAS.into_iter().find(|(first, ..)| day >= *first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_that_of_the_era() {
        let days = ["20190501", "20190430", "19890108", "19890107", "19261225", "19261224"];
        assert_eq!(
            days.map(short_day),
            ["010501", "310430", "010108", "640107", "011225", "151224"]
        );
        // A day that is not known, and a year that nobody has.
        assert_eq!(["19450000", "00000000"].map(short_day), ["200000", "000000"]);
    }

    #[test]
    fn certificates_name_the_era_by_a_digit() {
        let days = ["20190501", "20190430", "19890107", "19261224", "19120729"];
        assert_eq!(days.map(digit), ['5', '4', '3', '2', '1']);
        assert_eq!(["19450000", "00000000"].map(digit), ['0', '0']);
    }
}
