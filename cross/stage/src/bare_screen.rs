//! A screen's end of the local socket, without a screen: for tests and benches of the agent.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::clerk::{LogIn, LogInProof, NewPassword};
use madoguchi_protocol::counter::{ClerkAnswer, ClerkRequest, CounterEvent};
use madoguchi_protocol::frame::{FrameReader, encode};
use madoguchi_protocol::local::{
    Answer, CardEvent, CardKey, DeviceState, Event, EventFrame, FromAgent, Hello, LOCAL_PROTOCOL,
    Outcome, Request, RequestFrame, ToAgent,
};
use madoguchi_protocol::{PinDigit, VisitId};

/// Longest wait for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// A kiosk without a kiosk, or a counter without a counter.
pub struct BareScreen {
    stream: UnixStream,
    frames: FrameReader,
    visit: Option<VisitId>,
    id: u64,
    /// Of a counter's lines, that came between two answers.
    events: VecDeque<(Instant, CounterEvent)>,
}

impl BareScreen {
    /// Says hello and waits until the device is in service.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
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
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
    pub fn ask(&mut self, request: Request) -> Result<()> {
        self.id += 1;
        let frame = RequestFrame { id: self.id, visit: self.visit, request };
        self.write(&ToAgent::Request(frame))
    }

    /// The same, with something in between when all but the last byte is sent.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
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
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
    pub fn answer(&mut self) -> Result<Answer> {
        loop {
            match self.read()? {
                FromAgent::Answer(answer) if answer.id == self.id => match answer.outcome {
                    Outcome::Answer(answer) => return Ok(answer),
                    Outcome::Failure(failure) => bail!("the agent refuses: {failure}"),
                },
                FromAgent::Event(EventFrame { event: Event::Counter { event }, .. }) => {
                    self.events.push_back((Instant::now(), *event));
                }
                _ => {}
            }
        }
    }

    /// The next event of a counter's lines, and when it was heard.
    ///
    /// # Errors
    /// When none comes in time.
    pub fn event(&mut self) -> Result<(Instant, CounterEvent)> {
        self.event_within(PATIENCE)?.context("nothing happens in the lines")
    }

    /// The same, if it comes so soon.
    ///
    /// # Errors
    /// When the agent is gone.
    pub fn event_within(&mut self, patience: Duration) -> Result<Option<(Instant, CounterEvent)>> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        self.stream.set_read_timeout(Some(patience))?;
        let heard = loop {
            match self.read() {
                Ok(FromAgent::Event(EventFrame { event: Event::Counter { event }, .. })) => {
                    break Ok(Some((Instant::now(), *event)));
                }
                Ok(_) => {}
                Err(error) if is_time_out(&error) => break Ok(None),
                Err(error) => break Err(error),
            }
        };
        self.stream.set_read_timeout(Some(PATIENCE))?;
        heard
    }

    /// Asks as a clerk, and gives the office's answer.
    ///
    /// # Errors
    /// When the agent does not answer.
    pub fn ask_office(&mut self, request: ClerkRequest) -> Result<ClerkAnswer> {
        self.ask(Request::Clerk { request: Box::new(request) })?;
        match self.answer()? {
            Answer::Clerk { answer } => Ok(*answer),
            other => bail!("not an answer to a clerk: {other:?}"),
        }
    }

    /// Logs in with a first password, and chooses this one.
    ///
    /// # Errors
    /// When the office does not take them.
    pub fn begin_work(&mut self, clerk: &str, first: &str, own: &str) -> Result<()> {
        let proof = LogInProof::Password { password: first.into() };
        let log_in = LogIn { clerk: clerk.parse()?, proof };
        let answer = self.ask_office(ClerkRequest::LogIn { log_in })?;
        let ClerkAnswer::Session(session) = answer else { bail!("no session: {answer:?}") };
        ensure!(session.change_password, "a first password is changed");
        let password = NewPassword { old: first.into(), new: own.into() };
        let answer = self.ask_office(ClerkRequest::ChangePassword { password })?;
        ensure!(answer == ClerkAnswer::Done, "the password is not changed: {answer:?}");
        Ok(())
    }

    /// Begins a visit.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
    pub fn begin(&mut self) -> Result<()> {
        self.ask(Request::Begin {})?;
        let Answer::Begun { visit, .. } = self.answer()? else { bail!("no visit begins") };
        self.visit = Some(visit);
        Ok(())
    }

    /// Asks for a number without a form.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
    pub fn ask_for_a_number(&mut self) -> Result<()> {
        self.ask(Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk })
    }

    /// The number, once it was said to be kept.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
    pub fn number(&mut self) -> Result<String> {
        let Answer::Kept { ticket } = self.answer()? else { bail!("nothing is kept") };
        Ok(ticket.to_string())
    }

    /// Up to the step at which the card is laid down.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
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

    /// Returns when a card lies there that can be used.
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
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
    ///
    /// # Errors
    /// When the agent refuses, or does not answer.
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

/// Nothing came within the time for reading.
fn is_time_out(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
}
