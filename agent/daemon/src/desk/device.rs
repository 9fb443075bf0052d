//! What the device can do, with or without a visit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Unit};
use madoguchi_protocol::bundle::{Printer, Profile};
use madoguchi_protocol::local::{DeviceState, Event, PrinterState};
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::time::{day_in_japan, in_japan};
use madoguchi_protocol::{Failure, FailureCode, UsbId};
use madoguchi_uplink::CoreState;

use super::{Desk, Effect, not_configured};
use crate::settings::{CLOCK_TOLERANCE, Settings};

/// So long before the certificate's end no visit begins any more: what is kept after it is refused,
/// and a visit takes its time.
const VISITS_END: SignedDuration = SignedDuration::from_hours(3);

/// The device's clock, and one that nobody sets.
#[derive(Clone, Copy)]
pub(super) struct Time {
    /// By the device's clock.
    pub now: Timestamp,
    /// Since the agent started.
    pub up: Duration,
}

/// What the core said of the device's clock.
enum Clock {
    /// Nothing that speaks against it.
    Right,
    /// Its certificate is not valid yet.
    TooEarly,
    /// It compared.
    Compared {
        /// When, and what the device's clock said.
        at: (Instant, Option<Time>),
        /// How far it was ahead then.
        ahead: SignedDuration,
    },
}

impl Clock {
    /// `clock.wrong`, unless it is right by now: it may have been set while the core is away.
    fn check(&self, time: Option<Time>) -> Result<(), Failure> {
        let (at, ahead) = match self {
            Self::Right => return Ok(()),
            Self::TooEarly => {
                let detail = "the core's certificate is not valid at this device's time";
                return Err(Failure::new(FailureCode::ClockWrong, detail));
            }
            Self::Compared { at: (_, then), ahead } => (then, *ahead),
        };
        let set_since =
            at.zip(time).map_or(SignedDuration::ZERO, |(then, now)| now.set_since(then));
        let ahead = ahead.saturating_add(set_since);
        if ahead.abs() > CLOCK_TOLERANCE {
            let detail = format!("{} s ahead of the core's", ahead.as_secs());
            return Err(Failure::new(FailureCode::ClockWrong, detail));
        }
        Ok(())
    }
}

impl Time {
    /// How far the clock was set forward since then, in whole minutes: both clocks run on between
    /// looking at one and at the other.
    fn set_since(self, then: Self) -> SignedDuration {
        let by_the_clock = self.now.duration_since(then.now);
        let passed = SignedDuration::try_from(self.up.saturating_sub(then.up)).unwrap_or_default();
        let set = by_the_clock.saturating_sub(passed);
        set.round(Unit::Minute).unwrap_or(set)
    }
}

/// Everything that was said of the device.
pub(super) struct Device {
    pub settings: Option<Arc<Settings>>,
    pub reader_problem: Option<Failure>,
    pub card_present: bool,
    /// How often a card was laid since the agent started.
    pub layings: u64,
    pub core_reachable: bool,
    /// `device.revoked`, when the core does not take the device any more.
    pub admitted: Result<(), Failure>,
    /// The end of the device's certificate.
    pub certified_until: Timestamp,
    /// How the core found the clock.
    clock: Clock,
    pub store: Result<(), Failure>,
    /// Sections without a number.
    pub exhausted: Vec<SectionLetter>,
    pub printer: Option<PrinterState>,
    /// At the last tick.
    pub time: Option<Time>,
    /// The printer last told to whoever prints.
    configured: Option<Printer>,
    /// The reader that whoever reads cards knows of.
    reader: Option<UsbId>,
}

impl Device {
    pub fn new() -> Self {
        Self {
            settings: None,
            reader_problem: None,
            card_present: false,
            layings: 0,
            core_reachable: false,
            admitted: Ok(()),
            certified_until: Timestamp::MAX,
            clock: Clock::Right,
            store: Ok(()),
            exhausted: Vec::new(),
            printer: None,
            time: None,
            configured: None,
            reader: None,
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
        self.clock = match (core.problem, core.clock_ahead, core.clock_compared) {
            (Some(FailureCode::ClockWrong), ..) => Clock::TooEarly,
            (_, Some(ahead), Some(when)) => match self.clock {
                // Not a new one, only said again.
                Clock::Compared { at: at @ (known, _), ahead } if known == when => {
                    Clock::Compared { at, ahead }
                }
                _ => Clock::Compared { at: (when, self.time), ahead },
            },
            _ => Clock::Right,
        };
    }

    /// Today in Japan. Before the first tick nothing is too late.
    pub fn today(&self) -> Date {
        self.time.map_or(Date::MAX, |time| day_in_japan(time.now))
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
        self.clock.check(self.time)?;
        if let Some(Time { now, .. }) = self.time {
            self.check_certificate(now)?;
            settings.fit_at(now)?;
        }
        self.store.clone()?;
        Ok(settings)
    }

    fn check_certificate(&self, now: Timestamp) -> Result<(), Failure> {
        let until = self.certified_until;
        if until.duration_since(now) < VISITS_END {
            let detail = format!("the device's certificate ends at {}", in_japan(until));
            return Err(Failure::new(FailureCode::DeviceCertificateExpired, detail));
        }
        Ok(())
    }

    /// As the screen is told. A visit goes on with the profile that it began with.
    pub fn event(&self, of_visit: Option<&Profile>) -> Event {
        let profile = of_visit.or(self.settings.as_ref().map(|s| s.profile()));
        let has_printer = profile.is_some_and(|p| p.printer.is_some());
        Event::Device(DeviceState {
            out_of_service: self.fit_to_serve().err(),
            card_present: self.card_present,
            municipality: profile.map(|p| p.municipality.clone()),
            core_reachable: self.core_reachable,
            idle_seconds: profile.map_or(DeviceState::default().idle_seconds, |p| p.idle_seconds),
            reader: self.reader_problem.clone(),
            printer: self.printer.clone().filter(|_| has_printer),
            appearance: profile.and_then(|p| p.appearance),
            practice: profile.is_some_and(|p| p.practice),
        })
    }
}

impl Desk {
    /// Tells whoever prints which printer the profile names, and whoever reads cards which reader;
    /// not while a person waits for paper or has a card there.
    pub(super) fn set_parts(&mut self, effects: &mut Vec<Effect>) {
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
        let reader = &settings.profile().reader;
        if device.reader != *reader {
            device.reader.clone_from(reader);
            effects.push(Effect::Reader(reader.clone()));
        }
    }
}
