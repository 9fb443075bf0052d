//! A scripted visitor: looks at the screen, touches controls where they are, lays the card and
//! takes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::device::Kept;
use crate::picture::Picture;
use crate::process;
use crate::search::Person;
use crate::stage::Stage;
use crate::table::Timetable;
use crate::wait::until;

const PATIENCE: Duration = Duration::from_secs(10);

/// Where a control is, in pixels.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Place {
    #[expect(clippy::cast_possible_truncation, reason = "a place on a screen")]
    fn middle(self) -> (i16, i16) {
        ((self.x + self.width / 2.0) as i16, (self.y + self.height / 2.0) as i16)
    }
}

/// Who stands before the kiosk.
pub struct Visitor<'a> {
    stage: &'a mut Stage,
    person: Person,
    pictures: Option<PathBuf>,
    taken: usize,
    places: BTreeMap<String, BTreeMap<String, Place>>,
    /// End of the kiosk's log when the last thing was done.
    mark: u64,
    done_at: Instant,
    table: Timetable,
    /// Called with each step, before it is waited for.
    progress: fn(&str),
}

impl<'a> Visitor<'a> {
    /// Comes to the stage's kiosk; pictures of the screens go to `pictures`.
    #[must_use]
    pub fn come(
        stage: &'a mut Stage,
        person: Person,
        pictures: Option<&Path>,
        progress: fn(&str),
    ) -> Self {
        Self {
            stage,
            person,
            pictures: pictures.map(Path::to_owned),
            taken: 0,
            places: BTreeMap::new(),
            mark: 0,
            done_at: Instant::now(),
            table: Timetable::begin(),
            progress,
        }
    }

    /// The slice from start to wiped: 転居届 with the card.
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

    /// From the finished form to 「お預かりしました」.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn keeps(&mut self) -> Result<()> {
        self.touches("review", "この内容で預ける")?;
        self.sees("kept")
    }

    /// From start to the finished form.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn until_review(&mut self) -> Result<()> {
        self.sees("start")?;
        self.touches("start", "はじめる")?;
        self.sees("procedures")?;
        self.touches("procedures", "転居届")?;
        self.sees("purpose")?;
        self.touches("purpose", "カードを使って進む")?;
        self.sees("lay_card")?;
        self.lays_the_card()?;
        self.sees("pin_entry")?;
        self.types_the_pin()?;
        self.touches("pin_entry", "この番号で読み取る")?;
        self.sees("form")?;
        self.touches("form", "次へ")?;
        self.sees("question")?;
        self.touches_and_sees_it("question", "家族（世帯）の全員")?;
        self.touches("question", "次へ")?;
        self.sees("review")
    }

    /// From 「お預かりしました」 to the next start screen: the card is taken only when asked.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn leaves(&mut self) -> Result<()> {
        self.touches("kept", "終わる")?;
        self.sees("take_card")?;
        self.does()?;
        self.stage.card()?.take()?;
        self.sees("start")
    }

    /// What the agent said when the application was durable.
    ///
    /// # Errors
    /// When it did not.
    pub fn kept_application(&mut self) -> Result<Kept> {
        let stop = self.stage.stop().clone();
        self.stage.device().kept(0, &stop)
    }

    /// The stage on which the visitor stands.
    pub fn stage(&mut self) -> &mut Stage {
        self.stage
    }

    /// Goes away; gives how long every step took.
    #[must_use]
    pub fn go(self) -> Timetable {
        self.table
    }

    fn sees(&mut self, screen: &str) -> Result<()> {
        (self.progress)(screen);
        let stop = self.stage.stop().clone();
        let mark = self.mark;
        self.stage.kiosk()?.shows(screen, mark, &stop)?;
        self.table.note(screen, self.done_at.elapsed());
        let drawn = until("a drawn screen", PATIENCE, &stop, || {
            Ok(Some(self.stage.screen()?.picture()?).filter(Picture::shows_something))
        })?;
        self.keep(&drawn, screen)
    }

    fn keep(&mut self, picture: &Picture, screen: &str) -> Result<()> {
        let Some(folder) = &self.pictures else { return Ok(()) };
        self.taken += 1;
        picture.write(&folder.join(format!("{:02}-{screen}.png", self.taken)))
    }

    /// Before the visitor does something: what the kiosk says from now on is the answer.
    fn does(&mut self) -> Result<()> {
        self.mark = self.stage.kiosk()?.mark()?;
        self.done_at = Instant::now();
        Ok(())
    }

    fn touches(&mut self, screen: &str, label: &str) -> Result<()> {
        let (x, y) = self.place(screen, label)?.middle();
        self.does()?;
        self.stage.screen()?.press(x, y)
    }

    /// Touches a control that changes the screen on which it is.
    fn touches_and_sees_it(&mut self, screen: &str, label: &str) -> Result<()> {
        let before = self.stage.screen()?.picture()?;
        self.touches(screen, label)?;
        let stop = self.stage.stop().clone();
        let what = format!("a change of the screen {screen} after a touch");
        until(&what, PATIENCE, &stop, || {
            Ok((self.stage.screen()?.picture()? != before).then_some(()))
        })
    }

    fn types_the_pin(&mut self) -> Result<()> {
        for digit in self.person.pin.clone().chars() {
            self.touches_and_sees_it("pin_entry", &digit.to_string())?;
        }
        let drawn = self.stage.screen()?.picture()?;
        self.keep(&drawn, "pin_entry_full")
    }

    fn lays_the_card(&mut self) -> Result<()> {
        self.does()?;
        self.stage.card()?.lay()
    }

    fn place(&mut self, screen: &str, label: &str) -> Result<Place> {
        if !self.places.contains_key(screen) {
            let places = self.ask_the_twin(screen)?;
            self.places.insert(screen.to_owned(), places);
        }
        let places = &self.places[screen];
        let begins = || places.iter().find(|(name, _)| name.starts_with(label)).map(|(_, p)| p);
        let Some(place) = places.get(label).or_else(begins) else {
            let known: Vec<&str> = places.keys().map(String::as_str).collect();
            bail!("the screen {screen} has no control {label}; it has {}", known.join(", "))
        };
        Ok(*place)
    }

    fn ask_the_twin(&self, screen: &str) -> Result<BTreeMap<String, Place>> {
        let mut twin = self.stage.programs().command("madoguchi-kiosk-twin")?;
        twin.args(["places", "--size", &self.stage.size().to_string(), "--scene", screen]);
        let answer = process::run(&mut twin)?;
        serde_json::from_slice(&answer).context("read the twin's places")
    }
}
