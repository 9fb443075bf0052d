//! The headless twin: the same screens without a display, for pictures and for the places of the
//! controls. The renderer and the fonts are those of the shipped program, so the layout is too.
//!
//! Never part of a shipped program: the feature `twin` brings a testing crate and debug
//! information into the build.

pub mod check;
pub mod combinations;
pub mod follow;
mod glyphs;
pub mod grown;
pub mod needed;
pub mod pictures;
pub mod places;
mod readable;
pub mod references;
pub mod scenes;

pub use glyphs::NoFont;

use std::rc::Rc;
use std::time::Duration;

use madoguchi_journey::View;
use madoguchi_widgets::{Panel, Pixels};
use slint::ComponentHandle;
use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{Platform, WindowAdapter};
use slint::{PhysicalSize, PlatformError, Rgb8Pixel, SharedPixelBuffer};

use crate::Face;
use crate::ui::Kiosk;

/// A platform of one window and a clock that stands still.
struct Headless(Rc<MinimalSoftwareWindow>);

impl Platform for Headless {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(self.0.clone())
    }

    fn duration_since_start(&self) -> Duration {
        Duration::ZERO
    }
}

/// One window in which scenes are set up. One a process.
pub struct Stage {
    window: Rc<MinimalSoftwareWindow>,
    face: Face,
    size: Pixels,
}

impl Stage {
    /// The window.
    ///
    /// # Errors
    /// The process has a platform already.
    pub fn new() -> Result<Self, PlatformError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
        slint::platform::set_platform(Box::new(Headless(window.clone())))
            .map_err(|e| PlatformError::Other(e.to_string()))?;
        let face = Face::new()?;
        face.window().global::<Kiosk>().set_moving(false);
        face.window().show()?;
        Ok(Self { window, face, size: Pixels { width: 0, height: 0 } })
    }

    /// Shows a view on a panel of that size.
    pub fn set(&mut self, view: &View, size: Pixels) {
        self.size = size;
        self.face.fit(&Panel::usual(size), 1.0);
        self.window.set_size(PhysicalSize::new(size.width, size.height));
        self.face.show(view);
        slint::platform::update_timers_and_animations();
    }

    /// The scene as the renderer of the shipped program draws it.
    #[must_use]
    pub fn picture(&self) -> SharedPixelBuffer<Rgb8Pixel> {
        let mut buffer = SharedPixelBuffer::new(self.size.width, self.size.height);
        self.window.request_redraw();
        self.window.draw_if_needed(|renderer| {
            renderer.render(buffer.make_mut_slice(), self.size.width as usize);
        });
        buffer
    }
}
