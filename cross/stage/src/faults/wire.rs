//! A connection whose TLS goes through untouched.

use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::Upstream;
use super::schedule::{Fault, Step};

/// Carried at once, in bytes.
const PIECE: usize = 64 << 10;
/// How late everything comes.
const LATE: Duration = Duration::from_millis(150);
/// How many bytes of the device come late.
const LATE_BYTES: u64 = 256 << 10;
/// A slow line carries this much …
const SLOW_PIECE: usize = 8 << 10;
/// … in this time: 160 KiB a second, less than a fax's successor.
const SLOW_PAUSE: Duration = Duration::from_millis(50);
/// How many bytes of the device go slowly.
const SLOW_BYTES: u64 = 256 << 10;
/// How long a commit is waited for.
const COMMIT: Duration = Duration::from_millis(1500);
/// How often the intake's database is asked.
const GLANCE: Duration = Duration::from_millis(3);

/// Carries a connection to its end. Whether what was to happen to it did.
pub(super) async fn carry(
    device: TcpStream,
    upstream: &Upstream,
    step: Option<&Step>,
    silence: Duration,
) -> bool {
    let Ok(core) = TcpStream::connect(("127.0.0.1", upstream.port)).await else {
        // Nobody is there: the device hears it as if it had asked itself.
        reset(&device);
        return false;
    };
    let _ = core.set_nodelay(true);
    let mut line = Line::new(device, core);
    // A side that is gone ends the connection, as on any wire.
    match step {
        Some(step) => line.suffer(step, &upstream.database, silence).await.unwrap_or(false),
        None => {
            let _ = line.carry_until(u64::MAX).await;
            false
        }
    }
}

struct Line {
    device: TcpStream,
    core: TcpStream,
    up: Vec<u8>,
    down: Vec<u8>,
    /// Bytes of the device so far.
    sent: u64,
}

enum Piece {
    Up(usize),
    Down(usize),
}

impl Line {
    fn new(device: TcpStream, core: TcpStream) -> Self {
        Self { device, core, up: vec![0; PIECE], down: vec![0; PIECE], sent: 0 }
    }

    async fn suffer(
        &mut self,
        step: &Step,
        database: &Path,
        silence: Duration,
    ) -> io::Result<bool> {
        self.carry_until(step.after).await?;
        match step.fault {
            Fault::Delay => self.carry_late().await?,
            Fault::Slow => self.carry_slowly().await?,
            Fault::HalfOpen => self.vanish(silence).await,
            Fault::ResetAfterRequest => {
                self.carry_a_request().await?;
                self.reset();
            }
            Fault::ResetAfterCommit => {
                let committed = self.hold_back_the_answer(database).await?;
                self.reset();
                return Ok(committed);
            }
            // Every other one is none of the wire.
            _ => self.reset(),
        }
        Ok(true)
    }

    /// Carries both ways until the device has sent so many bytes.
    async fn carry_until(&mut self, sent: u64) -> io::Result<()> {
        while self.sent < sent {
            let piece = self.next().await?;
            self.deliver(piece).await?;
        }
        Ok(())
    }

    async fn carry_late(&mut self) -> io::Result<()> {
        let end = self.sent + LATE_BYTES;
        while self.sent < end {
            let piece = self.next().await?;
            sleep(LATE).await;
            self.deliver(piece).await?;
        }
        Ok(())
    }

    async fn carry_slowly(&mut self) -> io::Result<()> {
        let end = self.sent + SLOW_BYTES;
        self.up.resize(SLOW_PIECE, 0);
        self.down.resize(SLOW_PIECE, 0);
        while self.sent < end {
            let piece = self.next().await?;
            sleep(SLOW_PAUSE).await;
            self.deliver(piece).await?;
        }
        Ok(())
    }

    /// Takes whatever comes and passes nothing on, until the device gives up.
    async fn vanish(&mut self, silence: Duration) {
        let gives_up = async { while matches!(self.device.read(&mut self.up).await, Ok(1..)) {} };
        let _ = timeout(silence, gives_up).await;
    }

    /// Carries everything until the device has said something more.
    async fn carry_a_request(&mut self) -> io::Result<()> {
        loop {
            let piece = self.next().await?;
            let said = matches!(piece, Piece::Up(_));
            self.deliver(piece).await?;
            if said {
                return Ok(());
            }
        }
    }

    /// Carries what the device says and keeps what comes back, until the intake has committed
    /// something. Whether it has.
    async fn hold_back_the_answer(&mut self, database: &Path) -> io::Result<bool> {
        let mut database = open(database).await?;
        let before = committed(&mut database).await?;
        let deadline = Instant::now() + COMMIT;
        let mut glance = Instant::now() + GLANCE;
        while Instant::now() < deadline {
            tokio::select! {
                length = read(&mut self.device, &mut self.up) => {
                    let up = &self.up[..length?];
                    let written = timeout_at(deadline, self.core.write_all(up)).await;
                    written.map_err(|_| io::ErrorKind::TimedOut)??;
                }
                () = sleep_until(glance) => {
                    if committed(&mut database).await? > before {
                        return Ok(true);
                    }
                    glance = Instant::now() + GLANCE;
                }
            }
        }
        Ok(false)
    }

    async fn next(&mut self) -> io::Result<Piece> {
        tokio::select! {
            length = read(&mut self.device, &mut self.up) => {
                let length = length?;
                self.sent += u64::try_from(length).unwrap_or(u64::MAX);
                Ok(Piece::Up(length))
            }
            length = read(&mut self.core, &mut self.down) => Ok(Piece::Down(length?)),
        }
    }

    async fn deliver(&mut self, piece: Piece) -> io::Result<()> {
        match piece {
            Piece::Up(length) => self.core.write_all(&self.up[..length]).await,
            Piece::Down(length) => self.device.write_all(&self.down[..length]).await,
        }
    }

    fn reset(&self) {
        reset(&self.device);
        reset(&self.core);
    }
}

/// What comes next; an end is an error, since nothing goes on after it.
async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    match stream.read(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => Ok(length),
    }
}

/// Its end will be a reset instead of a farewell.
fn reset(stream: &TcpStream) {
    // Where the system refuses, the farewell will do.
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

async fn open(database: &Path) -> io::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    options.connect().await.map_err(io::Error::other)
}

/// The intake's running number.
async fn committed(database: &mut SqliteConnection) -> io::Result<i64> {
    let highest = sqlx::query_scalar("SELECT COALESCE(MAX(position), 0) FROM envelope");
    highest.fetch_one(database).await.map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// What a device that says `words` hears of an endpoint that says everything back, and whether
    /// the fault happened.
    async fn heard(fault: Fault, after: u64, words: &[u8]) -> (Vec<u8>, bool) {
        let echo = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = echo.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let (mut peer, _) = echo.accept().await.expect("a connection");
            let (mut from, mut to) = peer.split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        });
        let proxy = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = proxy.local_addr().expect("an address");
        let carried = tokio::spawn(async move {
            let (device, _) = proxy.accept().await.expect("a connection");
            let upstream = Upstream { port, database: "none".into() };
            let step = Step { fault, after, variant: 0 };
            carry(device, &upstream, Some(&step), Duration::from_millis(100)).await
        });
        let mut device = TcpStream::connect(address).await.expect("connected");
        let mut heard = Vec::new();
        for word in words.chunks(10) {
            if device.write_all(word).await.is_err() {
                break;
            }
            let mut answer = [0; 10];
            match timeout(PATIENCE, device.read_exact(&mut answer[..word.len()])).await {
                Ok(Ok(_)) => heard.extend_from_slice(&answer[..word.len()]),
                Ok(Err(_)) => break,
                Err(_) => panic!("nobody ends it"),
            }
        }
        drop(device);
        (heard, carried.await.expect("it ends"))
    }

    #[tokio::test]
    async fn before_its_moment_everything_goes_well_and_then_nothing_does() {
        let words: Vec<u8> = (0..100).collect();
        for fault in [Fault::Cut, Fault::ResetAfterRequest, Fault::HalfOpen] {
            let (said, done) = heard(fault, 50, &words).await;
            assert!(done, "{fault}");
            // The answer to the last words before it may be on its way.
            assert!((40..=60).contains(&said.len()), "{fault}: {}", said.len());
            assert_eq!(said, words[..said.len()], "{fault}");
        }
    }

    #[tokio::test]
    async fn what_is_late_or_slow_arrives_whole() {
        let words: Vec<u8> = (0..30).collect();
        for fault in [Fault::Delay, Fault::Slow] {
            let (said, _) = heard(fault, 10, &words).await;
            assert_eq!(said, words, "{fault}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_ended_before_suffered_nothing() {
        let (said, done) = heard(Fault::Cut, 1000, &[7; 30]).await;
        assert_eq!((said.len(), done), (30, false));
    }
}
