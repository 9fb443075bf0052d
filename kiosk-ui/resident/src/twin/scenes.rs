//! Every page and dialog, as the real journey makes them when an agent in a script answers. All
//! people and places are invented.

mod made;

use madoguchi_journey::view::{Action, Language};
use madoguchi_journey::{Command, Input, Journey, View};
use madoguchi_protocol::application::{CardEvidence, Field, Origin, SignatureCheck};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, Event, EventFrame, Outcome, Request, RequestFrame,
};
use madoguchi_protocol::{
    AttributeName, Failure, FailureCode, FieldKey, Personal, PinDigit, VisitId,
};

const TENKYO: &str = include_str!("../../../../provisioning/procedures/tenkyo.toml");

/// The scenes by name. A scene that is called as a page of the log is that page.
pub const NAMES: &[&str] = &[
    "connecting",
    "connecting_agent_away",
    "out_of_service",
    "take_card_first",
    "start",
    "start_core_away",
    "procedures",
    "procedures_many",
    "purpose",
    "lay_card",
    "lay_card_looking",
    "pin_entry",
    "pin_entry_two",
    "pin_entry_full",
    "pin_again",
    "pin_again_last",
    "reading",
    "form",
    "form_long",
    "form_rare",
    "question",
    "question_chosen",
    "review",
    "review_long",
    "keeping",
    "kept",
    "kept_and_called",
    "kept_ticket_only",
    "take_card",
    "trouble",
    "trouble_locked",
    "ended",
    "dialog_stop",
    "dialog_give_up_form",
    "dialog_still_there",
    "dialog_notice",
    "procedures_occasions",
    "life_event",
    "without_card",
    "reference_number",
    "reference_number_two",
    "towns",
    "towns_row",
    "entry_date",
    "entry_date_typed",
    "entry_address",
    "entry_number",
    "entry_problem",
    "form_second",
    "review_unseen",
    "kept_papers",
    "kept_clerk",
    "dialog_call_clerk",
    "dialog_number_only",
    "dialog_display",
];

/// Name, address, birth date and sex as the card has them.
type Person = [&'static str; 4];

const HANAKO: Person = ["検証　花子", "常盤県常盤市本町一丁目２番３号", "19800217", "2"];
const LONG: Person = [
    "検証川原小路　寿限無五劫之擦切海砂利水魚之介左衛門",
    "常盤県北常盤郡常盤台町大字上之常盤字西常盤屋敷一万二千三百四十五番地の六　常盤台グリーンヒルズガーデンレジデンス弐番館１２０３号　検証様方",
    "20000000",
    "1",
];
// 辻 with one dot and 葛 with 人: variation selectors, as names in the register have them.
const RARE: Person =
    ["辻\u{e0100}　葛\u{e0100}子", "常盤県葛\u{e0100}城市辻\u{e0100}堂二丁目４番", "19190708", "2"];

/// A scene's view, if there is a scene of that name.
#[must_use]
pub fn view(name: &str, language: Language) -> Option<View> {
    let mut play = Play::new(language);
    match name {
        "connecting" => {}
        "connecting_agent_away" => play.lose(FailureCode::AgentAway),
        "out_of_service" => play.device(|d| d.out_of_service = Some(FailureCode::ReaderMissing)),
        "take_card_first" => play.device(|d| d.card_present = true),
        "start" => play.device(|_| ()),
        "start_core_away" => play.device(|d| d.core_reachable = false),
        "procedures" => play.until(Part::Procedures)?,
        "procedures_many" => {
            play.packs = many();
            play.until(Part::Procedures)?;
        }
        "purpose" => play.until(Part::Purpose)?,
        "lay_card" => play.until(Part::LayCard)?,
        "lay_card_looking" => {
            play.until(Part::LayCard)?;
            play.card(CardEvent::Present {});
        }
        "pin_entry" => play.until(Part::Pin)?,
        "pin_entry_two" => {
            play.until(Part::Pin)?;
            play.digits(2)?;
        }
        "pin_entry_full" => {
            play.until(Part::Pin)?;
            play.digits(4)?;
        }
        "pin_again" => {
            play.wrong = true;
            play.until(Part::Submitted)?;
        }
        "pin_again_last" => {
            play.tries_left = 1;
            play.until(Part::Pin)?;
        }
        "reading" => {
            play.silent = Some(|r| matches!(r, Request::PinSubmit {}));
            play.until(Part::Submitted)?;
        }
        "form" => play.until(Part::Submitted)?,
        "form_long" => {
            play.person = LONG;
            play.until(Part::Submitted)?;
        }
        "form_rare" => {
            play.person = RARE;
            play.until(Part::Submitted)?;
        }
        "question" => play.until(Part::Question)?,
        "question_chosen" => play.until(Part::Chosen)?,
        "review" => play.until(Part::Review)?,
        "review_long" => {
            play.person = LONG;
            play.until(Part::Review)?;
        }
        "keeping" => {
            play.silent = Some(|r| matches!(r, Request::Keep {}));
            play.until(Part::Kept)?;
        }
        "kept" => {
            play.device(|d| d.card_present = true);
            play.until(Part::Kept)?;
        }
        "kept_and_called" => {
            play.until(Part::Kept)?;
            play.ticket = "A018";
            play.touch("call_clerk")?;
        }
        "kept_ticket_only" => {
            play.until(Part::Procedures)?;
            play.touch("do_not_know")?;
        }
        "take_card" => {
            play.until(Part::Kept)?;
            play.device(|d| d.card_present = true);
            play.touch("finish")?;
        }
        "trouble" => {
            play.until(Part::LayCard)?;
            play.card(CardEvent::Unusable { failure: failure(FailureCode::CardUnreadable) });
        }
        "trouble_locked" => {
            play.until(Part::LayCard)?;
            play.card(CardEvent::Unusable { failure: failure(FailureCode::CardPinLocked) });
        }
        "ended" => {
            play.silent = Some(|r| matches!(r, Request::End {}));
            play.until(Part::Kept)?;
            play.touch("finish")?;
        }
        "dialog_stop" => {
            play.until(Part::Review)?;
            play.touch("stop")?;
        }
        "dialog_give_up_form" => {
            play.until(Part::Review)?;
            play.touch("call_clerk")?;
        }
        "dialog_still_there" => {
            play.until(Part::Review)?;
            play.tell(Input::TimerFired);
        }
        "dialog_notice" => {
            play.until(Part::Submitted)?;
            play.card(CardEvent::Removed {});
        }
        // A page that no script comes to is put upon the bars of one that is.
        _ if made::ground(name) != name => return made::put(name, view(made::ground(name), language)?),
        _ => return None,
    }
    Some(play.journey.view())
}

/// How far a visit goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Procedures,
    Purpose,
    LayCard,
    Pin,
    Submitted,
    Question,
    Chosen,
    Review,
    Kept,
}

/// A journey, and the agent that answers it.
struct Play {
    journey: Journey,
    visit: VisitId,
    device: Device,
    packs: Vec<String>,
    person: Person,
    tries_left: u8,
    wrong: bool,
    ticket: &'static str,
    /// Requests that are never answered.
    silent: Option<fn(&Request) -> bool>,
    entered: u8,
    chosen: Option<(FieldKey, FieldKey)>,
}

#[derive(Clone, Copy)]
struct Device {
    out_of_service: Option<FailureCode>,
    card_present: bool,
    core_reachable: bool,
}

impl Play {
    fn new(language: Language) -> Self {
        Self {
            journey: Journey::new(language),
            visit: VisitId::from_bytes([7; 16]),
            device: Device { out_of_service: None, card_present: false, core_reachable: true },
            packs: vec![TENKYO.to_owned()],
            person: HANAKO,
            tries_left: 3,
            wrong: false,
            ticket: "A017",
            silent: None,
            entered: 0,
            chosen: None,
        }
    }

    fn tell(&mut self, input: Input) {
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

    fn lose(&mut self, code: FailureCode) {
        self.tell(Input::Lost(failure(code)));
    }

    /// Connects if need be, and says how the device is.
    fn device(&mut self, change: impl FnOnce(&mut Device)) {
        if matches!(self.journey.view().screen.name(), "connecting") {
            self.tell(Input::Connected);
        }
        change(&mut self.device);
        let event = Event::Device {
            out_of_service: self.device.out_of_service.map(failure),
            card_present: self.device.card_present,
            municipality: Some(municipality()),
            core_reachable: self.device.core_reachable,
            idle_seconds: 90,
            printer: None,
            appearance: None,
        };
        self.tell(Input::Event(EventFrame { visit: None, event }));
    }

    fn card(&mut self, card: CardEvent) {
        let event = Event::Card { card };
        self.tell(Input::Event(EventFrame { visit: Some(self.visit), event }));
    }

    /// Touches a control that is there and enabled.
    fn touch(&mut self, control: &str) -> Option<()> {
        let action = self.journey.view().control(control)?;
        self.journey.view().offers(&action).then(|| self.tell_touch(action))
    }

    fn digits(&mut self, count: u8) -> Option<()> {
        for digit in 1..=count {
            self.tell_touch(Action::Digit(PinDigit::try_from(digit).ok()?));
        }
        Some(())
    }

    fn until(&mut self, part: Part) -> Option<()> {
        let card_present = std::mem::take(&mut self.device.card_present);
        self.device(|_| ());
        self.touch("start")?;
        if part >= Part::Purpose {
            self.touch("pack.tenkyo")?;
        }
        if part >= Part::LayCard {
            self.touch("agree_purpose")?;
        }
        if part >= Part::Pin {
            self.card(CardEvent::Present {});
            self.card(CardEvent::Usable { tries_left: self.tries_left });
        }
        if part >= Part::Submitted {
            self.digits(4)?;
            self.touch("submit_pin")?;
        }
        if part >= Part::Question {
            self.touch("next")?;
        }
        if part >= Part::Chosen {
            self.touch("choose.who_moves.whole_household")?;
        }
        if part >= Part::Review {
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

    fn answer(&mut self, frame: RequestFrame) -> Option<Input> {
        if self.silent.is_some_and(|silent| silent(&frame.request)) {
            return None;
        }
        let answer = match frame.request {
            Request::Begin {} => Answer::Begun {
                visit: self.visit,
                packs: self.packs.clone(),
                municipality: municipality(),
                life_events: vec![],
                towns: None,
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
            Request::Choose { field, choice } => {
                self.chosen = Some((field, choice));
                Answer::Form { fields: self.fields()? }
            }
            Request::PinSubmit {} | Request::Review {} => Answer::Form { fields: self.fields()? },
            Request::Keep {} | Request::KeepTicketOnly { .. } => {
                Answer::Kept { ticket: self.ticket.parse().ok()? }
            }
            _ => Answer::Done {},
        };
        Some(Input::Answer(AnswerFrame { id: frame.id, outcome: Outcome::Answer(answer) }))
    }

    /// The form as the agent would have it.
    fn fields(&self) -> Option<Vec<Field>> {
        let [name, address, birth_date, sex] = self.person;
        let from_card = [
            ("name", AttributeName::Name, name),
            ("birth_date", AttributeName::BirthDate, birth_date),
            ("sex", AttributeName::Sex, sex),
            ("old_address", AttributeName::Address, address),
        ];
        let mut fields = Vec::new();
        for (key, attribute, value) in from_card {
            fields.push(Field {
                key: key.parse().ok()?,
                value: Personal::from(value),
                origin: Origin::Card,
                evidence: Some(CardEvidence {
                    attribute,
                    file: "TEXT/0002".into(),
                    signature: SignatureCheck::NotChecked,
                    substitutions: vec![],
                }),
            });
        }
        if let Some((key, choice)) = &self.chosen {
            fields.push(Field {
                key: key.clone(),
                value: Personal::from(choice.as_str()),
                origin: Origin::Chosen,
                evidence: None,
            });
        }
        Some(fields)
    }
}

fn municipality() -> Text {
    Text { ja: "常盤市".into(), en: "Tokiwa City".into() }
}

fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "a scene")
}

/// Six procedures: the one there is, under other names.
fn many() -> Vec<String> {
    let named = |(id, ja, en): (&str, &str, &str)| {
        TENKYO
            .replace("id = \"tenkyo\"", &format!("id = \"{id}\""))
            .replace("ja = \"転居届\"", &format!("ja = \"{ja}\""))
            .replace("en = \"Notice of change of address\"", &format!("en = \"{en}\""))
    };
    [
        ("tenkyo", "転居届", "Notice of change of address"),
        ("tennyu", "転入届", "Notice of moving in"),
        ("tenshutsu", "転出届", "Notice of moving out"),
        ("setainushi", "世帯主変更届", "Notice of change of head of household"),
        ("juminhyo", "住民票の写しの請求", "Request for a copy of the resident record"),
        ("inkan", "印鑑登録の申請", "Application to register a seal"),
    ]
    .map(named)
    .to_vec()
}
