//! The words that printing brings itself. For drafts: お預かり, never 受付.

use jiff::Timestamp;
use jiff::civil::Weekday;
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::ticket::BusinessDay;
use madoguchi_protocol::time::clock_in_japan;

use crate::content::{Kept, Next, Stage};
use madoguchi_protocol::clerk::{Proof, Standing};

/// Japanese, and English below it.
pub type Pair = (&'static str, &'static str);

pub const NUMBER: Pair = ("番号", "Your number");
pub const THIS_DAY_ONLY: Pair = ("この日だけ使えます", "This day only");
pub const PRACTICE: Pair = ("練習用です。手続はできません", "Training: nothing is filed");
pub const ASK_SOMEBODY: Pair =
    ("総合案内／受付の係員におたずねください", "Please ask at the information desk");
pub const NOTICES: Pair = ("ご確認ください", "Please note");
pub const ERRANDS: Pair = ("次の方は、ほかの窓口へも", "Other counters, for some");
pub const BRING: Pair = ("窓口へ持っていくもの", "Please have ready");
pub const NEXT: Pair = ("このあと", "What happens next");

/// What is kept, as a headline and a sentence.
pub fn kept(kept: Kept) -> (Pair, Pair) {
    match kept {
        Kept::Application => (
            ("お預かりしました", "We have kept your draft"),
            (
                "まだ届け出や申請は終わっていません。窓口で内容を確認して、終わります。",
                "Nothing is filed yet. It is checked and completed with you at the counter.",
            ),
        ),
        Kept::Part => (
            ("番号をお渡しします", "Here is your number"),
            (
                "途中までの内容もお預かりしました。続きは窓口でうかがいます。",
                "What you entered so far is saved; the counter does the rest with you.",
            ),
        ),
        Kept::NumberOnly => (
            ("番号だけのお渡しです", "This is a number only"),
            ("手続の用紙は、窓口で作ります。", "The form is filled in with you at the counter."),
        ),
    }
}

/// What the visitor does now.
pub fn next(next: Next) -> &'static [Pair] {
    match next {
        Next::IsCalled => &[
            ("番号が呼ばれるまで、お待ちください。", "Wait until your number is called."),
            (
                "呼ばれたら、この紙を持って窓口へお越しください。",
                "Then come to the counter with this slip.",
            ),
        ],
        Next::ShowsSlip => &[
            NOT_HEARD,
            (
                "お待ちにならずに、窓口でこの紙をお見せください。",
                "Please do not wait: show this slip at the counter.",
            ),
        ],
        Next::ShowsSlipAndForms => &[
            ("一緒に出た用紙も、忘れずにお取りください。", "Please take the printed form too."),
            NOT_HEARD,
            (
                "お待ちにならずに、窓口でこの紙と用紙をお見せください。",
                "Please do not wait: show this slip and the form at the counter.",
            ),
        ],
    }
}

const NOT_HEARD: Pair =
    ("この番号は、まだ窓口に届いていません。", "The office has not received this number yet.");

pub const DRAFT: Pair = (
    "下書きです。窓口で内容を確認し、署名をいただいて、届け出や申請になります。",
    "This is a draft. It is checked at the counter and takes effect once you have signed it there.",
);
pub const DATE: Pair = ("届出（申請）年月日", "Date of notice or application");
pub const BLANK_DATE: &str = "　　　　年　　　月　　　日";
pub const CONFIRMED: Pair =
    ("この内容を窓口で確認しました。", "I have checked this form at the counter.");
pub const SIGNATURE: Pair =
    ("届出人（申請者）の氏名（署名）", "Signature of whoever gives notice or applies");
/// Instead of [`DRAFT`], once it was checked.
pub const CHECKED: Pair = (
    "窓口で確認した内容です。まちがいがないか、もう一度お読みになってから、署名してください。",
    "As it was checked at the counter. Please read it once more before you sign.",
);

/// What the clerk records: to be ticked by hand on a draft. For the clerk alone, so without English.
pub fn record(stage: &Stage) -> Vec<String> {
    let Stage::Checked { standing, proof, clerk } = stage else {
        return RECORD.map(str::to_owned).into();
    };
    let standing = match standing {
        Standing::Self_ => "本人",
        Standing::Household => "同一世帯",
        Standing::LegalRepresentative => "法定代理人",
        Standing::Proxy => "任意代理人（委任状）",
    };
    let proof = match proof {
        Proof::OneDocument => "1点",
        Proof::TwoDocuments => "2点",
        Proof::Hearing => "聴聞",
    };
    vec![
        format!("届出人：{standing}"),
        "住所・電話：".to_owned(),
        format!("本人確認：{proof}　氏名と顔を確認　　　　係：{clerk}"),
    ]
}

const RECORD: [&str; 3] = [
    "届出人：□本人　□同一世帯　□法定代理人　□任意代理人（委任状）",
    "住所・電話：",
    "本人確認：□1点　□2点　□聴聞　　□氏名と顔を確認　　　　係：",
];
pub const REPLACED: Pair = (
    "〓 は、この用紙に印刷できない文字です。※ の前の文字は、形が異なります。窓口で確認します。",
    "〓 marks a character that cannot be printed, ※ one whose shape differs. The counter checks it.",
);

/// Where a value comes from, short.
pub fn origin(origin: Origin) -> Pair {
    match origin {
        Origin::Card => ("カード", "card"),
        Origin::Typed => ("入力", "entered"),
        Origin::Chosen => ("選択", "chosen"),
        Origin::Computed => ("自動", "derived"),
    }
}

/// Where procedures of one number go to different counters.
pub fn same_number(counters: usize) -> Pair {
    match counters {
        2 => ("同じ番号を、両方の窓口で使います。", "The same number is used at both counters."),
        _ => ("同じ番号を、どの窓口でも使います。", "The same number is used at each counter."),
    }
}

/// As a text of the packs.
pub fn text((ja, en): Pair) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

/// Titles in a row.
pub fn listed(titles: &[Text]) -> Text {
    let row = |of: fn(&Text) -> &str, comma| titles.iter().map(of).collect::<Vec<_>>().join(comma);
    Text { ja: row(|t| &t.ja, "、"), en: row(|t| &t.en, ", ") }
}

/// A section's English name with its Japanese one, by which its counter is found.
pub fn in_english(section: &Text) -> String {
    format!("{} ({})", beside_japanese(&section.en), section.ja)
}

/// For whom one counter is, of two things that it does.
pub fn either(one: &Text, other: &Text) -> Text {
    const IF: &str = "If you ";
    let en = match other.en.strip_prefix(IF).filter(|_| one.en.starts_with(IF)) {
        Some(rest) => format!("{}, or {rest}", one.en),
        None => format!("{}; {}", one.en, other.en),
    };
    Text { ja: format!("{}、{}", one.ja, other.ja), en }
}

/// What to bring, without examples and, after its first sentence, what it is for: the screen has
/// shown them. English keeps the Japanese that it has in brackets.
pub fn without_brackets(text: &Text) -> Text {
    let mut ja = String::new();
    let mut rest = text.ja.as_str();
    while let Some((before, from)) = rest.split_once('（') {
        ja.push_str(before);
        rest = from.split_once('）').map_or("", |(_, after)| after);
    }
    ja.push_str(rest);
    let sentence = ja.find('。').unwrap_or(ja.len());
    ja.truncate(sentence);
    let mut en = String::new();
    let mut rest = text.en.as_str();
    while let Some((before, from)) = rest.split_once('(') {
        let (inside, after) = from.split_once(')').unwrap_or((from, ""));
        if inside.chars().any(is_japanese) {
            en.push_str(&format!("{before}({inside})"));
        } else {
            en.push_str(before.trim_end());
        }
        rest = after;
    }
    en.push_str(rest);
    let sentence = en.find(". ").unwrap_or(en.len());
    en.truncate(sentence);
    Text { ja, en }
}

/// An English text without the Japanese that it has in brackets, for where that stands above it.
pub fn beside_japanese(english: &str) -> String {
    let mut rest = english;
    let mut kept = String::new();
    while let Some((before, from)) = rest.split_once('(') {
        let (inside, after) = from.split_once(')').unwrap_or((from, ""));
        kept.push_str(before);
        if !inside.chars().any(is_japanese) {
            kept.push('(');
            kept.push_str(inside);
            kept.push(')');
        } else if kept.ends_with(' ') {
            kept.pop();
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

fn is_japanese(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}')
}

/// To whom a form is given: the head of the municipality, whose name ends with its kind.
pub fn addressee(municipality: &str) -> String {
    let head = if municipality.ends_with(['市', '区', '町', '村']) { "長" } else { "" };
    format!("{municipality}{head}　あて")
}

/// 2026年11月22日（日）
pub fn day(day: BusinessDay) -> String {
    let weekday = match day.weekday() {
        Weekday::Monday => '月',
        Weekday::Tuesday => '火',
        Weekday::Wednesday => '水',
        Weekday::Thursday => '木',
        Weekday::Friday => '金',
        Weekday::Saturday => '土',
        Weekday::Sunday => '日',
    };
    format!("{}年{}月{}日（{weekday}）", day.year(), day.month(), day.day())
}

/// 9:05, in Japan.
pub fn time(at: Timestamp) -> String {
    let at = clock_in_japan(at);
    format!("{}:{:02}", at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_the_japanese_it_is_not_said_twice() {
        for (english, beside) in [
            ("Seal registration (印鑑登録)", "Seal registration"),
            ("Number plate (up to 125cc) (原付バイク)", "Number plate (up to 125cc)"),
            ("The PIN (住民基本台帳用): typed here", "The PIN: typed here"),
            ("Cards (passport …)", "Cards (passport …)"),
            ("Open (and never closed", "Open (and never closed)"),
            ("Plain", "Plain"),
        ] {
            assert_eq!(beside_japanese(english), beside);
        }
    }

    #[test]
    fn what_to_bring_is_said_without_its_examples() {
        let bring = without_brackets(&Text {
            ja: "本人確認書類（カード。旅券など）と、印鑑。押します".to_owned(),
            en: "Identification (a card. Or so) and the seal card (印鑑登録証), if any. It is used"
                .to_owned(),
        });
        assert_eq!(bring.ja, "本人確認書類と、印鑑");
        assert_eq!(bring.en, "Identification and the seal card (印鑑登録証), if any");
    }

    #[test]
    fn for_whom_a_counter_is_reads_as_one_sentence() {
        let text = |ja: &str, en: &str| Text { ja: ja.to_owned(), en: en.to_owned() };
        let (one, other) =
            (text("75歳以上の方", "If you are 75"), text("犬の方", "If you keep a dog"));
        assert_eq!(either(&one, &other).en, "If you are 75, or keep a dog");
        assert_eq!(either(&one, &other).ja, "75歳以上の方、犬の方");
        let child = text("子ども", "If a child goes to school");
        assert_eq!(either(&one, &child).en, "If you are 75; If a child goes to school");
    }

    #[test]
    fn a_form_is_given_to_the_head_of_the_municipality() {
        assert_eq!(addressee("常盤市"), "常盤市長　あて");
        assert_eq!(addressee("常盤広域連合"), "常盤広域連合　あて");
    }
}
