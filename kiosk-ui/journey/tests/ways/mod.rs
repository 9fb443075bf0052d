//! The rule of the ways: from every page of a visit one can go back, stop and call a clerk. What
//! is not so is declared here, with its reason.

use madoguchi_journey::view::{CallState, Dialog, PaperState, Screen};
use madoguchi_journey::{Action, View};
use madoguchi_protocol::VisitId;
use madoguchi_protocol::application::TicketOnlyReason;

const CALL: Action = Action::TicketOnly(TicketOnlyReason::CallClerk);

pub fn is_in_visit(view: &View, visit: Option<VisitId>) -> bool {
    visit.is_some() && !matches!(view.screen, Screen::TakeCard { .. } | Screen::Ended { .. })
}

/// Checks a view of a visit.
pub fn check(view: &View) -> Result<(), &'static str> {
    if let Some(dialog) = &view.dialog {
        return check_dialog(view, dialog);
    }
    let stops = [Action::Stop, Action::Finish].iter().any(|a| view.offers(a));
    if !stops && why_no_stop(view).is_none() {
        return Err("no way to stop");
    }
    if !view.offers(&CALL) && why_no_call(view).is_none() {
        return Err("no way to a clerk");
    }
    if !view.offers(&Action::Back) && why_no_way_back(view).is_none() {
        return Err("no way back");
    }
    Ok(())
}

/// A dialog is left by its own buttons: to where one was, or on.
fn check_dialog(view: &View, dialog: &Dialog) -> Result<(), &'static str> {
    let back = view.offers(&Action::Dismiss);
    let stop = view.offers(&Action::ConfirmStop);
    match dialog {
        Dialog::Stop { .. } | Dialog::StillThere { .. } if !stop => Err("the dialog does not stop"),
        _ if !back => Err("the dialog does not close"),
        _ => Ok(()),
    }
}

/// Why the visit cannot be ended from here at once.
fn why_no_stop(view: &View) -> Option<&'static str> {
    let Screen::Kept { papers, .. } = &view.screen else { return None };
    let printing = papers.iter().any(|p| p.state == PaperState::Printing);
    printing.then_some("it was wanted, and comes with the paper, in half a minute at most")
}

/// Why a clerk cannot be called (again) from here.
fn why_no_call(view: &View) -> Option<&'static str> {
    let call = match &view.screen {
        Screen::Kept { clerk, .. } | Screen::Trouble { clerk, .. } => clerk.as_ref(),
        _ => None,
    };
    match &view.screen {
        _ if call.is_some_and(|c| c.state != CallState::Unheard) => Some("one is called"),
        Screen::Kept { .. } => {
            Some("the agent is gone: the number stands there, and the help line")
        }
        Screen::Keeping { .. } | Screen::Reading { .. } => Some("the call waits for the agent"),
        _ => None,
    }
}

/// Why there is no page before this one.
fn why_no_way_back(view: &View) -> Option<&'static str> {
    match &view.screen {
        Screen::Procedures { .. } => Some("the first page of a visit: before it is stop"),
        Screen::Reading { .. } => Some("the PIN is on its way to the card, once"),
        Screen::Keeping { .. } => Some("it is being made durable"),
        Screen::Kept { .. } => Some("it is durable"),
        Screen::Trouble { .. } if view.control("lay_card").is_none() => {
            Some("there are no procedures to go back to")
        }
        _ => None,
    }
}
