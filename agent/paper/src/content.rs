//! What is on paper.

use std::fmt;

use jiff::Timestamp;
use madoguchi_protocol::Personal;
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::clerk::{Proof, Standing};
use madoguchi_protocol::local::Language;
use madoguchi_protocol::ticket::{BusinessDay, TicketNumber, TicketToken};

/// What is on the paper.
#[derive(Clone)]
pub enum Content {
    /// The number and what happens next.
    Slip(Box<Slip>),
    /// The filled forms, one after the other, each on pages of its own.
    Forms(Vec<Form>),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slip(_) => "Slip(…)",
            Self::Forms(_) => "Forms(…)",
        })
    }
}

/// The slip. It has no room for a name or any other value of a person: paper is left lying about.
#[derive(Debug, Clone)]
pub struct Slip {
    /// Whose office.
    pub municipality: Text,
    /// The number, huge.
    pub ticket: TicketNumber,
    /// Where it is called; none for whoever does not know the procedure yet.
    pub stations: Vec<Station>,
    /// The day on which the number is good.
    pub business_day: BusinessDay,
    /// When it was given.
    pub given_at: Timestamp,
    /// What is kept.
    pub kept: Kept,
    /// What the visitor does now.
    pub next: Next,
    /// What has to be known about them, as "this cannot be done yet".
    pub notices: Vec<Text>,
    /// What to bring to the counter.
    pub bring: Vec<Text>,
    /// What only a counter does and may be needed besides.
    pub errands: Vec<Errand>,
    /// The slip's secret, as a QR code.
    pub token: TicketToken,
    /// The visitor's language; without, the slip is in both, and longer.
    pub language: Option<Language>,
    /// Whether people only practise there.
    pub practice: bool,
}

/// One section that calls the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its name.
    pub section: Text,
    /// The procedures that it does, by title.
    pub procedures: Vec<Text>,
}

/// What is kept of the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Filled applications.
    Application,
    /// Forms that were begun.
    Part,
    /// A number alone: the form is filled at the counter.
    NumberOnly,
}

/// How a visitor comes to the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The number is called.
    IsCalled,
    /// The office has not heard of the number, since the core is away, and nobody can call it: the
    /// visitor shows the slip.
    ShowsSlip,
    /// Likewise, and the forms are printed too.
    ShowsSlipAndForms,
}

/// Something that only a counter does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Who has to do it.
    pub for_whom: Text,
    /// Where.
    pub section: Text,
}

/// One filled form, for the counter.
#[derive(Debug, Clone)]
pub struct Form {
    /// Whose office.
    pub municipality: Text,
    /// The procedure's title.
    pub title: Text,
    /// The number it belongs to.
    pub ticket: TicketNumber,
    /// The day of the number.
    pub business_day: BusinessDay,
    /// When the number was given.
    pub given_at: Timestamp,
    /// Whether people only practise there.
    pub practice: bool,
    /// How far it is.
    pub stage: Stage,
    /// The form, in the order of the pack; fields without a value are there to be written into.
    pub rows: Vec<Row>,
}

/// How far a form is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// As the visitor left the kiosk.
    Draft,
    /// As it was checked at the counter, for the visitor to sign.
    Checked {
        /// Who stands there.
        standing: Standing,
        /// By what they were confirmed.
        proof: Proof,
        /// By whom, as their number.
        clerk: String,
    },
}

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name on the form.
    pub label: Text,
    /// The value as a clerk reads it: a choice by its words, a date as a date. Empty where the
    /// counter writes it.
    pub value: Personal<String>,
    /// Where the value comes from; without, it is written at the counter.
    pub origin: Option<Origin>,
}
