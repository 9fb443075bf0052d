//! The ways through a visit, made of looking and touching.

use anyhow::{Context as _, Result, bail};

use super::Visitor;
use crate::device::Kept;
use crate::mirror::Shown;

/// So many pages at most between the card and the number.
const MOST_PAGES: usize = 60;

impl Visitor<'_> {
    /// A whole visit: 転居届 with the card, from the first touch to the wiped screen.
    ///
    /// # Errors
    /// When a screen does not come, with the words of the program that ended.
    pub fn moves_within_the_city(&mut self) -> Result<Kept> {
        self.until_kept()?;
        let kept = self.kept_application()?;
        self.leaves()?;
        Ok(kept)
    }

    /// From start to 「お預かりしました」.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_kept(&mut self) -> Result<()> {
        self.until_review()?;
        self.keeps()
    }

    /// From start to the finished form.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_review(&mut self) -> Result<()> {
        self.until_form()?;
        self.fills_in()
    }

    /// From start to what the card said.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_form(&mut self) -> Result<()> {
        self.until_pin()?;
        let pin = self.person.pin.clone();
        self.types(&pin)?;
        self.touches("submit_pin")?;
        self.sees("form")
    }

    /// From start to the key pad.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_pin(&mut self) -> Result<()> {
        self.until_card()?;
        self.lays_the_card()?;
        self.sees("pin_entry")
    }

    /// From start to the request for the card.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_card(&mut self) -> Result<()> {
        self.until_purpose()?;
        self.touches("agree_purpose")?;
        self.sees("lay_card")
    }

    /// From start to the purpose of 転居届.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_purpose(&mut self) -> Result<()> {
        self.sees("start")?;
        self.touches("start")?;
        self.sees("procedures")?;
        self.touches("pack.tenkyo")?;
        self.sees("purpose")
    }

    /// From start to a number without a form: "I don't know".
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_number(&mut self) -> Result<()> {
        self.sees("start")?;
        self.touches("start")?;
        self.sees("procedures")?;
        self.touches("do_not_know")?;
        self.confirms_if_asked()?;
        self.sees("kept")
    }

    /// Says yes where it is asked whether a number is wanted.
    ///
    /// # Errors
    /// When neither the question nor another page comes.
    pub fn confirms_if_asked(&mut self) -> Result<()> {
        let before = self.page;
        let asked = self.waits_for("the question or the number", |shown| {
            Ok((shown.page != before).then_some(shown.dialog.is_some()))
        })?;
        if asked { self.touches("confirm_number") } else { Ok(()) }
    }

    /// Answers every question somehow, until the finished form stands there, read to its end.
    ///
    /// # Errors
    /// When a page does not come or cannot be answered.
    pub fn fills_in(&mut self) -> Result<()> {
        for _ in 0..MOST_PAGES {
            let shown = self.shown()?;
            match shown.screen.as_str() {
                "form" | "notice" => self.goes_on("next")?,
                "question" => self.chooses(&shown)?,
                "towns" => self.picks_a_town(&shown)?,
                "entry" => self.types_an_answer(&shown)?,
                "review" => return self.reads_to_the_end(),
                other => bail!("nobody knows what to do on the screen {other}"),
            }
        }
        bail!("the questions do not end")
    }

    fn chooses(&mut self, shown: &Shown) -> Result<()> {
        let choices = shown.controls.iter().filter(|(name, _)| name.starts_with("choose."));
        let (first, _) =
            choices.min_by_key(|(_, c)| c.middle().1).context("a question has choices")?;
        self.touches(first)?;
        self.goes_on("next")
    }

    fn picks_a_town(&mut self, shown: &Shown) -> Result<()> {
        let enabled = |prefix: &str, shown: &Shown| {
            let mut controls = shown.controls.iter();
            let found = controls.find(|(name, c)| name.starts_with(prefix) && c.enabled);
            found.map(|(name, _)| name.clone()).with_context(|| format!("a control {prefix}…"))
        };
        let row = enabled("kana_row.", shown)?;
        self.touches(&row)?;
        let town = self.waits_for("a town to choose", |shown| Ok(enabled("town.", shown).ok()))?;
        self.goes_on(&town)
    }

    fn types_an_answer(&mut self, shown: &Shown) -> Result<()> {
        let groups = shown.entry.clone().context("an entry has groups of digits")?;
        for (place, group) in groups.digits.iter().enumerate() {
            let digits = match (groups.kind.as_str(), place) {
                ("date", 0) => "2026".to_owned(),
                ("date", _) => "01".to_owned(),
                ("address", 0) => "1".to_owned(),
                ("address", _) => break,
                _ => "1".repeat(usize::from(*group)),
            };
            let last = place + 1 == groups.digits.len() || groups.kind == "address";
            self.types(&digits)?;
            if !last && digits.len() < usize::from(*group) {
                self.touches("next_group")?;
            }
        }
        self.goes_on("next")
    }

    /// Scrolls down, where the page scrolls, until everything was seen.
    fn reads_to_the_end(&mut self) -> Result<()> {
        while self.scrolls_down()? {}
        self.mirror.touched(self.stage.tap()?, "seen_to_end")
    }

    /// From the finished form to 「お預かりしました」.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn keeps(&mut self) -> Result<()> {
        self.touches("keep")?;
        self.sees("kept")
    }

    /// From 「お預かりしました」 to the next start screen: the card is taken only when asked.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn leaves(&mut self) -> Result<()> {
        self.touches("finish")?;
        if self.stage.card()?.is_laid()? {
            self.sees("take_card")?;
            self.does()?;
            self.stage.card()?.take()?;
        }
        self.sees("start")
    }

    /// What the agent said when the newest application was durable.
    ///
    /// # Errors
    /// When it did not.
    pub fn kept_application(&mut self) -> Result<Kept> {
        let stop = self.stage.stop().clone();
        self.stage.device().kept(0, &stop)?;
        let newest = self.stage.device().all_kept()?.pop();
        newest.context("something is kept")
    }

    /// Breaks the visit off, wherever it is; asked whether really, says yes.
    ///
    /// # Errors
    /// When nothing else is shown.
    pub fn breaks_off(&mut self) -> Result<()> {
        let before = self.shown()?.screen;
        self.touches("stop")?;
        let asked = self.waits_for("the question whether really", |shown| {
            Ok((shown.dialog.is_some() || shown.screen != before).then_some(shown.dialog.is_some()))
        })?;
        if asked {
            self.touches("confirm_stop")?;
        }
        Ok(())
    }

    /// Breaks the visit off and takes the card.
    ///
    /// # Errors
    /// When the start page does not come.
    pub fn gives_up(&mut self) -> Result<()> {
        self.breaks_off()?;
        if self.stage.card()?.is_laid()? {
            self.sees("take_card")?;
            self.takes_the_card()?;
        }
        self.sees("start")
    }
}
