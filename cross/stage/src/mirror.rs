//! What stands on the kiosk's screen and where, told by the kiosk's twin, which hears what the kiosk
//! hears and is touched where it is touched.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::programs::Programs;
use crate::screen::Size;
use crate::tap::Tap;

/// What stands on the screen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Shown {
    /// Grows with every page and dialog.
    pub page: u32,
    /// The page's name.
    pub screen: String,
    /// The name of the dialog over it.
    pub dialog: Option<String>,
    /// Controls that can be touched, by name.
    pub controls: BTreeMap<String, Control>,
    /// Every text, as a person reads it.
    pub texts: Vec<String>,
    /// What is typed, where an answer is.
    pub entry: Option<Entry>,
}

/// An answer that is typed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Entry {
    /// `date`, `address` or `number`.
    pub kind: String,
    /// Most digits of each of its groups.
    pub digits: Vec<u8>,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Control {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// What it says.
    pub label: String,
    /// Whether a touch is taken now.
    pub enabled: bool,
}

impl Control {
    /// Left and upper edge, width and height, in pixels.
    #[must_use]
    pub fn rectangle(&self) -> [f64; 4] {
        [self.x, self.y, self.width, self.height]
    }

    /// Where to touch it, in pixels.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a place on a screen")]
    pub fn middle(&self) -> (i16, i16) {
        ((self.x + self.width / 2.0) as i16, (self.y + self.height / 2.0) as i16)
    }
}

impl Shown {
    /// A control by its name.
    ///
    /// # Errors
    /// When it is not there, with those that are.
    pub fn control(&self, name: &str) -> Result<&Control> {
        self.controls.get(name).with_context(|| {
            let known: Vec<&str> = self.controls.keys().map(String::as_str).collect();
            format!("the screen {} has no control {name}; it has {}", self.screen, known.join(", "))
        })
    }

    /// Whether a text with these words is on it.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.texts.iter().any(|text| text.contains(words))
    }
}

/// The twin of the kiosk's process that has the screen.
#[derive(Debug)]
pub struct Mirror {
    programs: Programs,
    size: Size,
    /// The kiosk's process that the running twin follows.
    kiosk: u32,
    /// How much of it the twin has heard.
    told: usize,
    twin: Option<Twin>,
}

impl Mirror {
    /// Of a kiosk of that size.
    #[must_use]
    pub fn new(programs: Programs, size: Size) -> Self {
        Self { programs, size, kiosk: 0, told: 0, twin: None }
    }

    /// What stands on the screen, after everything that was said until now.
    ///
    /// # Errors
    /// When the twin does not run.
    pub fn look(&mut self, tap: &Tap) -> Result<Shown> {
        self.follow(tap)?.look()
    }

    /// The kiosk was touched there.
    ///
    /// # Errors
    /// When the twin does not run.
    pub fn touched(&mut self, tap: &Tap, control: &str) -> Result<()> {
        self.follow(tap)?.tell(&json!({ "touched": control }))
    }

    /// The kiosk has shown that its time ran out.
    ///
    /// # Errors
    /// When the twin does not run.
    pub fn timer_fired(&mut self, tap: &Tap) -> Result<()> {
        self.follow(tap)?.tell(&json!("timer_fired"))
    }

    /// Lets the twin hear what it has not heard; a fresh process of the kiosk gets a fresh twin.
    fn follow(&mut self, tap: &Tap) -> Result<&mut Twin> {
        let (kiosk, news) = tap.since(self.kiosk, self.told);
        if self.twin.is_none() || kiosk != self.kiosk {
            self.twin = Some(Twin::start(&self.programs, self.size)?);
            self.kiosk = kiosk;
            self.told = 0;
        }
        let twin = self.twin.as_mut().context("a twin was started")?;
        for happened in &news {
            twin.tell(happened)?;
        }
        self.told += news.len();
        Ok(twin)
    }
}

#[derive(Debug)]
struct Twin {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Twin {
    fn start(programs: &Programs, size: Size) -> Result<Self> {
        let mut command = programs.command("madoguchi-kiosk-twin")?;
        command.args(["follow", "--size", &size.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().context("the twin's input")?;
        let output = BufReader::new(child.stdout.take().context("the twin's output")?);
        Ok(Self { child, input, output })
    }

    fn tell(&mut self, happened: &Value) -> Result<()> {
        writeln!(self.input, "{happened}").context("tell the twin")?;
        self.input.flush().context("tell the twin")
    }

    fn look(&mut self) -> Result<Shown> {
        self.tell(&json!("look"))?;
        let mut line = String::new();
        if self.output.read_line(&mut line).context("ask the twin")? == 0 {
            bail!("the twin has ended");
        }
        serde_json::from_str(&line).context("read what the twin sees")
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
