//! The link over real sockets: hello, loss and return, bad frames, an agent that does not read.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use madoguchi_link::{Connection, Link, LinkEvent, QUEUE};
use madoguchi_protocol::frame::{FrameReader, MAX_FRAME, encode};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, DeviceState, Event, EventFrame, FromAgent, Hello, LOCAL_PROTOCOL, Outcome,
    Request, RequestFrame, ToAgent,
};
use madoguchi_protocol::{FailureCode, PinDigit};
use tempfile::TempDir;

/// Whatever is waited for comes far sooner.
const DEADLINE: Duration = Duration::from_secs(20);

struct Kiosk {
    link: Link,
    events: Receiver<LinkEvent>,
}

impl Kiosk {
    fn open(folder: &TempDir) -> Self {
        let (report, events) = channel();
        let link = Link::open(folder.path().join("agent"), "test 1", move |event| {
            // The test may be over.
            let _ = report.send(event);
        });
        Self { link: link.expect("a thread"), events }
    }

    fn next(&self) -> LinkEvent {
        self.events.recv_timeout(DEADLINE).expect("something happens in time")
    }

    fn connected(&self) -> Connection {
        match self.next() {
            LinkEvent::Connected { connection } => connection,
            other => panic!("{other:?} instead of connected"),
        }
    }

    fn lost(&self) -> FailureCode {
        match self.next() {
            LinkEvent::Lost { failure } => failure.code,
            other => panic!("{other:?} instead of lost"),
        }
    }

    fn quiet_for(&self, time: Duration) {
        if let Ok(event) = self.events.recv_timeout(time) {
            panic!("{event:?}");
        }
    }
}

/// The agent's end, by hand.
struct Agent {
    stream: UnixStream,
    frames: FrameReader,
}

impl Agent {
    fn accept(listener: &UnixListener) -> Self {
        let (stream, _) = listener.accept().expect("the link connects");
        stream.set_read_timeout(Some(DEADLINE)).expect("a socket");
        Self { stream, frames: FrameReader::default() }
    }

    /// Accepts, and exchanges hellos.
    fn welcome(listener: &UnixListener) -> Self {
        let mut agent = Self::accept(listener);
        agent.say(&hello(LOCAL_PROTOCOL));
        assert!(matches!(agent.hear(), Some(ToAgent::Hello(h)) if h.program == "test 1"));
        agent
    }

    fn say(&mut self, message: &FromAgent) {
        self.stream.write_all(&encode(message).expect("small")).expect("the link reads");
    }

    /// The next message; none at the end.
    fn hear(&mut self) -> Option<ToAgent> {
        let mut chunk = [0; 1024];
        loop {
            if let Some(message) = self.frames.next_message().expect("good frames") {
                return Some(message);
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(read) => self.frames.feed(&chunk[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing heard: {error}"),
            }
        }
    }
}

fn hello(protocol: u16) -> FromAgent {
    FromAgent::Hello(Hello { protocol, program: "agent 1".into() })
}

fn listen(folder: &TempDir) -> UnixListener {
    let path = folder.path().join("agent");
    // What a killed agent left behind.
    let _ = std::fs::remove_file(&path);
    UnixListener::bind(path).expect("a socket")
}

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

fn begin(id: u64) -> RequestFrame {
    RequestFrame { id, visit: None, request: Request::Begin {} }
}

fn id_of(message: Option<ToAgent>) -> Option<u64> {
    match message {
        Some(ToAgent::Request(frame)) => Some(frame.id),
        _ => None,
    }
}

#[test]
fn requests_answers_and_events_pass_in_order() {
    let folder = folder();
    let listener = listen(&folder);
    let kiosk = Kiosk::open(&folder);
    let mut agent = Agent::welcome(&listener);
    let connection = kiosk.connected();
    for id in 1..=20 {
        kiosk.link.send(connection, begin(id));
    }
    for id in 1..=20 {
        assert_eq!(id_of(agent.hear()), Some(id));
        let outcome = Outcome::Answer(Answer::Done {});
        agent.say(&FromAgent::Answer(AnswerFrame { id, outcome }));
    }
    let event = Event::Device(DeviceState { card_present: true, ..DeviceState::default() });
    let event = EventFrame { visit: None, event };
    agent.say(&FromAgent::Event(event.clone()));
    for id in 1..=20 {
        assert!(matches!(kiosk.next(), LinkEvent::Answer(a) if a.id == id));
    }
    assert_eq!(kiosk.next(), LinkEvent::Event(event));
}

#[test]
fn an_agent_that_is_not_there_yet_is_said_once_and_found_when_it_comes() {
    let folder = folder();
    let kiosk = Kiosk::open(&folder);
    assert_eq!(kiosk.lost(), FailureCode::AgentAway);
    kiosk.quiet_for(Duration::from_millis(500));
    let listener = listen(&folder);
    let _agent = Agent::welcome(&listener);
    kiosk.connected();
}

#[test]
fn another_version_is_said_and_nothing_is_sent() {
    let folder = folder();
    let listener = listen(&folder);
    let kiosk = Kiosk::open(&folder);
    let mut agent = Agent::accept(&listener);
    agent.say(&hello(LOCAL_PROTOCOL + 1));
    assert!(matches!(agent.hear(), Some(ToAgent::Hello(_))));
    assert_eq!(kiosk.lost(), FailureCode::ProtocolVersion);
    assert!(agent.hear().is_none(), "the link hangs up");
    // The agent is updated: the link finds it by itself.
    Agent::welcome(&listener);
    kiosk.connected();
}

#[test]
fn an_agent_that_speaks_before_its_hello_is_not_heard() {
    let folder = folder();
    let listener = listen(&folder);
    let kiosk = Kiosk::open(&folder);
    let mut agent = Agent::accept(&listener);
    let outcome = Outcome::Answer(Answer::Done {});
    agent.say(&FromAgent::Answer(AnswerFrame { id: 1, outcome }));
    assert_eq!(kiosk.lost(), FailureCode::ProtocolVersion);
}

#[test]
fn an_agent_that_dies_is_said_and_found_again() {
    let folder = folder();
    let listener = listen(&folder);
    let kiosk = Kiosk::open(&folder);
    let agent = Agent::welcome(&listener);
    let first = kiosk.connected();
    drop((agent, listener));
    assert_eq!(kiosk.lost(), FailureCode::AgentAway);

    let listener = listen(&folder);
    let mut agent = Agent::welcome(&listener);
    let second = kiosk.connected();
    assert_ne!(first, second);
    kiosk.link.send(first, begin(1));
    kiosk.link.send(second, begin(2));
    assert_eq!(id_of(agent.hear()), Some(2), "a request of the lost connection is not sent");
}

#[test]
fn bytes_that_are_not_the_protocol_end_the_connection() {
    let too_long = u32::try_from(MAX_FRAME + 1).expect("fits").to_be_bytes();
    let nonsense = *b"\0\0\0\x02{]";
    for bytes in [too_long.as_slice(), nonsense.as_slice()] {
        let folder = folder();
        let listener = listen(&folder);
        let kiosk = Kiosk::open(&folder);
        let mut agent = Agent::welcome(&listener);
        kiosk.connected();
        agent.stream.write_all(bytes).expect("the link reads");
        assert_eq!(kiosk.lost(), FailureCode::ProtocolVersion);
        assert!(agent.hear().is_none(), "the link hangs up");
    }
}

#[test]
fn an_agent_that_does_not_read_is_dropped_and_sending_never_blocks() {
    let folder = folder();
    let listener = listen(&folder);
    let kiosk = Kiosk::open(&folder);
    let _agent = Agent::welcome(&listener);
    let connection = kiosk.connected();
    // Far more than the queue and what any socket buffers.
    let begun = Instant::now();
    let mut sent = 0;
    let lost = loop {
        let digit = PinDigit::try_from(1).expect("a digit");
        kiosk.link.send(
            connection,
            RequestFrame { id: sent, visit: None, request: Request::PinDigit { digit } },
        );
        sent += 1;
        if let Ok(event) = kiosk.events.try_recv() {
            break event;
        }
        assert!(begun.elapsed() < DEADLINE, "{sent} requests were taken");
    };
    let LinkEvent::Lost { failure } = lost else { panic!("{lost:?}") };
    assert_eq!(failure.code, FailureCode::AgentAway);
    assert!(failure.detail.contains("does not read"), "{}", failure.detail);
    assert!(sent > QUEUE as u64);
}

#[test]
fn dropping_the_link_hangs_up() {
    let folder = folder();
    let listener = listen(&folder);
    let kiosk = Kiosk::open(&folder);
    let mut agent = Agent::welcome(&listener);
    kiosk.connected();
    drop(kiosk.link);
    assert!(agent.hear().is_none(), "the agent sees the screen go");
    assert!(kiosk.events.recv_timeout(DEADLINE).is_err(), "and nothing more is reported");
}
