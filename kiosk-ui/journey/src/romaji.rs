//! Readings in Latin letters, so that a visitor who does not read Japanese finds their 町丁目.
//!
//! Hepburn as passports have it: long vowels are not marked. Where two words meet (みず・うみ) that
//! may drop a vowel too many; the Japanese name stands beside it.

/// A town as it is read, `Honcho 1-chome`.
pub(crate) fn romanised(name: &str, kana: &str) -> String {
    match chome(name, kana) {
        Some((base, number)) => format!("{} {number}-chome", capitalised(&romaji(base))),
        None => capitalised(&romaji(kana)),
    }
}

const NUMERALS: [char; 10] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

/// How each of them is read before 丁目.
const READINGS: [&[&str]; 10] = [
    &["いっ"],
    &["に"],
    &["さん"],
    &["よん"],
    &["ご"],
    &["ろく"],
    &["なな", "しち"],
    &["はっ", "はち"],
    &["きゅう"],
    &["じゅっ", "じっ"],
];

/// The reading before the number of a 丁目 up to 19, and that number.
fn chome<'k>(name: &str, kana: &'k str) -> Option<(&'k str, usize)> {
    let (name, kana) = (name.strip_suffix("丁目")?, kana.strip_suffix("ちょうめ")?);
    let last = name.chars().next_back()?;
    let digit = NUMERALS.iter().position(|n| *n == last)?;
    let base = READINGS[digit].iter().find_map(|reading| kana.strip_suffix(reading))?;
    let ten = name.strip_suffix(last).filter(|rest| digit < 9 && rest.ends_with('十'));
    match ten {
        Some(_) => Some((base.strip_suffix("じゅう")?, digit + 11)),
        None => Some((base, digit + 1)),
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
        ] {
            assert_eq!(romanised(name, kana), read, "{name}");
        }
    }

    #[test]
    fn every_kana_of_a_reading_is_read() {
        for kana in ('ぁ'..='ゖ').filter(|c| !"っゃゅょ".contains(*c)) {
            assert!(!syllable(kana).is_empty(), "{kana}");
        }
    }
}
