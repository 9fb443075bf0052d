//! What nobody may have to scroll for: what is asked or what happened, what is wrong, and a way on.

use madoguchi_journey::View;
use madoguchi_journey::view::{
    Action, Button, CallState, ClerkLine, Dialog, PaperState, Row, Screen,
};

use super::Stage;

/// What must stand on a page as soon as it is shown.
#[derive(Debug, Default, PartialEq)]
pub struct Needed {
    /// These texts, whole.
    pub texts: Vec<String>,
    /// One of these controls at least, whole. Without any the page needs none.
    pub ways: Vec<String>,
}

/// What of it does not.
#[must_use]
pub fn missing(stage: &Stage, view: &View) -> Vec<String> {
    let Needed { texts, ways } = needed(view);
    let seen: Vec<String> = stage.texts().into_iter().map(|(text, _)| plain(&text)).collect();
    let mut missing: Vec<String> = texts
        .into_iter()
        .filter(|text| !seen.iter().any(|seen| seen.contains(&plain(text))))
        .map(|text| format!("{text:?} is not seen without scrolling"))
        .collect();
    let whole = |name: &String| {
        stage
            .controls()
            .iter()
            .any(|control| control.name == *name && control.place == control.whole)
    };
    if !ways.is_empty() && !ways.iter().any(whole) {
        missing.push(format!("none of {ways:?} is seen without scrolling"));
    }
    missing
}

/// Without what only breaks lines.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{2060}' | '\n' | ' ' | '\u{3000}')).collect()
}

/// What a view needs.
#[must_use]
pub fn needed(view: &View) -> Needed {
    if let Some(dialog) = &view.dialog {
        return of_dialog(dialog);
    }
    let aside = |button: &&Button| !is_of_the_bars(&button.action) && button.enabled;
    let mut ways: Vec<String> =
        view.buttons().into_iter().filter(aside).map(|b| b.action.control()).collect();
    if view.screen.digits_enabled() {
        ways.extend((0..10).map(|digit| format!("digit.{digit}")));
    }
    Needed { texts: of_screen(&view.screen).into_iter().map(str::to_owned).collect(), ways }
}

fn of_dialog(dialog: &Dialog) -> Needed {
    let needed = |texts: &[&str], ways: [&Button; 2]| Needed {
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        ways: ways.into_iter().map(|way| way.action.control()).collect(),
    };
    match dialog {
        Dialog::Stop { title, lead, stop, go_on } => needed(&[title, lead], [stop, go_on]),
        Dialog::CallClerk { title, lead, call, go_on } => needed(&[title, lead], [call, go_on]),
        Dialog::NumberOnly { title, lead, number, go_on } => {
            needed(&[title, lead], [number, go_on])
        }
        Dialog::StillThere { title, lead, seconds_words, go_on, stop, .. } => {
            needed(&[title, lead, seconds_words], [go_on, stop])
        }
        Dialog::Notice { words, go_on } => {
            needed(&[words.what_happened, words.what_to_do], [go_on, go_on])
        }
        Dialog::Display(panel) => needed(&[&panel.title], [&panel.close, &panel.close]),
    }
}

/// The bars are always there, so they are no way on.
fn is_of_the_bars(action: &Action) -> bool {
    matches!(
        action,
        Action::Back
            | Action::Speak(_)
            | Action::OpenDisplay
            | Action::TicketOnly(_)
            | Action::EraseDigit
    )
}

fn of_screen(screen: &Screen) -> Vec<&str> {
    match screen {
        Screen::Connecting { title, .. }
        | Screen::TakeCardFirst { title, .. }
        | Screen::Start { title, .. }
        | Screen::Procedures { title, .. }
        | Screen::Purpose { title, .. }
        | Screen::WithoutCard { title, .. }
        | Screen::LayCard { title, .. }
        | Screen::Reading { title, .. }
        | Screen::Keeping { title, .. }
        | Screen::Ended { title, .. } => vec![title],
        Screen::LifeEvent { title, note, .. } => {
            [title].into_iter().chain(note).map(String::as_str).collect()
        }
        Screen::OutOfService { title, words } => {
            vec![title, words.what_happened, words.what_to_do]
        }
        Screen::PinEntry(pad) => vec![&pad.title, &pad.key_name, &pad.tries],
        Screen::ReferenceNumber { pad, groups, current, .. } => {
            let hint = groups.get(*current).and_then(|group| group.hint.lines().next());
            [pad.title.as_str(), &pad.tries].into_iter().chain(hint).collect()
        }
        // Before the last try the title says how many there are.
        Screen::PinAgain { title, tries_left: 0..=1, .. } => vec![title],
        Screen::PinAgain { title, tries, .. } => vec![title, tries],
        Screen::Form { title, rows, .. } => [vec![title.as_str()], first(rows)].concat(),
        Screen::Question { asked, .. } | Screen::Towns { asked, .. } => vec![&asked.text],
        Screen::Entry { asked, town, spoken, problem, .. } => {
            // The whole answer says the town too.
            let town = town.iter().filter(|_| spoken.is_none()).map(|town| town.town.expose());
            [&asked.text].into_iter().chain(town).chain(problem).map(String::as_str).collect()
        }
        Screen::Notice { title, notices, .. } => {
            [title].into_iter().chain(notices.first()).map(String::as_str).collect()
        }
        Screen::Review { title, notices, rows, .. } => match notices.first() {
            Some(notice) => vec![title, notice],
            None => [vec![title.as_str()], first(rows)].concat(),
        },
        Screen::Kept { title, ticket, warning, papers, clerk, take_card, .. } => {
            let papers = papers.iter().filter(|p| p.state == PaperState::Failed).map(|p| &p.words);
            let clerk = clerk.iter().filter(|c| c.state == CallState::Unheard).map(|c| &c.words);
            let warnings = warning.iter().chain(papers).chain(clerk).chain(take_card);
            [title, ticket].into_iter().chain(warnings).map(String::as_str).collect()
        }
        Screen::TakeCard { title, ticket, .. } => {
            [title].into_iter().chain(ticket).map(String::as_str).collect()
        }
        Screen::Trouble { words, clerk, .. } => {
            // What to do stands on the ways on, too.
            let call = clerk.as_ref().map(|ClerkLine { words, .. }| words.as_str());
            [words.what_happened].into_iter().chain(call).collect()
        }
    }
}

/// Of a form its first field.
fn first(rows: &[Row]) -> Vec<&str> {
    rows.first().map(|row| row.label.as_str()).into_iter().collect()
}
