//! An agent that keeps the contract of the local protocol, with a card in a drawer.

use std::collections::VecDeque;

use jiff::civil::{Date, date};
use madoguchi_procedure::samples::card_of;
use madoguchi_procedure::{CardAttributes, Filling, Pack, Towns};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, CardKey, ClerkState, DeviceState, Event, EventFrame, FromAgent,
    IssuedBy, Outcome, Paper, PrintState, PrinterState, Request, RequestFrame,
};
use madoguchi_protocol::ticket::{SectionLetter, TicketNumber};
use madoguchi_protocol::{Failure, FailureCode, PackId, VisitId};

use super::packs::{LIFE_EVENT, PROXY, SHORT, TENKYO, TOWNS};

pub struct Agent {
    pub out: VecDeque<FromAgent>,
    pub card_present: bool,
    pub core_reachable: bool,
    pub out_of_service: Option<FailureCode>,
    pub reader: Option<FailureCode>,
    /// Tries left of each key, or what the card does when it is laid for that key.
    pub card: Result<u8, FailureCode>,
    pub card_by_number: Result<u8, FailureCode>,
    pub issued_by: Option<IssuedBy>,
    pub pin: String,
    /// None: the profile names none.
    pub printer: Option<Result<(), FailureCode>>,
    pub visit: Option<Visit>,
    /// How many numbers were given.
    pub given: u16,
    /// Forms that were kept, whole or partly, each as its values.
    pub kept: Vec<Vec<String>>,
    /// Calls for a clerk that the core would have heard.
    pub calls: u16,
    /// What this device offers.
    pub packs: Vec<String>,
    connected: bool,
}

/// The day of the visit.
const TODAY: Date = date(2026, 11, 22);

/// 照合番号B of the card in the drawer: born 1980, until 2035.
pub const NUMBER_B: &str = "55021720352285";

pub struct Visit {
    pub id: VisitId,
    fillings: Vec<(Filling, bool)>,
    open: usize,
    agreed: bool,
    by: CardKey,
    awaiting: bool,
    asking: bool,
    filled: bool,
    typed: String,
    ticket: Option<TicketNumber>,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            out: VecDeque::new(),
            card_present: false,
            core_reachable: true,
            out_of_service: None,
            reader: None,
            card: Ok(3),
            card_by_number: Ok(10),
            issued_by: None,
            pin: "1234".into(),
            printer: None,
            visit: None,
            given: 0,
            kept: vec![],
            calls: 0,
            packs: [TENKYO, SHORT, PROXY].map(str::to_owned).into(),
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
        let event = Event::Device(DeviceState {
            out_of_service: self.out_of_service.map(failure),
            card_present: self.card_present,
            municipality: Some(city()),
            core_reachable: self.core_reachable,
            reader: self.reader.map(failure),
            printer: self.printer.map(|state| match state {
                Ok(()) => PrinterState::Ready {},
                Err(code) => PrinterState::Unusable { failure: failure(code) },
            }),
            ..DeviceState::default()
        });
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
        let card = match visit.by {
            CardKey::Pin => self.card,
            CardKey::ReferenceNumberB => self.card_by_number,
        };
        visit.asking = card.is_ok_and(|left| left > 0);
        visit.typed.clear();
        let id = visit.id;
        self.event(Some(id), Event::Card { card: CardEvent::Present {} });
        let card = match card {
            Ok(tries_left) => CardEvent::Usable { tries_left },
            Err(code) => CardEvent::Unusable { failure: failure(code), issued_by: self.issued_by },
        };
        self.event(Some(id), Event::Card { card });
    }

    fn event(&mut self, visit: Option<VisitId>, event: Event) {
        if self.connected {
            self.out.push_back(FromAgent::Event(EventFrame { visit, event }));
        }
    }

    /// Something about the visit that goes on.
    pub fn say(&mut self, event: Event) {
        let visit = self.visit.as_ref().map(|v| v.id);
        self.event(visit, event);
    }

    pub fn request(&mut self, frame: RequestFrame) {
        if !self.connected {
            return;
        }
        let before = self.out.len();
        let looks = matches!(frame.request, Request::AwaitCard { .. });
        let prints = matches!(frame.request, Request::Keep {} | Request::KeepTicketOnly { .. });
        let calls = matches!(
            frame.request,
            Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk }
        );
        let first = self.visit.as_ref().is_some_and(|v| v.ticket.is_none());
        let outcome = match self.answer(frame.visit, frame.request) {
            Ok(answer) => Outcome::Answer(answer),
            Err(code) => Outcome::Failure(failure(code)),
        };
        let good = matches!(outcome, Outcome::Answer(_));
        assert_eq!(before, self.out.len());
        self.out.push_back(FromAgent::Answer(AnswerFrame { id: frame.id, outcome }));
        if looks && good && self.card_present {
            self.look();
        }
        if prints && good && first {
            self.print(Paper::Slip);
        }
        if calls && good {
            let state = if self.core_reachable { ClerkState::Called } else { ClerkState::Unheard };
            self.calls += u16::from(self.core_reachable);
            self.say(Event::Clerk { state });
        }
    }

    fn print(&mut self, paper: Paper) {
        let Some(state) = self.printer else { return };
        self.say(Event::Print { paper, state: PrintState::Printing {} });
        if let Err(code) = state {
            self.say(Event::Print { paper, state: PrintState::Failed { failure: failure(code) } });
        }
    }

    pub fn paper_is_out(&mut self, paper: Paper) {
        self.say(Event::Print { paper, state: PrintState::Printed {} });
    }

    fn begin(&mut self) -> Result<Answer, FailureCode> {
        if self.card_present {
            return Err(FailureCode::CardLeftBehind);
        }
        let id = VisitId::random();
        self.visit = Some(Visit {
            id,
            fillings: vec![],
            open: 0,
            agreed: false,
            by: CardKey::Pin,
            awaiting: false,
            asking: false,
            filled: false,
            typed: String::new(),
            ticket: None,
        });
        Ok(Answer::Begun {
            visit: id,
            packs: self.packs.clone(),
            municipality: city(),
            life_events: vec![LIFE_EVENT.to_owned()],
            towns: Some(TOWNS.to_owned()),
        })
    }

    fn answer(&mut self, of: Option<VisitId>, request: Request) -> Result<Answer, FailureCode> {
        use FailureCode as F;
        if matches!(request, Request::Begin {}) {
            return self.begin();
        }
        let Some(visit) = self.visit.as_mut().filter(|v| Some(v.id) == of) else {
            return Err(F::VisitMismatch);
        };
        if matches!(request, Request::Speak { .. }) {
            return Ok(Answer::Done {});
        }
        if visit.ticket.is_some()
            && !matches!(
                request,
                Request::End {} | Request::KeepTicketOnly { .. } | Request::Print { .. }
            )
        {
            return Err(F::VisitOutOfOrder);
        }
        Ok(match request {
            Request::End {} => {
                self.visit = None;
                Answer::Done {}
            }
            Request::ChoosePack { pack, also } if !visit.filled => {
                let of = |id| pack_of(&self.packs, &id);
                let packs: Result<Vec<Pack>, _> = [pack].into_iter().chain(also).map(of).collect();
                visit.fillings = packs?.into_iter().map(|p| (Filling::new(p), false)).collect();
                (visit.awaiting, visit.asking, visit.agreed) = (false, false, false);
                Answer::Done {}
            }
            Request::AgreePurpose {} if !visit.fillings.is_empty() && !visit.filled => {
                visit.agreed = true;
                Answer::Done {}
            }
            Request::AwaitCard { by } if visit.agreed && !visit.filled => {
                (visit.awaiting, visit.asking, visit.by) = (true, false, by);
                visit.typed.clear();
                Answer::Done {}
            }
            Request::WithoutCard {} if visit.agreed && !visit.filled => {
                visit.fillings.iter_mut().for_each(|(f, _)| f.go_without_card());
                (visit.filled, visit.awaiting, visit.asking) = (true, false, false);
                visit.form()
            }
            Request::PinDigit { digit } if visit.asking => {
                if visit.typed.len() < usize::from(visit.by.digits()) {
                    visit.typed.push(char::from(digit.ascii()));
                }
                visit.entered()
            }
            Request::PinErase {} if visit.asking => {
                visit.typed.pop();
                visit.entered()
            }
            Request::PinSubmit {}
                if visit.asking && visit.typed.len() == usize::from(visit.by.digits()) =>
            {
                let typed = std::mem::take(&mut visit.typed);
                let (card, right, locked) = match visit.by {
                    CardKey::Pin => (&mut self.card, self.pin.as_str(), F::CardPinLocked),
                    CardKey::ReferenceNumberB => {
                        (&mut self.card_by_number, NUMBER_B, F::CardNumberLocked)
                    }
                };
                if typed == right {
                    visit.fillings.iter_mut().for_each(|(f, _)| f.insert_card(said()));
                    (visit.filled, visit.asking) = (true, false);
                    *card = Ok(3);
                    visit.form()
                } else {
                    let tries_left = card.map_or(0, |left| left.saturating_sub(1));
                    *card = if tries_left == 0 { Err(locked) } else { Ok(tries_left) };
                    Answer::PinWrong { tries_left }
                }
            }
            Request::OpenForm { pack } if visit.filled => {
                let place = visit.fillings.iter().position(|(f, _)| f.pack().id == pack);
                visit.open = place.ok_or(F::VisitOutOfOrder)?;
                visit.form()
            }
            Request::Choose { field, choice } if visit.filled => {
                let (filling, reviewed) = &mut visit.fillings[visit.open];
                filling.choose(&field, &choice).map_err(|_| F::FormInvalid)?;
                *reviewed = false;
                visit.form()
            }
            Request::Enter { field, value } if visit.filled => {
                let towns = Towns::parse(TOWNS).expect("towns");
                let (filling, reviewed) = &mut visit.fillings[visit.open];
                filling.enter(&field, value, Some(&towns), TODAY).map_err(|_| F::FormInvalid)?;
                *reviewed = false;
                visit.form()
            }
            Request::Review {} if visit.filled => {
                let (filling, reviewed) = &mut visit.fillings[visit.open];
                let fields = filling.finish().map_err(|_| F::FormInvalid)?;
                *reviewed = true;
                filling.pack().told(fields)
            }
            Request::Keep {} if visit.filled && visit.fillings.iter().all(|(_, r)| *r) => {
                for (filling, _) in &visit.fillings {
                    let fields = filling.finish().map_err(|_| F::FormInvalid)?;
                    self.kept.push(fields.iter().map(|f| f.value.expose().clone()).collect());
                }
                self.give()
            }
            Request::KeepTicketOnly { .. } => {
                if let Some(ticket) = visit.ticket {
                    return Ok(Answer::Kept { ticket });
                }
                (visit.awaiting, visit.asking) = (false, false);
                for (filling, _) in &visit.fillings {
                    let fields = filling.partly().fields;
                    self.kept.push(fields.iter().map(|f| f.value.expose().clone()).collect());
                }
                self.give()
            }
            Request::Print { .. } if visit.ticket.is_some() => Answer::Done {},
            _ => return Err(F::VisitOutOfOrder),
        })
    }

    fn give(&mut self) -> Answer {
        self.given += 1;
        let letter = SectionLetter::try_from('A').expect("a letter");
        let ticket = TicketNumber::new(letter, self.given).expect("below 1000");
        if let Some(visit) = &mut self.visit {
            visit.ticket = Some(ticket);
        }
        Answer::Kept { ticket }
    }
}

impl Visit {
    fn form(&self) -> Answer {
        let filling = &self.fillings[self.open].0;
        filling.pack().told(filling.fields())
    }

    fn entered(&self) -> Answer {
        Answer::PinDigits { entered: u8::try_from(self.typed.len()).expect("at most 14") }
    }
}

fn pack_of(packs: &[String], id: &PackId) -> Result<Pack, FailureCode> {
    let packs = packs.iter().filter_map(|text| Pack::parse(text).ok());
    packs.into_iter().find(|p| p.id == *id).ok_or(FailureCode::VisitOutOfOrder)
}

pub fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "a test")
}

pub fn city() -> Text {
    Text { ja: "常盤市".into(), en: "Tokiwa City".into() }
}

pub fn said() -> CardAttributes {
    card_of("検証　花子")
}
