//! Watching the screen without a pause, for what must never be seen there: darkness.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::screen::{Screen, Size};

/// Looked at: a column of this width in the middle of the screen, from top to bottom, in pixels.
const WIDTH: u16 = 4;

/// Somebody who looks at a screen again and again, from a connection and a thread of their own.
#[derive(Debug)]
pub struct Watch {
    end: Arc<AtomicBool>,
    watcher: JoinHandle<Result<Watched>>,
}

/// What was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    /// How often was looked.
    pub glances: usize,
    /// The longest time between two glances: nothing shorter can be said.
    pub longest_blink: Duration,
    /// The longest time without a page: from the last glance at one to the next glance at one.
    pub longest_darkness: Duration,
}

impl Watch {
    /// Begins to look.
    ///
    /// # Errors
    /// When the X server takes no connection.
    pub fn begin(screen: &Screen) -> Result<Self> {
        let eye = Eye::open(screen)?;
        ensure!(!eye.sees_darkness()?, "the screen is dark already");
        let end = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&end);
        let watcher = thread::spawn(move || {
            let mut watched = Watched::default();
            let (mut last, mut last_light) = (Instant::now(), Instant::now());
            let mut was_dark = false;
            while !ended.load(Ordering::Relaxed) {
                let dark = eye.sees_darkness()?;
                let now = Instant::now();
                watched.glances += 1;
                watched.longest_blink = watched.longest_blink.max(now - last);
                last = now;
                // Light at both ends of a blink is light in between.
                if dark || was_dark {
                    watched.longest_darkness = watched.longest_darkness.max(now - last_light);
                }
                if !dark {
                    last_light = now;
                }
                was_dark = dark;
            }
            Ok(watched)
        });
        Ok(Self { end, watcher })
    }

    /// Looks no more.
    ///
    /// # Errors
    /// When the X server went away.
    pub fn end(self) -> Result<Watched> {
        self.end.store(true, Ordering::Relaxed);
        self.watcher.join().map_err(|_| anyhow!("the watcher panicked"))?
    }
}

/// One connection to look through.
#[derive(Debug)]
pub struct Eye {
    connection: RustConnection,
    root: u32,
    size: Size,
}

impl Eye {
    /// Opens one.
    ///
    /// # Errors
    /// When the X server takes no connection.
    pub fn open(screen: &Screen) -> Result<Self> {
        let (connection, number) =
            RustConnection::connect(Some(screen.display())).context("a second X connection")?;
        let root = connection.setup().roots.get(number).context("an X server has a screen")?.root;
        Ok(Self { connection, root, size: screen.size() })
    }

    /// Whether no page is there: every page has more than one colour from top to bottom.
    ///
    /// # Errors
    /// When the X server is gone.
    pub fn sees_darkness(&self) -> Result<bool> {
        let (x, height) = ((self.size.width / 2).cast_signed(), self.size.height);
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, x, 0, WIDTH, height, u32::MAX)
            .context("ask for a part of the screen")?
            .reply()
            .context("get a part of the screen")?;
        let mut pixels = image.data.chunks_exact(4).map(|pixel| &pixel[..3]);
        let first = pixels.next().context("a screen has pixels")?;
        Ok(pixels.all(|pixel| pixel == first))
    }
}
