//! An agent that answers as the protocol wants it and keeps what it heard.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use madoguchi_protocol::VisitId;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::frame::{FrameReader, encode};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, DeviceState, Event, EventFrame, FromAgent, Hello,
    LOCAL_PROTOCOL, Outcome, Request, ToAgent,
};
use madoguchi_resident::twin::scenes;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Agent {
    folder: tempfile::TempDir,
    heard: Receiver<ToAgent>,
    stream: Arc<Mutex<Option<UnixStream>>>,
    left: Receiver<()>,
}

impl Agent {
    pub fn listen() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("agent.sock")).expect("a socket");
        let (sender, heard) = channel();
        let (leaving, left) = channel();
        let stream = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&stream);
        std::thread::spawn(move || {
            while let Ok((connection, _)) = listener.accept() {
                *shared.lock().expect("unpoisoned") = connection.try_clone().ok();
                serve(connection, &sender);
                if leaving.send(()).is_err() {
                    return;
                }
            }
        });
        Self { folder, heard, stream, left }
    }

    pub fn socket(&self) -> PathBuf {
        Path::join(self.folder.path(), "agent.sock")
    }

    /// Waits for a hello.
    pub fn is_greeted(&mut self) {
        self.wait(|message| matches!(message, ToAgent::Hello(_)));
    }

    /// Waits until the kiosk has closed a connection.
    pub fn is_left(&self) {
        self.left.recv_timeout(PATIENCE).expect("the kiosk closes its connection");
    }

    /// Waits for such a request.
    pub fn hears(&mut self, wanted: impl Fn(&Request) -> bool) -> Request {
        let message = self.wait(|m| matches!(m, ToAgent::Request(f) if wanted(&f.request)));
        match message {
            ToAgent::Request(frame) => frame.request,
            ToAgent::Hello(_) => unreachable!("a request was waited for"),
        }
    }

    fn wait(&mut self, wanted: impl Fn(&ToAgent) -> bool) -> ToAgent {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.heard.recv_timeout(left).expect("the kiosk says so in time");
            if wanted(&message) {
                return message;
            }
        }
    }

    pub fn says_card(&self, card: CardEvent) {
        let event = EventFrame { visit: Some(visit()), event: Event::Card { card } };
        let mut stream = self.stream.lock().expect("unpoisoned");
        say(stream.as_mut().expect("connected"), &FromAgent::Event(event));
    }
}

fn visit() -> VisitId {
    VisitId::from_bytes([7; 16])
}

fn say(stream: &mut UnixStream, message: &FromAgent) {
    stream.write_all(&encode(message).expect("small")).expect("the kiosk listens");
}

fn municipality() -> Text {
    Text { ja: "常盤市".into(), en: "Tokiwa City".into() }
}

fn serve(mut stream: UnixStream, heard: &Sender<ToAgent>) {
    let mut reader = FrameReader::default();
    let mut bytes = [0; 4096];
    let mut entered = 0;
    loop {
        while let Some(message) = reader.next_message::<ToAgent>().expect("the protocol") {
            match &message {
                ToAgent::Hello(_) => greet(&mut stream),
                ToAgent::Request(frame) => {
                    let answer = answer(&frame.request, &mut entered);
                    let outcome = Outcome::Answer(answer);
                    say(&mut stream, &FromAgent::Answer(AnswerFrame { id: frame.id, outcome }));
                }
            }
            heard.send(message).expect("the test goes on");
        }
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(n) => reader.feed(&bytes[..n]),
        }
    }
}

fn greet(stream: &mut UnixStream) {
    let hello = Hello { protocol: LOCAL_PROTOCOL, program: "a script".into() };
    say(stream, &FromAgent::Hello(hello));
    let event =
        Event::Device(DeviceState { municipality: Some(municipality()), ..DeviceState::default() });
    say(stream, &FromAgent::Event(EventFrame { visit: None, event }));
}

fn answer(request: &Request, entered: &mut u8) -> Answer {
    match request {
        Request::Begin {} => Answer::Begun {
            visit: visit(),
            packs: scenes::packs(),
            municipality: municipality(),
            life_events: scenes::life_events(),
            towns: Some(scenes::towns()),
        },
        Request::PinDigit { .. } => {
            *entered += 1;
            Answer::PinDigits { entered: *entered }
        }
        Request::PinErase {} => {
            *entered -= 1;
            Answer::PinDigits { entered: *entered }
        }
        _ => Answer::Done {},
    }
}
