//! The local socket: who may be the screen, hello, frames.
//!
//! One screen at a time. A newer connection takes the place of an older one, whose visit ends: a
//! screen that crashed and came back must not find the counter taken by its own ghost.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use madoguchi_protocol::frame::{FrameReader, encode};
use madoguchi_protocol::local::{FromAgent, Hello, LOCAL_PROTOCOL, RequestFrame, ToAgent};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// Frames that may wait for a screen that does not read. A screen that lets more pile up is taken
/// for dead and disconnected: its visit ends, which is the safe side.
pub const OUT_QUEUE: usize = 64;

/// How long a new connection may take to say hello.
const HELLO_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// How long a screen may take to read one frame. A frame can hold a form: it must not wait in a
/// socket for a screen that has stopped.
const WRITE_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// Characters of a screen's name that are logged.
const NAME: usize = 80;

/// What happens on the socket. `screen` is a running number.
pub enum FromScreen {
    /// A screen said hello. What is sent on the channel reaches it; dropping it disconnects.
    Arrived {
        /// Which.
        screen: u64,
        /// Way back.
        out: mpsc::Sender<FromAgent>,
    },
    /// It asks.
    Request {
        /// Which.
        screen: u64,
        /// What.
        frame: RequestFrame,
    },
    /// It is gone.
    Left {
        /// Which.
        screen: u64,
    },
}

/// Listens on the path. A socket file left by a killed agent is replaced.
///
/// # Errors
/// Of the file system.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path)?,
        Ok(_) => {
            let words = "there is something else that is not a socket; choose another path";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let listener = UnixListener::bind(path)?;
    // Who may connect is decided by uid, after connecting: the screen runs as another user.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

/// Serves screens until the receiver is dropped.
pub async fn serve(listener: UnixListener, allowed: Vec<u32>, desk: mpsc::Sender<FromScreen>) {
    let mut screen = 0;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a screen could not be accepted");
                // Out of descriptors, most likely: do not spin.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let uid = stream.peer_cred().map(|peer| peer.uid());
        if !uid.as_ref().is_ok_and(|uid| allowed.contains(uid)) {
            tracing::warn!(?uid, "a program of a user who may not be the screen was refused");
            continue;
        }
        if desk.is_closed() {
            return;
        }
        screen += 1;
        tokio::spawn(connection(stream, screen, desk.clone()));
    }
}

async fn connection(stream: UnixStream, screen: u64, desk: mpsc::Sender<FromScreen>) {
    match talk(stream, screen, &desk).await {
        Ok(()) => tracing::info!(screen, "the screen left"),
        Err(error) => tracing::warn!(screen, %error, "the screen was disconnected"),
    }
    // The desk is gone only when the agent ends.
    let _ = desk.send(FromScreen::Left { screen }).await;
}

async fn talk(
    stream: UnixStream,
    screen: u64,
    desk: &mpsc::Sender<FromScreen>,
) -> Result<(), Disconnected> {
    let (mut read, mut write) = stream.into_split();
    let mut frames = FrameReader::default();
    let mut buffer = Zeroizing::new([0; 4096]);

    let hello = FromAgent::Hello(Hello {
        protocol: LOCAL_PROTOCOL,
        program: concat!("madoguchi-agent ", env!("CARGO_PKG_VERSION")).to_owned(),
    });
    write.write_all(&encode(&hello)?).await?;
    let first = receive(&mut read, &mut frames, &mut buffer);
    let first =
        tokio::time::timeout(HELLO_DEADLINE, first).await.map_err(|_| Disconnected::Mute)?;
    match first? {
        Some(ToAgent::Hello(hello)) if hello.protocol == LOCAL_PROTOCOL => {
            let program: String = hello.program.chars().take(NAME).collect();
            tracing::info!(screen, program, "a screen arrived");
        }
        Some(ToAgent::Hello(hello)) => return Err(Disconnected::Version(hello.protocol)),
        _ => return Err(Disconnected::Mute),
    }

    let (out, mut outgoing) = mpsc::channel::<FromAgent>(OUT_QUEUE);
    if desk.send(FromScreen::Arrived { screen, out }).await.is_err() {
        return Ok(());
    }
    loop {
        tokio::select! {
            message = outgoing.recv() => match message {
                Some(message) => {
                    let frame = encode(&message)?;
                    let written = tokio::time::timeout(WRITE_DEADLINE, write.write_all(&frame));
                    written.await.map_err(|_| Disconnected::Deaf)??;
                }
                None => return Ok(()),
            },
            message = receive(&mut read, &mut frames, &mut buffer) => match message? {
                Some(ToAgent::Request(frame)) => {
                    if desk.send(FromScreen::Request { screen, frame }).await.is_err() {
                        return Ok(());
                    }
                }
                Some(ToAgent::Hello(_)) => return Err(Disconnected::Mute),
                None => return Ok(()),
            },
        }
    }
}

/// The next message; none at the end of the stream. Cancel-safe: what was read stays in `frames`.
async fn receive(
    read: &mut tokio::net::unix::OwnedReadHalf,
    frames: &mut FrameReader,
    buffer: &mut Zeroizing<[u8; 4096]>,
) -> Result<Option<ToAgent>, Disconnected> {
    loop {
        if let Some(message) = frames.next_message()? {
            return Ok(Some(message));
        }
        let length = read.read(&mut buffer[..]).await?;
        if length == 0 {
            return Ok(None);
        }
        frames.feed(&buffer[..length]);
        // It may be a digit: nothing is left of it here.
        zeroize::Zeroize::zeroize(&mut buffer[..length]);
    }
}

#[derive(Debug, thiserror::Error)]
enum Disconnected {
    #[error("the socket failed: {0}")]
    Socket(#[from] io::Error),
    #[error("{0}")]
    Frame(#[from] madoguchi_protocol::frame::BadFrame),
    #[error("the screen speaks version {0} of the local protocol, not {LOCAL_PROTOCOL}")]
    Version(u16),
    #[error("the screen did not say hello")]
    Mute,
    #[error("the screen does not read")]
    Deaf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_socket_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agent.sock");
        std::fs::write(&path, "somebody's").expect("a file");
        let refused = listen(&path).expect_err("it is no socket");
        assert!(refused.to_string().contains("not a socket"), "{refused}");
        assert_eq!(std::fs::read(&path).expect("still there"), b"somebody's");
        std::fs::remove_file(&path).expect("gone");
        drop(listen(&path).expect("free"));
        listen(&path).expect("a socket that a killed agent left");
    }
}
