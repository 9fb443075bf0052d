//! Where a Japanese line may break: between phrases, not in the middle of a word.
//!
//! Japanese is written without spaces, and a line breaker may break it almost anywhere: 「準備ができ／
//! ます」. Large type makes many short lines, so it shows. A phrase (文節) mostly begins where the
//! script changes from hiragana to something else, or after a mark; everywhere else a word joiner
//! (U+2060) holds the characters together. A phrase longer than a line is still broken.

const JOINER: char = '\u{2060}';

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Hiragana,
    Katakana,
    Kanji,
    /// Digits and letters, of either width.
    Alphanumeric,
    /// Opens a bracket.
    Opening,
    /// Closes one, or ends a clause.
    Closing,
    Other,
}

fn script(c: char) -> Script {
    match c {
        '\u{3041}'..='\u{309f}' => Script::Hiragana,
        '\u{30a0}'..='\u{30ff}' => match c {
            '・' => Script::Closing,
            _ => Script::Katakana,
        },
        '々' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}' => {
            Script::Kanji
        }
        '「' | '『' | '（' | '【' => Script::Opening,
        '」' | '』' | '）' | '】' | '、' | '。' | '！' | '？' | '／' => Script::Closing,
        c if c.is_ascii_alphanumeric() => Script::Alphanumeric,
        '\u{ff10}'..='\u{ff5a}' => Script::Alphanumeric,
        _ => Script::Other,
    }
}

const PARTICLES: [char; 12] =
    ['を', 'に', 'は', 'が', 'で', 'と', 'も', 'の', 'へ', 'か', 'や', 'な'];
const BRACKETS: [char; 4] = ['」', '』', '）', '】'];

/// Whether a line may end between `a` and `b`.
fn may_break(before: Option<char>, a: char, b: char, after: Option<char>) -> bool {
    use Script::{Alphanumeric, Closing, Hiragana, Kanji, Katakana, Opening, Other};
    // お and ご before a kanji are a beginning (お預かり), not an end.
    let polite = |c: char, next: Option<char>| {
        matches!(c, 'お' | 'ご') && next.is_some_and(|n| script(n) == Kanji)
    };
    if polite(a, Some(b)) {
        return false;
    }
    // もう一度, あと1回: the first word belongs to the number.
    if matches!((before, a), (Some('も'), 'う') | (Some('あ'), 'と')) && counts(b) {
        return false;
    }
    match (script(a), script(b)) {
        (Other, _) | (_, Other) => true,
        (_, Closing) | (Opening, _) => false,
        // A particle belongs to what was quoted before it.
        (Closing, Hiragana) if BRACKETS.contains(&a) => false,
        (Closing, _) | (_, Opening) => true,
        (Hiragana, Hiragana) => polite(b, after),
        // One hiragana between two kanji ends a word only if it is a particle: 届出の準備, but 読み取る.
        (Hiragana, Kanji) if before.is_some_and(|c| script(c) == Kanji) => PARTICLES.contains(&a),
        (Hiragana, Kanji) => a != 'っ',
        (Hiragana, Katakana | Alphanumeric) => true,
        (Katakana, Kanji) | (Kanji, Katakana) => true,
        _ => false,
    }
}

fn counts(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９' | '一')
}

/// Letters of a phrase that stay together however large they are; in a longer one, what its second
/// half is made of may stand on the next line.
const TOGETHER: usize = 7;
/// 補助用言, and what a long compound ends with.
const SECOND_HALVES: [&str; 6] =
    ["ください", "ごらん", "ござい", "かもしれ", "しています", "暗証番号"];

/// The text, with its phrases held together. Other languages pass through.
pub(crate) fn held_together(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = |i: usize| characters.get(i).copied();
    let ends = |i: usize| match (at(i), at(i + 1)) {
        (Some(a), Some(b)) => may_break(i.checked_sub(1).and_then(at), a, b, at(i + 2)),
        _ => true,
    };
    let mut out = String::with_capacity(text.len() * 2);
    let mut begin = 0;
    for (i, &a) in characters.iter().enumerate() {
        out.push(a);
        let Some(b) = at(i + 1) else { break };
        if a.is_ascii() && b.is_ascii() {
            continue;
        }
        if ends(i) {
            begin = i + 1;
            continue;
        }
        let rest = &characters[i + 1..];
        let end = (i..).find(|i| ends(*i)).unwrap_or(i);
        let letters =
            (begin..=end).filter(|i| at(*i).is_some_and(|c| script(c) != Script::Closing));
        let halved = SECOND_HALVES
            .iter()
            .any(|half| rest.iter().copied().take(half.chars().count()).eq(half.chars()));
        if !(halved && letters.count() > TOGETHER) {
            out.push(JOINER);
        }
    }
    out
}

/// Holds only numbers and what they count together, as 11月 or 3号; for what a person said, whose
/// names and addresses break where they must.
pub(crate) fn numbers_held_together(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let number = |c: &char| c.is_ascii_digit() || matches!(c, '０'..='９');
    let mut out = String::with_capacity(text.len() * 2);
    for pair in characters.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        out.push(a);
        if number(&a) && (number(&b) || "年月日丁番号回桁人)）".contains(b)) {
            out.push(JOINER);
        }
    }
    out.extend(characters.last());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(text: &str) -> Vec<String> {
        let held: Vec<char> = held_together(text).chars().collect();
        let mut phrases = vec![String::new()];
        for (i, &c) in held.iter().enumerate() {
            if c == JOINER {
                continue;
            }
            if i > 0 && held[i - 1] != JOINER {
                phrases.push(String::new());
            }
            phrases.last_mut().expect("one").push(c);
        }
        phrases
    }

    #[test]
    fn lines_break_between_phrases() {
        assert_eq!(
            phrases("書かずに、届出の準備ができます"),
            ["書かずに、", "届出の", "準備ができます"]
        );
        assert_eq!(
            phrases("マイナンバーカードを置いてください"),
            ["マイナンバーカードを", "置いてください"]
        );
        assert_eq!(phrases("まだお預かりしていません。"), ["まだ", "お預かりしていません。"]);
        assert_eq!(phrases("あと3回です（数字4桁）"), ["あと3回です", "（数字4桁）"]);
        assert_eq!(phrases("カードから読み取りました"), ["カードから", "読み取りました"]);
        assert_eq!(phrases("どなたが引っ越しましたか"), ["どなたが", "引っ越しましたか"]);
        assert_eq!(phrases("「預ける」を押す"), ["「預ける」を", "押す"]);
    }

    #[test]
    fn a_number_stays_with_the_word_before_it() {
        assert_eq!(phrases("入力できるのは、あと1回です"), ["入力できるのは、", "あと1回です"]);
        assert_eq!(phrases("もう一度入力する"), ["もう一度入力する"]);
    }

    #[test]
    fn long_phrases_have_a_second_half() {
        assert_eq!(phrases("書きとめてください。"), ["書きとめて", "ください。"]);
        assert_eq!(phrases("終わりまでごらんください。"), ["終わりまで", "ごらん", "ください。"]);
        assert_eq!(
            phrases("券面事項入力補助用暗証番号（数字4桁）"),
            ["券面事項入力補助用", "暗証番号", "（数字4桁）"]
        );
        assert_eq!(phrases("置いてください"), ["置いてください"]);
    }

    #[test]
    fn a_persons_words_break_anywhere_but_in_their_numbers() {
        let held = numbers_held_together("2026年11月3日");
        assert_eq!(held.split('\u{2060}').count(), 8);
        assert_eq!(numbers_held_together("常盤市本町"), "常盤市本町");
        assert_eq!(numbers_held_together(""), "");
    }

    #[test]
    fn other_languages_pass_through() {
        let text = "Nothing is kept yet. Touch “Keep”, please.";
        assert_eq!(held_together(text), text);
    }
}
