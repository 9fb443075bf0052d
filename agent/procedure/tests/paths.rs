//! What every shipped pack asks, leaves to the counter, says and wants brought: with the usual answers,
//! and with all the others on which something depends. Written down in `tests/paths/`, so that a change of
//! a pack shows what it changes for a visitor.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use madoguchi_procedure::{Condition, FieldDefinition, Filling, Pack, Source};
use madoguchi_protocol::FieldKey;
use support::{NAMES, answer, card, pack, usual_answer};

/// Choices other than the usual ones.
type Choices = BTreeMap<FieldKey, FieldKey>;

/// The form with those choices, otherwise with the usual answers.
fn filled(pack: &Pack, choices: &Choices) -> Filling {
    let mut form = Filling::new(pack.clone());
    form.insert_card(card());
    for question in pack.questions() {
        if pack.asked(&form.fields()).iter().any(|asked| asked.key == question.key) {
            let choice = choices.get(&question.key).map(ToString::to_string);
            let value = choice.unwrap_or_else(|| usual_answer(question));
            answer(&mut form, &[(question.key.as_str(), &value)]);
        }
    }
    form.finish().expect("every way leads to a complete form");
    form
}

/// Every way: each choice of each question that a condition looks at, together with each of the
/// others. Choices at which nothing looks lead nowhere else.
fn ways(pack: &Pack) -> Vec<Choices> {
    let mut ways = vec![Choices::new()];
    for question in pack.questions().filter(|q| is_looked_at(pack, &q.key)) {
        let Source::Question { choices, .. } = &question.source else { continue };
        let with = |way: &Choices| {
            let form = filled(pack, way);
            let asked = pack.asked(&form.fields()).iter().any(|f| f.key == question.key);
            let others = choices.iter().skip(1).filter(|_| asked).map(|choice| {
                let other = (question.key.clone(), choice.key.clone());
                way.clone().into_iter().chain([other]).collect()
            });
            [way.clone()].into_iter().chain(others).collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(with).collect();
    }
    ways
}

fn is_looked_at(pack: &Pack, key: &FieldKey) -> bool {
    let of_fields = pack.fields.iter().filter_map(|f| f.when.as_ref());
    let of_bring = pack.bring.iter().filter_map(|b| b.when.as_ref());
    let mut conditions = of_fields.chain(of_bring).chain(pack.notices.iter().map(|n| &n.when));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    conditions.any(|when| when.as_str().split(|c| !is_word(c)).any(|word| word == key.as_str()))
}

/// What a visitor meets on a way, a line each.
fn met(form: &Filling) -> Vec<String> {
    let (pack, fields) = (form.pack(), form.fields());
    let definition = |f: &FieldDefinition| match (&f.source, f.question()) {
        (Source::Card { .. }, _) => format!("card     {}", f.label.ja),
        (_, Some(question)) => format!("asked    {} ({})", question.ja, f.key),
        (_, None) => format!("counter  {}", f.label.ja),
    };
    let mut lines: Vec<_> = pack.form(&fields).into_iter().map(definition).collect();
    lines.extend(pack.notices(&fields).iter().map(|t| format!("said     {}", t.ja)));
    lines.extend(pack.to_bring(&fields).iter().map(|t| format!("bring    {}", t.ja)));
    lines
}

/// The usual way whole, and of every other what is more (+) and less (-) than on the usual one.
fn written(pack: &Pack) -> String {
    let usual = met(&filled(pack, &Choices::new()));
    let mut text = format!("{} v{}\n\nusual\n", pack.id, pack.version);
    usual.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    for way in ways(pack).into_iter().skip(1) {
        let chosen: Vec<_> =
            way.iter().map(|(field, choice)| format!("{field}={choice}")).collect();
        text.push_str(&format!("\n{}\n", chosen.join(" ")));
        let now = met(&filled(pack, &way));
        let less = usual.iter().filter(|line| !now.contains(line)).map(|line| ("-", line));
        let more = now.iter().filter(|line| !usual.contains(line)).map(|line| ("+", line));
        let changes: Vec<_> = less.chain(more).collect();
        changes.iter().for_each(|(sign, line)| text.push_str(&format!("{sign} {line}\n")));
        if changes.is_empty() {
            text.push_str("  as usual\n");
        }
    }
    text
}

#[test]
fn every_way_through_a_pack_asks_says_and_wants_what_is_written_down() {
    for name in NAMES {
        let now = written(&pack(name));
        let file = format!("tests/paths/{name}.txt");
        if std::env::var_os("WRITE_PATHS").is_some() {
            fs::write(&file, &now).expect(&file);
        }
        let known = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            now == known,
            "{name} leads elsewhere than {file} says. If it is meant so: a higher version, and \
             WRITE_PATHS=1. Now:\n{now}"
        );
    }
}

#[test]
fn nothing_in_a_pack_is_for_nobody_and_no_condition_always_holds() {
    for name in NAMES {
        let pack = pack(name);
        let forms: Vec<_> = ways(&pack).iter().map(|way| filled(&pack, way)).collect();
        let (mut on_all, mut on_any) = (None::<BTreeSet<String>>, BTreeSet::new());
        for form in &forms {
            let met: BTreeSet<_> = met(form).into_iter().collect();
            on_all = Some(match on_all {
                Some(all) => all.intersection(&met).cloned().collect(),
                None => met.clone(),
            });
            on_any.extend(met);
        }
        let on_all = on_all.expect("a way");
        let switched = |when: &Condition| {
            pack.switches.keys().any(|switch| when.as_str().contains(switch.as_str()))
        };
        let check = |said: &str, when: Option<&Condition>| {
            let meets = |lines: &BTreeSet<String>| lines.iter().any(|line| line.contains(said));
            assert!(meets(&on_any), "{name}: on no way: {said}");
            if when.is_some_and(|when| !switched(when)) {
                assert!(!meets(&on_all), "{name}: its condition holds on every way: {said}");
            }
        };
        for field in &pack.fields {
            check(&field.question().unwrap_or(&field.label).ja, field.when.as_ref());
        }
        pack.bring.iter().for_each(|b| check(&b.text.ja, b.when.as_ref()));
        pack.notices.iter().for_each(|n| check(&n.text.ja, Some(&n.when)));
    }
}
