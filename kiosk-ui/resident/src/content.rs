//! A view, put in the words of the screens: which property of `ui/state.slint` says what.

mod maker;

use madoguchi_journey::View;
use slint::SharedString;

use crate::ui::{
    ButtonView, CounterView, GroupView, Kind, LineView, Over, RowView, SampleView, TileView,
    WordsView,
};
use maker::Maker;

/// Everything a page shows; what it does not use is empty. Kept to know what changed.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Page {
    pub kind: Kind,
    pub place: SharedString,
    pub title: SharedString,
    pub lead: SharedString,
    pub note: SharedString,
    pub warning: SharedString,
    pub assurance: SharedString,
    pub procedure: SharedString,
    pub main: ButtonView,
    pub second: ButtonView,
    pub third: ButtonView,
    pub occasions: Vec<TileView>,
    pub tiles: Vec<TileView>,
    pub counters_title: SharedString,
    pub counters: Vec<CounterView>,
    pub rows: Vec<RowView>,
    pub notices_title: SharedString,
    pub notices: Vec<SharedString>,
    pub points_title: SharedString,
    pub points: Vec<SharedString>,
    pub purpose_title: SharedString,
    pub purposes: Vec<SharedString>,
    pub end_wanted: bool,
    pub pin: Pin,
    pub typed: Typed,
    pub looking: bool,
    pub reads_cards: bool,
    pub ticket_title: SharedString,
    pub ticket: SharedString,
    pub section_title: SharedString,
    pub section: SharedString,
    pub bring_title: SharedString,
    pub bring: Vec<SharedString>,
    pub lines: Vec<LineView>,
    pub take_card: SharedString,
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

/// What the page of a typed answer says beside its keys.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Typed {
    pub groups: Vec<GroupView>,
    pub groups_named: bool,
    pub next_group: ButtonView,
    pub town_title: SharedString,
    pub town: SharedString,
    pub change_town: ButtonView,
    pub spoken: SharedString,
    pub problem: SharedString,
}

/// The bars above and below.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Bars {
    pub municipality: SharedString,
    pub languages: Vec<ButtonView>,
    pub language: SharedString,
    pub others: Vec<ButtonView>,
    pub display: ButtonView,
    pub stages: Vec<SharedString>,
    pub stage: i32,
    pub back: ButtonView,
    pub stop: ButtonView,
    pub call_clerk: ButtonView,
    pub practice: SharedString,
    pub core_away: SharedString,
    pub printer_away: SharedString,
    pub away_in_brief: SharedString,
    pub form: SharedString,
    pub help: SharedString,
}

/// What lies over the page.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Layer {
    pub over: Over,
    pub title: SharedString,
    pub lead: SharedString,
    pub seconds_left: i32,
    pub seconds_words: SharedString,
    pub words: WordsView,
    pub go_on: ButtonView,
    pub stop: ButtonView,
    pub language_title: SharedString,
    pub languages: Vec<SampleView>,
    pub size_title: SharedString,
    pub sizes: Vec<SampleView>,
    pub contrast_title: SharedString,
    pub contrasts: Vec<SampleView>,
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
        [&page.main, &page.second, &page.third, &page.pin.erase]
            .into_iter()
            .chain([&page.typed.next_group, &page.typed.change_town])
            .chain([&bars.back, &bars.stop, &bars.call_clerk, &layer.go_on, &layer.stop])
            .chain(page.occasions.iter().chain(&page.tiles).map(|t| &t.button))
            .chain(page.lines.iter().map(|l| &l.again))
    }
}
