//! The link's threads: one connects and reads, one writes.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use madoguchi_protocol::frame::{BadFrame, FrameReader, encode};
use madoguchi_protocol::local::{FromAgent, Hello, LOCAL_PROTOCOL, ToAgent};
use madoguchi_protocol::{Failure, FailureCode};
use zeroize::{Zeroize, Zeroizing};

use crate::backoff::Backoff;
use crate::{Connection, LinkEvent, QUEUE};

/// How long the agent may take for its hello.
const HELLO_PATIENCE: Duration = Duration::from_secs(5);
/// How long one frame may take to be written.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

type Frame = Zeroizing<Vec<u8>>;

/// What the UI's thread and the link's threads share.
#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<SharedState>,
    closed: Condvar,
}

#[derive(Default)]
struct SharedState {
    closing: bool,
    connections: u64,
    active: Option<Active>,
}

/// The present connection.
struct Active {
    connection: Connection,
    queue: SyncSender<Frame>,
    stream: UnixStream,
    /// Why the UI's side dropped it, if it did.
    dropped: Option<&'static str>,
}

impl Shared {
    pub fn send(&self, connection: Connection, message: &ToAgent) {
        let mut state = self.lock();
        let Some(active) = state.active.as_mut().filter(|a| a.connection == connection) else {
            return;
        };
        let refused = match encode(message) {
            Err(_) => Some("a request is too long"),
            Ok(frame) => match active.queue.try_send(frame) {
                Err(TrySendError::Full(_)) => Some("the agent does not read its requests"),
                // The writer has ended: the reader is about to notice why.
                Ok(()) | Err(TrySendError::Disconnected(_)) => None,
            },
        };
        if let Some(why) = refused {
            active.dropped.get_or_insert(why);
            shut(&active.stream);
        }
    }

    pub fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        if let Some(active) = &state.active {
            shut(&active.stream);
        }
        self.closed.notify_all();
    }

    /// Registers a connection; none when the link is being closed.
    fn begin(&self, queue: SyncSender<Frame>, stream: UnixStream) -> Option<Connection> {
        let mut state = self.lock();
        state.connections += 1;
        let connection = Connection(state.connections);
        if state.closing {
            return None;
        }
        state.active = Some(Active { connection, queue, stream, dropped: None });
        Some(connection)
    }

    /// Ends the present connection; its queue closes, so the writer ends too.
    fn end(&self) -> Option<&'static str> {
        let active = self.lock().active.take()?;
        shut(&active.stream);
        active.dropped
    }

    /// Waits before the next attempt; false when the link is being closed.
    fn pause(&self, pause: Duration) -> bool {
        let (state, _) = self
            .closed
            .wait_timeout_while(self.lock(), pause, |state| !state.closing)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closing
    }

    fn lock(&self) -> MutexGuard<'_, SharedState> {
        // Every change of the state is a single step, so it is whole even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both directions, and whoever waits on them. It may be closed already, which is as good.
fn shut(stream: &UnixStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

pub(crate) fn start(
    shared: Arc<Shared>,
    socket: PathBuf,
    program: String,
    report: impl FnMut(LinkEvent) + Send + 'static,
) -> std::io::Result<()> {
    let hello = Hello { protocol: LOCAL_PROTOCOL, program };
    thread::Builder::new()
        .name("link".into())
        .spawn(move || keep_connected(&shared, &socket, &hello, report))?;
    Ok(())
}

fn keep_connected(
    shared: &Shared,
    socket: &Path,
    hello: &Hello,
    mut report: impl FnMut(LinkEvent),
) {
    let mut backoff = Backoff::new();
    let mut said: Option<FailureCode> = None;
    loop {
        let mut connected = false;
        let failure = one_connection(shared, socket, hello, &mut |event| {
            connected |= matches!(event, LinkEvent::Connected { .. });
            report(event);
        });
        if connected {
            backoff = Backoff::new();
            said = None;
        }
        if shared.lock().closing {
            return;
        }
        if said != Some(failure.code) {
            said = Some(failure.code);
            tracing::warn!(code = %failure.code, detail = %failure.detail, "agent lost");
            report(LinkEvent::Lost { failure });
        }
        if !shared.pause(backoff.pause()) {
            return;
        }
    }
}

/// Connects, and passes on what the agent says until it does not any more. The answer is why.
fn one_connection(
    shared: &Shared,
    socket: &Path,
    hello: &Hello,
    report: &mut dyn FnMut(LinkEvent),
) -> Failure {
    let mut incoming = match open(socket, hello) {
        Ok(incoming) => incoming,
        Err(failure) => return failure,
    };
    let (queue, waiting) = sync_channel(QUEUE);
    let writer = incoming.stream.try_clone().and_then(|writing| {
        let registered = incoming.stream.try_clone()?;
        let thread =
            thread::Builder::new().name("link-write".into()).spawn(move || write(writing, waiting));
        Ok((thread?, registered))
    });
    let (writer, registered) = match writer {
        Ok(made) => made,
        Err(error) => return away(error),
    };
    let mut failure = match shared.begin(queue, registered) {
        Some(connection) => {
            report(LinkEvent::Connected { connection });
            pass_on(&mut incoming, report)
        }
        None => away("closing"),
    };
    if let Some(why) = shared.end() {
        failure.detail = why.to_owned();
    }
    shut(&incoming.stream);
    // It has ended or is about to: its queue and its socket are closed.
    let _ = writer.join();
    failure
}

/// The reading side of a connection.
struct Incoming {
    stream: UnixStream,
    reader: FrameReader,
    chunk: Zeroizing<Vec<u8>>,
}

/// Connects and exchanges hellos.
fn open(socket: &Path, hello: &Hello) -> Result<Incoming, Failure> {
    let stream = UnixStream::connect(socket).map_err(away)?;
    stream.set_read_timeout(Some(HELLO_PATIENCE)).map_err(away)?;
    stream.set_write_timeout(Some(WRITE_PATIENCE)).map_err(away)?;
    let mut incoming =
        Incoming { stream, reader: FrameReader::default(), chunk: Zeroizing::new(vec![0; CHUNK]) };
    let frame = encode(&ToAgent::Hello(hello.clone())).map_err(bad_frame)?;
    incoming.stream.write_all(&frame).map_err(away)?;
    match incoming.next()? {
        FromAgent::Hello(theirs) if theirs.protocol == LOCAL_PROTOCOL => {
            tracing::info!(program = theirs.program, "agent connected");
        }
        FromAgent::Hello(theirs) => {
            let versions = format!("the agent speaks {}, this {LOCAL_PROTOCOL}", theirs.protocol);
            return Err(Failure::new(FailureCode::ProtocolVersion, versions));
        }
        FromAgent::Answer(_) | FromAgent::Event(_) => return Err(no_hello()),
    }
    incoming.stream.set_read_timeout(None).map_err(away)?;
    Ok(incoming)
}

fn pass_on(incoming: &mut Incoming, report: &mut dyn FnMut(LinkEvent)) -> Failure {
    loop {
        match incoming.next() {
            Ok(FromAgent::Answer(answer)) => report(LinkEvent::Answer(answer)),
            Ok(FromAgent::Event(event)) => report(LinkEvent::Event(event)),
            Ok(FromAgent::Hello(_)) => return no_hello(),
            Err(failure) => return failure,
        }
    }
}

impl Incoming {
    /// Waits for the next whole message.
    fn next(&mut self) -> Result<FromAgent, Failure> {
        loop {
            if let Some(message) = self.reader.next_message().map_err(bad_frame)? {
                return Ok(message);
            }
            let read = match self.stream.read(&mut self.chunk) {
                Ok(0) => return Err(away("the agent closed the connection")),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(away(error)),
            };
            self.reader.feed(&self.chunk[..read]);
            // It may hold a person's data, and the next message may be long in coming.
            self.chunk[..read].zeroize();
        }
    }
}

/// Writes what is queued until the queue or the socket closes. Each frame is wiped when written.
fn write(mut stream: UnixStream, waiting: Receiver<Frame>) {
    for frame in waiting {
        if stream.write_all(&frame).is_err() {
            break;
        }
    }
    shut(&stream);
}

fn away(why: impl std::fmt::Display) -> Failure {
    Failure::new(FailureCode::AgentAway, why)
}

fn bad_frame(bad: BadFrame) -> Failure {
    Failure::new(FailureCode::ProtocolVersion, bad)
}

fn no_hello() -> Failure {
    Failure::new(FailureCode::ProtocolVersion, "a hello is the first message and the only one")
}
