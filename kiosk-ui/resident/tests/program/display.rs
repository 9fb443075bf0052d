//! A screen of one's own, looked at and touched.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use madoguchi_widgets::Pixels;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, ImageFormat, MOTION_NOTIFY_EVENT,
    Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

pub struct Display {
    server: Child,
    name: String,
    connection: RustConnection,
    root: Window,
    size: Pixels,
}

impl Display {
    pub fn open(size: Pixels) -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{}x{}x24", size.width, size.height))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed (Debian: xvfb)");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("piped"))
            .read_line(&mut number)
            .expect("Xvfb tells its number");
        let name = format!(":{}", number.trim());
        let (connection, screen) = x11rb::connect(Some(&name)).expect("Xvfb answers");
        let root = connection.setup().roots[screen].root;
        Self { server, name, connection, root, size }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Red, green and blue of every pixel.
    pub fn picture(&self) -> Vec<u8> {
        let side = |n: u32| u16::try_from(n).expect("a screen's side");
        let (width, height) = (side(self.size.width), side(self.size.height));
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)
            .expect("the server is there")
            .reply()
            .expect("a picture");
        image.data.chunks_exact(4).flat_map(|bgrx| [bgrx[2], bgrx[1], bgrx[0]]).collect()
    }

    pub fn click(&self, x: f32, y: f32) {
        #[expect(clippy::cast_possible_truncation, reason = "on the screen")]
        let (x, y) = (x as i16, y as i16);
        for (kind, detail) in
            [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, 1), (BUTTON_RELEASE_EVENT, 1)]
        {
            self.connection
                .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, self.root, x, y, 0)
                .expect("the server is there")
                .check()
                .expect("a touch");
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
