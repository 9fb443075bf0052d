//! How big a window may be on the screen of whoever runs this.

use x11rb::connection::Connection as _;
use x11rb::rust_connection::RustConnection;

use crate::screen::Size;

/// The sizes that the screens are made for, the kiosk's own first.
const SIZES: [(u16, u16); 4] = [(1080, 1920), (1920, 1080), (1280, 800), (540, 960)];
/// Left for the desktop's own bars and the window's frame, in pixels.
const MARGIN: u16 = 80;

/// The first size that fits; where the desktop does not say, one that fits nearly everywhere.
#[must_use]
pub fn fitting_size() -> Size {
    let room = RustConnection::connect(None).ok().and_then(|(connection, number)| {
        let screen = connection.setup().roots.get(number)?;
        Some((screen.width_in_pixels, screen.height_in_pixels))
    });
    fitting(room.unwrap_or((1366, 900)))
}

fn fitting(room: (u16, u16)) -> Size {
    let fits = |size: &&(u16, u16)| size.0 + MARGIN <= room.0 && size.1 + MARGIN <= room.1;
    let (width, height) = *SIZES.iter().find(fits).unwrap_or(&SIZES[SIZES.len() - 1]);
    Size { width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_never_bigger_than_the_desktop() {
        let of = |room| fitting(room).to_string();
        assert_eq!(of((3840, 2160)), "1080x1920");
        assert_eq!(of((2560, 1440)), "1920x1080");
        assert_eq!(of((1920, 1080)), "1280x800");
        assert_eq!(of((1366, 768)), "540x960");
    }
}
