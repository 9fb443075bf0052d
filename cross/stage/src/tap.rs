//! A tap on the socket between kiosk and agent: passes every byte on, and remembers what the agent
//! said, so that a twin of the kiosk's screen can hear it too.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};
use madoguchi_protocol::frame::FrameReader;
use madoguchi_protocol::local::FromAgent;
use rustix::net::sockopt::socket_peercred;
use serde_json::{Value, json};

/// The running tap.
#[derive(Debug)]
pub struct Tap {
    socket: PathBuf,
    heard: Arc<Mutex<Heard>>,
}

/// What happened to the kiosk's process that connected last.
#[derive(Debug, Default)]
struct Heard {
    /// Its process id; 0 before any.
    kiosk: u32,
    /// Grows with every connection.
    connection: u64,
    /// In the words that the twin understands.
    happened: Vec<Value>,
}

impl Tap {
    /// Takes kiosks on `socket` and brings them to the agent's.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn open(socket: PathBuf, agent: &Path) -> Result<Self> {
        let listener = UnixListener::bind(&socket);
        let listener = listener.with_context(|| format!("listen on {}", socket.display()))?;
        let heard = Arc::<Mutex<Heard>>::default();
        let (agent, hears) = (agent.to_owned(), Arc::clone(&heard));
        thread::spawn(move || {
            for kiosk in listener.incoming().flatten() {
                // Without an agent the kiosk's connection closes at once.
                if let Ok(agent) = UnixStream::connect(&agent) {
                    let _ = join(kiosk, agent, &hears);
                }
            }
        });
        Ok(Self { socket, heard })
    }

    /// Where a kiosk finds it.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The kiosk's process that connected last, and what happened to it: all of it, or from the
    /// `from`th on where it is the same as `kiosk`.
    #[must_use]
    pub fn since(&self, kiosk: u32, from: usize) -> (u32, Vec<Value>) {
        let heard = lock(&self.heard);
        let from = if heard.kiosk == kiosk { from } else { 0 };
        (heard.kiosk, heard.happened.iter().skip(from).cloned().collect())
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    // Every change is one assignment or one push.
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join(kiosk: UnixStream, agent: UnixStream, heard: &Arc<Mutex<Heard>>) -> std::io::Result<()> {
    let id = socket_peercred(&kiosk)?.pid.as_raw_nonzero().get().cast_unsigned();
    let (from_kiosk, to_agent) = (kiosk.try_clone()?, agent.try_clone()?);
    thread::spawn(move || pass_on(from_kiosk, to_agent, |_| ()));
    let heard = Arc::clone(heard);
    thread::spawn(move || {
        let mut number = None;
        let mut frames = FrameReader::default();
        pass_on(agent, kiosk, |bytes| {
            frames.feed(bytes);
            while let Ok(Some(message)) = frames.next_message::<FromAgent>() {
                let mut heard = lock(&heard);
                if number.is_none() {
                    // Its hello: from here on this kiosk is the one on the screen.
                    heard.connection += 1;
                    if heard.kiosk != id {
                        heard.kiosk = id;
                        heard.happened.clear();
                    }
                    heard.happened.push(json!("connected"));
                    number = Some(heard.connection);
                }
                if number == Some(heard.connection) {
                    heard.happened.push(json!({ "agent": message }));
                }
            }
        });
        let mut heard = lock(&heard);
        if number == Some(heard.connection) {
            heard.happened.push(json!("lost"));
        }
    });
    Ok(())
}

/// Until one of them closes; then both are closed.
fn pass_on(mut from: UnixStream, mut to: UnixStream, mut tell: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length) = from.read(&mut buffer)
        && length > 0
    {
        // Told first: who sees the kiosk's answer to it must find it here.
        tell(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
