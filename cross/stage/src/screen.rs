//! A screen: an invisible one of our own (Xvfb), touched by XTEST.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, ImageFormat, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::picture::Picture;
use crate::process::Process;
use crate::wait::Stop;

/// The number does not matter: the X sockets are private.
const DISPLAY: &str = ":7";
const PATIENCE: Duration = Duration::from_secs(10);
const LEFT_BUTTON: u8 = 1;

/// Width and height in pixels, as `1080x1920`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels in a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = text.split_once('x').and_then(|(width, height)| {
            Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
        });
        match parsed {
            Some(size)
                if (320..=7680).contains(&size.width) && (320..=7680).contains(&size.height) =>
            {
                Ok(size)
            }
            _ => Err(anyhow!("a size is WIDTHxHEIGHT in pixels, as 1080x1920, not {text:?}")),
        }
    }
}

/// An invisible screen.
#[derive(Debug)]
pub struct Screen {
    server: Process,
    connection: RustConnection,
    root: u32,
    size: Size,
}

impl Screen {
    /// Starts one. Only inside the namespaces.
    ///
    /// # Errors
    /// When the X server does not come up.
    pub fn start(size: Size, logs: &Path, stop: &Stop) -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command
            .args([DISPLAY, "-screen", "0", &format!("{size}x24")])
            // Its lock file would lie in the /tmp of everybody.
            .args(["-nolock", "-nolisten", "tcp", "-noreset"]);
        let mut server = Process::start("xvfb", &mut command, logs)?;
        let connection = server.ready("an X connection", PATIENCE, stop, |_| {
            Ok(RustConnection::connect(Some(DISPLAY)).ok().map(|(connection, _)| connection))
        })?;
        let root = connection.setup().roots.first().context("an X server has a screen")?.root;
        Ok(Self { server, connection, root, size })
    }

    /// For the programs that draw on it.
    #[must_use]
    pub fn display(&self) -> &'static str {
        DISPLAY
    }

    /// The X server.
    #[must_use]
    pub fn server(&self) -> &Process {
        &self.server
    }

    /// Its size.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// What is on it.
    ///
    /// # Errors
    /// When the X server is gone.
    pub fn picture(&self) -> Result<Picture> {
        let Size { width, height } = self.size;
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)
            .context("ask for the picture")?
            .reply()
            .context("get the picture")?;
        if image.depth != 24 {
            bail!("the screen has {} bits a pixel, not 24", image.depth);
        }
        // Blue, green, red, nothing: Xvfb's 24 bits on a little-endian machine.
        let rgb = image.data.chunks_exact(4).flat_map(|p| [p[2], p[1], p[0]]).collect();
        Ok(Picture { width, height, rgb })
    }

    /// The bytes of a part of it, to be compared.
    ///
    /// # Errors
    /// When the X server is gone.
    pub fn part(&self, x: i16, y: i16, width: u16, height: u16) -> Result<Vec<u8>> {
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX)
            .context("ask for a part of the screen")?
            .reply()
            .context("get a part of the screen")?;
        Ok(image.data)
    }

    /// One press and release at a place.
    ///
    /// # Errors
    /// When the X server is gone.
    pub fn press(&mut self, x: i16, y: i16) -> Result<()> {
        self.server.must_be_running()?;
        let input = |kind: u8, detail: u8| -> Result<()> {
            self.connection
                .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, self.root, x, y, 0)
                .context("send input")?
                .check()
                .context("the X server takes input")
        };
        input(MOTION_NOTIFY_EVENT, 0)?;
        input(BUTTON_PRESS_EVENT, LEFT_BUTTON)?;
        input(BUTTON_RELEASE_EVENT, LEFT_BUTTON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_and_nonsense_is_refused() {
        let size: Size = "1080x1920".parse().expect("a size");
        assert_eq!(size.to_string(), "1080x1920");
        for bad in ["", "1080", "1080x", "0x0", "1080X1920", "99999x800", "-1080x1920"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }
}
