//! What pages are made of.

use madoguchi_protocol::Personal;
use madoguchi_protocol::local::Paper;

use super::{Action, FailureCode};

/// One control with a text on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What a touch sends.
    pub action: Action,
    /// What it says.
    pub label: String,
    /// Whether a touch is taken now. A disabled one stays where it is.
    pub enabled: bool,
}

/// Where one is on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The stages, in order: choose, card, questions, check, number.
    pub stages: Vec<String>,
    /// Index into `stages`.
    pub current: usize,
    /// Which form of how many, where there are several.
    pub form: Option<FormProgress>,
}

/// Which form of several is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormProgress {
    /// From 0.
    pub index: usize,
    /// At least 2.
    pub total: usize,
    /// "1 of 2: 転入届".
    pub words: String,
}

/// One procedure on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its title.
    pub button: Button,
    /// When to choose it.
    pub summary: String,
    /// What handing it over means in law.
    pub legal_hint: String,
}

/// An occasion that leads to several procedures, on offer beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// Its title.
    pub button: Button,
    /// When to choose it.
    pub summary: String,
}

/// One procedure of an occasion that can be done here; a touch ticks it on or off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Its title.
    pub button: Button,
    /// Whether it is ticked.
    pub ticked: Personal<bool>,
    /// When it is needed.
    pub when: String,
    /// What handing it over means in law.
    pub legal_hint: String,
    /// Why it cannot be ticked beside what is ticked, and what to do instead; its button is not
    /// enabled then.
    pub not_now: Option<String>,
}

/// One thing of an occasion that is done at a counter only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtCounter {
    /// What.
    pub title: String,
    /// Where.
    pub section: String,
    /// What else to know; may be empty.
    pub note: String,
}

/// One choice of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it says and sends.
    pub button: Button,
    /// Whether it is the one picked.
    pub chosen: Personal<bool>,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name on the paper form.
    pub label: String,
    /// Its value as a person reads it; none where it is asked at the counter.
    pub value: Option<Personal<String>>,
    /// Where the value comes from.
    pub origin: RowOrigin,
    /// The same in words.
    pub origin_words: String,
}

/// Where a row's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrigin {
    /// From the card.
    Card,
    /// The visitor picked it.
    Chosen,
    /// The visitor typed it.
    Typed,
    /// It is asked at the counter.
    AtCounter,
}

/// Which question of how many, and of which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The procedure.
    pub procedure: String,
    /// 0-based number of this question among those that are asked now.
    pub index: usize,
    /// How many those are.
    pub total: usize,
    /// "Question 1 of 3".
    pub title: String,
    /// The question.
    pub text: String,
    /// "I don't know": a number, with what is filled.
    pub do_not_know: Button,
}

/// Digits of a typed answer that belong together: a year, a house number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryGroup {
    /// What it is.
    pub label: String,
    /// Most digits it takes.
    pub digits: u8,
    /// What is typed so far.
    pub typed: Personal<String>,
    /// It may stay empty.
    pub optional: bool,
}

/// What kind of answer is typed, for the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Year, month, day.
    Date,
    /// House number after a 町丁目.
    Address,
    /// One number.
    Number,
}

/// The 町丁目 that was chosen before the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenTown {
    /// "町丁目".
    pub label: String,
    /// Its name.
    pub town: Personal<String>,
    /// Choose another; the digits stay.
    pub change: Button,
}

/// The page on which a value is typed that opens the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPad {
    /// Heading.
    pub title: String,
    /// The value by its full name.
    pub key_name: String,
    /// Which one that is, or what to do, in plain words.
    pub lead: String,
    /// Tries left, read from the card.
    pub tries_left: u8,
    /// The same in words.
    pub tries: String,
    /// How many digits the agent holds, 0 to all.
    pub entered: u8,
    /// The same in words, for whoever does not see them.
    pub entered_words: String,
    /// Whether the ten digit keys ([`Action::Digit`]) are taken now.
    pub digits_enabled: bool,
    /// Takes one digit back.
    pub erase: Button,
    /// Sends it; enabled when all digits are there.
    pub submit: Button,
    /// The other value that opens the card, where it can be used.
    pub other_key: Option<Button>,
    /// On without the card.
    pub without_card: Button,
}

/// Digits of 照合番号B that stand together on the card. Only their count is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberGroup {
    /// What it is.
    pub label: String,
    /// Where it is printed on the card, and an example; a line each (`\n` between them).
    pub hint: String,
    /// How many digits it has.
    pub digits: u8,
    /// How many of them the agent holds.
    pub entered: u8,
}

/// What becomes of one paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperLine {
    /// Which.
    pub paper: Paper,
    /// How far it is.
    pub state: PaperState,
    /// The same in words.
    pub words: String,
    /// Print it (again), where that can help.
    pub again: Option<Button>,
}

/// How far a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperState {
    /// It is being printed.
    Printing,
    /// It is out: take it.
    Take,
    /// It does not come; the number is on the screen.
    Failed,
}

/// What becomes of the call for a clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClerkLine {
    /// How far it is.
    pub state: CallState,
    /// The same in words.
    pub words: String,
}

/// How far a call for a clerk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// It is on its way.
    Calling,
    /// The office has it.
    Called,
    /// A clerk comes.
    Coming,
    /// Nobody heard it: the chime sounds, and a clerk nearby is to be spoken to.
    Unheard,
}

/// What is said about a failure, and the code that stands in the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The code, for the clerk: small, behind `code_title`.
    pub code: FailureCode,
    /// What the code is for: "お問い合わせ用コード".
    pub code_title: &'static str,
    /// What happened: a short title without a full stop.
    pub what_happened: &'static str,
    /// What it means for the visitor.
    pub what_it_means: &'static str,
    /// What to do now.
    pub what_to_do: &'static str,
}
