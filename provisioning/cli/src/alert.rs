//! Where somebody is needed, and the word that somebody goes there.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result};
use madoguchi_authority::Role;
use madoguchi_protocol::AlertId;
use madoguchi_protocol::core_api::{AlertKind, OFFICE_ALERTS, OfficeAlert, OfficeAlerts};
use madoguchi_protocol::time::in_japan;

use crate::arguments::Alert;
use crate::connection::Connection;
use crate::report::Report;

/// How often the office is asked while somebody watches.
const PACE: Duration = Duration::from_secs(1);

pub(crate) fn run(command: Alert, json: bool) -> Result<Report> {
    match command {
        Alert::List { watch, office, operator } => {
            let office = Connection::open(&operator, &office, Role::Office)?;
            if watch { self::watch(&office, json) } else { list(&office) }
        }
        Alert::Acknowledge { id, office, operator } => {
            acknowledge(&Connection::open(&operator, &office, Role::Office)?, id)
        }
    }
}

fn list(office: &Connection) -> Result<Report> {
    let alerts: OfficeAlerts = office.get(OFFICE_ALERTS, &[])?;
    let words = match alerts.alerts.as_slice() {
        [] => "Nobody was called today.".to_owned(),
        alerts => alerts.iter().map(|alert| line(alert) + "\n").collect(),
    };
    Report::new(&alerts, words)
}

fn acknowledge(office: &Connection, id: AlertId) -> Result<Report> {
    let path = format!("{OFFICE_ALERTS}/{id}/acknowledgement");
    let alert: OfficeAlert = office.post_empty(&path)?;
    let words = format!("{}\n\nThe device shows that somebody comes.", line(&alert));
    Report::new(&alert, words)
}

/// Prints what is new, also that somebody goes there, until nobody reads any more.
fn watch(office: &Connection, json: bool) -> Result<Report> {
    let mut seen = BTreeSet::new();
    let mut away = false;
    // The first answer must be one: a wrong address is no reason to wait.
    let mut answer = Ok(office.get::<OfficeAlerts>(OFFICE_ALERTS, &[])?);
    loop {
        match answer {
            Ok(OfficeAlerts { alerts }) => {
                if std::mem::take(&mut away) {
                    eprintln!("the office answers again");
                }
                for alert in alerts.into_iter().rev() {
                    if seen.insert((alert.alert.id, alert.acknowledged_at.is_some())) {
                        let text = if json { serde_json::to_string(&alert)? } else { line(&alert) };
                        writeln!(io::stdout(), "{text}").context("nobody reads")?;
                    }
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    eprintln!("the office is asked again and again: {error:#}");
                }
            }
        }
        sleep(PACE);
        answer = office.get(OFFICE_ALERTS, &[]);
    }
}

/// One alert on one line: when, the number, what for, where, who goes there, the id.
fn line(alert: &OfficeAlert) -> String {
    let OfficeAlert { device, site, alert: said, received_at, acknowledged_at, acknowledged_by } =
        alert;
    let ticket = said.ticket.map_or_else(|| "-".to_owned(), |ticket| ticket.to_string());
    let state = match (acknowledged_at, acknowledged_by) {
        (Some(at), Some(who)) => format!("{who} goes there since {}", in_japan(*at)),
        _ => "NOBODY YET".to_owned(),
    };
    let kind = what_for(said.kind);
    let place = format!("{device} at {site}");
    format!(
        "{}  {ticket:<5} {kind:<24} {place:<28} {state:<48} {}",
        in_japan(*received_at),
        said.id
    )
}

fn what_for(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::CallClerk => "a visitor calls",
        AlertKind::CardLeft => "a card was left",
        AlertKind::Printer => "the printer has stopped",
        AlertKind::Reader => "the card reader is gone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(acknowledged: &str) -> OfficeAlert {
        let json = format!(
            r#"{{"device":"kiosk-01","site":"honcho","received_at":"2026-11-22T01:00:00Z",
              "alert":{{"id":"0198a000-0000-7000-8000-000000000001","kind":"call_clerk","ticket":"A017",
              "raised_at":"2026-11-22T00:59:59Z"}},{acknowledged}}}"#
        );
        serde_json::from_str(&json).expect("an alert")
    }

    #[test]
    fn a_line_says_number_kind_place_time_and_who_goes_there() {
        let open = line(&alert(r#""acknowledged_at":null,"acknowledged_by":null"#));
        for part in ["2026-11-22 10:00:00 JST", "A017", "a visitor calls", "kiosk-01 at honcho"] {
            assert!(open.contains(part), "{part} is missing: {open}");
        }
        assert!(
            open.contains("NOBODY YET") && open.ends_with("0198a000-0000-7000-8000-000000000001")
        );
        let taken = r#""acknowledged_at":"2026-11-22T01:00:07Z","acknowledged_by":"sato""#;
        let taken = line(&alert(taken));
        assert!(taken.contains("sato goes there since 2026-11-22 10:00:07 JST"), "{taken}");
    }
}
