//! The shipped packs, filled as a kiosk fills them.

#![allow(dead_code, reason = "every test file uses another part of it")]

use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};
use madoguchi_procedure::{
    CardAttributes, CardValue, Entry, FieldDefinition, Filling, Pack, Source, Towns,
};
use madoguchi_protocol::FieldKey;

pub const NAMES: [&str; 6] =
    ["tennyu", "tenkyo", "tenshutsu", "juminhyo", "inkan-shomei", "kazei-shomei"];
pub const TODAY: Date = date(2026, 11, 22);
pub const ADDRESS: &str = "常盤県常盤市本町一丁目２番３号";

pub fn text(file: &str) -> String {
    // Tests run in their crate's folder.
    fs::read_to_string(Path::new("../../provisioning/procedures").join(file)).expect(file)
}

pub fn pack(name: &str) -> Pack {
    Pack::parse(&text(&format!("{name}.toml"))).expect(name)
}

pub fn towns() -> Towns {
    Towns::parse(&text("towns/tokiwa.toml")).expect("towns")
}

pub fn key(text: &str) -> FieldKey {
    text.parse().expect("a key")
}

pub fn card() -> CardAttributes {
    CardValue::all_as_read(["検証　花子", ADDRESS, "19800217", "2"])
}

/// A form with the card's values and these answers, in order.
pub fn answered(name: &str, answers: &[(&str, &str)]) -> Filling {
    let mut form = Filling::new(pack(name));
    form.insert_card(card());
    answer(&mut form, answers);
    form
}

pub fn answer(form: &mut Filling, answers: &[(&str, &str)]) {
    for (field, value) in answers {
        let field = key(field);
        match form.pack().field(&field).map(|f| &f.source) {
            Some(Source::Question { .. }) => form.choose(&field, &key(value)),
            _ => form.enter(&field, (*value).into(), Some(&towns()), TODAY),
        }
        .unwrap_or_else(|e| panic!("{field}: {e}"));
    }
}

/// Answers whatever is asked and not answered yet: the usual choice, something that can be typed.
pub fn answer_the_rest(form: &mut Filling) {
    let open = |form: &Filling| {
        let fields = form.fields();
        let asked = form.pack().asked(&fields);
        let open = asked.into_iter().find(|a| !fields.iter().any(|f| f.key == a.key));
        open.map(|definition| (definition.key.clone(), usual_answer(definition)))
    };
    while let Some((field, value)) = open(form) {
        answer(form, &[(field.as_str(), &value)]);
    }
}

pub fn usual_answer(definition: &FieldDefinition) -> String {
    match &definition.source {
        Source::Question { choices, .. } => choices[0].key.to_string(),
        Source::Entry { entry: Entry::Date { .. }, .. } => "20260401".into(),
        Source::Entry { entry: Entry::Address, .. } => "本町一丁目2-3".into(),
        Source::Entry { entry: Entry::Number { .. }, .. } => "1".into(),
        Source::Card { .. } | Source::AtCounter => panic!("not asked"),
    }
}

pub fn keys(fields: &[&FieldDefinition]) -> Vec<String> {
    fields.iter().map(|f| f.key.to_string()).collect()
}

pub fn brings(form: &Filling) -> String {
    form.pack().to_bring(&form.fields()).iter().map(|t| format!("{}\n", t.ja)).collect()
}
