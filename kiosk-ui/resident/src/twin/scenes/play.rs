//! The journey of a scene, and the agent that answers it.

use jiff::civil::{Date, date};
use madoguchi_journey::view::{Action, Language};
use madoguchi_journey::{Command, Input, Journey};
use madoguchi_procedure::{CardValue, Filling, Pack, Towns};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, DeviceState, Event, EventFrame, IssuedBy, Outcome,
    PrinterState, Request, RequestFrame,
};
use madoguchi_protocol::{Failure, FailureCode, PackId, PinDigit, VisitId};

/// The day of every scene.
const TODAY: Date = date(2026, 11, 22);

/// The packs of the city, in the order in which they are shown.
#[must_use]
pub fn packs() -> Vec<String> {
    [
        include_str!("../../../../../provisioning/procedures/tennyu.toml"),
        include_str!("../../../../../provisioning/procedures/tenkyo.toml"),
        include_str!("../../../../../provisioning/procedures/tenshutsu.toml"),
        include_str!("../../../../../provisioning/procedures/juminhyo.toml"),
        include_str!("../../../../../provisioning/procedures/inkan-shomei.toml"),
        include_str!("../../../../../provisioning/procedures/kazei-shomei.toml"),
    ]
    .map(str::to_owned)
    .into()
}

/// What leads to them.
#[must_use]
pub fn life_events() -> Vec<String> {
    vec![include_str!("../../../../../provisioning/procedures/life-events/hikkoshi.toml").into()]
}

/// The city's 町丁目.
#[must_use]
pub fn towns() -> String {
    include_str!("../../../../../provisioning/procedures/towns/tokiwa.toml").into()
}

/// Name, address, birth date and sex as the card has them.
pub(super) type Person = [&'static str; 4];

const HANAKO: Person = ["検証　花子", "常盤県常盤市本町一丁目２番３号", "19800217", "2"];
pub(super) const LONG: Person = [
    "検証川原小路　寿限無五劫之擦切海砂利水魚之介左衛門",
    "常盤県北常盤郡常盤台町大字上之常盤字西常盤屋敷一万二千三百四十五番地の六　常盤台グリーンヒルズガーデンレジデンス弐番館１２０３号　検証様方",
    "20000000",
    "1",
];
// 辻 with one dot and 葛 with 人: variation selectors, as names in the register have them.
pub(super) const RARE: Person =
    ["辻\u{e0100}　葛\u{e0100}子", "常盤県葛\u{e0100}城市辻\u{e0100}堂二丁目４番", "19190708", "2"];

/// How far a visit goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Procedures,
    Purpose,
    LayCard,
    Pin,
    Submitted,
    Question,
    Chosen,
    Date,
    Towns,
    Address,
    Unseen,
    Review,
    Kept,
}

/// A journey, and the agent that answers it.
pub(super) struct Play {
    pub journey: Journey,
    visit: VisitId,
    device: Device,
    pub person: Person,
    pub tries_left: u8,
    pub wrong: bool,
    pub chosen: Chosen,
    /// The chosen procedure's section has no number left.
    pub no_numbers: bool,
    /// Requests that are never answered.
    pub silent: Option<fn(&Request) -> bool>,
    pub entered: u8,
    forms: Vec<Filling>,
    open: usize,
}

/// What the visitor came for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    /// One procedure: its pack.
    Pack(&'static str),
    /// These of 引っ越し.
    Moving(&'static [&'static str]),
}

#[derive(Clone)]
pub(super) struct Device {
    pub out_of_service: Option<FailureCode>,
    pub reader: Option<FailureCode>,
    pub card_present: bool,
    pub core_reachable: bool,
    pub printer: Option<PrinterState>,
    pub practice: bool,
}

impl Play {
    pub fn new(language: Language) -> Self {
        Self {
            journey: Journey::new(language),
            visit: VisitId::from_bytes([7; 16]),
            device: Device {
                out_of_service: None,
                reader: None,
                card_present: false,
                core_reachable: true,
                printer: None,
                practice: false,
            },
            person: HANAKO,
            tries_left: 3,
            wrong: false,
            chosen: Chosen::Pack("tenkyo"),
            no_numbers: false,
            silent: None,
            entered: 0,
            forms: vec![],
            open: 0,
        }
    }

    pub fn tell(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for command in self.journey.handle(input) {
                if let Command::Send(frame) = command
                    && let Some(answer) = self.answer(frame)
                {
                    inputs.insert(0, answer);
                }
            }
        }
    }

    fn tell_touch(&mut self, action: Action) {
        let page = self.journey.view().page;
        self.tell(Input::Touch { action, page });
    }

    pub fn lose(&mut self, code: FailureCode) {
        self.tell(Input::Lost(failure(code)));
    }

    /// Connects if need be, and says how the device is.
    pub fn device(&mut self, change: impl FnOnce(&mut Device)) {
        if matches!(self.journey.view().screen.name(), "connecting") {
            self.tell(Input::Connected);
        }
        change(&mut self.device);
        let event = Event::Device(DeviceState {
            out_of_service: self.device.out_of_service.map(failure),
            card_present: self.device.card_present,
            municipality: Some(municipality()),
            core_reachable: self.device.core_reachable,
            reader: self.device.reader.map(failure),
            printer: self.device.printer.clone(),
            practice: self.device.practice,
            ..DeviceState::default()
        });
        self.tell(Input::Event(EventFrame { visit: None, event }));
    }

    pub fn card(&mut self, card: CardEvent) {
        self.tell_of_visit(Event::Card { card });
    }

    pub fn tell_of_visit(&mut self, event: Event) {
        self.tell(Input::Event(EventFrame { visit: Some(self.visit), event }));
    }

    /// Touches a control that is there and enabled.
    pub fn touch(&mut self, control: &str) -> Option<()> {
        let action = self.journey.view().control(control)?;
        self.journey.view().offers(&action).then(|| self.tell_touch(action))
    }

    pub fn digits(&mut self, digits: &str) -> Option<()> {
        for digit in digits.bytes() {
            self.tell_touch(Action::Digit(PinDigit::try_from(digit - b'0').ok()?));
        }
        Some(())
    }

    pub fn until(&mut self, part: Part) -> Option<()> {
        let card_present = std::mem::take(&mut self.device.card_present);
        self.device(|_| ());
        self.touch("start")?;
        if part >= Part::Purpose {
            self.come_for()?;
        }
        if part >= Part::LayCard {
            self.touch("agree_purpose")?;
        }
        if part >= Part::Pin {
            self.card(CardEvent::Present {});
            self.card(CardEvent::Usable { tries_left: self.tries_left });
        }
        if part >= Part::Submitted {
            self.digits("1234")?;
            self.touch("submit_pin")?;
        }
        if part >= Part::Question {
            self.touch("next")?;
        }
        if part >= Part::Chosen {
            self.touch("choose.who_notifies.self")?;
        }
        if part >= Part::Date {
            self.touch("next")?;
            self.touch("choose.who_moves.whole_household")?;
            self.touch("next")?;
        }
        if part >= Part::Towns {
            self.digits("20261103")?;
            self.touch("next")?;
        }
        if part >= Part::Address {
            self.touch("kana_row.a")?;
            self.touch("town.0")?;
            self.digits("12")?;
            self.touch("next_group")?;
            self.digits("3")?;
        }
        if part >= Part::Unseen {
            self.touch("next")?;
        }
        if part >= Part::Review {
            self.tell_touch(Action::SeenToEnd);
        }
        if part >= Part::Kept {
            self.touch("keep")?;
        }
        if card_present {
            self.device(|d| d.card_present = true);
        }
        Some(())
    }

    /// A card that cannot be used.
    pub fn until_unusable(&mut self, code: FailureCode, issued_by: Option<IssuedBy>) -> Option<()> {
        self.until(Part::LayCard)?;
        self.card(CardEvent::Unusable { failure: failure(code), issued_by });
        Some(())
    }

    fn come_for(&mut self) -> Option<()> {
        match self.chosen {
            Chosen::Pack(pack) => self.touch(&format!("pack.{pack}")),
            Chosen::Moving(packs) => {
                self.touch("life_event.hikkoshi")?;
                for pack in packs {
                    self.touch(&format!("tick.{pack}"))?;
                }
                self.touch("next")
            }
        }
    }

    /// Answers a question and goes on: to the next one, or past what has to be said about it.
    pub fn choose(&mut self, field: &str, choice: &str) -> Option<()> {
        self.touch(&format!("choose.{field}.{choice}"))?;
        self.touch("next")
    }

    fn answer(&mut self, frame: RequestFrame) -> Option<Input> {
        if self.silent.is_some_and(|silent| silent(&frame.request)) {
            return None;
        }
        let id = frame.id;
        let answer = match frame.request {
            Request::Begin {} => Answer::Begun {
                visit: self.visit,
                packs: packs(),
                municipality: municipality(),
                life_events: life_events(),
                towns: Some(towns()),
            },
            Request::PinDigit { .. } => {
                self.entered += 1;
                Answer::PinDigits { entered: self.entered }
            }
            Request::PinErase {} => {
                self.entered = self.entered.saturating_sub(1);
                Answer::PinDigits { entered: self.entered }
            }
            Request::PinSubmit {} if self.wrong => {
                Answer::PinWrong { tries_left: self.tries_left - 1 }
            }
            Request::ChoosePack { .. } if self.no_numbers => {
                let outcome = Outcome::Failure(failure(FailureCode::TicketsNone));
                return Some(Input::Answer(AnswerFrame { id, outcome }));
            }
            Request::ChoosePack { pack, also } => {
                let forms = [pack].into_iter().chain(also).map(|pack| form(&pack));
                self.forms = forms.collect::<Option<_>>()?;
                Answer::Done {}
            }
            Request::PinSubmit {} => {
                let card = CardValue::all_as_read(self.person);
                self.forms.iter_mut().for_each(|form| form.insert_card(card.clone()));
                self.form()?
            }
            Request::WithoutCard {} => {
                self.forms.iter_mut().for_each(Filling::go_without_card);
                self.form()?
            }
            Request::OpenForm { pack } => {
                self.open = self.forms.iter().position(|f| f.pack().id == pack)?;
                self.form()?
            }
            Request::Choose { field, choice } => {
                self.forms.get_mut(self.open)?.choose(&field, &choice).ok()?;
                self.form()?
            }
            Request::Enter { field, value } => {
                let towns = Towns::parse(&towns()).ok()?;
                let form = self.forms.get_mut(self.open)?;
                if form.enter(&field, value, Some(&towns), TODAY).is_err() {
                    let outcome = Outcome::Failure(failure(FailureCode::FormInvalid));
                    return Some(Input::Answer(AnswerFrame { id, outcome }));
                }
                self.form()?
            }
            Request::Review {} => self.form()?,
            Request::Keep {} | Request::KeepTicketOnly { .. } => {
                Answer::Kept { ticket: "A017".parse().ok()? }
            }
            _ => Answer::Done {},
        };
        Some(Input::Answer(AnswerFrame { id, outcome: Outcome::Answer(answer) }))
    }

    /// The open form, as the agent would have it.
    fn form(&self) -> Option<Answer> {
        let form = self.forms.get(self.open)?;
        Some(form.pack().told(form.fields()))
    }
}

fn form(id: &PackId) -> Option<Filling> {
    let packs = packs().into_iter().filter_map(|text| Pack::parse(&text).ok());
    packs.into_iter().find(|pack| pack.id == *id).map(Filling::new)
}

fn municipality() -> Text {
    Text { ja: "常盤市".into(), en: "Tokiwa City".into() }
}

pub(super) fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "a scene")
}
