//! Whether things go on. What a restart can mend keeps the watchdog from being fed; what people have
//! to mend is an alarm. Nothing here looks at a clock.

use std::fmt;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use madoguchi_store::{Room, Waiting};

/// A reader that was not polled for so long is stuck (a card may take its deadline).
const READER_STALL: Duration = Duration::from_secs(30);

/// A delivery that took no step for so long hangs: its longest wait is under six minutes.
const DELIVERY_STALL: Duration = Duration::from_secs(15 * 60);

/// With the core in reach, something that was due for so long without anything being delivered is
/// stuck.
const NOTHING_DELIVERED: Duration = Duration::from_secs(15 * 60);

/// For how long the core has to be in reach before what is old is late: a backlog takes its time.
const CATCHING_UP: Duration = Duration::from_secs(15 * 60);

/// What is older waits for too long, whoever is to blame.
pub(crate) const LATE: SignedDuration = SignedDuration::from_hours(1);

/// So long before its end a device is to be enrolled anew.
const CERTIFICATE_ENDS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is known at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Whether somebody uses the kiosk.
    pub visit: bool,
    /// How long ago the reader was polled.
    pub reader_polled: Duration,
    /// How long ago the delivery took a step.
    pub delivery_turned: Duration,
    /// For how long something has been due without anything being delivered.
    pub nothing_delivered: Option<Duration>,
    /// For how long the core has been in reach.
    pub core_in_reach: Option<Duration>,
    /// What waits.
    pub waiting: Waiting,
    /// How old the oldest of what is due is, by the device's clock.
    pub oldest: Option<SignedDuration>,
    /// Files of the store that were set aside.
    pub unreadable: usize,
    /// For how long the device's certificate still counts.
    pub certified_for: SignedDuration,
    /// Intakes that fail, from 1.
    pub failing_intakes: Vec<usize>,
}

/// What people have to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The core is in reach, and nothing is delivered.
    Stalled(Duration),
    /// Something has waited for very long.
    Late(SignedDuration),
    /// The core refused envelopes for good.
    SetAside(usize),
    /// The store is nearly full, or full.
    Room(Room),
    /// The device's certificate ends after so many days.
    CertificateEnds(i64),
    /// The device's certificate has ended.
    CertificateEnded,
    /// Files of the store could not be read and were set aside.
    Unreadable(usize),
    /// Intakes fail, from 1.
    Intakes(Vec<usize>),
}

impl Facts {
    /// Who makes no progress that a restart could bring back. A visit is not broken off for the sake
    /// of the delivery.
    pub(crate) fn stuck(&self) -> Option<&'static str> {
        if self.reader_polled > READER_STALL {
            Some("reader")
        } else if !self.visit && self.delivery_turned > DELIVERY_STALL {
            Some("delivery")
        } else if !self.visit && self.waiting.poisoned {
            // Opened again, it keeps again if the disk lets it.
            Some("store")
        } else {
            None
        }
    }

    /// Everything that people have to mend.
    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        let in_reach = self.core_in_reach;
        let stalled = self
            .nothing_delivered
            .filter(|since| in_reach.is_some() && *since >= NOTHING_DELIVERED);
        let caught_up = in_reach.is_none_or(|since| since >= CATCHING_UP);
        let late = self.oldest.filter(|age| *age >= LATE && caught_up);
        let set_aside = Some(self.waiting.set_aside).filter(|count| *count > 0);
        let room = Some(self.waiting.room).filter(|room| *room != Room::Plenty);
        let ends = Some(self.certified_for).filter(|left| *left < CERTIFICATE_ENDS);
        let ends = ends.map(|left| match left.is_positive() {
            true => Alarm::CertificateEnds(left.as_hours() / 24),
            false => Alarm::CertificateEnded,
        });
        let unreadable = Some(self.unreadable).filter(|count| *count > 0);
        let failing = Some(&self.failing_intakes).filter(|failing| !failing.is_empty());
        [
            stalled.map(Alarm::Stalled),
            late.map(Alarm::Late),
            set_aside.map(Alarm::SetAside),
            room.map(Alarm::Room),
            ends,
            unreadable.map(Alarm::Unreadable),
            failing.cloned().map(Alarm::Intakes),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Alarm {
    /// Whether it is about the same thing, however long or large it has become.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Room(one), Self::Room(other)) => one == other,
            (Self::Intakes(one), Self::Intakes(other)) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stalled(since) => write!(
                f,
                "the core is in reach, and nothing was delivered for {} minutes: the log says why",
                since.as_secs() / 60
            ),
            Self::Late(age) => write!(
                f,
                "the oldest of what is kept has waited for {} hours: is the network there?",
                age.as_hours()
            ),
            Self::SetAside(count) => write!(
                f,
                "the core refused {count} for good: `madoguchi-agent set-aside` says which, and why"
            ),
            Self::Room(Room::Full) => f.write_str("the store is full: nothing more is kept"),
            Self::Room(_) => f.write_str("there is little room left in the store"),
            Self::CertificateEnds(days) => write!(
                f,
                "the device's certificate ends in {days} days: have it deliver what waits, then enrol it anew"
            ),
            Self::CertificateEnded => f.write_str(
                "the device's certificate has ended, and nothing is delivered any more: export what waits, \
                 then enrol it anew with --handed-over",
            ),
            Self::Unreadable(count) => write!(
                f,
                "{count} files of the store could not be read and were set aside beside it as \
                 *.unreadable-*: send them to whoever maintains the device, then move them away"
            ),
            Self::Intakes(failing) => {
                let numbers: Vec<String> = failing.iter().map(ToString::to_string).collect();
                write!(f, "intake {} does not answer as the core does", numbers.join(" and "))
            }
        }
    }
}

/// Since when things are as they are, by a clock that nobody sets.
#[derive(Debug, Default)]
pub(crate) struct Since {
    due: Option<Instant>,
    in_reach: Option<Instant>,
}

impl Since {
    /// For how long something has been due without anything being delivered, and for how long the
    /// core has been in reach.
    pub(crate) fn look(
        &mut self,
        now: Instant,
        is_due: bool,
        delivered: Option<Instant>,
        in_reach: bool,
    ) -> (Option<Duration>, Option<Duration>) {
        let since = |known: Option<Instant>, so: bool| so.then(|| known.unwrap_or(now));
        self.due = since(self.due, is_due);
        self.in_reach = since(self.in_reach, in_reach);
        let undelivered = self.due.max(delivered.filter(|_| is_due));
        let ago = |then: Instant| now.saturating_duration_since(then);
        (undelivered.map(ago), self.in_reach.map(ago))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(3600);

    fn well() -> Facts {
        Facts {
            visit: false,
            reader_polled: SECOND,
            delivery_turned: SECOND,
            nothing_delivered: None,
            core_in_reach: Some(HOUR),
            waiting: Waiting::default(),
            oldest: None,
            unreadable: 0,
            certified_for: CERTIFICATE_ENDS,
            failing_intakes: Vec::new(),
        }
    }

    fn alarms(facts: Facts) -> Vec<Alarm> {
        assert_eq!(facts.stuck(), None, "a restart would mend nothing");
        facts.alarms()
    }

    #[test]
    fn all_is_well() {
        assert_eq!(alarms(well()), []);
    }

    #[test]
    fn the_core_being_away_starves_no_watchdog() {
        let away = Facts {
            core_in_reach: None,
            nothing_delivered: Some(HOUR),
            oldest: Some(SignedDuration::from_mins(59)),
            ..well()
        };
        assert_eq!(alarms(away.clone()), [], "not yet even an alarm");
        let long = Facts { oldest: Some(LATE), nothing_delivered: Some(48 * HOUR), ..away };
        assert_eq!(alarms(long), [Alarm::Late(LATE)]);
    }

    #[test]
    fn a_silent_stall_is_an_alarm() {
        let stalled = |since| Facts { nothing_delivered: Some(since), ..well() };
        assert_eq!(alarms(stalled(NOTHING_DELIVERED - SECOND)), []);
        assert_eq!(alarms(stalled(NOTHING_DELIVERED)), [Alarm::Stalled(NOTHING_DELIVERED)]);
    }

    #[test]
    fn one_that_waits_while_others_are_delivered_is_noticed_but_not_while_catching_up() {
        let old = Facts { oldest: Some(LATE), nothing_delivered: Some(SECOND), ..well() };
        assert_eq!(alarms(old.clone()), [Alarm::Late(LATE)]);
        let catching_up = Facts { core_in_reach: Some(CATCHING_UP - SECOND), ..old };
        assert_eq!(alarms(catching_up), []);
    }

    #[test]
    fn what_the_core_refused_and_little_room_and_a_dead_second_intake_are_alarms() {
        let waiting = Waiting { set_aside: 2, room: Room::Low, ..Waiting::default() };
        let facts = Facts { waiting, failing_intakes: vec![2], ..well() };
        let expected = [Alarm::SetAside(2), Alarm::Room(Room::Low), Alarm::Intakes(vec![2])];
        assert_eq!(alarms(facts), expected);
        let ends = Facts { certified_for: SignedDuration::from_hours(50), ..well() };
        assert_eq!(alarms(ends), [Alarm::CertificateEnds(2)]);
        let ended = Facts { certified_for: SignedDuration::ZERO, unreadable: 1, ..well() };
        assert_eq!(alarms(ended), [Alarm::CertificateEnded, Alarm::Unreadable(1)]);
        assert!(Alarm::SetAside(2).is_like(&Alarm::SetAside(3)));
        assert!(!Alarm::Room(Room::Low).is_like(&Alarm::Room(Room::Full)));
    }

    #[test]
    fn only_what_hangs_starves_the_watchdog() {
        let reader = Facts { reader_polled: READER_STALL + SECOND, visit: true, ..well() };
        assert_eq!(reader.stuck(), Some("reader"));
        let delivery = Facts { delivery_turned: DELIVERY_STALL + SECOND, ..well() };
        assert_eq!(delivery.stuck(), Some("delivery"));
        let waiting = Waiting { poisoned: true, ..Waiting::default() };
        let store = Facts { waiting, ..well() };
        assert_eq!(store.stuck(), Some("store"));
        for facts in [delivery, store] {
            let visit = Facts { visit: true, ..facts };
            assert_eq!(visit.stuck(), None, "nothing interrupts a visit");
        }
    }

    #[test]
    fn time_counts_from_what_was_due_or_delivered_last_and_no_clock_is_asked() {
        let (mut since, start) = (Since::default(), Instant::now());
        let at = |seconds| start + seconds * SECOND;
        assert_eq!(since.look(at(0), false, None, false), (None, None));
        assert_eq!(
            since.look(at(10), true, None, true),
            (Some(Duration::ZERO), Some(Duration::ZERO))
        );
        assert_eq!(since.look(at(30), true, None, true), (Some(20 * SECOND), Some(20 * SECOND)));
        let delivered = Some(at(25));
        assert_eq!(since.look(at(30), true, delivered, false), (Some(5 * SECOND), None));
        assert_eq!(since.look(at(40), false, delivered, true), (None, Some(Duration::ZERO)));
        // What is due now was not when the last one was delivered.
        assert_eq!(since.look(at(90), true, delivered, true).0, Some(Duration::ZERO));
    }
}
