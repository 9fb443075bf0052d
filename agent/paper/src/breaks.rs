//! Where a line may end, and where it reads well.
//!
//! Japanese has no spaces, and a word that is torn apart is hard to read: マイナンバーカー／ド. A line ends
//! between phrases (文節) where it can, guessed from the kinds of characters: a phrase ends with
//! kana and the next one begins with something else.

/// How well a line ends at a place. The best is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// Not at all: 禁則処理, the simple rules of JIS X 4051, and words in Latin letters.
    Never,
    /// Within a word.
    Word,
    /// Between two words that belong together, as マイナンバー and 番号.
    Part,
    /// Between two phrases.
    Phrase,
}

/// The kinds of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hiragana,
    Katakana,
    Kanji,
    /// Letters and digits, of either width.
    Latin,
    Other,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            'ぁ'..='ゖ' => Self::Hiragana,
            'ァ'..='ヺ' | 'ー' => Self::Katakana,
            '々' | '〆' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => Self::Kanji,
            '\u{20000}'..='\u{3FFFF}' => Self::Kanji,
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => Self::Latin,
            c if u32::from(c) < 0x2000 => Self::Latin,
            _ => Self::Other,
        }
    }
}

/// How well a line ends before the character at `at`, which is not the first.
pub fn before(text: &[char], at: usize) -> Break {
    let (Some(&before), Some(&after)) = (at.checked_sub(1).and_then(|i| text.get(i)), text.get(at))
    else {
        return Break::Never;
    };
    if !may_break(before, after) {
        return Break::Never;
    }
    if before.is_whitespace() || "、。，．！？".contains(before) {
        return Break::Phrase;
    }
    match (Kind::of(before), Kind::of(after)) {
        (Kind::Hiragana, Kind::Hiragana) => within_kana(text, at),
        (Kind::Hiragana, _) => after_kana(text, at),
        (Kind::Kanji, Kind::Katakana | Kind::Latin)
        | (Kind::Katakana, Kind::Kanji | Kind::Latin)
        | (Kind::Latin, Kind::Katakana) => Break::Part,
        (_, Kind::Other) if NOT_AT_THE_END.contains(after) => Break::Part,
        (Kind::Other, Kind::Kanji | Kind::Katakana | Kind::Latin) => Break::Part,
        _ => Break::Word,
    }
}

/// Between two hiragana: after a particle, or before a polite お or ご.
fn within_kana(text: &[char], at: usize) -> Break {
    let (before, after) = (text[at - 1], text[at]);
    let follows_word = at >= 2 && Kind::of(text[at - 2]) != Kind::Hiragana;
    let polite =
        "おご".contains(after) && text.get(at + 1).map(|c| Kind::of(*c)) == Some(Kind::Kanji);
    let particle = match before {
        'を' => true,
        'は' | 'が' | 'へ' | 'に' => follows_word && !"はもの".contains(after),
        'で' => follows_word && !"はものきすいし".contains(after),
        _ => false,
    };
    if polite || before == 'を' {
        Break::Phrase
    } else if particle {
        Break::Part
    } else {
        Break::Word
    }
}

/// After hiragana: the end of a phrase, but for お知らせ, 引っ越し, 取り扱い, この紙.
fn after_kana(text: &[char], at: usize) -> Break {
    let before = text[at - 1];
    let alone = at >= 2 && Kind::of(text[at - 2]) == Kind::Kanji;
    let within_verb =
        alone && Kind::of(text[at]) == Kind::Kanji && !"がをはのにとでもへや".contains(before);
    let this = before == 'の' && at >= 2 && "こそあど".contains(text[at - 2]);
    if "おごっ".contains(before) || within_verb || this { Break::Word } else { Break::Phrase }
}

fn may_break(before: char, after: char) -> bool {
    if before.is_whitespace() {
        return !after.is_whitespace();
    }
    let latin = |c| Kind::of(c) == Kind::Latin;
    !(after.is_whitespace()
        || NOT_AT_THE_END.contains(before)
        || NOT_AT_THE_START.contains(after)
        || latin(before) && latin(after))
}

const NOT_AT_THE_START: &str = "。、，．・：；？！ー〜～）」』】〕》〉］｝々ゝゞヽヾ〻\
    ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ)]},.!?:;%〓※";
const NOT_AT_THE_END: &str = "（「『【〔《〈［｛([{";

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with `｜` where a line may well end.
    fn marked(text: &str, at_least: Break) -> String {
        let characters: Vec<char> = text.chars().collect();
        let mut marked = String::new();
        for (at, character) in characters.iter().enumerate() {
            if before(&characters, at) >= at_least {
                marked.push('｜');
            }
            marked.push(*character);
        }
        marked
    }

    #[test]
    fn phrases_end_after_particles_and_marks() {
        for (text, phrases) in [
            ("番号が呼ばれるまで、お待ちください。", "番号が｜呼ばれるまで、｜お待ちください。"),
            (
                "引っ越しをする全員のマイナンバーカード",
                "引っ越しを｜する｜全員の｜マイナンバーカード",
            ),
            ("窓口へお越しください。", "窓口へ｜お越しください。"),
            ("取り扱いの窓口で受け取り", "取り扱いの｜窓口で｜受け取り"),
            ("在留カード（外国籍の方）", "在留カード（外国籍の｜方）"),
            ("窓口でこの紙をお見せください。", "窓口でこの紙を｜お見せください。"),
            ("Please wait here", "Please ｜wait ｜here"),
        ] {
            assert_eq!(marked(text, Break::Phrase), phrases);
        }
    }

    #[test]
    fn words_that_belong_together_may_part_before_one_is_torn() {
        assert_eq!(marked("住民基本台帳カード番号", Break::Part), "住民基本台帳｜カード｜番号");
        assert_eq!(marked("手続はありません", Break::Part), "手続は｜ありません");
        assert_eq!(marked("確認できません", Break::Part), "確認できません");
        assert_eq!(marked("手続には", Break::Part), "手続には");
    }

    #[test]
    fn no_line_begins_with_a_full_stop_or_ends_with_an_opening_bracket() {
        for (text, at) in
            [("す。", 1), ("「お", 1), ("カー", 1), ("しょ", 1), ("ab", 1), ("あ ", 1)]
        {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(before(&characters, at), Break::Never, "{text}");
        }
    }
}
