//! An agent that keeps the contract of the local protocol, with a card in a drawer.

use std::collections::VecDeque;

use madoguchi_procedure::{CardAttributes, CardValue, Filling, Pack};
use madoguchi_protocol::application::{CardEvidence, SignatureCheck};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, Event, EventFrame, FromAgent, Outcome, Request, RequestFrame,
};
use madoguchi_protocol::ticket::{SectionLetter, TicketNumber};
use madoguchi_protocol::{AttributeName, Failure, FailureCode, VisitId};

pub const TENKYO: &str = include_str!("../../../../provisioning/procedures/tenkyo.toml");

pub struct Agent {
    pub out: VecDeque<FromAgent>,
    pub card_present: bool,
    pub core_reachable: bool,
    pub out_of_service: Option<FailureCode>,
    /// What the card does when it is laid.
    pub card: Result<u8, FailureCode>,
    pub pin: String,
    pub visit: Option<Visit>,
    /// How many numbers were given.
    pub given: u16,
    /// Forms that were kept.
    pub kept: Vec<Vec<String>>,
    connected: bool,
}

pub struct Visit {
    pub id: VisitId,
    filling: Option<Filling>,
    awaiting: bool,
    asking: bool,
    filled: bool,
    typed: String,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            out: VecDeque::new(),
            card_present: false,
            core_reachable: true,
            out_of_service: None,
            card: Ok(3),
            pin: "1234".into(),
            visit: None,
            given: 0,
            kept: vec![],
            connected: false,
        }
    }
}

impl Agent {
    pub fn arrive(&mut self) {
        self.connected = true;
        self.say_device();
    }

    pub fn leave(&mut self) {
        self.connected = false;
        self.visit = None;
        self.out.clear();
    }

    pub fn say_device(&mut self) {
        let event = Event::Device {
            out_of_service: self.out_of_service.map(|c| Failure::new(c, "a test")),
            card_present: self.card_present,
            municipality: Some(city()),
            core_reachable: self.core_reachable,
            idle_seconds: 90,
            printer: None,
            appearance: None,
        };
        self.event(None, event);
    }

    pub fn lay_card(&mut self) {
        self.card_present = true;
        self.say_device();
        self.look();
    }

    pub fn take_card(&mut self) {
        self.card_present = false;
        self.say_device();
        if let Some(visit) = self.visit.as_mut().filter(|v| v.awaiting) {
            visit.asking = false;
            visit.typed.clear();
            let id = visit.id;
            self.event(Some(id), Event::Card { card: CardEvent::Removed {} });
        }
    }

    fn look(&mut self) {
        let Some(visit) = self.visit.as_mut().filter(|v| v.awaiting) else { return };
        visit.asking = self.card.is_ok();
        visit.typed.clear();
        let id = visit.id;
        self.event(Some(id), Event::Card { card: CardEvent::Present {} });
        let card = match self.card {
            Ok(tries_left) => CardEvent::Usable { tries_left },
            Err(code) => CardEvent::Unusable { failure: Failure::new(code, "a test") },
        };
        self.event(Some(id), Event::Card { card });
    }

    fn event(&mut self, visit: Option<VisitId>, event: Event) {
        if self.connected {
            self.out.push_back(FromAgent::Event(EventFrame { visit, event }));
        }
    }

    pub fn request(&mut self, frame: RequestFrame) {
        if !self.connected {
            return;
        }
        let before = self.out.len();
        let looks = matches!(frame.request, Request::AwaitCard { .. });
        let outcome = match self.answer(frame.visit, frame.request) {
            Ok(answer) => Outcome::Answer(answer),
            Err(code) => Outcome::Failure(Failure::new(code, "a test")),
        };
        let good = matches!(outcome, Outcome::Answer(_));
        assert_eq!(before, self.out.len());
        self.out.push_back(FromAgent::Answer(AnswerFrame { id: frame.id, outcome }));
        if looks && good && self.card_present {
            self.look();
        }
    }

    fn answer(&mut self, of: Option<VisitId>, request: Request) -> Result<Answer, FailureCode> {
        use FailureCode as F;
        if matches!(request, Request::Begin {}) {
            if self.card_present {
                return Err(F::CardLeftBehind);
            }
            let id = VisitId::random();
            self.visit = Some(Visit {
                id,
                filling: None,
                awaiting: false,
                asking: false,
                filled: false,
                typed: String::new(),
            });
            let packs = vec![TENKYO.to_owned(), without_questions()];
            return Ok(Answer::Begun {
                visit: id,
                packs,
                municipality: city(),
                life_events: vec![],
                towns: None,
            });
        }
        let (card, pin) = (&mut self.card, &self.pin);
        let Some(visit) = self.visit.as_mut().filter(|v| Some(v.id) == of) else {
            return Err(F::VisitMismatch);
        };
        Ok(match request {
            Request::End {} => {
                self.visit = None;
                Answer::Done {}
            }
            Request::ChoosePack { pack, .. } if !visit.filled => {
                let packs = [TENKYO.to_owned(), without_questions()];
                let mut packs = packs.iter().filter_map(|t| Pack::parse(t).ok());
                let pack = packs.find(|p| p.id == pack).ok_or(F::VisitOutOfOrder)?;
                visit.filling = Some(Filling::new(pack));
                visit.awaiting = false;
                Answer::Done {}
            }
            Request::AgreePurpose {} if visit.filling.is_some() && !visit.filled => Answer::Done {},
            Request::AwaitCard { .. } if visit.filling.is_some() && !visit.filled => {
                visit.awaiting = true;
                visit.typed.clear();
                Answer::Done {}
            }
            Request::PinDigit { digit } if visit.asking => {
                if visit.typed.len() < 4 {
                    visit.typed.push(char::from(digit.ascii()));
                }
                entered(visit)
            }
            Request::PinErase {} if visit.asking => {
                visit.typed.pop();
                entered(visit)
            }
            Request::PinSubmit {} if visit.asking && visit.typed.len() == 4 => {
                let typed = std::mem::take(&mut visit.typed);
                let filling = visit.filling.as_mut().ok_or(F::Internal)?;
                if typed == *pin {
                    filling.insert_card(said());
                    (visit.filled, visit.asking, visit.awaiting) = (true, false, false);
                    *card = Ok(3);
                    Answer::Form { fields: filling.fields() }
                } else {
                    let tries_left = card.map_or(0, |left| left.saturating_sub(1));
                    *card = if tries_left == 0 { Err(F::CardPinLocked) } else { Ok(tries_left) };
                    Answer::PinWrong { tries_left }
                }
            }
            Request::Choose { field, choice } if visit.filled => {
                let filling = visit.filling.as_mut().ok_or(F::Internal)?;
                filling.choose(&field, &choice).map_err(|_| F::FormInvalid)?;
                Answer::Form { fields: filling.fields() }
            }
            Request::Review {} if visit.filled => {
                let filling = visit.filling.as_ref().ok_or(F::Internal)?;
                Answer::Form { fields: filling.finish().map_err(|_| F::FormInvalid)? }
            }
            Request::Keep {} if visit.filled => {
                let filling = visit.filling.as_ref().ok_or(F::Internal)?;
                let fields = filling.finish().map_err(|_| F::FormInvalid)?;
                self.kept.push(fields.iter().map(|f| f.value.expose().clone()).collect());
                self.give()
            }
            Request::KeepTicketOnly { .. } => {
                (visit.awaiting, visit.asking) = (false, false);
                self.give()
            }
            _ => return Err(F::VisitOutOfOrder),
        })
    }

    fn give(&mut self) -> Answer {
        self.given += 1;
        let letter = SectionLetter::try_from('A').expect("a letter");
        Answer::Kept { ticket: TicketNumber::new(letter, self.given).expect("below 1000") }
    }
}

fn entered(visit: &Visit) -> Answer {
    Answer::PinDigits { entered: u8::try_from(visit.typed.len()).expect("at most 4") }
}

pub fn city() -> Text {
    Text { ja: "常盤市".into(), en: "Tokiwa City".into() }
}

/// 転居届 without its question, as another procedure.
pub fn without_questions() -> String {
    let (before, _) = TENKYO.split_once("[[field]]\nkey = \"who_moves\"").expect("the question");
    before.replace("id = \"tenkyo\"", "id = \"mijikai\"")
}

pub fn said() -> CardAttributes {
    let value = |attribute, value: &str| {
        let evidence = CardEvidence {
            attribute,
            file: "TEXT/0002".into(),
            signature: SignatureCheck::NotChecked,
            substitutions: vec![],
        };
        (attribute, CardValue { value: value.into(), evidence })
    };
    [
        value(AttributeName::Name, "検証　花子"),
        value(AttributeName::Address, "常盤県常盤市本町一丁目２番３号"),
        value(AttributeName::BirthDate, "19800217"),
        value(AttributeName::Sex, "2"),
    ]
    .into()
}
