//! Jobs with the papers of invented people.

use madoguchi_paper::{Content, Kept, Next};
use madoguchi_printing::Job;
use madoguchi_protocol::VisitId;
use madoguchi_protocol::application::Origin;

#[allow(dead_code, reason = "not every program needs all of it")]
#[path = "../../../paper/tests/paper/samples.rs"]
mod papers;

pub use papers::{form, row, slip};

pub fn slip_of(visit: VisitId, ticket: &str) -> Job {
    Job { visit, content: Content::Slip(slip(ticket, Kept::Application, Next::IsCalled).into()) }
}

pub fn forms_of(visit: VisitId, ticket: &str) -> Job {
    let rows = vec![row("氏名", "検証　花子", Some(Origin::Card)), row("フリガナ", "", None)];
    Job { visit, content: Content::Forms(vec![form(ticket, rows)]) }
}
