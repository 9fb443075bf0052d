//! Pages that say how things stand: waiting, trouble, the number, good-bye.

use madoguchi_journey::view::{CallState, ClerkLine, PaperLine, PaperState, Screen};

use super::super::Page;
use super::choosing::counters;
use super::{Maker, maybe_sentence, none, sentence, texts, words};
use crate::ui::{Kind, LineView, Standing, TileView};

impl Maker<'_> {
    pub(super) fn end(&self, screen: &Screen) -> Page {
        match screen {
            Screen::Connecting { title, words: why } => {
                let happened = why.map(|w| w.what_happened).filter(|w| w != title);
                Page {
                    words: why.as_ref().map(words).unwrap_or_default(),
                    ..self.said(Kind::Connecting, title, happened.unwrap_or_default())
                }
            }
            Screen::OutOfService { title, words: why } => Page {
                words: words(why),
                ..self.said(Kind::OutOfService, title, why.what_happened)
            },
            Screen::Keeping { title, lead } => self.said(Kind::Keeping, title, lead),
            Screen::Kept {
                title,
                ticket_title,
                ticket,
                procedures,
                section_title,
                section,
                warning,
                next_title,
                next_steps,
                bring_title,
                bring,
                at_counter_title,
                at_counter,
                papers,
                clerk: call,
                take_card,
                finish,
            } => {
                let papers = papers.iter().map(|p| self.paper(p));
                // While a clerk is coming, to leave is not the likeliest way.
                let awaited = call
                    .as_ref()
                    .is_some_and(|c| matches!(c.state, CallState::Called | CallState::Coming));
                let finish = self.button(finish);
                let (main, second) = if awaited { (none(), finish) } else { (finish, none()) };
                Page {
                    ticket_title: ticket_title.into(),
                    ticket: ticket.into(),
                    procedure: sentence(&procedures.join("\n")),
                    warning: maybe_sentence(warning.as_ref()),
                    section_title: section_title.into(),
                    section: section.as_deref().unwrap_or_default().into(),
                    points_title: sentence(next_title),
                    points: texts(next_steps),
                    bring_title: sentence(bring_title),
                    bring: texts(bring),
                    counters_title: sentence(at_counter_title),
                    counters: counters(at_counter),
                    lines: call.iter().map(clerk).chain(papers).collect(),
                    take_card: sentence(take_card.as_deref().unwrap_or_default()),
                    main,
                    second,
                    ..self.said(Kind::Kept, title, "")
                }
            }
            Screen::Trouble { words: said, clerk: call, ways } => {
                let way = |way| TileView { button: self.button(way), ..TileView::default() };
                Page {
                    words: words(said),
                    lines: call.iter().map(clerk).collect(),
                    tiles: ways.iter().map(way).collect(),
                    ..self.said(Kind::Trouble, said.what_happened, "")
                }
            }
            Screen::Ended { title, lead } => self.said(Kind::Ended, title, lead),
            _ => Page::default(),
        }
    }

    fn paper(&self, paper: &PaperLine) -> LineView {
        LineView {
            standing: match paper.state {
                PaperState::Printing => Standing::GoingOn,
                PaperState::Take => Standing::Good,
                PaperState::Failed => Standing::Bad,
            },
            words: sentence(&paper.words),
            again: self.maybe(paper.again.as_ref()),
        }
    }
}

/// How things stand with the call for a clerk.
fn clerk(clerk: &ClerkLine) -> LineView {
    LineView {
        standing: match clerk.state {
            CallState::Calling | CallState::Called => Standing::GoingOn,
            CallState::Coming => Standing::Good,
            CallState::Unheard => Standing::Bad,
        },
        words: sentence(&clerk.words),
        again: none(),
    }
}
