//! What an agent says that does not keep the contract.

use madoguchi_journey::Input;
use madoguchi_protocol::application::Field;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, ClerkState, DeviceState, Event, EventFrame, Outcome, Paper,
    PrintState, PrinterState,
};
use madoguchi_protocol::{Failure, FailureCode, VisitId};

use super::Walk;
use super::common::{agent, packs};

impl Walk {
    pub fn nasty_answer(&mut self, pick: usize) {
        let ids: Vec<u64> = self.kiosk.sent.iter().rev().take(3).map(|f| f.id).collect();
        let id = ids.get(pick % 4).copied().unwrap_or(999);
        let mut fields = {
            let pack = madoguchi_procedure::Pack::parse(packs::TENKYO).expect("a pack");
            let mut filling = madoguchi_procedure::Filling::new(pack);
            filling.insert_card(agent::said());
            filling.fields()
        };
        if pick.is_multiple_of(2) {
            fields.rotate_left(1);
            fields[0].key = "nobody_knows".parse().expect("a key");
        }
        let answers = [
            Answer::Done {},
            Answer::Begun {
                visit: VisitId::random(),
                packs: vec![],
                municipality: agent::city(),
                life_events: vec![],
                towns: None,
            },
            Answer::Begun {
                visit: VisitId::random(),
                packs: vec!["not a pack".into(), packs::TENKYO.into()],
                municipality: agent::city(),
                life_events: vec!["no event".into(), packs::LIFE_EVENT.into()],
                towns: Some("no towns".into()),
            },
            Answer::PinDigits { entered: 250 },
            Answer::PinDigits { entered: 4 },
            Answer::PinWrong { tries_left: 0 },
            Answer::PinWrong { tries_left: 255 },
            form(vec![], vec![]),
            form(fields.clone(), vec![]),
            form(fields, vec![agent::city()]),
            Answer::Kept { ticket: "Z999".parse().expect("a ticket") },
        ];
        let answer = answers[pick / 4 % answers.len()].clone();
        if matches!(answer, Answer::Kept { .. }) {
            self.given.insert("Z999".into());
        }
        self.put(Input::Answer(AnswerFrame { id, outcome: Outcome::Answer(answer) }));
    }

    pub fn nasty_event(&mut self, pick: usize, code: FailureCode) {
        let ours = self.kiosk.sent.iter().rev().find_map(|f| f.visit);
        let visit = [ours, ours, None, Some(VisitId::random())][pick % 4];
        let failure = Failure::new(code, "nasty");
        let events = [
            Event::Card { card: CardEvent::Present {} },
            Event::Card { card: CardEvent::Removed {} },
            Event::Card { card: CardEvent::Usable { tries_left: 0 } },
            Event::Card { card: CardEvent::Usable { tries_left: 200 } },
            Event::Card { card: CardEvent::Unusable { failure: failure.clone(), issued_by: None } },
            Event::VisitEnded { failure: failure.clone() },
            Event::Print { paper: Paper::Slip, state: PrintState::Printing {} },
            Event::Print { paper: Paper::Forms, state: PrintState::Printed {} },
            Event::Print {
                paper: Paper::Forms,
                state: PrintState::Failed { failure: failure.clone() },
            },
            Event::Clerk { state: ClerkState::Unheard },
            Event::Clerk { state: ClerkState::Acknowledged },
            Event::Device(DeviceState {
                out_of_service: Some(failure.clone()),
                card_present: pick.is_multiple_of(3),
                core_reachable: false,
                idle_seconds: u16::try_from(pick).unwrap_or(0),
                printer: Some(PrinterState::Unusable { failure }),
                ..DeviceState::default()
            }),
        ];
        let event = events[pick / 4 % events.len()].clone();
        let before = self.kiosk.view();
        let foreign = visit != ours && !matches!(event, Event::Device(_));
        self.put(Input::Event(EventFrame { visit, event }));
        if foreign && self.kiosk.hold {
            assert_eq!(self.kiosk.view(), before, "an event of another visit changes nothing");
        }
    }
}

fn form(fields: Vec<Field>, notices: Vec<Text>) -> Answer {
    Answer::Form { fields, asked: vec![], bring: vec![], notices, at_counter: vec![] }
}
