//! A view, put in the words of the screens: which property of `ui/state.slint` says what.

mod maker;

use madoguchi_journey::View;
use slint::SharedString;

use crate::ui::{ButtonView, Kind, Over, RowView, TileView, WordsView};
use maker::Maker;

/// Everything a page shows; what it does not use is empty. Kept to know what changed.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Page {
    pub kind: Kind,
    pub title: SharedString,
    pub lead: SharedString,
    pub note: SharedString,
    pub assurance: SharedString,
    pub procedure: SharedString,
    pub main: ButtonView,
    pub second: ButtonView,
    pub tiles: Vec<TileView>,
    pub rows: Vec<RowView>,
    pub points_title: SharedString,
    pub points: Vec<SharedString>,
    pub purpose_title: SharedString,
    pub purpose: SharedString,
    pub pin: Pin,
    pub looking: bool,
    pub ticket_title: SharedString,
    pub ticket: SharedString,
    pub section_title: SharedString,
    pub section: SharedString,
    pub take_card: SharedString,
    pub clerk_called: SharedString,
    pub words: WordsView,
}

/// What the key pad's page says beside its keys.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Pin {
    pub name: SharedString,
    pub tries: SharedString,
    pub tries_left: i32,
    pub wrong: bool,
    pub entered: i32,
    pub entered_words: SharedString,
    pub digits_enabled: bool,
    pub erase: ButtonView,
}

/// The bars above and below.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Bars {
    pub municipality: SharedString,
    pub languages: Vec<ButtonView>,
    pub language: SharedString,
    pub stages: Vec<SharedString>,
    pub stage: i32,
    pub back: ButtonView,
    pub stop: ButtonView,
    pub call_clerk: ButtonView,
    pub core_away: SharedString,
    pub help: SharedString,
}

/// What lies over the page.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Layer {
    pub over: Over,
    pub title: SharedString,
    pub lead: SharedString,
    pub seconds_left: i32,
    pub words: WordsView,
    pub go_on: ButtonView,
    pub stop: ButtonView,
}

/// A whole screen.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Content {
    pub page: Page,
    pub bars: Bars,
    pub layer: Layer,
}

impl Content {
    /// The content of a view. While the view waits for the agent, buttons keep the face they had
    /// `before`: a page that greys and comes back at every touch would flicker.
    pub(crate) fn of(view: &View, before: Option<&Content>) -> Self {
        let maker = Maker::new(view, before);
        Self { page: maker.page(), bars: maker.bars(), layer: maker.layer() }
    }

    fn faces(&self) -> impl Iterator<Item = &ButtonView> {
        let Self { page, bars, layer } = self;
        [&page.main, &page.second, &page.pin.erase, &bars.back, &bars.stop, &bars.call_clerk]
            .into_iter()
            .chain([&layer.go_on, &layer.stop])
            .chain(page.tiles.iter().map(|t| &t.button))
    }
}
