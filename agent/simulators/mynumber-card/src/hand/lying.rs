//! The card of the hand, as it lies on the reader.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::debug;

use super::{Shared, State, Wish};
use crate::apdu;
use crate::wire::{OnReader, Power, Said};

/// While the wire runs. What goes wrong, and how long all takes, is decided here.
pub struct Lying<'a>(pub &'a Shared);

impl OnReader for Lying<'_> {
    fn atr(&mut self) -> Vec<u8> {
        self.0.lock().card.atr().to_vec()
    }

    fn power(&mut self, power: Power) {
        let card = &mut self.0.lock().card;
        match power {
            Power::On => card.power_on(),
            Power::Off => card.power_off(),
            Power::Reset => card.reset(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Said {
        let mut state = self.0.lock();
        if state.wish != Wish::Laid {
            return Said::Gone;
        }
        let State { card, faults, .. } = &mut *state;
        let reply = faults.transmit(card, command);
        log(command, reply.answer.as_deref());
        if changes_keys(command) {
            state.keep();
        }
        let length = reply.answer.as_ref().map_or(0, Vec::len);
        let time = reply.delay + state.timing.takes(command, length);
        self.0.changed.notify_all();
        state = self.pause(state, time);
        if state.wish != Wish::Laid {
            return Said::Gone;
        }
        if reply.removed {
            state.wish = Wish::Taken;
        }
        match reply.answer {
            Some(answer) if reply.removed => Said::Last(answer),
            Some(answer) => Said::Answer(answer),
            None => Said::Gone,
        }
    }
}

impl Lying<'_> {
    /// Lets time pass, until the card is taken at the latest.
    fn pause<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        time: Duration,
    ) -> MutexGuard<'s, State> {
        let until = Instant::now() + time;
        while state.wish == Wish::Laid {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }
}

/// VERIFY with a value, and the changes of a value.
fn changes_keys(command: &[u8]) -> bool {
    matches!(command, [_, 0x20 | 0x24 | 0x32, _, _, _, ..])
}

/// The name and the status word; never the data of either.
fn log(command: &[u8], answer: Option<&[u8]>) {
    let name = apdu::name(command);
    match answer {
        Some([data @ .., high, low]) => {
            debug!("{name} -> {} bytes, {high:02X}{low:02X}", data.len());
        }
        Some(answer) => debug!("{name} -> {} bytes", answer.len()),
        None => debug!("{name} -> gone"),
    }
}
