//! Everything set up, in the order in which an office would.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::core::Core;
use crate::device::Device;
use crate::kiosk::Kiosk;
use crate::printer::Printer;
use crate::process::Process;
use crate::programs::Programs;
use crate::reader::{Card, Reader};
use crate::screen::{Screen, Size};
use crate::table::Timetable;
use crate::tap::Tap;
use crate::wait::Stop;

/// Where the kiosk is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// On an invisible screen, for a scripted visitor.
    Invisible,
    /// In a window before a person.
    Window,
}

/// What is to be set up.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The programs.
    pub programs: Programs,
    /// The clone: packs and people are in it.
    pub repository: PathBuf,
    /// A folder of its own: keys, databases, sockets, logs.
    pub work: PathBuf,
    /// Where the kiosk is shown.
    pub shown: Shown,
    /// How big.
    pub size: Size,
    /// A real reader and card: pcscd is the system's.
    pub real_reader: bool,
    /// What the agent is started with, as a tracer; empty for none.
    pub agent_prefix: Vec<OsString>,
    /// The file of the person on the virtual card.
    pub person: PathBuf,
    /// Whether the device has a printer.
    pub printer: bool,
}

impl Plan {
    /// A plan for a scripted visitor at a kiosk of full size.
    #[must_use]
    pub fn scripted(programs: Programs, repository: PathBuf, work: PathBuf) -> Self {
        Self {
            programs,
            person: repository.join("agent/simulators/mynumber-card/people/hanako.toml"),
            repository,
            work,
            shown: Shown::Invisible,
            size: Size { width: 1080, height: 1920 },
            real_reader: false,
            agent_prefix: Vec::new(),
            printer: false,
        }
    }

    /// Where every program writes its log.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.work.join("logs")
    }
}

/// The whole office. Everything on it ends when it is dropped.
#[derive(Debug)]
pub struct Stage {
    // Dropped in this order: whoever uses something goes before it.
    kiosk: Option<Kiosk>,
    screen: Option<Screen>,
    tap: Option<Tap>,
    device: Device,
    card: Option<Card>,
    reader: Option<Reader>,
    printer: Option<Printer>,
    core: Core,
    plan: Plan,
    stop: Stop,
}

impl Stage {
    /// Sets everything up; `progress` is called with each step.
    ///
    /// # Errors
    /// When a program does not come up, with the end of its log.
    pub fn set_up(
        plan: Plan,
        stop: &Stop,
        table: &mut Timetable,
        progress: fn(&str),
    ) -> Result<Self> {
        let (logs, work, programs) = (plan.logs(), &plan.work, &plan.programs);
        fs::create_dir_all(&logs).with_context(|| format!("create {}", logs.display()))?;
        let step = |name: &str| {
            progress(name);
            name.to_owned()
        };

        let name = step("card reader and card");
        let (reader, card) = table.time(&name, || -> Result<_> {
            if plan.real_reader {
                return Ok((None, None));
            }
            let reader = Reader::start(&logs, stop)?;
            let card = Card::start(programs, &plan.person, work, &logs, stop)?;
            Ok((Some(reader), Some(card)))
        })?;

        let name = step("keys, certificates and the core's three roles");
        let (core, printer) = table.time(&name, || -> Result<_> {
            let profile = Self::profile(&plan)?;
            let core = Core::start(1, programs, &plan.repository, &profile, work, &logs, stop)?;
            let printer = plan.printer.then(|| Printer::start(work, &logs, stop)).transpose()?;
            Ok((core, printer))
        })?;

        let name = step("enrolment of the device");
        let device = table.time(&name, || -> Result<_> {
            let sheet = core.admit_device()?;
            let enrol = |practice| {
                Device::enrol(programs, &sheet, &plan.agent_prefix, practice, work, &logs)
            };
            if plan.real_reader {
                let mut device = enrol(None)?;
                device.start(stop)?;
                return Ok(device);
            }
            let mut device = enrol(Some(&Card::authority(programs, work)?))?;
            device.start_to_practise(stop)?;
            Ok(device)
        })?;

        let name = step("screen and kiosk");
        let (screen, tap, kiosk) = table.time(&name, || -> Result<_> {
            let screen = match plan.shown {
                Shown::Invisible => Some(Screen::start(plan.size, &logs, stop)?),
                Shown::Window => None,
            };
            let tap = match plan.shown {
                Shown::Invisible => Some(Tap::open(work.join("tap.sock"), &device.socket())?),
                Shown::Window => None,
            };
            let socket =
                tap.as_ref().map_or_else(|| device.socket(), |tap| tap.socket().to_owned());
            let display = screen.as_ref().map(Screen::display);
            let kiosk = Kiosk::start(programs, &socket, plan.size, display, &logs)?;
            Ok((screen, tap, kiosk))
        })?;

        let stop = stop.clone();
        Ok(Self {
            kiosk: Some(kiosk),
            screen,
            tap,
            device,
            card,
            reader,
            printer,
            core,
            plan,
            stop,
        })
    }

    /// The kiosk's usual profile, with its printer. With a virtual card, people practise there: it
    /// counts as issued, so that a clerk sees what is seen of a real one.
    fn profile(plan: &Plan) -> Result<PathBuf> {
        let usual = Core::usual_profile(&plan.repository);
        let mut text =
            fs::read_to_string(&usual).with_context(|| format!("read {}", usual.display()))?;
        if !plan.real_reader {
            // Before the first table.
            text.insert_str(0, "practice = true\n");
        }
        if plan.printer {
            text += &Printer::in_a_profile();
        }
        let file = plan.work.join("profile.toml");
        fs::write(&file, text).context("write the profile")?;
        Ok(file)
    }

    /// The programs it is built from.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.plan.programs
    }

    /// Everybody who must have forgotten the visitor when the visit is over: the kiosk's programs,
    /// the agent, the reader's daemon, the X server, the printer and the intake. Not the office, which opens
    /// applications, and not the card.
    ///
    /// # Errors
    /// When one of them does not run.
    pub fn who_must_forget(&mut self) -> Result<Vec<(String, u32)>> {
        let mut processes = Vec::new();
        let mut add = |process: &Process| -> Result<()> {
            let family = process.family()?;
            processes.extend(family.into_iter().map(|id| (process.name().to_owned(), id)));
            Ok(())
        };
        add(self.kiosk.as_ref().context("the kiosk runs")?.process())?;
        add(self.device.agent()?)?;
        if let Some(reader) = &mut self.reader {
            add(reader.pcscd())?;
        }
        if let Some(screen) = &self.screen {
            add(screen.server())?;
        }
        if let Some(printer) = &self.printer {
            add(printer.process())?;
        }
        add(self.core.role("intake")?)?;
        Ok(processes)
    }

    /// The size of the kiosk's screen.
    #[must_use]
    pub fn size(&self) -> Size {
        self.plan.size
    }

    /// The plan it was set up by.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The wish to stop.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// The municipality's side.
    pub fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    /// The device's agent.
    pub fn device(&mut self) -> &mut Device {
        &mut self.device
    }

    /// The kiosk's screens.
    ///
    /// # Errors
    /// When it was ended.
    pub fn kiosk(&mut self) -> Result<&mut Kiosk> {
        self.kiosk.as_mut().context("the kiosk runs")
    }

    /// The invisible screen.
    ///
    /// # Errors
    /// When the kiosk is shown in a window.
    pub fn screen(&mut self) -> Result<&mut Screen> {
        self.screen.as_mut().context("the screen is an invisible one")
    }

    /// What the agent says to the kiosk.
    ///
    /// # Errors
    /// When the kiosk is shown in a window: then nobody listens.
    pub fn tap(&self) -> Result<&Tap> {
        self.tap.as_ref().context("the kiosk's connection is tapped")
    }

    /// The virtual card.
    ///
    /// # Errors
    /// When the reader is a real one.
    pub fn card(&mut self) -> Result<&mut Card> {
        self.card.as_mut().context("the card is a virtual one")
    }

    /// Another virtual card in the hand, with the person of that file; the one before is gone.
    ///
    /// # Errors
    /// When it does not take orders.
    pub fn take_out_another_card(&mut self, person: &Path) -> Result<()> {
        let Self { plan, stop, .. } = self;
        self.card = None;
        let card = Card::start(&plan.programs, person, &plan.work, &plan.logs(), stop)?;
        self.card = Some(card);
        Ok(())
    }

    /// Lets the reader's daemon run again after its plug was pulled.
    ///
    /// # Errors
    /// When it does not take connections.
    pub fn start_the_reader_again(&mut self) -> Result<()> {
        let (logs, stop) = (self.plan.logs(), self.stop.clone());
        self.reader()?.start_again(&logs, &stop)
    }

    /// The printer.
    ///
    /// # Errors
    /// When the plan has none.
    pub fn printer(&mut self) -> Result<&mut Printer> {
        self.printer.as_mut().context("the device has a printer")
    }

    /// The virtual reader.
    ///
    /// # Errors
    /// When the reader is a real one.
    pub fn reader(&mut self) -> Result<&mut Reader> {
        self.reader.as_mut().context("the reader is a virtual one")
    }
}
