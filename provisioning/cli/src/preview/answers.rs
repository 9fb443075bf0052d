//! A dummy card, and answers given on the command line.

use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use jiff::civil::Date;
use madoguchi_procedure::{
    CardAttributes, CardValue, Filling, Lives, Pack, Source, Towns, split_address,
};
use madoguchi_protocol::FieldKey;

/// What would be chosen or typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    field: FieldKey,
    value: String,
}

impl FromStr for Answer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, value) = text.split_once('=').ok_or("write FIELD=VALUE")?;
        let field = field.trim().parse().map_err(|_| format!("{field} is not a field's key"))?;
        Ok(Self { field, value: value.trim().to_owned() })
    }
}

/// The form on a dummy card with these answers, given in the order of the form.
pub(super) fn fill(pack: &Pack, answers: &[Answer], today: Date) -> Result<Filling> {
    for Answer { field, .. } in answers {
        if pack.questions().all(|question| question.key != *field) {
            bail!("the pack {} asks no {field}", pack.id);
        }
    }
    let mut filling = Filling::new(pack.clone());
    filling.insert_card(dummy_card(pack.card.lives));
    for question in pack.questions() {
        // The last word counts, as on the screen.
        if let Some(answer) = answers.iter().rev().find(|a| a.field == question.key) {
            give(&mut filling, &question.source, answer, today)?;
        }
    }
    Ok(filling)
}

fn give(filling: &mut Filling, source: &Source, answer: &Answer, today: Date) -> Result<()> {
    let Answer { field, value } = answer;
    let cannot = || format!("--answer {field}={value}");
    if let Source::Question { choices, .. } = source {
        let keys: Vec<_> = choices.iter().map(|choice| choice.key.as_str()).collect();
        let choice = value.parse().ok().filter(|_| keys.contains(&value.as_str()));
        let choice = choice.with_context(|| {
            format!("{field} has no choice {value}: it has {}", keys.join(", "))
        })?;
        return filling.choose(field, &choice).with_context(cannot);
    }
    let towns = any_town(value);
    filling.enter(field, value.as_str().into(), towns.as_ref(), today).with_context(cannot)
}

/// A preview knows no municipality: every town is one of its list.
fn any_town(address: &str) -> Option<Towns> {
    let (town, _) = split_address(address).ok()?;
    Towns::parse(&format!("format = 1\ntown = [{{ name = \"{town}\", kana = \"まち\" }}]")).ok()
}

/// Nobody: an invented person, who lives where the pack expects them.
fn dummy_card(lives: Lives) -> CardAttributes {
    let address = match lives {
        Lives::Here => "常盤県常盤市本町一丁目２番３号",
        Lives::Elsewhere => "千鳥県千鳥市港町４番地５",
    };
    CardValue::all_as_read(["検証　花子", address, "19800217", "2"])
}
