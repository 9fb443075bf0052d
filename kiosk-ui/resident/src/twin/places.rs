//! Where the controls of a scene lie.

use std::collections::BTreeMap;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery, ElementRoot};
use serde::Serialize;

use super::Stage;

/// A rectangle in pixels, from the upper left corner of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Place {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// Pixels.
const SLACK: f32 = 1.0;

impl Place {
    fn of(element: &ElementHandle) -> Self {
        let (position, size) = (element.absolute_position(), element.size());
        Self { x: position.x, y: position.y, width: size.width, height: size.height }
    }

    /// Right edge.
    #[must_use]
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Lower edge.
    #[must_use]
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// Whether all of it lies in another; half a pixel here and there is nobody's fault.
    #[must_use]
    pub fn lies_in(&self, outer: &Self) -> bool {
        self.x >= outer.x - SLACK
            && self.y >= outer.y - SLACK
            && self.right() <= outer.right() + SLACK
            && self.bottom() <= outer.bottom() + SLACK
    }

    /// The part of this that lies in another.
    #[must_use]
    pub fn within(&self, other: &Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = self.right().min(other.right()) - x;
        let height = self.bottom().min(other.bottom()) - y;
        (width > 0.0 && height > 0.0).then_some(Self { x, y, width, height })
    }
}

/// A control: what it says, its name in the program, and where it can be touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Its accessible label.
    pub label: String,
    /// As `Action::control`, or `digit.0` to `digit.9`, `scroll.up`, `scroll.down`.
    pub name: String,
    /// What can be seen of it.
    pub place: Place,
    /// All of it, also what is scrolled away.
    pub whole: Place,
}

/// What [`Stage::places`] says of a control.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    /// Where it can be touched.
    #[serde(flatten)]
    pub place: Place,
    /// Its name in the program.
    pub control: String,
}

impl Stage {
    /// Every control that can be seen, in the order of the tree; under a dialog only the dialog's.
    #[must_use]
    pub fn controls(&self) -> Vec<Control> {
        let top = self.top();
        // What is scrolled away can be neither seen nor touched.
        let windows: Vec<(Place, Vec<Place>)> = top
            .query_descendants()
            .match_inherits("Flickable")
            .find_all()
            .iter()
            .map(inside)
            .collect();
        let control = |element: ElementHandle| {
            let whole = Place::of(&element);
            let window = windows.iter().find(|(_, buttons)| buttons.contains(&whole));
            Some(Control {
                label: element.accessible_label()?.into(),
                name: element.accessible_id().unwrap_or_default().into(),
                place: window.map_or(Some(whole), |(window, _)| whole.within(window))?,
                whole,
            })
        };
        buttons(top.query_descendants()).into_iter().filter_map(control).collect()
    }

    /// The places of [`Stage::controls`] by label.
    #[must_use]
    pub fn places(&self) -> BTreeMap<String, Told> {
        let told = |c: Control| (c.label, Told { place: c.place, control: c.name });
        self.controls().into_iter().map(told).collect()
    }

    /// The rectangles of every text that can be seen and stands on no control, with what it says;
    /// under a dialog only the dialog's, and nothing of what is partly scrolled away.
    #[must_use]
    pub fn texts(&self) -> Vec<(String, Place)> {
        let top = self.top();
        // Dots stand for a text, but are none.
        let text =
            |e: &ElementHandle| is_text(e) && e.type_name().is_none_or(|name| name != "PinDots");
        let scrolled: Vec<(Place, Vec<Place>)> = (top.query_descendants())
            .match_inherits("Flickable")
            .find_all()
            .iter()
            .map(|f| {
                let inner = f.query_descendants().match_predicate(text).find_all();
                (Place::of(f), inner.iter().map(Place::of).collect())
            })
            .collect();
        top.query_descendants()
            .match_predicate(text)
            .find_all()
            .iter()
            .filter_map(|e| Some((e.accessible_label()?.to_string(), Place::of(e))))
            .filter(|(text, _)| !text.is_empty())
            .filter(|(_, place)| {
                let window = scrolled.iter().find(|(_, texts)| texts.contains(place));
                window.is_none_or(|(window, _)| place.lies_in(window))
            })
            .collect()
    }

    /// Texts that say of themselves that they do not fit, also those on controls.
    #[must_use]
    pub fn cut(&self) -> Vec<String> {
        let texts = self.top().query_descendants().match_predicate(is_text).find_all();
        let cut = |e: ElementHandle| {
            Some(e.accessible_description()?.strip_prefix("cut: ")?.replace('\u{2060}', ""))
        };
        texts.into_iter().filter_map(cut).filter(|text| !text.is_empty()).collect()
    }

    /// Surfaces and controls out of which words of theirs run, and what scrolls only downwards.
    #[must_use]
    pub fn spilled(&self) -> Vec<String> {
        let top = self.top();
        let mut spilled = Vec::new();
        let mut look = |surface: &ElementHandle, name: &str, scrolls: bool| {
            let outer = Place::of(surface);
            for text in surface.query_descendants().match_predicate(is_text).find_all() {
                let inner = Place::of(&text);
                let beside = Place { y: outer.y, height: outer.height, ..inner };
                let inside = if scrolls { beside.lies_in(&outer) } else { inner.lies_in(&outer) };
                if !inside && inner.width > 0.0 {
                    let words = text.accessible_label().unwrap_or_default().replace('\u{2060}', "");
                    spilled.push(format!("{words:?} runs out of {name:?}"));
                }
            }
        };
        for control in buttons(top.query_descendants()) {
            look(&control, &control.accessible_label().unwrap_or_default(), false);
        }
        for kind in SURFACES {
            for surface in top.query_descendants().match_inherits(kind).find_all() {
                look(&surface, kind, false);
            }
        }
        for part in top.query_descendants().match_inherits("Flickable").find_all() {
            look(&part, "what scrolls", true);
        }
        spilled
    }

    /// Touches a control as assistive technology would. Whether there was one that takes it.
    pub fn touch(&self, control: &str) -> bool {
        let found = buttons(self.top().query_descendants())
            .into_iter()
            .filter(|b| b.accessible_enabled() != Some(false))
            .find(|b| b.accessible_id().is_some_and(|id| id == control));
        found.map(|b| b.invoke_accessible_default_action()).is_some()
    }

    /// What lies below the lower edge of a part that scrolls, at least in part.
    #[must_use]
    pub fn scrolled_away(&self) -> Vec<String> {
        let parts = self.top().query_descendants().match_inherits("Flickable").find_all();
        let below = |part: &ElementHandle| {
            let edge = Place::of(part).bottom();
            let inner = part.query_descendants().match_predicate(is_text).find_all();
            inner.into_iter().filter(move |e| Place::of(e).bottom() > edge).collect::<Vec<_>>()
        };
        let below = parts.iter().flat_map(below);
        let below = below.filter_map(|e| e.accessible_label()).map(String::from);
        below.filter(|text| !text.is_empty()).collect()
    }

    /// The bar below.
    #[must_use]
    pub fn footer(&self) -> Option<Place> {
        let footer = ElementHandle::find_by_element_type_name(self.face.window(), "Footer").next();
        footer.map(|f| Place::of(&f))
    }

    /// What can be touched now: the dialog, or everything.
    fn top(&self) -> ElementHandle {
        let root = self.face.window();
        ElementHandle::find_by_element_type_name(root, "DialogLayer")
            .next()
            .unwrap_or_else(|| root.root_element())
    }
}

/// What has words on a ground of its own.
const SURFACES: [&str; 6] = ["Notice", "TicketCard", "NumberStrip", "Badge", "Sheet", "Header"];

fn is_text(e: &ElementHandle) -> bool {
    e.accessible_role() == Some(AccessibleRole::Text)
}

fn buttons(query: ElementQuery) -> Vec<ElementHandle> {
    query.match_predicate(|e| e.accessible_role() == Some(AccessibleRole::Button)).find_all()
}

/// The window of a part that scrolls, and the buttons in it.
fn inside(flickable: &ElementHandle) -> (Place, Vec<Place>) {
    let inner = buttons(flickable.query_descendants());
    (Place::of(flickable), inner.iter().map(Place::of).collect())
}
