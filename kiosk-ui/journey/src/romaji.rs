//! Readings in Latin letters, so that a visitor who does not read Japanese finds their 町丁目.
//!
//! Hepburn as passports have it: long vowels are not marked. Where two words meet (みず・うみ) that
//! may drop a vowel too many; the Japanese name stands beside it.

/// A town as it is read, `Honcho 1-chome`; none when name and reading do not agree on the number.
pub(crate) fn romanised(name: &str, kana: &str) -> Option<String> {
    let Some(before) = name.strip_suffix("丁目").filter(|before| before.ends_with(is_numeral))
    else {
        return Some(capitalised(&romaji(kana)));
    };
    let (base, number) = chome(before, kana.strip_suffix("ちょうめ")?)?;
    let base = capitalised(&romaji(base));
    Some(if base.is_empty() { format!("{number}-chome") } else { format!("{base} {number}-chome") })
}

const NUMERALS: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// How each of them is read before 丁目.
const READINGS: [&[&str]; 9] = [
    &["いっ", "いち"],
    &["に"],
    &["さん"],
    &["よん"],
    &["ご"],
    &["ろく"],
    &["なな", "しち"],
    &["はっ", "はち"],
    &["きゅう"],
];

/// How two and more tens begin.
const TENS: [&str; 8] = ["に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"];

fn is_numeral(c: char) -> bool {
    c == '十' || NUMERALS.contains(&c)
}

/// The reading before the number of a 丁目, and that number. Before a number may stand numerals that
/// make none with it: 十三一丁目 is the first of 十三.
fn chome<'k>(name: &str, kana: &'k str) -> Option<(&'k str, usize)> {
    let numerals = name.char_indices().rev().take_while(|(_, c)| is_numeral(*c));
    let numbers = numerals.filter_map(|(at, _)| Some((at, value(name.get(at..)?)?)));
    let (at, number) = numbers.last()?;
    let base = readings(number).iter().find_map(|reading| kana.strip_suffix(reading.as_str()))?;
    // What is left of the one is what is left of the other.
    (base.is_empty() == (at == 0)).then_some((base, number))
}

/// A number up to 99.
fn value(numeral: &str) -> Option<usize> {
    let digit = |text: &str| {
        let mut chars = text.chars();
        let (first, alone) = (chars.next()?, chars.next().is_none());
        let digit = NUMERALS.iter().position(|n| *n == first)? + 1;
        alone.then_some(digit)
    };
    let Some((tens, ones)) = numeral.split_once('十') else { return digit(numeral) };
    let tens = if tens.is_empty() { 1 } else { digit(tens).filter(|tens| *tens > 1)? };
    let ones = if ones.is_empty() { 0 } else { digit(ones)? };
    Some(10 * tens + ones)
}

/// How a number up to 99 is read before 丁目.
fn readings(number: usize) -> Vec<String> {
    let (tens, ones) = (number / 10, number % 10);
    let many = tens.checked_sub(2).map_or("", |at| TENS[at]);
    match (tens, ones) {
        (_, 0) => ["じゅっ", "じっ"].iter().map(|ten| format!("{many}{ten}")).collect(),
        (0, _) => READINGS[ones - 1].iter().map(ToString::to_string).collect(),
        _ => READINGS[ones - 1].iter().map(|one| format!("{many}じゅう{one}")).collect(),
    }
}

/// ひらがな in Latin letters; what is none is left out.
fn romaji(kana: &str) -> String {
    let mut said = String::new();
    let mut doubled = false;
    let mut last_was_n = false;
    for c in kana.chars() {
        match c {
            'っ' => doubled = true,
            'ゃ' | 'ゅ' | 'ょ' => {
                let plain = ["shi", "chi", "ji"].iter().any(|s| said.ends_with(s));
                said.pop();
                said.push_str(if plain { "" } else { "y" });
                said.push(match c {
                    'ゃ' => 'a',
                    'ゅ' => 'u',
                    _ => 'o',
                });
            }
            'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' => {
                said.pop();
                said.push_str(syllable(c));
            }
            _ => {
                let next = syllable(c);
                let long = matches!(
                    (said.chars().next_back(), next),
                    (Some('o'), "o" | "u") | (Some('u'), "u")
                );
                if long {
                    continue;
                }
                if std::mem::take(&mut doubled)
                    && let Some(first) = next.chars().next()
                {
                    said.push(if next.starts_with("ch") { 't' } else { first });
                }
                if last_was_n && next.starts_with(['a', 'i', 'u', 'e', 'o', 'y']) {
                    said.push('\'');
                }
                said.push_str(next);
            }
        }
        last_was_n = c == 'ん';
    }
    said
}

fn syllable(kana: char) -> &'static str {
    match kana {
        'あ' | 'ぁ' => "a",
        'い' | 'ぃ' => "i",
        'う' | 'ぅ' => "u",
        'え' | 'ぇ' => "e",
        'お' | 'ぉ' | 'を' => "o",
        'か' | 'ゕ' => "ka",
        'き' => "ki",
        'く' => "ku",
        'け' | 'ゖ' => "ke",
        'こ' => "ko",
        'が' => "ga",
        'ぎ' => "gi",
        'ぐ' => "gu",
        'げ' => "ge",
        'ご' => "go",
        'さ' => "sa",
        'し' => "shi",
        'す' => "su",
        'せ' => "se",
        'そ' => "so",
        'ざ' => "za",
        'じ' | 'ぢ' => "ji",
        'ず' | 'づ' => "zu",
        'ぜ' => "ze",
        'ぞ' => "zo",
        'た' => "ta",
        'ち' => "chi",
        'つ' => "tsu",
        'て' => "te",
        'と' => "to",
        'だ' => "da",
        'で' => "de",
        'ど' => "do",
        'な' => "na",
        'に' => "ni",
        'ぬ' => "nu",
        'ね' => "ne",
        'の' => "no",
        'は' => "ha",
        'ひ' => "hi",
        'ふ' => "fu",
        'へ' => "he",
        'ほ' => "ho",
        'ば' => "ba",
        'び' => "bi",
        'ぶ' => "bu",
        'べ' => "be",
        'ぼ' => "bo",
        'ぱ' => "pa",
        'ぴ' => "pi",
        'ぷ' => "pu",
        'ぺ' => "pe",
        'ぽ' => "po",
        'ま' => "ma",
        'み' => "mi",
        'む' => "mu",
        'め' => "me",
        'も' => "mo",
        'や' => "ya",
        'ゆ' => "yu",
        'よ' => "yo",
        'ら' => "ra",
        'り' => "ri",
        'る' => "ru",
        'れ' => "re",
        'ろ' => "ro",
        'わ' | 'ゎ' => "wa",
        'ゐ' => "i",
        'ゑ' => "e",
        'ん' => "n",
        'ゔ' => "vu",
        _ => "",
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_are_read_as_signs_have_them() {
        for (name, kana, read) in [
            ("本町一丁目", "ほんちょういっちょうめ", "Honcho 1-chome"),
            ("常盤本町四丁目", "ときわほんちょうよんちょうめ", "Tokiwahoncho 4-chome"),
            ("旭町十丁目", "あさひちょうじゅっちょうめ", "Asahicho 10-chome"),
            ("旭町十二丁目", "あさひちょうじゅうにちょうめ", "Asahicho 12-chome"),
            ("大常盤", "おおときわ", "Otokiwa"),
            ("梅ノ木", "うめのき", "Umenoki"),
            ("野々宮", "ののみや", "Nonomiya"),
            ("新井", "しんい", "Shin'i"),
            ("八街", "やちまた", "Yachimata"),
            ("別府", "べっぷ", "Beppu"),
            ("小鳩町", "こばとちょう", "Kobatocho"),
            ("中丁目", "なかちょうめ", "Nakachome"),
            ("本町二十丁目", "ほんちょうにじゅっちょうめ", "Honcho 20-chome"),
            ("本町二十一丁目", "ほんちょうにじゅういっちょうめ", "Honcho 21-chome"),
            ("本町三十四丁目", "ほんちょうさんじゅうよんちょうめ", "Honcho 34-chome"),
            ("本町九十九丁目", "ほんちょうきゅうじゅうきゅうちょうめ", "Honcho 99-chome"),
            ("九丁目", "きゅうちょうめ", "9-chome"),
            ("十三一丁目", "じゅうそういっちょうめ", "Juso 1-chome"),
        ] {
            assert_eq!(romanised(name, kana).as_deref(), Some(read), "{name}");
        }
    }

    #[test]
    fn a_number_on_which_name_and_reading_disagree_is_not_read() {
        for (name, kana) in [
            ("本町二十一丁目", "ほんちょういっちょうめ"),
            ("本町一丁目", "ほんちょうにちょうめ"),
            ("本町一丁目", "ほんちょう"),
            ("九丁目", "あさひちょうきゅうちょうめ"),
            ("本町九丁目", "きゅうちょうめ"),
        ] {
            assert_eq!(romanised(name, kana), None, "{name}");
        }
    }

    #[test]
    fn every_number_is_read_as_that_number_and_no_other() {
        let numeral = |number: usize| {
            let digit = |n: usize| n.checked_sub(1).map(|at| NUMERALS[at]);
            let tens = (number > 19).then(|| digit(number / 10)).flatten();
            let ten = (number > 9).then_some('十');
            tens.into_iter().chain(ten).chain(digit(number % 10)).collect::<String>()
        };
        for number in 1..100 {
            for reading in readings(number) {
                let (name, kana) =
                    (format!("旭{}丁目", numeral(number)), format!("あさひ{reading}ちょうめ"));
                let read = format!("Asahi {number}-chome");
                assert_eq!(romanised(&name, &kana), Some(read), "{name} {kana}");
            }
        }
    }

    #[test]
    fn every_kana_of_a_reading_is_read() {
        for kana in ('ぁ'..='ゖ').filter(|c| !"っゃゅょ".contains(*c)) {
            assert!(!syllable(kana).is_empty(), "{kana}");
        }
    }
}
