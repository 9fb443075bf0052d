#![allow(dead_code, reason = "each test program uses a part of it")]
//! A stage without a screen, and a screen without a person: for tests of the agent's promises.

pub mod kiosk;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::frame::{FrameReader, encode};
use madoguchi_protocol::local::{
    Answer, CardEvent, CardKey, DeviceState, Event, FromAgent, Hello, LOCAL_PROTOCOL, Outcome,
    Request, RequestFrame, ToAgent,
};
use madoguchi_protocol::{PinDigit, VisitId};
use madoguchi_stage::namespaces::Private;
use madoguchi_stage::{Backlog, Core, Device, Programs, Reader, Stop};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A reader and no invisible screen.
pub const PRIVATE: Private = Private { reader: true, screen: false };

/// Core, reader and an enrolled device whose agent runs.
pub struct Office {
    // Dropped in this order.
    pub device: Device,
    pub core: Core,
    pub reader: Reader,
    pub programs: Programs,
    pub logs: PathBuf,
}

impl Office {
    pub fn open(work: &Path, stop: &Stop) -> Result<Self> {
        Self::open_as(1, &[], work, stop)
    }

    /// With two intakes, each with a database of its own.
    pub fn open_with_two_intakes(work: &Path, stop: &Stop) -> Result<Self> {
        Self::open_as(2, &[], work, stop)
    }

    /// `prefix`: what the agent is started with, as a tracer.
    pub fn open_with_agent(work: &Path, prefix: &[OsString], stop: &Stop) -> Result<Self> {
        Self::open_as(1, prefix, work, stop)
    }

    fn open_as(intakes: usize, prefix: &[OsString], work: &Path, stop: &Stop) -> Result<Self> {
        let programs = Programs::beside_this_one()?;
        let logs = work.join("logs");
        std::fs::create_dir_all(&logs)?;
        let repository = Path::new("../..").canonicalize()?;
        let reader = Reader::start(&logs, stop)?;
        let core = {
            let profile = Core::usual_profile(&repository);
            Core::start(intakes, &programs, &repository, &profile, work, &logs, stop)?
        };
        let sheet = core.admit_device()?;
        let mut device = Device::enrol(&programs, &sheet, prefix, None, work, &logs)?;
        device.start(stop)?;
        Ok(Self { device, core, reader, programs, logs })
    }
}

impl Office {
    /// What fills the store of the device, which has its settings and numbers then.
    pub fn backlog(&self) -> Result<Backlog> {
        BareScreen::connect(&self.device.socket())?;
        let packs = Path::new("../..").canonicalize()?.join("provisioning/procedures");
        Backlog::of(&self.device.state(), self.core.folder(), &packs)
    }
}

/// The kiosk's end of the local socket, without a kiosk.
pub struct BareScreen {
    stream: UnixStream,
    frames: FrameReader,
    visit: Option<VisitId>,
    id: u64,
    /// Of a counter's lines, that came between two answers.
    events: VecDeque<Event>,
}

impl BareScreen {
    /// Says hello and waits until the device is in service.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).context("connect")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut screen = Self {
            stream,
            frames: FrameReader::default(),
            visit: None,
            id: 0,
            events: VecDeque::new(),
        };
        let program = "bare screen".to_owned();
        screen.write(&ToAgent::Hello(Hello { protocol: LOCAL_PROTOCOL, program }))?;
        loop {
            if let FromAgent::Event(frame) = screen.read()?
                && let Event::Device(DeviceState { out_of_service: None, .. }) = frame.event
            {
                return Ok(screen);
            }
        }
    }

    /// Asks; what comes is read by [`BareScreen::answer`].
    pub fn ask(&mut self, request: Request) -> Result<()> {
        self.id += 1;
        let frame = RequestFrame { id: self.id, visit: self.visit, request };
        self.write(&ToAgent::Request(frame))
    }

    /// The same, with something in between when all but the last byte is sent.
    pub fn ask_with_a_pause(
        &mut self,
        request: Request,
        meanwhile: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        self.id += 1;
        let frame = RequestFrame { id: self.id, visit: self.visit, request };
        let bytes = encode(&ToAgent::Request(frame))?;
        let (last, others) = bytes.split_last().context("a frame has bytes")?;
        self.stream.write_all(others)?;
        meanwhile()?;
        Ok(self.stream.write_all(&[*last])?)
    }

    /// The answer to what was asked last.
    pub fn answer(&mut self) -> Result<Answer> {
        loop {
            match self.read()? {
                FromAgent::Answer(answer) if answer.id == self.id => match answer.outcome {
                    Outcome::Answer(answer) => return Ok(answer),
                    Outcome::Failure(failure) => bail!("the agent refuses: {failure}"),
                },
                FromAgent::Event(frame) if matches!(frame.event, Event::Counter { .. }) => {
                    self.events.push_back(frame.event);
                }
                _ => {}
            }
        }
    }

    /// The next event of a counter's lines.
    pub fn event(&mut self) -> Result<Event> {
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        loop {
            if let FromAgent::Event(frame) = self.read()?
                && matches!(frame.event, Event::Counter { .. })
            {
                return Ok(frame.event);
            }
        }
    }

    pub fn begin(&mut self) -> Result<()> {
        self.ask(Request::Begin {})?;
        let Answer::Begun { visit, .. } = self.answer()? else { bail!("no visit begins") };
        self.visit = Some(visit);
        Ok(())
    }

    pub fn ask_for_a_number(&mut self) -> Result<()> {
        self.ask(Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk })
    }

    /// The number, once it was said to be kept.
    pub fn number(&mut self) -> Result<String> {
        let Answer::Kept { ticket } = self.answer()? else { bail!("nothing is kept") };
        Ok(ticket.to_string())
    }

    /// Up to the step at which the card is laid down.
    pub fn ask_for_the_card(&mut self) -> Result<()> {
        self.begin()?;
        let pack = "tenkyo".parse().context("a pack")?;
        for request in [
            Request::ChoosePack { pack, also: vec![] },
            Request::AgreePurpose {},
            Request::AwaitCard { by: CardKey::Pin },
        ] {
            self.ask(request)?;
            self.answer()?;
        }
        Ok(())
    }

    pub fn wait_for_usable_card(&mut self) -> Result<()> {
        loop {
            if let FromAgent::Event(frame) = self.read()?
                && let Event::Card { card: CardEvent::Usable { .. } } = frame.event
            {
                return Ok(());
            }
        }
    }

    /// Types four digits and sends them to the card; returns when the agent is busy with that.
    pub fn submit_pin(&mut self) -> Result<()> {
        for _ in 0..4 {
            self.ask(Request::PinDigit { digit: PinDigit::try_from(1).context("a digit")? })?;
            self.answer()?;
        }
        self.ask(Request::PinSubmit {})?;
        self.ask(Request::PinErase {})?;
        let refused = self.answer().is_err();
        ensure!(refused, "the agent is not busy with the card");
        Ok(())
    }

    fn write(&mut self, message: &ToAgent) -> Result<()> {
        Ok(self.stream.write_all(&encode(message)?)?)
    }

    fn read(&mut self) -> Result<FromAgent> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(message) = self.frames.next_message()? {
                return Ok(message);
            }
            let length = self.stream.read(&mut buffer).context("read from the agent")?;
            if length == 0 {
                bail!("the agent is gone");
            }
            self.frames.feed(&buffer[..length]);
        }
    }
}
