//! Puts contents on the window: only what changed, so that only that is drawn again.

use std::rc::Rc;

use madoguchi_journey::view::{self, Display, Language, View};
use madoguchi_widgets::Panel;
use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};

use crate::content::{self, Content};
use crate::ui::{Bars, Colour, Contrast, Kiosk, KioskWindow, Layer, Metrics, Page, TextSize};

/// The window and what stands on it.
pub struct Face {
    window: KioskWindow,
    shown: Option<Content>,
    language: Option<Language>,
}

/// Words that no view says: the names of the two buttons that move a page too long for its place
/// (with a caption of one word), and of the three signs of the first page.
struct Names {
    up: [&'static str; 2],
    down: [&'static str; 2],
    /// The last one stands for the first while no card can be read.
    way: [&'static str; 4],
}

fn names(language: Language) -> Names {
    match language {
        Language::Japanese => Names {
            up: ["上を見る", "上"],
            down: ["続きを見る", "続き"],
            way: ["カードを\n置く", "内容を\n確かめる", "番号で\n窓口へ", "質問に\n答える"],
        },
        Language::English => Names {
            up: ["See above", "Up"],
            down: ["See more", "More"],
            way: ["Lay your\ncard", "Check\nthe form", "To the\ncounter", "Answer\nquestions"],
        },
    }
}

impl Face {
    /// A window on which nothing stands yet.
    ///
    /// # Errors
    /// The platform has no window to give.
    pub fn new() -> Result<Self, slint::PlatformError> {
        Ok(Self { window: KioskWindow::new()?, shown: None, language: None })
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
        self.dress(view.display);
        if self.language != Some(view.language) {
            self.language = Some(view.language);
            self.speak(view.language);
        }
        let before = self.shown.take().unwrap_or_default();
        self.page(&content.page, &before.page);
        self.bars(&content.bars, &before.bars);
        self.layer(&content.layer, &before.layer);
        self.shown = Some(content);
    }

    /// Size and colours.
    fn dress(&self, display: Display) {
        self.window.global::<Metrics>().set_text_size(match display.text_size {
            view::TextSize::Small => TextSize::Small,
            view::TextSize::Medium => TextSize::Medium,
            view::TextSize::Large => TextSize::Large,
            view::TextSize::Largest => TextSize::Largest,
        });
        self.window.global::<Colour>().set_contrast(match display.contrast {
            view::Contrast::Standard => Contrast::Standard,
            view::Contrast::HighLight => Contrast::HighLight,
            view::Contrast::HighDark => Contrast::HighDark,
            view::Contrast::Soft => Contrast::Soft,
        });
    }

    fn speak(&self, language: Language) {
        self.window.global::<Metrics>().set_latin(language == Language::English);
        let kiosk = self.window.global::<Kiosk>();
        let Names { up, down, way } = names(language);
        kiosk.set_scroll_up(up[0].into());
        kiosk.set_scroll_up_caption(up[1].into());
        kiosk.set_scroll_down(down[0].into());
        kiosk.set_scroll_down_caption(down[1].into());
        kiosk.set_way(ModelRc::from(way.map(SharedString::from)));
    }

    fn page(&self, content: &content::Page, before: &content::Page) {
        let page = self.window.global::<Page>();
        let content = content.clone();
        // What belongs to the page goes first: the page itself is built when its kind is set.
        page.set_place(content.place);
        page.set_title(content.title);
        page.set_lead(content.lead);
        page.set_note(content.note);
        page.set_warning(content.warning);
        page.set_assurance(content.assurance);
        page.set_procedure(content.procedure);
        page.set_main(content.main);
        page.set_second(content.second);
        page.set_third(content.third);
        let occasions = changed(page.get_occasions(), &content.occasions, &before.occasions);
        if let Some(occasions) = occasions {
            page.set_occasions(occasions);
        }
        if let Some(tiles) = changed(page.get_tiles(), &content.tiles, &before.tiles) {
            page.set_tiles(tiles);
        }
        if let Some(rows) = changed(page.get_rows(), &content.rows, &before.rows) {
            page.set_rows(rows);
        }
        page.set_notices_title(content.notices_title);
        if let Some(notices) = changed(page.get_notices(), &content.notices, &before.notices) {
            page.set_notices(notices);
        }
        page.set_counters_title(content.counters_title);
        if let Some(counters) = changed(page.get_counters(), &content.counters, &before.counters) {
            page.set_counters(counters);
        }
        page.set_points_title(content.points_title);
        if let Some(points) = changed(page.get_points(), &content.points, &before.points) {
            page.set_points(points);
        }
        page.set_purpose_title(content.purpose_title);
        if let Some(purposes) = changed(page.get_purposes(), &content.purposes, &before.purposes) {
            page.set_purposes(purposes);
        }
        page.set_end_wanted(content.end_wanted);
        page.set_pin_name(content.pin.name);
        page.set_tries(content.pin.tries);
        page.set_tries_left(content.pin.tries_left);
        page.set_wrong(content.pin.wrong);
        page.set_entered(content.pin.entered);
        page.set_entered_words(content.pin.entered_words);
        page.set_digits_enabled(content.pin.digits_enabled);
        page.set_erase(content.pin.erase);
        page.set_looking(content.looking);
        page.set_reads_cards(content.reads_cards);
        self.typed(content.typed, &before.typed);
        page.set_ticket_title(content.ticket_title);
        page.set_ticket(content.ticket);
        page.set_section_title(content.section_title);
        page.set_section(content.section);
        page.set_bring_title(content.bring_title);
        if let Some(bring) = changed(page.get_bring(), &content.bring, &before.bring) {
            page.set_bring(bring);
        }
        if let Some(lines) = changed(page.get_lines(), &content.lines, &before.lines) {
            page.set_lines(lines);
        }
        page.set_take_card(content.take_card);
        page.set_words(content.words);
        page.set_kind(content.kind);
    }

    fn typed(&self, content: content::Typed, before: &content::Typed) {
        let page = self.window.global::<Page>();
        if let Some(groups) = changed(page.get_groups(), &content.groups, &before.groups) {
            page.set_groups(groups);
        }
        page.set_groups_named(content.groups_named);
        page.set_next_group(content.next_group);
        page.set_town_title(content.town_title);
        page.set_town(content.town);
        page.set_change_town(content.change_town);
        page.set_spoken(content.spoken);
        page.set_problem(content.problem);
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
        if let Some(others) = changed(bars.get_others(), &content.others, &before.others) {
            bars.set_others(others);
        }
        bars.set_display(content.display);
        if let Some(stages) = changed(bars.get_stages(), &content.stages, &before.stages) {
            bars.set_stages(stages);
        }
        bars.set_stage(content.stage);
        bars.set_back(content.back);
        bars.set_stop(content.stop);
        bars.set_call_clerk(content.call_clerk);
        bars.set_practice(content.practice);
        bars.set_core_away(content.core_away);
        bars.set_printer_away(content.printer_away);
        bars.set_away_in_brief(content.away_in_brief);
        bars.set_form(content.form);
        bars.set_help(content.help);
    }

    fn layer(&self, content: &content::Layer, before: &content::Layer) {
        let layer = self.window.global::<Layer>();
        let content = content.clone();
        layer.set_title(content.title);
        layer.set_lead(content.lead);
        layer.set_seconds_left(content.seconds_left);
        layer.set_seconds_words(content.seconds_words);
        layer.set_words(content.words);
        layer.set_language_title(content.language_title);
        if let Some(of) = changed(layer.get_languages(), &content.languages, &before.languages) {
            layer.set_languages(of);
        }
        layer.set_size_title(content.size_title);
        if let Some(sizes) = changed(layer.get_sizes(), &content.sizes, &before.sizes) {
            layer.set_sizes(sizes);
        }
        layer.set_contrast_title(content.contrast_title);
        if let Some(of) = changed(layer.get_contrasts(), &content.contrasts, &before.contrasts) {
            layer.set_contrasts(of);
        }
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
