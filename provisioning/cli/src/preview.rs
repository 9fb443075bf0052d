//! A pack as a visitor would meet it, on a dummy card.

mod answers;

use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::civil::Date;
use madoguchi_procedure::display::field_value;
use madoguchi_procedure::{
    CheckedBy, Condition, Entry, FieldDefinition, Filling, LegalEffect, Pack, Source,
};
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::local::Language;
use serde::Serialize;

pub(crate) use self::answers::Answer;
use crate::report::Report;
use crate::toml_file;

const MARK: &str = "PREVIEW on a dummy card: not an application";

/// What is shown of a pack, filled so far.
#[derive(Serialize)]
struct Preview<'p> {
    preview: &'static str,
    pack: &'p str,
    version: u32,
    title: &'p str,
    summary: &'p str,
    purpose: &'p str,
    from_card: Vec<&'p str>,
    section: String,
    effect: String,
    checked_by: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    switches: Vec<String>,
    /// What belongs to the form now.
    form: Vec<Row<'p>>,
    /// What is asked now and not answered.
    questions: Vec<Question<'p>>,
    notices: Vec<&'p str>,
    bring: Vec<&'p str>,
    /// What other answers would bring.
    depends: Vec<Depends<'p>>,
}

/// One field of the form.
#[derive(Serialize)]
struct Row<'p> {
    key: &'p str,
    label: &'p str,
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

#[derive(Serialize)]
struct Question<'p> {
    key: &'p str,
    question: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Choice<'p>>,
}

#[derive(Serialize)]
struct Choice<'p> {
    key: &'p str,
    label: &'p str,
}

/// Something that does not belong to the form as it is filled now.
#[derive(Serialize)]
struct Depends<'p> {
    what: &'static str,
    text: &'p str,
    #[serde(rename = "if")]
    condition: String,
}

pub(crate) fn preview(
    file: &Path,
    language: Language,
    answers: &[Answer],
    today: Date,
) -> Result<Report> {
    let file: [PathBuf; 1] = [file.to_owned()];
    let mut read = toml_file::read_packs(&file)?;
    // One path that is no folder is one pack.
    let pack = read.swap_remove(0).read;
    let filling = answers::fill(&pack, answers, today)?;
    let preview = Preview::of(&pack, &filling, language);
    let words = preview.words();
    Report::new(&preview, words)
}

impl<'p> Preview<'p> {
    fn of(pack: &'p Pack, filling: &Filling, language: Language) -> Self {
        let fields = filling.fields();
        let value = |definition: &FieldDefinition| {
            let field = fields.iter().find(|f| f.key == definition.key)?;
            Some((field_value(definition, field.value.expose(), language), field.origin))
        };
        let form = pack.form(&fields);
        let row = |definition: &&'p FieldDefinition| {
            let (value, origin) = value(definition).unzip();
            Row {
                key: definition.key.as_str(),
                label: language.of(&definition.label),
                from: origin.map_or_else(|| source(definition), origin_in_words),
                value,
            }
        };
        let open = pack.asked(&fields).into_iter().filter(|d| value(d).is_none());
        let questions: Vec<_> = open.filter_map(|d| Question::of(d, language)).collect();
        let depends =
            if questions.is_empty() { Vec::new() } else { depends(pack, &fields, language) };
        Self {
            preview: MARK,
            pack: pack.id.as_str(),
            version: pack.version,
            title: language.of(&pack.title),
            summary: language.of(&pack.summary),
            purpose: language.of(&pack.purpose),
            from_card: pack
                .fields
                .iter()
                .filter(|f| matches!(f.source, Source::Card { .. }))
                .map(|f| language.of(&f.label))
                .collect(),
            section: format!("{} {}", pack.section.letter, language.of(&pack.section.name)),
            effect: match &pack.legal_effect {
                LegalEffect::Draft => "a draft: it takes effect at the counter".into(),
                LegalEffect::Electronic { law, .. } => format!("as it is handed over, by {law}"),
            },
            checked_by: match pack.checked_by {
                CheckedBy::OnePerson => "one person",
                CheckedBy::TwoPeople => "two people",
            },
            switches: pack
                .switches
                .iter()
                .map(|(key, on)| format!("{key} is {}", if *on { "on" } else { "off" }))
                .collect(),
            form: form.iter().map(row).collect(),
            questions,
            notices: pack.notices(&fields).into_iter().map(|text| language.of(text)).collect(),
            bring: pack.to_bring(&fields).into_iter().map(|text| language.of(text)).collect(),
            depends,
        }
    }

    fn words(&self) -> String {
        let Self { title, summary, purpose, section, effect, checked_by, .. } = self;
        let mut text = format!(
            "=== {MARK} ===\n\n\
             {title} ({} v{})\n\
             {summary}\n\n\
             purpose      {purpose}\n\
             from card    {}\n\
             section      {section}\n\
             effect       {effect}\n\
             checked by   {checked_by}\n",
            self.pack,
            self.version,
            self.from_card.join(", "),
        );
        for switch in &self.switches {
            text.push_str(&format!("switch       {switch}\n"));
        }
        let row = |Row { label, from, value, .. }: &Row<'_>| match value {
            Some(value) => format!("  {label}: {value}  [{from}]\n"),
            None => format!("  {label}: [{from}]\n"),
        };
        part(&mut text, "Form", self.form.iter().map(row));
        let questions = self.questions.iter().enumerate();
        let title = "Asked (answer with --answer KEY=VALUE)";
        part(&mut text, title, questions.map(|(index, question)| question.words(index + 1)));
        let line = |line: &&str| format!("  - {line}\n");
        part(&mut text, "Said at once", self.notices.iter().map(line));
        part(&mut text, "To bring", self.bring.iter().map(line));
        let depends = self.depends.iter().map(|Depends { what, text, condition }| {
            format!("  - {what}: {text}\n      if {condition}\n")
        });
        part(&mut text, "With other answers", depends);
        text.push_str(&format!("\n=== {MARK} ===\n"));
        text
    }
}

impl<'p> Question<'p> {
    fn of(definition: &'p FieldDefinition, language: Language) -> Option<Self> {
        let (choices, entry) = match &definition.source {
            Source::Question { choices, .. } => (choices.as_slice(), None),
            Source::Entry { entry, .. } => (&[][..], Some(entry_in_words(*entry))),
            Source::Card { .. } | Source::AtCounter => return None,
        };
        let choice = |choice: &'p madoguchi_procedure::Choice| Choice {
            key: choice.key.as_str(),
            label: language.of(&choice.label),
        };
        Some(Self {
            key: definition.key.as_str(),
            question: language.of(definition.question()?),
            entry,
            choices: choices.iter().map(choice).collect(),
        })
    }

    fn words(&self, number: usize) -> String {
        let mut text = format!("  {number}. {} ({})\n", self.question, self.key);
        for choice in &self.choices {
            text.push_str(&format!("     - {} ({})\n", choice.label, choice.key));
        }
        if let Some(entry) = &self.entry {
            text.push_str(&format!("     - typed: {entry}\n"));
        }
        text
    }
}

/// A part of the preview, unless there is nothing in it.
fn part(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: String = lines.collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n{title}\n{lines}"));
    }
}

/// What does not belong to the form now, and when it would.
fn depends<'p>(
    pack: &'p Pack,
    fields: &[madoguchi_protocol::application::Field],
    language: Language,
) -> Vec<Depends<'p>> {
    let depends = |what, text, condition: &Condition| Depends {
        what,
        text: language.of(text),
        condition: condition.in_words(pack, language),
    };
    let form = pack.form(fields);
    let absent = pack.fields.iter().filter(|f| !form.iter().any(|d| d.key == f.key));
    let absent = absent.filter_map(|field| {
        let text = field.question().unwrap_or(&field.label);
        Some(depends(source(field), text, field.when.as_ref()?))
    });
    let said = pack.notices(fields);
    let unsaid = pack.notices.iter().filter(|n| !said.iter().any(|s| std::ptr::eq(*s, &n.text)));
    let unsaid = unsaid.map(|n| depends("said at once", &n.text, &n.when));
    let brought = pack.to_bring(fields);
    let other = pack.bring.iter().filter(|b| !brought.iter().any(|t| std::ptr::eq(*t, &b.text)));
    let other = other.filter_map(|b| Some(depends("to bring", &b.text, b.when.as_ref()?)));
    absent.chain(unsaid).chain(other).collect()
}

fn source(definition: &FieldDefinition) -> &'static str {
    match definition.source {
        Source::Card { .. } => "card",
        Source::Question { .. } | Source::Entry { .. } => "asked",
        Source::AtCounter => "at the counter",
    }
}

fn origin_in_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Card => "card",
        Origin::Typed => "typed",
        Origin::Chosen => "chosen",
        Origin::Computed => "computed",
    }
}

fn entry_in_words(entry: Entry) -> String {
    match entry {
        Entry::Date { not_after_today: false } => "a date, as 20260401".to_owned(),
        Entry::Date { not_after_today: true } => {
            "a date, as 20260401, today at the latest".to_owned()
        }
        Entry::Address => "a town of the list and numbers, as 本町一丁目2-3".to_owned(),
        Entry::Number { digits } => format!("a number, digits at most: {digits}"),
    }
}
