//! Papers of invented people.

use madoguchi_paper::{Errand, Form, Kept, Next, Row, Slip, Stage, Station};
use madoguchi_protocol::Personal;
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::ticket::TicketToken;

pub fn slip(ticket: &str, kept: Kept, next: Next) -> Slip {
    Slip {
        municipality: text("常盤市", "Tokiwa City"),
        ticket: ticket.parse().expect("a ticket"),
        stations: vec![Station {
            section: text("住民異動", "Moving"),
            procedures: vec![text("転居届", "Moving within the city")],
        }],
        business_day: "2026-11-22".parse().expect("a day"),
        given_at: "2026-11-22T01:32:00Z".parse().expect("a time"),
        kept,
        next,
        notices: vec![text("引っ越した後に、お届けください。", "Please come after the move.")],
        bring: vec![text("全員のマイナンバーカード", "Everyone's My Number Card")],
        errands: vec![Errand {
            for_whom: text("国民健康保険の方", "With national health insurance"),
            section: text("保険年金課", "Insurance and pension"),
        }],
        token: TicketToken::new([0xA5; 16]),
        language: None,
        practice: false,
    }
}

pub fn form(ticket: &str, rows: Vec<Row>) -> Form {
    Form {
        municipality: text("常盤市", "Tokiwa City"),
        title: text("転居届", "Notice of moving within the city"),
        ticket: ticket.parse().expect("a ticket"),
        business_day: "2026-11-22".parse().expect("a day"),
        given_at: "2026-11-22T01:32:00Z".parse().expect("a time"),
        practice: false,
        stage: Stage::Draft,
        rows,
    }
}

pub fn row(label: &str, value: &str, origin: Option<Origin>) -> Row {
    Row { label: text(label, "Field"), value: Personal::from(value), origin }
}

pub fn text(ja: &str, en: &str) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}
