//! Every page and dialog, as the real journey makes them when an agent in a script answers. All
//! people and places are invented.

mod play;

use madoguchi_journey::view::Language;
use madoguchi_journey::{Input, View};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::{
    CardEvent, ClerkState, Event, IssuedBy, Paper, PrintState, PrinterState, Request,
};

use play::{Chosen, Device, LONG, Part, Play, RARE, failure};
pub use play::{life_events, packs, towns};

/// The scenes by name. A scene that is called as a page of the log is that page.
pub const NAMES: &[&str] = &[
    "connecting",
    "connecting_agent_away",
    "out_of_service",
    "take_card_first",
    "start",
    "start_core_away",
    "start_reader_away",
    "start_all_away",
    "start_practice",
    "procedures",
    "life_event",
    "life_event_ticked",
    "life_event_against",
    "purpose",
    "purpose_two",
    "without_card",
    "lay_card",
    "lay_card_looking",
    "pin_entry",
    "pin_entry_two",
    "pin_entry_full",
    "pin_entry_all_away",
    "reference_number",
    "reference_number_seven",
    "pin_again",
    "pin_again_last",
    "reading",
    "form",
    "form_long",
    "form_rare",
    "form_of_two",
    "question",
    "question_chosen",
    "entry",
    "entry_typed",
    "entry_problem",
    "entry_future",
    "towns",
    "towns_row",
    "entry_address",
    "notice",
    "review_unseen",
    "review",
    "review_long",
    "review_noticed",
    "keeping",
    "kept",
    "kept_printing",
    "kept_paper_failed",
    "kept_and_called",
    "kept_unheard",
    "kept_ticket_only",
    "kept_with_errands",
    "kept_two",
    "kept_core_away",
    "kept_practice",
    "take_card",
    "trouble",
    "trouble_locked",
    "trouble_other_card",
    "ended",
    "dialog_stop",
    "dialog_call_clerk",
    "dialog_number_only",
    "dialog_still_there",
    "dialog_notice",
    "dialog_notice_no_numbers",
    "dialog_display",
];

/// A notice and a copy on one number.
const TWO: Chosen = Chosen::Moving(&["tenshutsu", "juminhyo"]);

fn all_away(device: &mut Device) {
    device.core_reachable = false;
    let failure = failure(FailureCode::PrinterPaper);
    device.printer = Some(PrinterState::Unusable { failure });
}

/// A scene's view, if there is a scene of that name and its script comes to its end.
#[must_use]
pub fn view(name: &str, language: Language) -> Option<View> {
    let mut play = Play::new(language);
    match name {
        "connecting" => {}
        "connecting_agent_away" => play.lose(FailureCode::AgentAway),
        "out_of_service" => play.device(|d| d.out_of_service = Some(FailureCode::TicketsNone)),
        "take_card_first" => play.device(|d| d.card_present = true),
        "start" => play.device(|_| ()),
        "start_reader_away" => play.device(|d| d.reader = Some(FailureCode::ReaderMissing)),
        "start_core_away" => play.device(|d| d.core_reachable = false),
        "start_all_away" => play.device(all_away),
        "start_practice" => play.device(|d| d.practice = true),
        "procedures" => play.until(Part::Procedures)?,
        "life_event" | "life_event_ticked" | "life_event_against" => {
            play.until(Part::Procedures)?;
            play.touch("life_event.hikkoshi")?;
            if name == "life_event_ticked" {
                play.touch("tick.tenshutsu")?;
                play.touch("tick.juminhyo")?;
            }
            if name == "life_event_against" {
                play.touch("tick.tenkyo")?;
            }
        }
        "purpose" => play.until(Part::Purpose)?,
        "purpose_two" => {
            play.chosen = TWO;
            play.until(Part::Purpose)?;
        }
        "without_card" => {
            play.until(Part::Purpose)?;
            play.touch("without_card")?;
        }
        "lay_card" => play.until(Part::LayCard)?,
        "lay_card_looking" => {
            play.until(Part::LayCard)?;
            play.card(CardEvent::Present {});
        }
        "pin_entry" => play.until(Part::Pin)?,
        "pin_entry_two" => {
            play.until(Part::Pin)?;
            play.digits("12")?;
        }
        "pin_entry_all_away" => {
            play.device(all_away);
            play.until(Part::Pin)?;
        }
        "pin_entry_full" => {
            play.until(Part::Pin)?;
            play.digits("1234")?;
        }
        "reference_number" | "reference_number_seven" => {
            play.until(Part::Pin)?;
            play.touch("use_reference_number")?;
            play.entered = 0;
            play.card(CardEvent::Present {});
            play.card(CardEvent::Usable { tries_left: 10 });
            if name == "reference_number_seven" {
                play.digits("5502172")?;
            }
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
        "form_of_two" => {
            play.chosen = TWO;
            play.until(Part::Submitted)?;
        }
        "question" => play.until(Part::Question)?,
        "question_chosen" => play.until(Part::Chosen)?,
        "entry" => play.until(Part::Date)?,
        "entry_typed" => {
            play.until(Part::Date)?;
            play.digits("20261103")?;
        }
        "entry_problem" => {
            play.until(Part::Date)?;
            play.digits("20260231")?;
            play.touch("next");
        }
        "entry_future" => {
            play.until(Part::Date)?;
            play.digits("20270103")?;
            play.touch("next");
        }
        "towns" => play.until(Part::Towns)?,
        "towns_row" => {
            play.until(Part::Towns)?;
            play.touch("kana_row.sa")?;
        }
        "entry_address" => play.until(Part::Address)?,
        "notice" => {
            play.chosen = Chosen::Pack("kazei-shomei");
            play.until(Part::Question)?;
            play.choose("who_asks", "self")?;
            play.choose("kind", "tax")?;
            play.choose("fiscal_year", "r8")?;
            play.touch("choose.january.elsewhere")?;
        }
        "review_noticed" => {
            play.chosen = Chosen::Pack("kazei-shomei");
            play.until(Part::Question)?;
            play.choose("who_asks", "self")?;
            play.choose("kind", "tax")?;
            play.choose("fiscal_year", "r8")?;
            play.choose("january", "elsewhere")?;
            play.choose("use", "child")?;
            play.digits("1")?;
            play.touch("next")?;
        }
        "review_unseen" => play.until(Part::Unseen)?,
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
        "kept_printing" | "kept_paper_failed" => {
            play.device(|d| {
                d.printer = Some(PrinterState::Ready {});
                d.card_present = true;
            });
            play.until(Part::Kept)?;
            let state = match name {
                "kept_printing" => PrintState::Printing {},
                _ => PrintState::Failed { failure: failure(FailureCode::PrinterPaper) },
            };
            play.tell_of_visit(Event::Print { paper: Paper::Slip, state });
        }
        "kept_and_called" | "kept_unheard" => {
            play.until(Part::Kept)?;
            play.touch("call_clerk")?;
            play.touch("confirm_call")?;
            let state = match name {
                "kept_unheard" => ClerkState::Unheard,
                _ => ClerkState::Acknowledged,
            };
            play.tell_of_visit(Event::Clerk { state });
        }
        "kept_with_errands" => {
            play.chosen = Chosen::Moving(&["tenkyo"]);
            play.device(|d| d.card_present = true);
            play.until(Part::Kept)?;
        }
        "kept_two" => {
            play.chosen = Chosen::Moving(&["tenshutsu", "juminhyo"]);
            play.until(Part::Question)?;
            play.touch("do_not_know")?;
            play.device(|d| d.card_present = true);
            play.touch("confirm_number")?;
        }
        "kept_core_away" => {
            play.device(|d| {
                all_away(d);
                d.card_present = true;
            });
            play.until(Part::Kept)?;
        }
        "kept_practice" => {
            play.device(|d| {
                d.practice = true;
                d.card_present = true;
            });
            play.until(Part::Kept)?;
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
        "trouble" => play.until_unusable(FailureCode::CardUnreadable, None)?,
        "trouble_locked" => {
            play.until_unusable(FailureCode::CardPinLocked, Some(IssuedBy::AnotherMunicipality))?;
        }
        "trouble_other_card" => play.until_unusable(FailureCode::CardIsJuki, None)?,
        "ended" => {
            play.silent = Some(|r| matches!(r, Request::End {}));
            play.until(Part::Kept)?;
            play.touch("finish")?;
        }
        "dialog_stop" => {
            play.until(Part::Review)?;
            play.touch("stop")?;
        }
        "dialog_call_clerk" => {
            play.until(Part::Review)?;
            play.touch("call_clerk")?;
        }
        "dialog_number_only" => {
            play.until(Part::Question)?;
            play.touch("do_not_know")?;
        }
        "dialog_still_there" => {
            play.until(Part::Review)?;
            play.tell(Input::TimerFired);
        }
        "dialog_notice_no_numbers" => {
            play.no_numbers = true;
            play.until(Part::Purpose)?;
        }
        "dialog_notice" => {
            play.until(Part::Submitted)?;
            play.card(CardEvent::Removed {});
        }
        "dialog_display" => {
            play.device(|_| ());
            play.touch("display")?;
        }
        _ => return None,
    }
    Some(play.journey.view())
}
