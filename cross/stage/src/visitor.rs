//! A scripted visitor: looks at the screen, touches controls where they are, lays the card and
//! takes it.

mod ways;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::mirror::{Mirror, Shown};
use crate::picture::Picture;
use crate::search::Person;
use crate::stage::Stage;
use crate::table::Timetable;
use crate::wait::until;

const PATIENCE: Duration = Duration::from_secs(10);
/// A touch that comes sooner after a new page was meant for the page before, and is not taken
/// (`SETTLING` of the journey, and a little more).
const SETTLED: Duration = Duration::from_millis(380);
/// A picture that stays the same for so long moves no more.
const STILL: Duration = Duration::from_millis(120);

/// Who stands before the kiosk.
pub struct Visitor<'a> {
    stage: &'a mut Stage,
    mirror: Mirror,
    person: Person,
    pictures: Option<PathBuf>,
    taken: usize,
    /// End of the kiosk's log when the last thing was done.
    mark: u64,
    done_at: Instant,
    /// The page that was seen last, by number, and when it was first seen.
    page: u32,
    seen_at: Instant,
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
            mirror: Mirror::new(stage.programs().clone(), stage.size()),
            stage,
            person,
            pictures: pictures.map(Path::to_owned),
            taken: 0,
            mark: 0,
            done_at: Instant::now(),
            page: 0,
            seen_at: Instant::now(),
            table: Timetable::begin(),
            progress,
        }
    }

    /// Comes when another visit is over: only the page that is shown now, or later, counts.
    ///
    /// # Errors
    /// When the kiosk's log cannot be read.
    pub fn begins_now(&mut self) -> Result<()> {
        self.mark = self.stage.kiosk()?.last_screen_begins_at()?;
        Ok(())
    }

    /// Who it is.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
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

    /// Waits until a page is on the screen, and looks at it.
    ///
    /// # Errors
    /// When it does not come, with those that came instead.
    pub fn sees(&mut self, screen: &str) -> Result<()> {
        self.is_shown(screen)?;
        let seen_at = Instant::now();
        self.page = self.waits_for(screen, |s| Ok((s.screen == screen).then_some(s.page)))?;
        self.seen_at = seen_at;
        Ok(())
    }

    /// Waits until a page is on the screen by the kiosk's own word.
    ///
    /// # Errors
    /// When it does not come, with those that came instead.
    pub fn is_shown(&mut self, screen: &str) -> Result<()> {
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

    /// What stands on the screen now.
    ///
    /// # Errors
    /// When the twin does not run.
    pub fn shown(&mut self) -> Result<Shown> {
        self.mirror.look(self.stage.tap()?)
    }

    /// Waits until what stands on the screen is as `look` wants it.
    ///
    /// # Errors
    /// When it does not come to that, with what stands there instead.
    pub fn waits_for<T>(
        &mut self,
        what: &str,
        look: impl FnMut(&Shown) -> Result<Option<T>>,
    ) -> Result<T> {
        self.waits_long_for(what, PATIENCE, look)
    }

    /// The same, with a patience of its own.
    ///
    /// # Errors
    /// When it does not come to that, with what stands there instead.
    pub fn waits_long_for<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut look: impl FnMut(&Shown) -> Result<Option<T>>,
    ) -> Result<T> {
        let stop = self.stage.stop().clone();
        let mut last = None;
        let found = until(what, patience, &stop, || {
            let shown = self.mirror.look(self.stage.tap()?)?;
            let found = look(&shown);
            last = Some(shown);
            found
        });
        found.with_context(|| match last {
            Some(shown) => format!("the screen {} says {:?}", shown.screen, shown.texts),
            None => "nothing was seen".to_owned(),
        })
    }

    /// Waits until these words are on the screen.
    ///
    /// # Errors
    /// When they do not come, with those that are there.
    pub fn reads(&mut self, words: &str) -> Result<()> {
        self.waits_for(words, |shown| Ok(shown.says(words).then_some(())))
    }

    fn keep(&mut self, picture: &Picture, screen: &str) -> Result<()> {
        let Some(folder) = &self.pictures else { return Ok(()) };
        self.taken += 1;
        picture.write(&folder.join(format!("{:02}-{screen}.png", self.taken)))
    }

    /// Before the visitor does something: what the kiosk says from now on is the answer.
    ///
    /// # Errors
    /// When the kiosk's log cannot be read.
    pub fn does(&mut self) -> Result<()> {
        self.mark = self.stage.kiosk()?.mark()?;
        self.done_at = Instant::now();
        Ok(())
    }

    /// Touches a control, by its name, once it can be touched; scrolls to it where it must.
    ///
    /// # Errors
    /// When it is not there.
    pub fn touches(&mut self, control: &str) -> Result<()> {
        let (x, y) = self.about_to_touch(control)?;
        self.stage.screen()?.press(x, y)
    }

    /// Everything but the touch itself: gives the place. The twin is touched already: the agent's
    /// answer must find it waiting for one.
    ///
    /// # Errors
    /// When the control is not there.
    pub fn about_to_touch(&mut self, control: &str) -> Result<(i16, i16)> {
        let place = loop {
            let shown = self.waits_for(control, |shown| {
                let there = shown.controls.get(control).is_some_and(|control| control.enabled);
                let below = can_scroll(shown) && !shown.controls.contains_key(control);
                Ok((there || below).then(|| shown.clone()))
            })?;
            if shown.page != self.page {
                self.page = shown.page;
                self.seen_at = Instant::now();
            }
            match shown.controls.get(control) {
                Some(control) => break control.middle(),
                None if self.scrolls_down()? => {}
                None => bail!("nobody finds {control}, also further down: {shown:?}"),
            }
        };
        let (stop, seen_at) = (self.stage.stop().clone(), self.seen_at);
        until("the page to settle", PATIENCE, &stop, || {
            Ok((seen_at.elapsed() >= SETTLED).then_some(()))
        })?;
        self.does()?;
        self.mirror.touched(self.stage.tap()?, control)?;
        Ok(place)
    }

    /// One step down, where the page scrolls. Whether something else can be seen then.
    fn scrolls_down(&mut self) -> Result<bool> {
        let before = self.shown()?;
        if !can_scroll(&before) {
            return Ok(false);
        }
        let (x, y) = before.control("scroll.down")?.middle();
        self.mirror.touched(self.stage.tap()?, "scroll.down")?;
        self.stage.screen()?.press(x, y)?;
        if self.shown()? == before {
            return Ok(false);
        }
        self.rests()?;
        Ok(true)
    }

    /// Waits until nothing moves on the screen.
    fn rests(&mut self) -> Result<()> {
        let stop = self.stage.stop().clone();
        let mut last = self.stage.screen()?.picture()?;
        let mut since = Instant::now();
        until("a screen on which nothing moves", PATIENCE, &stop, || {
            let now = self.stage.screen()?.picture()?;
            if now != last {
                last = now;
                since = Instant::now();
            }
            Ok((since.elapsed() >= STILL).then_some(()))
        })
    }

    /// Touches a control that changes the screen, and waits for that.
    ///
    /// # Errors
    /// When it is not there, or nothing changes.
    pub fn touches_and_sees_it(&mut self, control: &str) -> Result<()> {
        let before = self.stage.screen()?.picture()?;
        self.touches(control)?;
        let stop = self.stage.stop().clone();
        until("a change of the screen after a touch", PATIENCE, &stop, || {
            Ok((self.stage.screen()?.picture()? != before).then_some(()))
        })
    }

    /// Touches a control that leads to another page, and waits for that.
    ///
    /// # Errors
    /// When it is not there, or no page comes.
    pub fn goes_on(&mut self, control: &str) -> Result<()> {
        self.touches(control)?;
        let stop = self.stage.stop().clone();
        let mark = self.mark;
        let screen = self.stage.kiosk()?.shows_another(mark, &stop)?;
        (self.progress)(&screen);
        self.table.note(&screen, self.done_at.elapsed());
        self.seen_at = Instant::now();
        self.page = self.waits_for(&screen, |s| Ok((s.screen == screen).then_some(s.page)))?;
        Ok(())
    }

    /// Types digits on the key pad, each when the one before is on the screen.
    ///
    /// # Errors
    /// When the screen does not change.
    pub fn types(&mut self, digits: &str) -> Result<()> {
        for digit in digits.chars() {
            ensure!(digit.is_ascii_digit(), "a key pad has digits");
            self.touches_and_sees_it(&format!("digit.{digit}"))?;
        }
        let drawn = self.stage.screen()?.picture()?;
        self.keep(&drawn, "typed")
    }

    /// Lays the card on the reader.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn lays_the_card(&mut self) -> Result<()> {
        self.does()?;
        self.stage.card()?.lay()
    }

    /// Takes it off.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn takes_the_card(&mut self) -> Result<()> {
        self.does()?;
        self.stage.card()?.take()
    }
}

fn can_scroll(shown: &Shown) -> bool {
    shown.controls.contains_key("scroll.down")
}
