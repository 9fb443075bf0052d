//! Scenes of pages that are made by hand, upon the bars of a journey: their texts have the lengths
//! of real ones. All people and places are invented.

use madoguchi_journey::view::{
    Action, Asked, AtCounter, Button, CallState, Choice, ChosenTown, ClerkLine, Dialog,
    DisplayPanel, EntryGroup, EntryKind, FormProgress, Language, Needed, NumberGroup, Occasion,
    PaperLine, PaperState, Screen, TextSize, Contrast, View,
};
use madoguchi_journey::view::KanaRow;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{CardKey, Paper};
use madoguchi_protocol::{PackId, Personal};

/// Puts a page of that name on a view, if there is one.
pub(super) fn put(name: &str, view: View) -> Option<View> {
    let t = Tongue(view.language);
    let mut view = View { printer_away: None, ..view };
    match name {
        "procedures_occasions" => {
            if let Screen::Procedures { occasions, .. } = &mut view.screen {
                occasions.push(Occasion {
                    button: button(
                        Action::ChooseLifeEvent("moving".parse().ok()?),
                        t.of("引っ越し", "Moving house"),
                    ),
                    summary: t.of(
                        "市内・市外への引っ越しに必要な手続を、まとめて選べます",
                        "Choose everything that moving within, to or from the city needs",
                    ),
                });
            }
        }
        "life_event" => view.screen = life_event(t)?,
        "without_card" => view.screen = without_card(t),
        "reference_number" => view.screen = reference_number(t, 0),
        "reference_number_two" => view.screen = reference_number(t, 8),
        "towns" => view.screen = towns(t, false)?,
        "towns_row" => view.screen = towns(t, true)?,
        "entry_date" => view.screen = date(t, "", None),
        "entry_date_typed" => view.screen = date(t, "20261103", None),
        "entry_problem" => {
            let problem = t.of("この日付は、ありません。数字をお確かめください。", "There is no such date. Please check the digits.");
            view.screen = date(t, "20260231", Some(problem));
        }
        "entry_address" => view.screen = address(t),
        "entry_number" => view.screen = number(t),
        "form_second" => {
            let progress = view.progress.as_mut()?;
            progress.form = Some(FormProgress {
                index: 1,
                total: 2,
                words: t.of("2件中 2件目：国民健康保険の届出", "Form 2 of 2: National Health Insurance notice"),
            });
        }
        "review_unseen" => {
            if let Screen::Review { seen_to_end, keep, .. } = &mut view.screen {
                *seen_to_end = false;
                keep.enabled = false;
            }
        }
        "kept_papers" | "kept_clerk" => kept(&mut view.screen, t, name == "kept_clerk"),
        "dialog_call_clerk" => {
            view.dialog = Some(Dialog::CallClerk {
                title: t.of("係員をよびますか", "Call a clerk?"),
                lead: t.of(
                    "番号が出て、係員がこちらへ来ます。ここまでに入力した内容は、そのまま係員に渡ります。",
                    "You get a number and a clerk comes here. What you have entered so far goes to the clerk.",
                ),
                call: button(
                    Action::ConfirmTicket(TicketOnlyReason::CallClerk),
                    t.of("係員をよぶ", "Call a clerk"),
                ),
                go_on: button(Action::Dismiss, t.of("このまま続ける", "Go on")),
            });
        }
        "dialog_number_only" => {
            view.dialog = Some(Dialog::NumberOnly {
                title: t.of("番号だけにしますか", "Only a number?"),
                lead: t.of(
                    "ここまでに入力した内容は、番号といっしょに窓口へ渡ります。残りは窓口でうかがいます。",
                    "What you have entered so far goes to the counter with your number. The rest is asked there.",
                ),
                number: button(
                    Action::ConfirmTicket(TicketOnlyReason::DoNotKnow),
                    t.of("番号だけ取る", "Take a number only"),
                ),
                go_on: button(Action::Dismiss, t.of("続ける", "Go on")),
            });
        }
        "dialog_display" => view.dialog = Some(Dialog::Display(panel(t))),
        _ => return None,
    }
    Some(view)
}

#[derive(Clone, Copy)]
struct Tongue(Language);

impl Tongue {
    fn of(self, ja: &str, en: &str) -> String {
        match self.0 {
            Language::Japanese => ja,
            Language::English => en,
        }
        .to_owned()
    }
}

fn button(action: Action, label: String) -> Button {
    Button { action, label, enabled: true }
}

fn do_not_know(t: Tongue) -> Button {
    button(
        Action::TicketOnly(TicketOnlyReason::DoNotKnow),
        t.of("わからない・窓口で相談する", "I don't know: ask at the counter"),
    )
}

fn life_event(t: Tongue) -> Option<Screen> {
    let hint = t.of("ここで作るのは下書きです。窓口で確認してから、届出になります。", "A draft is made here. It becomes a notice once checked at the counter.");
    let needed = [
        ("tennyu", "転入届", "Notice of moving in", "ほかの市区町村から引っ越してきたとき（14日以内）", "You came from another municipality (within 14 days)", true),
        ("tenkyo", "転居届", "Notice of change of address", "市内で引っ越したとき（14日以内）", "You moved within the city (within 14 days)", false),
        ("inkan", "印鑑登録証明書の交付申請", "Request for a seal registration certificate", "印鑑の証明がいるとき", "You need your seal certified", false),
    ];
    let needed = needed.into_iter().map(|(id, ja, en, when_ja, when_en, ticked)| {
        Some(Needed {
            button: button(Action::TogglePack(id.parse::<PackId>().ok()?), t.of(ja, en)),
            ticked: Personal::new(ticked),
            when: t.of(when_ja, when_en),
            legal_hint: hint.clone(),
        })
    });
    let counter = |ja: &str, en: &str, section_ja: &str, section_en: &str, note_ja: &str, note_en: &str| AtCounter {
        title: t.of(ja, en),
        section: t.of(section_ja, section_en),
        note: t.of(note_ja, note_en),
    };
    Some(Screen::LifeEvent {
        title: t.of("引っ越し", "Moving house"),
        lead: t.of("必要なものをえらんでください。いくつでもえらべます。", "Choose what you need, as many as you like."),
        needed: needed.collect::<Option<_>>()?,
        at_counter_title: t.of("窓口で行う手続", "Done at a counter"),
        at_counter: vec![
            counter("国民健康保険", "National Health Insurance", "保険年金課（2階 21番）", "Insurance and Pensions (2nd floor, no. 21)", "会社の保険に入っていないとき", "If you have no insurance through work"),
            counter("児童手当", "Child allowance", "こども課（2階 25番）", "Children's Section (2nd floor, no. 25)", "中学生までのお子さんがいるとき", "If you have children up to junior high school"),
            counter("水道の使いはじめ", "Starting the water supply", "水道課（1階 8番）", "Waterworks (1st floor, no. 8)", "", ""),
        ],
        next: button(Action::Next, t.of("えらんだ手続へ進む", "Go on with these")),
        do_not_know: do_not_know(t),
    })
}

fn without_card(t: Tongue) -> Screen {
    Screen::WithoutCard {
        procedure: t.of("転居届", "Notice of change of address"),
        title: t.of("カードを使わずに進みます", "Going on without the card"),
        lead: t.of(
            "質問に答えておくと、窓口での記入が少なくなります。番号だけを取ることもできます。",
            "If you answer the questions now, there is less to write at the counter. You may also take only a number.",
        ),
        answer: Some(button(Action::AnswerWithoutCard, t.of("質問に答える", "Answer the questions"))),
        number: button(
            Action::TicketOnly(TicketOnlyReason::WithoutCard),
            t.of("番号だけ取る", "Take a number only"),
        ),
    }
}

fn reference_number(t: Tongue, entered: u8) -> Screen {
    let group = |ja: &str, en: &str, hint_ja: &str, hint_en: &str, digits: u8, before: u8| NumberGroup {
        label: t.of(ja, en),
        hint: t.of(hint_ja, hint_en),
        digits,
        entered: entered.saturating_sub(before).min(digits),
    };
    let groups = vec![
        group("生年月日", "Birth date", "和暦の年・月・日を2桁ずつ。昭和55年2月17日は 550217", "Year of the era, month and day, two digits each: 17 February Shōwa 55 is 550217", 6, 0),
        group("有効期限の年", "Year of expiry", "カードの表の「年まで有効」の4桁", "Four digits, on the card's face", 4, 6),
        group("セキュリティコード", "Security code", "カードの表の右下の4桁", "Four digits, at the lower right of the card's face", 4, 10),
    ];
    Screen::ReferenceNumber {
        title: t.of("カードの表の数字を入力してください", "Enter the figures on the card's face"),
        number_name: t.of("照合番号B（数字14桁）", "Reference number B (14 digits)"),
        lead: t.of("暗証番号のかわりに使えます。数字は画面に出ません。", "It can be used instead of the PIN. The digits are not shown."),
        groups,
        current: if entered < 6 { 0 } else { 1 },
        tries_left: 10,
        tries: t.of("入力できるのは、あと10回です", "10 tries left"),
        entered,
        entered_words: t.of(&format!("{entered}桁 入力しました"), &format!("{entered} digits entered")),
        digits_enabled: true,
        erase: button(Action::ErasePin, t.of("1字消す", "Erase one")),
        submit: Button { enabled: false, ..button(Action::SubmitPin, t.of("この番号で読み取る", "Read with this number")) },
        other_key: Some(button(Action::UseKey(CardKey::Pin), t.of("暗証番号を使う", "Use the PIN"))),
        without_card: button(Action::WithoutCard, t.of("カードを使わずに進む", "Go on without the card")),
    }
}

fn asked(t: Tongue, ja: &str, en: &str) -> Asked {
    Asked {
        procedure: t.of("転居届", "Notice of change of address"),
        index: 1,
        total: 3,
        title: t.of("質問 2／3", "Question 2 of 3"),
        text: t.of(ja, en),
        do_not_know: do_not_know(t),
    }
}

fn towns(t: Tongue, chosen: bool) -> Option<Screen> {
    let rows = ["あ", "か", "さ", "た", "な", "は", "ま", "や", "ら", "わ"];
    let rows = KanaRow::ALL.into_iter().zip(rows).map(|(row, kana)| {
        let label = t.of(kana, &format!("{kana} {}", row.name()));
        let there = !matches!(row, KanaRow::Ra | KanaRow::Wa);
        Choice {
            button: Button { enabled: there, ..button(Action::KanaRow(row), label) },
            chosen: Personal::new(chosen && row == KanaRow::Ta),
        }
    });
    let towns = [
        "台町一丁目", "台町二丁目", "高砂町", "宝町一丁目", "宝町二丁目", "大字常盤台", "太刀洗", "田中一丁目", "田中二丁目",
    ];
    let town = |(i, town): (usize, &str)| Choice {
        button: button(Action::Town(i), town.into()),
        chosen: Personal::new(false),
    };
    Some(Screen::Towns {
        asked: asked(t, "新しい住所の町名をえらんでください", "Choose the town of your new address"),
        lead: t.of("町名のはじめの音をえらぶと、町名が出ます。", "Choose the first sound of its name to see the towns."),
        rows: rows.collect(),
        towns: if chosen { towns.into_iter().enumerate().map(town).collect() } else { vec![] },
    })
}

fn group(label: String, digits: u8, typed: &str, optional: bool) -> EntryGroup {
    EntryGroup { label, digits, typed: Personal::new(typed.to_owned()), optional }
}

fn entry(t: Tongue, asked: Asked, kind: EntryKind, groups: Vec<EntryGroup>, current: usize) -> Screen {
    let several = groups.len() > 1;
    Screen::Entry {
        asked,
        kind,
        lead: String::new(),
        town: None,
        groups,
        current,
        spoken: None,
        problem: None,
        digits_enabled: true,
        erase: button(Action::EraseDigit, t.of("1字消す", "Erase one")),
        next_group: several.then(|| button(Action::NextGroup, t.of("次のらんへ", "Next box"))),
        next: button(Action::Next, t.of("次へ", "Next")),
    }
}

fn date(t: Tongue, typed: &str, wrong: Option<String>) -> Screen {
    let part = |from: usize, to: usize| typed.get(from..to).unwrap_or_default();
    let groups = vec![
        group(t.of("年（西暦）", "Year"), 4, part(0, 4), false),
        group(t.of("月", "Month"), 2, part(4, 6), false),
        group(t.of("日", "Day"), 2, part(6, 8), false),
    ];
    let asked = asked(t, "引っ越した日は、いつですか", "When did you move?");
    let mut screen = entry(t, asked, EntryKind::Date, groups, if typed.is_empty() { 0 } else { 2 });
    if let Screen::Entry { lead, spoken, problem, next, .. } = &mut screen {
        *lead = t.of("西暦の年・月・日を入力してください。", "Enter year, month and day.");
        *problem = wrong;
        next.enabled = !typed.is_empty() && problem.is_none();
        *spoken = next.enabled.then(|| Personal::new(t.of("令和8年（2026年）11月3日", "3 November 2026")));
    }
    screen
}

fn address(t: Tongue) -> Screen {
    let groups = vec![
        group(t.of("番地・番", "Block"), 4, "12", false),
        group(t.of("号", "House"), 4, "3", true),
        group(t.of("枝番", "Branch"), 4, "", true),
    ];
    let asked = asked(t, "新しい住所の番地を入力してください", "Enter the house number of your new address");
    let mut screen = entry(t, asked, EntryKind::Address, groups, 1);
    if let Screen::Entry { lead, spoken, town, .. } = &mut screen {
        *lead = t.of("建物の名前と部屋番号は、窓口でうかがいます。", "Building and room are asked at the counter.");
        *town = Some(ChosenTown {
            label: t.of("町名", "Town"),
            town: Personal::new("大字上之常盤字西常盤屋敷一丁目".into()),
            change: button(Action::ChangeTown, t.of("町名をかえる", "Change")),
        });
        *spoken = Some(Personal::new("大字上之常盤字西常盤屋敷一丁目12番3号".into()));
    }
    screen
}

fn number(t: Tongue) -> Screen {
    let groups = vec![group(t.of("通数", "Copies"), 2, "", false)];
    let asked = asked(t, "何通必要ですか", "How many copies do you need?");
    let mut screen = entry(t, asked, EntryKind::Number, groups, 0);
    if let Screen::Entry { next, .. } = &mut screen {
        next.enabled = false;
    }
    screen
}

fn kept(screen: &mut Screen, t: Tongue, with_clerk: bool) {
    let Screen::Kept { procedures, bring_title, bring, papers, clerk, .. } = screen else {
        return;
    };
    *procedures = vec![
        t.of("転入届", "Notice of moving in"),
        t.of("印鑑登録証明書の交付申請", "Request for a seal registration certificate"),
    ];
    *bring_title = t.of("窓口にお持ちいただくもの", "What to bring to the counter");
    *bring = vec![
        t.of("引っ越した方全員のマイナンバーカード", "The My Number Cards of everybody who moved"),
        t.of("転出証明書（カードで転出届をしていないとき）", "The moving-out certificate, unless you gave notice with the card"),
    ];
    *papers = vec![
        PaperLine {
            paper: Paper::Slip,
            state: PaperState::Take,
            words: t.of("番号の紙をお取りください。", "Please take the slip with your number."),
            again: None,
        },
        PaperLine {
            paper: Paper::Forms,
            state: PaperState::Failed,
            words: t.of("書類が印刷できませんでした。番号は画面のとおりです。", "The forms could not be printed. Your number is on the screen."),
            again: Some(button(Action::Print(Paper::Forms), t.of("もう一度印刷する", "Print again"))),
        },
    ];
    *clerk = with_clerk.then(|| ClerkLine {
        state: CallState::Coming,
        words: t.of("係員がまいります。この場でお待ちください。", "A clerk is coming. Please wait here."),
    });
}

fn panel(t: Tongue) -> DisplayPanel {
    let size = |(size, ja, en): (TextSize, &str, &str)| Button {
        enabled: size != TextSize::Small,
        ..button(Action::TextSize(size), t.of(ja, en))
    };
    let contrast = |(contrast, ja, en): (Contrast, &str, &str)| Button {
        enabled: contrast != Contrast::Standard,
        ..button(Action::Contrast(contrast), t.of(ja, en))
    };
    DisplayPanel {
        title: t.of("ことば・文字・色", "Language, text and colours"),
        language_title: t.of("ことば", "Language"),
        languages: vec![
            button(Action::Speak(Language::Japanese), "日本語".into()),
            button(Action::Speak(Language::English), "English".into()),
        ],
        language: t.0,
        size_title: t.of("文字の大きさ", "Text size"),
        sizes: [
            (TextSize::Small, "ふつう", "Usual"),
            (TextSize::Medium, "大きめ", "Larger"),
            (TextSize::Large, "大きい", "Large"),
            (TextSize::Largest, "最大", "Largest"),
        ]
        .map(size)
        .into(),
        contrast_title: t.of("画面の色", "Colours"),
        contrasts: [
            (Contrast::Standard, "ふつう", "Usual"),
            (Contrast::HighLight, "白地に黒", "Black on white"),
            (Contrast::HighDark, "黒地に白", "White on black"),
            (Contrast::Soft, "まぶしくない色", "Low glare"),
        ]
        .map(contrast)
        .into(),
        close: button(Action::Dismiss, t.of("もとの画面へ", "Back to the page")),
    }
}

/// Which scene of a journey a page of that name is put on.
pub(super) fn ground(name: &str) -> &'static str {
    match name {
        "procedures_occasions" | "life_event" => "procedures",
        "without_card" => "purpose",
        "reference_number" | "reference_number_two" => "pin_entry",
        "form_second" => "form",
        "kept_papers" | "kept_clerk" => "kept",
        "dialog_display" => "start",
        "dialog_call_clerk" | "dialog_number_only" | "review_unseen" => "review",
        _ => "question",
    }
}
