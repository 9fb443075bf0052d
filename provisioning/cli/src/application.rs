//! What the office has, and one application as it opened it.

use std::path::PathBuf;

use anyhow::Result;
use madoguchi_authority::Role;
use madoguchi_procedure::display::{card_value, field_value};
use madoguchi_procedure::{FieldDefinition, Pack};
use madoguchi_protocol::application::{
    CardEvidence, Content, Field, Origin, PartlyFilled, SignatureCheck, TicketOnlyReason,
};
use madoguchi_protocol::core_api::{
    APPLICATIONS, OpenedApplication, QueueEntries, QueueEntry, QueueState,
};
use madoguchi_protocol::failure::printable;
use madoguchi_protocol::header::PackVersion;
use madoguchi_protocol::local::Language;
use madoguchi_protocol::time::in_japan;
use unicode_width::UnicodeWidthStr as _;

use crate::arguments::Application;
use crate::connection::Connection;
use crate::report::Report;
use crate::toml_file;

const LANGUAGE: Language = Language::Japanese;

pub(crate) fn run(command: Application) -> Result<Report> {
    match command {
        Application::List { awaiting_reconciliation, office, operator } => {
            let office = Connection::open(&operator, &office, Role::Office)?;
            let state = awaiting_reconciliation.then_some(QueueState::AwaitingReconciliation);
            let entries = all_entries(&office, state)?;
            let lines = entries.iter().map(line).collect();
            Report::new(&QueueEntries { entries }, lines)
        }
        Application::Show { id, reason, office, packs, operator } => {
            let packs = read_packs(&packs)?;
            let office = Connection::open(&operator, &office, Role::Office)?;
            let path = format!("{APPLICATIONS}/{id}");
            let opened: OpenedApplication = office.get(&path, &[("reason", &reason)])?;
            Report::new(&opened, describe(&opened, &packs))
        }
    }
}

/// Page by page, until one is empty.
fn all_entries(office: &Connection, state: Option<QueueState>) -> Result<Vec<QueueEntry>> {
    let mut all: Vec<QueueEntry> = Vec::new();
    loop {
        let after = all.last().map(|entry| entry.header.application.to_string());
        let state = state.map(|state| ("state", state.as_str()));
        let after = after.as_deref().map(|after| ("after", after));
        let query: Vec<_> = state.into_iter().chain(after).collect();
        let QueueEntries { entries } = office.get(APPLICATIONS, &query)?;
        if entries.is_empty() {
            return Ok(all);
        }
        all.extend(entries);
    }
}

/// One application on one line: when it was kept and came, the number, what it is, where, whether it
/// may be called, the id.
fn line(entry: &QueueEntry) -> String {
    let QueueEntry { header, received_at, state } = entry;
    let what = header.pack.as_ref().map_or("-".to_owned(), |p| format!("{} v{}", p.id, p.version));
    let place = format!("{} at {}", header.device, header.site);
    format!(
        "{}  {}  {} of {}  {what:<24} {place:<28} {:<24} {}\n",
        in_japan(header.kept_at),
        in_japan(*received_at),
        header.ticket,
        header.business_day,
        in_words(*state),
        header.application,
    )
}

fn in_words(state: QueueState) -> &'static str {
    match state {
        QueueState::Queued => "queued",
        QueueState::AwaitingReconciliation => "AWAITS RECONCILIATION",
    }
}

fn read_packs(paths: &[PathBuf]) -> Result<Vec<Pack>> {
    Ok(toml_file::read_packs(paths)?.into_iter().map(|file| file.read).collect())
}

fn describe(opened: &OpenedApplication, packs: &[Pack]) -> String {
    let header = &opened.header;
    let mut text = format!(
        "application  {}\n\
         ticket       {} of {}\n\
         device       {} at {}\n\
         kept         {}\n\
         received     {}\n\
         state        {}\n",
        header.application,
        header.ticket,
        header.business_day,
        header.device,
        header.site,
        in_japan(header.kept_at),
        in_japan(opened.received_at),
        in_words(opened.state),
    );
    match &opened.application.content {
        Content::Filled { pack, fields } => text.push_str(&form(pack, fields, packs, "")),
        Content::TicketOnly { reason, partly } => {
            let why = why_no_form(*reason);
            text.push_str(&match partly {
                None => format!("form         none: {why}\n"),
                Some(PartlyFilled { pack, fields }) => {
                    form(pack, fields, packs, &format!(", not complete: {why}"))
                }
            });
        }
    }
    text
}

/// A form with its title, what is to be said of it, and its fields.
fn form(version: &PackVersion, fields: &[Field], packs: &[Pack], said: &str) -> String {
    let known = known_pack(packs, version);
    let title = known.map_or(String::new(), |p| format!("{} ", LANGUAGE.of(&p.title)));
    let head = format!("form         {title}({} v{}){said}\n", version.id, version.version);
    if fields.is_empty() {
        return head + "             nothing is filled yet\n";
    }
    let names = ["field", "value", "origin", "evidence"].map(str::to_owned);
    let rows = fields.iter().map(|field| row(field, known));
    head + "\n" + &table(&[names].into_iter().chain(rows).collect::<Vec<_>>())
}

/// The pack in the version by which the form was filled: another one might say other things.
fn known_pack<'a>(packs: &'a [Pack], version: &PackVersion) -> Option<&'a Pack> {
    packs.iter().find(|pack| pack.version() == *version)
}

fn row(field: &Field, pack: Option<&Pack>) -> [String; 4] {
    let definition = pack.and_then(|p| p.field(&field.key));
    let label =
        definition.map_or_else(|| field.key.to_string(), |d| LANGUAGE.of(&d.label).to_owned());
    let origin = match field.origin {
        Origin::Card => "card",
        Origin::Typed => "typed",
        Origin::Chosen => "chosen",
        Origin::Computed => "computed",
    };
    let evidence = field.evidence.as_ref().map_or(String::new(), said_by);
    [label, printable(&value(field, definition)), origin.to_owned(), printable(&evidence)]
}

fn value(field: &Field, definition: Option<&FieldDefinition>) -> String {
    let value = field.value.expose();
    if let Some(evidence) = &field.evidence {
        return card_value(evidence.attribute, value, LANGUAGE);
    }
    definition.map_or_else(|| value.clone(), |d| field_value(d, value, LANGUAGE))
}

fn said_by(evidence: &CardEvidence) -> String {
    let signature = match evidence.signature {
        SignatureCheck::NotChecked => "signature not checked",
        SignatureCheck::Good => "signature good",
        SignatureCheck::UnknownIssuer => "issuer not known",
    };
    let substitutes = match evidence.substitutions.as_slice() {
        [] => String::new(),
        positions => format!(", substitute characters at {positions:?}"),
    };
    format!("{}, {signature}{substitutes}", evidence.file)
}

fn why_no_form(reason: TicketOnlyReason) -> &'static str {
    match reason {
        TicketOnlyReason::CallClerk => "asked for a clerk",
        TicketOnlyReason::DoNotKnow => "did not know what to choose",
        TicketOnlyReason::WithoutCard => "without a card",
        TicketOnlyReason::CardCannotBeUsed => "the card cannot be used here",
    }
}

/// Columns as wide as a terminal draws them: a Japanese character takes two cells.
fn table(rows: &[[String; 4]]) -> String {
    let mut widths = [0; 4];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths);
        let padded =
            cells.map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use madoguchi_procedure::samples;

    use super::*;

    const OPENED: &str = r#"{
      "header": {"format":1,"application":"0198a000-0000-7000-8000-000000000001","kind":"filled",
        "part":{"number":1,"of":1},"device":"kiosk-01","tenant":"tokiwa","site":"honcho","sequence":1,
        "visit":"7b0e0b54-9a52-4d0b-9a3e-5a1f2c3d4e5f","pack":{"id":"tenkyo","version":1},"ticket":"A017",
        "business_day":"2026-11-22","token_sha256":"00","kept_at":"2026-11-22T01:00:00Z","kem":25722,"key":"00"},
      "received_at": "2026-11-22T01:00:01Z",
      "application": {"format":1,"id":"0198a000-0000-7000-8000-000000000001","token":"AAAAAAAAAAAAAAAAAAAAAA",
        "content":{"kind":"filled","pack":{"id":"tenkyo","version":1},"fields":[
          {"key":"name","value":"検証　花子","origin":"card",
           "evidence":{"attribute":"name","file":"TEXT/0002","signature":"not_checked","substitutions":[1]}},
          {"key":"birth_date","value":"19800217","origin":"card",
           "evidence":{"attribute":"birth_date","file":"TEXT/0002","signature":"good"}},
          {"key":"who_moves","value":"whole_household","origin":"chosen"}]}}}"#;

    fn opened() -> OpenedApplication {
        serde_json::from_str(OPENED).expect("an application")
    }

    fn pack() -> Pack {
        Pack::parse(samples::TENKYO).expect("a pack")
    }

    #[test]
    fn fields_are_shown_by_label_with_origin_and_evidence() {
        let text = describe(&opened(), &[pack()]);
        let form = text.split_once("\n\n").expect("a form").1;
        assert!(text.contains("form         転居届 (tenkyo v1)"), "{text}");
        assert!(text.contains("kept         2026-11-22 10:00:00 JST\n"), "{text}");
        assert!(text.contains("received     2026-11-22 10:00:01 JST\n"), "{text}");
        assert!(text.contains("state        queued\n"), "{text}");
        assert_eq!(
            form,
            "field         value                      origin  evidence\n\
             氏名          検証　花子                 card    TEXT/0002, signature not checked, substitute characters at [1]\n\
             生年月日      昭和55年（1980年）2月17日  card    TEXT/0002, signature good\n\
             引っ越した方  家族（世帯）の全員         chosen\n"
        );
    }

    #[test]
    fn a_line_says_when_number_what_place_state_and_id_and_what_came_late_is_seen() {
        let OpenedApplication { header, received_at, .. } = opened();
        let entry = |state| line(&QueueEntry { header: header.clone(), received_at, state });
        let late = entry(QueueState::AwaitingReconciliation);
        let id = header.application.to_string() + "\n";
        for part in [
            "2026-11-22 10:00:00 JST  2026-11-22 10:00:01 JST",
            "A017 of 2026-11-22",
            "tenkyo v",
            "kiosk-01 at honcho",
            "AWAITS RECONCILIATION",
        ] {
            assert!(late.contains(part), "{part} is missing: {late}");
        }
        assert!(late.ends_with(&id) && !late.contains("検証"), "{late}");
        assert!(entry(QueueState::Queued).contains("queued"));
    }

    #[test]
    fn without_the_pack_of_that_version_fields_are_shown_by_key() {
        let mut newer = pack();
        newer.version += 1;
        for packs in [vec![], vec![newer]] {
            let text = describe(&opened(), &packs);
            assert!(text.contains("who_moves") && text.contains("whole_household"), "{text}");
            assert!(!text.contains("引っ越した方"), "{text}");
        }
    }

    /// The same fields as a form that is not complete.
    fn partly(reason: &str, fields: &str) -> OpenedApplication {
        let mut opened: serde_json::Value = serde_json::from_str(OPENED).expect("JSON");
        let fields: serde_json::Value = serde_json::from_str(fields).expect("JSON");
        opened["application"]["content"] = serde_json::json!({
            "kind": "ticket_only", "reason": reason,
            "partly": {"pack": {"id": "tenkyo", "version": 1}, "fields": fields},
        });
        serde_json::from_value(opened).expect("an application")
    }

    #[test]
    fn a_form_that_is_not_complete_is_shown_with_the_reason_and_what_was_typed() {
        let pack = pack();
        let typed = r#"[{"key":"who_moves","value":"whole_household","origin":"chosen"},
            {"key":"moved_on","value":"20261101","origin":"typed"},
            {"key":"new_address","value":"本町一丁目2-3","origin":"typed"}]"#;
        let text = describe(&partly("without_card", typed), std::slice::from_ref(&pack));
        let (head, form) = text.split_once("\n\n").expect("a form");
        let said = "form         転居届 (tenkyo v1), not complete: without a card";
        assert!(head.ends_with(said), "{head}");
        assert!(form.contains("令和8年（2026年）11月1日  typed"), "{form}");
        assert!(form.contains("本町一丁目2-3             typed"), "{form}");
        let text = describe(&partly("call_clerk", "[]"), &[pack]);
        assert!(text.contains("not complete: asked for a clerk\n"), "{text}");
        assert!(text.ends_with("nothing is filled yet\n"), "{text}");
    }

    #[test]
    fn a_value_cannot_steer_the_terminal() {
        assert_eq!(printable("花子\u{1b}[2J\n"), "花子\u{fffd}[2J\u{fffd}");
    }
}
