//! A pack as a visitor would meet it, on a dummy card.

use std::path::{Path, PathBuf};

use anyhow::Result;
use madoguchi_procedure::display::{Language, field_value};
use madoguchi_procedure::{
    CardAttributes, CardValue, CheckedBy, Condition, Entry, FieldDefinition, Filling, LegalEffect,
    Pack, Source,
};
use madoguchi_protocol::AttributeName;
use madoguchi_protocol::application::{CardEvidence, SignatureCheck};
use serde::Serialize;

use crate::report::Report;
use crate::toml_file;

/// Nobody: an invented person.
const DUMMY_CARD: [(AttributeName, &str); 4] = [
    (AttributeName::Name, "検証　花子"),
    (AttributeName::Address, "常盤県常盤市本町一丁目２番３号"),
    (AttributeName::BirthDate, "19800217"),
    (AttributeName::Sex, "2"),
];

const MARK: &str = "PREVIEW on a dummy card: not an application";

/// What is shown of a pack.
#[derive(Serialize)]
struct Preview<'p> {
    preview: &'static str,
    pack: &'p str,
    version: u32,
    title: &'p str,
    summary: &'p str,
    purpose: &'p str,
    section: String,
    effect: String,
    checked_by: &'static str,
    fields: Vec<FieldPreview<'p>>,
    bring: Vec<BringPreview<'p>>,
}

#[derive(Serialize)]
struct FieldPreview<'p> {
    key: &'p str,
    label: &'p str,
    from: &'static str,
    /// What the dummy card says.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'p str>,
    /// What is typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<ChoicePreview<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'p str>,
}

#[derive(Serialize)]
struct ChoicePreview<'p> {
    key: &'p str,
    label: &'p str,
}

#[derive(Serialize)]
struct BringPreview<'p> {
    text: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'p str>,
}

pub(crate) fn preview(file: &Path, language: Language) -> Result<Report> {
    let file: [PathBuf; 1] = [file.to_owned()];
    let mut read = toml_file::read_packs(&file)?;
    // One path that is no folder is one pack.
    let pack = read.swap_remove(0).read;
    let preview = Preview::of(&pack, language);
    let words = preview.words(language, &pack);
    Report::new(&preview, words)
}

fn dummy_card() -> CardAttributes {
    let said = |(attribute, value): (AttributeName, &str)| {
        let evidence = CardEvidence {
            attribute,
            file: "TEXT/0002".into(),
            signature: SignatureCheck::NotChecked,
            substitutions: vec![],
        };
        (attribute, CardValue { value: value.into(), evidence })
    };
    DUMMY_CARD.into_iter().map(said).collect()
}

impl<'p> Preview<'p> {
    fn of(pack: &'p Pack, language: Language) -> Self {
        let mut filling = Filling::new(pack.clone());
        filling.insert_card(dummy_card());
        let filled = filling.fields();
        let value = |definition: &FieldDefinition| {
            let field = filled.iter().find(|f| f.key == definition.key)?;
            Some(field_value(definition, field.value.expose(), language))
        };
        let fields = pack.fields.iter().map(|d| FieldPreview::of(d, value(d), language));
        let bring = pack.bring.iter().map(|b| BringPreview {
            text: language.of(&b.text),
            when: b.when.as_ref().map(Condition::as_str),
        });
        Self {
            preview: MARK,
            pack: pack.id.as_str(),
            version: pack.version,
            title: language.of(&pack.title),
            summary: language.of(&pack.summary),
            purpose: language.of(&pack.purpose),
            section: format!("{} {}", pack.section.letter, language.of(&pack.section.name)),
            effect: match &pack.legal_effect {
                LegalEffect::Draft => "a draft: it takes effect at the counter".into(),
                LegalEffect::Electronic { law, .. } => format!("as it is handed over, by {law}"),
            },
            checked_by: match pack.checked_by {
                CheckedBy::OnePerson => "one person",
                CheckedBy::TwoPeople => "two people",
            },
            fields: fields.collect(),
            bring: bring.collect(),
        }
    }

    fn words(&self, language: Language, pack: &Pack) -> String {
        let Self { title, summary, purpose, section, effect, checked_by, .. } = self;
        let from_card: Vec<_> = pack
            .fields
            .iter()
            .filter_map(|f| match f.source {
                Source::Card { .. } => Some(language.of(&f.label)),
                _ => None,
            })
            .collect();
        let mut text = format!(
            "=== {MARK} ===\n\n\
             {title} ({} v{})\n\
             {summary}\n\n\
             purpose      {purpose}\n\
             from card    {}\n\
             section      {section}\n\
             effect       {effect}\n\
             checked by   {checked_by}\n\n\
             Form\n",
            self.pack,
            self.version,
            from_card.join(", "),
        );
        for field in &self.fields {
            let value = match (&field.value, field.from) {
                (Some(value), _) => format!("{value}  [card]"),
                (None, "at_counter") => "[at the counter]".into(),
                (None, _) => "[asked]".into(),
            };
            text.push_str(&format!("  {}: {value}{}\n", field.label, only_if(field.when)));
        }
        text.push_str("\nQuestions\n");
        let asked = self.fields.iter().filter(|f| f.question.is_some());
        for (index, field) in asked.enumerate() {
            let question = field.question.unwrap_or_default();
            text.push_str(&format!("  {}. {question}{}\n", index + 1, only_if(field.when)));
            for choice in &field.choices {
                text.push_str(&format!("     - {} ({})\n", choice.label, choice.key));
            }
            if let Some(entry) = &field.entry {
                text.push_str(&format!("     - typed: {entry}\n"));
            }
        }
        text.push_str("\nTo bring\n");
        for bring in &self.bring {
            text.push_str(&format!("  - {}{}\n", bring.text, only_if(bring.when)));
        }
        text.push_str(&format!("\n=== {MARK} ===\n"));
        text
    }
}

impl<'p> FieldPreview<'p> {
    fn of(definition: &'p FieldDefinition, value: Option<String>, language: Language) -> Self {
        let choices = match &definition.source {
            Source::Question { choices, .. } => choices.as_slice(),
            _ => &[],
        };
        let entry = match &definition.source {
            Source::Entry { entry, .. } => Some(match entry {
                Entry::Date { not_after_today: false } => "a date".to_owned(),
                Entry::Date { not_after_today: true } => "a date, today at the latest".to_owned(),
                Entry::Address => "a town of the list and digits".to_owned(),
                Entry::Number { digits } => format!("a number (digits: {digits} at most)"),
            }),
            _ => None,
        };
        Self {
            key: definition.key.as_str(),
            label: language.of(&definition.label),
            from: match definition.source {
                Source::Card { .. } => "card",
                Source::Question { .. } => "question",
                Source::Entry { .. } => "entry",
                Source::AtCounter => "at_counter",
            },
            value,
            question: definition.question().map(|q| language.of(q)),
            entry,
            choices: choices
                .iter()
                .map(|c| ChoicePreview { key: c.key.as_str(), label: language.of(&c.label) })
                .collect(),
            when: definition.when.as_ref().map(Condition::as_str),
        }
    }
}

fn only_if(when: Option<&str>) -> String {
    when.map_or_else(String::new, |when| format!("   (only if {when})"))
}
