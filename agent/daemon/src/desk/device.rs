//! What the device can do, with or without a visit.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_protocol::bundle::{Printer, Profile};
use madoguchi_protocol::local::{Event, PrinterState};
use madoguchi_protocol::{Failure, FailureCode};
use madoguchi_uplink::CoreState;

use super::{Desk, Effect, not_configured};
use crate::clock::day_in_japan;
use crate::settings::{CLOCK_TOLERANCE, Settings};

/// Before a profile is there.
const DEFAULT_IDLE_SECONDS: u16 = 90;

/// Everything that was said of the device.
pub(super) struct Device {
    pub settings: Option<Arc<Settings>>,
    pub reader_problem: Option<Failure>,
    pub card_present: bool,
    pub core_reachable: bool,
    /// `device.revoked`, when the core does not take the device any more.
    pub admitted: Result<(), Failure>,
    /// `clock.wrong`, when the core's time is another one.
    clock: Result<(), Failure>,
    pub store: Result<(), Failure>,
    pub printer: Option<PrinterState>,
    /// By the device's clock, at the last tick.
    pub now: Option<Timestamp>,
    /// The printer last told to whoever prints.
    configured: Option<Printer>,
}

impl Device {
    pub fn new() -> Self {
        Self {
            settings: None,
            reader_problem: None,
            card_present: false,
            core_reachable: false,
            admitted: Ok(()),
            clock: Ok(()),
            store: Ok(()),
            printer: None,
            now: None,
            configured: None,
        }
    }

    /// Takes how the last exchange found the core.
    pub fn core_is(&mut self, core: CoreState) {
        self.core_reachable = core.reachable;
        self.admitted = match core.problem {
            Some(code @ FailureCode::DeviceRevoked) => {
                Err(Failure::new(code, "the core does not take this device any more"))
            }
            _ => Ok(()),
        };
        let ahead = core.clock_ahead.unwrap_or_default();
        self.clock = if core.problem == Some(FailureCode::ClockWrong) {
            let detail = "the core's certificate is not valid at this device's time";
            Err(Failure::new(FailureCode::ClockWrong, detail))
        } else if ahead.abs() > CLOCK_TOLERANCE {
            let detail = format!("{} s ahead of the core's", ahead.as_secs());
            Err(Failure::new(FailureCode::ClockWrong, detail))
        } else {
            Ok(())
        };
    }

    /// Today in Japan. Before the first tick nothing is too late.
    pub fn today(&self) -> Date {
        self.now.map_or(Date::MAX, day_in_japan)
    }

    /// The settings, when a visit can begin now.
    pub fn for_a_visit(&self) -> Result<Arc<Settings>, Failure> {
        let settings = self.fit_to_serve()?;
        if self.card_present {
            let detail = "a card lies on the reader before the visit";
            return Err(Failure::new(FailureCode::CardLeftBehind, detail));
        }
        Ok(Arc::clone(settings))
    }

    /// The settings, when the device is in service; or why it is not, the worst first.
    fn fit_to_serve(&self) -> Result<&Arc<Settings>, Failure> {
        self.admitted.clone()?;
        let settings = self.settings.as_ref().ok_or_else(not_configured)?;
        self.clock.clone()?;
        self.now.map_or(Ok(()), |now| settings.fit_at(now))?;
        self.store.clone()?;
        Ok(settings)
    }

    /// As the screen is told. A visit goes on with the profile that it began with.
    pub fn event(&self, of_visit: Option<&Profile>) -> Event {
        let profile = of_visit.or(self.settings.as_ref().map(|s| s.profile()));
        let has_printer = profile.is_some_and(|p| p.printer.is_some());
        Event::Device {
            out_of_service: self.fit_to_serve().err(),
            card_present: self.card_present,
            municipality: profile.map(|p| p.municipality.clone()),
            core_reachable: self.core_reachable,
            idle_seconds: profile.map_or(DEFAULT_IDLE_SECONDS, |p| p.idle_seconds),
            reader: self.reader_problem.clone(),
            printer: self.printer.clone().filter(|_| has_printer),
            appearance: profile.and_then(|p| p.appearance),
        }
    }
}

impl Desk {
    /// Tells whoever prints which printer the profile names; not while a person waits for paper.
    pub(super) fn set_printer(&mut self, effects: &mut Vec<Effect>) {
        let device = &mut self.device;
        let Some(settings) = device.settings.as_ref().filter(|_| self.visit.is_none()) else {
            return;
        };
        let printer = &settings.profile().printer;
        if device.configured != *printer {
            device.configured.clone_from(printer);
            device.printer = None;
            effects.push(Effect::Printer(printer.clone()));
        }
    }
}
