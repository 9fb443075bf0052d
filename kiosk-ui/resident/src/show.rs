//! Puts contents on the window: only what changed, so that only that is drawn again.

use std::rc::Rc;

use madoguchi_journey::view::{Language, View};
use madoguchi_widgets::Panel;
use slint::{ComponentHandle, Model, ModelRc, VecModel};

use crate::content::{self, Content};
use crate::ui::{Bars, Kiosk, KioskWindow, Layer, Metrics, Page};

/// The window and what stands on it.
pub struct Face {
    window: KioskWindow,
    shown: Option<Content>,
}

/// Names of the two buttons that move a page too long for its place; the only words that no view
/// says.
fn scroll_names(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Japanese => ("上を見る", "続きを見る"),
        Language::English => ("See above", "See more"),
    }
}

impl Face {
    /// A window on which nothing stands yet.
    ///
    /// # Errors
    /// The platform has no window to give.
    pub fn new() -> Result<Self, slint::PlatformError> {
        Ok(Self { window: KioskWindow::new()?, shown: None })
    }

    /// The window.
    pub fn window(&self) -> &KioskWindow {
        &self.window
    }

    /// Gives everything its size on this panel; `scale` is logical to physical pixels.
    pub fn fit(&self, panel: &Panel, scale: f32) {
        let metrics = self.window.global::<Metrics>();
        metrics.set_px_per_mm(panel.px_per_mm() / scale);
        metrics.set_generosity(panel.generosity());
        metrics.set_portrait(panel.is_portrait());
        metrics.set_compact(panel.is_compact());
    }

    /// Shows a view.
    pub fn show(&mut self, view: &View) {
        let content = Content::of(view, self.shown.as_ref());
        let (up, down) = scroll_names(view.language);
        self.window.global::<Metrics>().set_latin(view.language == Language::English);
        let kiosk = self.window.global::<Kiosk>();
        kiosk.set_scroll_up(up.into());
        kiosk.set_scroll_down(down.into());
        let before = self.shown.take().unwrap_or_default();
        self.page(&content.page, &before.page);
        self.bars(&content.bars, &before.bars);
        self.layer(&content.layer);
        self.shown = Some(content);
    }

    fn page(&self, content: &content::Page, before: &content::Page) {
        let page = self.window.global::<Page>();
        let content = content.clone();
        // What belongs to the page goes first: the page itself is built when its kind is set.
        page.set_title(content.title);
        page.set_lead(content.lead);
        page.set_note(content.note);
        page.set_assurance(content.assurance);
        page.set_procedure(content.procedure);
        page.set_main(content.main);
        page.set_second(content.second);
        if let Some(tiles) = changed(page.get_tiles(), &content.tiles, &before.tiles) {
            page.set_tiles(tiles);
        }
        if let Some(rows) = changed(page.get_rows(), &content.rows, &before.rows) {
            page.set_rows(rows);
        }
        page.set_points_title(content.points_title);
        if let Some(points) = changed(page.get_points(), &content.points, &before.points) {
            page.set_points(points);
        }
        page.set_purpose_title(content.purpose_title);
        page.set_purpose(content.purpose);
        page.set_pin_name(content.pin.name);
        page.set_tries(content.pin.tries);
        page.set_tries_left(content.pin.tries_left);
        page.set_wrong(content.pin.wrong);
        page.set_entered(content.pin.entered);
        page.set_entered_words(content.pin.entered_words);
        page.set_digits_enabled(content.pin.digits_enabled);
        page.set_erase(content.pin.erase);
        page.set_looking(content.looking);
        page.set_ticket_title(content.ticket_title);
        page.set_ticket(content.ticket);
        page.set_section_title(content.section_title);
        page.set_section(content.section);
        page.set_take_card(content.take_card);
        page.set_clerk_called(content.clerk_called);
        page.set_words(content.words);
        page.set_kind(content.kind);
    }

    fn bars(&self, content: &content::Bars, before: &content::Bars) {
        let bars = self.window.global::<Bars>();
        let content = content.clone();
        bars.set_municipality(content.municipality);
        if let Some(languages) =
            changed(bars.get_languages(), &content.languages, &before.languages)
        {
            bars.set_languages(languages);
        }
        bars.set_language(content.language);
        if let Some(stages) = changed(bars.get_stages(), &content.stages, &before.stages) {
            bars.set_stages(stages);
        }
        bars.set_stage(content.stage);
        bars.set_back(content.back);
        bars.set_stop(content.stop);
        bars.set_call_clerk(content.call_clerk);
        bars.set_core_away(content.core_away);
        bars.set_help(content.help);
    }

    fn layer(&self, content: &content::Layer) {
        let layer = self.window.global::<Layer>();
        let content = content.clone();
        layer.set_title(content.title);
        layer.set_lead(content.lead);
        layer.set_seconds_left(content.seconds_left);
        layer.set_words(content.words);
        layer.set_go_on(content.go_on);
        layer.set_stop(content.stop);
        layer.set_over(content.over);
    }
}

/// A list for the window, where one is needed: rows that stay in their places are changed in
/// place, so that the controls under a finger live on.
fn changed<T: Clone + PartialEq + 'static>(
    model: ModelRc<T>,
    now: &[T],
    before: &[T],
) -> Option<ModelRc<T>> {
    if now == before {
        return None;
    }
    if now.len() != before.len() || model.row_count() != now.len() {
        return Some(ModelRc::from(Rc::new(VecModel::from(now.to_vec()))));
    }
    for (place, (item, old)) in now.iter().zip(before).enumerate() {
        if item != old {
            model.set_row_data(place, item.clone());
        }
    }
    None
}
