//! Every state that can be reached: from a state, every control that is there and everything that
//! can happen besides, once each, until nothing new comes.
//!
//! A state is what a visitor can tell apart: page, dialog, and the controls that are enabled. Each
//! is reached again from the start by the shortest way, since a journey cannot be copied.

mod common;
mod ways;

use std::collections::{BTreeMap, VecDeque};

use common::{Kiosk, VALUES, agent};
use madoguchi_journey::view::Screen;
use madoguchi_journey::{Action, Input, Timer, View};
use madoguchi_protocol::local::{CardEvent, ClerkState, Event, Paper, PrintState, Request};
use madoguchi_protocol::{Failure, FailureCode};

/// What can be done or happen.
#[derive(Debug, Clone, PartialEq)]
enum Move {
    /// A control, by its name.
    Touch(String),
    SeenToEnd,
    /// All digits that fit, the right ones.
    Type,
    WrongPin,
    LayCard,
    TakeCard,
    CardChanged,
    LockedCard,
    Time,
    Presence,
    CoreAway,
    ReaderGone,
    PaperOut,
    PaperFailed,
    ClerkComes,
    VisitEnded,
    AgentLost,
}

const HAPPENS: [Move; 14] = [
    Move::WrongPin,
    Move::LayCard,
    Move::TakeCard,
    Move::CardChanged,
    Move::LockedCard,
    Move::Time,
    Move::Presence,
    Move::CoreAway,
    Move::ReaderGone,
    Move::PaperOut,
    Move::PaperFailed,
    Move::ClerkComes,
    Move::VisitEnded,
    Move::AgentLost,
];

/// How many moves deep it is looked.
const DEEPEST: usize = 26;

fn apply(kiosk: &mut Kiosk, what: &Move) {
    let failure = |code| Failure::new(code, "a test");
    match what {
        Move::Touch(control) => kiosk.touch(control),
        Move::SeenToEnd => kiosk.see_to_the_end(),
        Move::Type => type_right(kiosk),
        Move::WrongPin => kiosk.type_digits("9999"),
        Move::LayCard => kiosk.lay_card(),
        Move::TakeCard => kiosk.take_card(),
        Move::CardChanged => {
            let failure = failure(FailureCode::CardChanged);
            kiosk.agent.say(Event::Card { card: CardEvent::Unusable { failure, issued_by: None } });
        }
        Move::LockedCard => {
            kiosk.agent.card = Err(FailureCode::CardPinLocked);
            kiosk.lay_card();
        }
        Move::Time => kiosk.wait(1),
        Move::Presence => kiosk.put(Input::Presence),
        Move::CoreAway => {
            kiosk.agent.core_reachable = false;
            kiosk.agent.say_device();
        }
        Move::ReaderGone => {
            kiosk.agent.reader = Some(FailureCode::ReaderMissing);
            kiosk.agent.say_device();
        }
        Move::PaperOut => {
            kiosk.agent.say(Event::Print { paper: Paper::Slip, state: PrintState::Printed {} });
        }
        Move::PaperFailed => {
            let state = PrintState::Failed { failure: failure(FailureCode::PrinterPaper) };
            kiosk.agent.say(Event::Print { paper: Paper::Slip, state });
        }
        Move::ClerkComes => kiosk.agent.say(Event::Clerk { state: ClerkState::Acknowledged }),
        Move::VisitEnded => {
            let event = Event::VisitEnded { failure: failure(FailureCode::Internal) };
            kiosk.agent.say(event);
            kiosk.agent.visit = None;
        }
        Move::AgentLost => kiosk.lose(),
    }
    kiosk.deliver();
}

fn type_right(kiosk: &mut Kiosk) {
    let digits = match kiosk.page() {
        "pin_entry" => "1234",
        "reference_number" => agent::NUMBER_B,
        _ => "20260405",
    };
    kiosk.type_digits(digits);
}

/// What a visitor can tell apart, and what was chosen on the way. Values of a person are not in it.
fn state(kiosk: &Kiosk) -> String {
    let view = kiosk.view();
    if let Screen::Kept { papers, clerk, take_card, .. } = &view.screen {
        // What was kept makes no difference to the ways from here.
        let buttons: Vec<_> = view.buttons().into_iter().map(|b| b.action.control()).collect();
        return format!("kept {papers:?} {clerk:?} {take_card:?} {buttons:?}");
    }
    let text = format!("{} {view:?}", view.screen.name());
    let chosen = kiosk.sent.iter().rev().find_map(|f| match &f.request {
        Request::ChoosePack { pack, also } => Some((pack.clone(), also.clone())),
        _ => None,
    });
    // The page's number and the countdown are no state.
    let page = format!("page: {}, ", view.page);
    let counting = text.contains("StillThere");
    let text = text.replacen(&page, "", 1);
    let text = if counting { text.replace(|c: char| c.is_ascii_digit(), "") } else { text };
    format!("{text} {chosen:?} {:?}", ticked(&view))
}

fn ticked(view: &View) -> Vec<String> {
    let Screen::LifeEvent { needed, .. } = &view.screen else { return vec![] };
    let ticked = needed.iter().filter(|n| *n.ticked.expose());
    ticked.map(|n| n.button.action.control()).collect()
}

/// What can come next. Of choices that lead to the same kind of page one is enough, and size,
/// colours and language are looked at elsewhere.
fn moves(kiosk: &Kiosk) -> Vec<Move> {
    let view = kiosk.view();
    let alike = ["speak.", "text_size.", "contrast.", "kana_row.", "town.", "choose.", "display"];
    let mut seen = vec![];
    let mut moves = vec![];
    for button in view.buttons() {
        let control = button.action.control();
        let kind = alike.iter().find(|kind| control.starts_with(**kind));
        // Of the choices, the one on which more depends; of the towns, one.
        let skipped = match kind {
            Some(&"choose.") => control.ends_with(".self"),
            Some(&("kana_row." | "town.")) => seen.contains(&kind),
            Some(_) => true,
            // One procedure that asks nothing, and two together.
            None => {
                ["pack.tenkyo", "tick.tenkyo", "pack.dairi"].contains(&control.as_str())
                    || (control == "next" && ticked(&view).len() == 1)
                    || (control == "erase_pin" && kiosk.page() == "reference_number")
            }
        };
        if !view.offers(&button.action) || skipped {
            continue;
        }
        seen.push(kind);
        moves.push(Move::Touch(control));
    }
    if view.offers(&Action::SeenToEnd) {
        moves.push(Move::SeenToEnd);
    }
    if view.dialog.is_none() && view.screen.digits_enabled() {
        moves.push(Move::Type);
    }
    moves
}

/// Whether what happens can lead further here. What only lies there until another page shows it
/// (a card, the core, a paper) would make every state many.
fn leads_on(what: &Move, kiosk: &Kiosk) -> bool {
    let page = kiosk.page();
    let waits = kiosk.dialog().is_none_or(|dialog| dialog == "still_there");
    match what {
        Move::Touch(_) | Move::SeenToEnd | Move::Type => true,
        Move::LayCard | Move::LockedCard => page == "lay_card" && waits,
        Move::TakeCard => ["take_card", "pin_entry", "pin_again"].contains(&page) && waits,
        Move::CoreAway | Move::PaperOut | Move::PaperFailed | Move::ClerkComes => {
            page == "kept" && waits
        }
        Move::ReaderGone => page == "lay_card" && waits,
        Move::WrongPin => page == "pin_entry" && waits,
        Move::Time => waits,
        Move::CardChanged | Move::VisitEnded | Move::AgentLost => waits,
        Move::Presence => false,
    }
}

fn check(kiosk: &Kiosk, way: &[Move]) {
    let view = kiosk.view();
    let printed = format!("{view:?}{:?}", kiosk.sent.last());
    for value in VALUES {
        assert!(!printed.contains(value), "{value} is printed after {way:?}");
    }
    let in_visit = ways::is_in_visit(&view, kiosk.journey.visit());
    if in_visit {
        if let Err(what) = ways::check(&view) {
            panic!("{what} on {view:?} after {way:?}");
        }
        assert_ne!(kiosk.timer, Timer::Off, "it would stand for ever after {way:?}");
    } else {
        // Before and after a visit no page has anything of a person to show.
        let first_or_last = [
            "connecting",
            "out_of_service",
            "take_card_first",
            "start",
            "trouble",
            "take_card",
            "ended",
        ];
        assert!(first_or_last.contains(&kiosk.page()), "{view:?} after {way:?}");
    }
}

#[test]
fn every_state_has_its_ways_out() {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut open: VecDeque<Vec<Move>> = VecDeque::from([vec![]]);
    let mut tried = 0_usize;
    while let Some(way) = open.pop_front() {
        let next = {
            let kiosk = walked(&way);
            let moves = if kiosk.quit { vec![] } else { moves(&kiosk) };
            let happens = HAPPENS.into_iter().filter(|_| !kiosk.quit);
            let all = moves.into_iter().chain(happens);
            all.map(|what| (leads_on(&what, &kiosk), what)).collect::<Vec<_>>()
        };
        for (leads_on, what) in next {
            let mut kiosk = walked(&way);
            apply(&mut kiosk, &what);
            tried += 1;
            let mut way = way.clone();
            way.push(what);
            check(&kiosk, &way);
            let state = state(&kiosk);
            let is_new = !known.contains_key(&state);
            if leads_on && is_new && way.len() < DEEPEST {
                known.insert(state, way.len());
                open.push_back(way);
            }
        }
    }
    println!("{} states, {tried} moves, {:?} deep", known.len(), known.values().max());
    assert!(known.len() > 150, "{} states", known.len());
    let reached = |page: &str| known.keys().any(|state| state.contains(page));
    let far = [
        "2つのうち2つめ：短い届",
        "reference_number View",
        "entry View",
        "notice View",
        "番号票をお取りください",
        "係員がまいります",
        "CardPinLocked",
    ];
    for page in far {
        assert!(reached(page), "{page} was not reached");
    }
}

fn walked(way: &[Move]) -> Kiosk {
    let mut kiosk = Kiosk::ready();
    for what in way {
        apply(&mut kiosk, what);
    }
    kiosk
}
