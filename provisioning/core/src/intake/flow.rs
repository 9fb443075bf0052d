//! How many batches there may be at once: a city that comes back after an outage is put off, so that
//! nobody who stands at a kiosk now waits behind it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::http::request::Parts;
use madoguchi_protocol::DeviceId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Shared;
use crate::config::BatchLimits;
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

/// What is told to a device that has its share already: one of its own batches ends sooner.
const SECONDS_OF_DEVICE: u64 = 1;
/// What is told when all places are taken.
const SECONDS_OF_ALL: u64 = 3;

/// The places for batches.
#[derive(Debug)]
pub(crate) struct Flow {
    all: Arc<Semaphore>,
    of_device: usize,
    /// Devices that have some.
    taken: Mutex<BTreeMap<DeviceId, usize>>,
}

impl Flow {
    pub(crate) fn new(limits: BatchLimits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.at_once.get().into())),
            of_device: limits.of_device.get().into(),
            taken: Mutex::default(),
        }
    }

    fn enter(self: &Arc<Self>, device: &DeviceId) -> Result<Place, Refusal> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_device = taken.get(device).copied().unwrap_or(0);
        if of_device >= self.of_device {
            let detail = format!("{device} has {of_device} batches on their way");
            return Err(later(Code::BatchTooMany, detail, SECONDS_OF_DEVICE));
        }
        let Ok(place) = Arc::clone(&self.all).try_acquire_owned() else {
            let detail = "all places for batches are taken";
            return Err(later(Code::CoreBusy, detail, SECONDS_OF_ALL));
        };
        taken.insert(device.clone(), of_device + 1);
        Ok(Place { flow: Arc::clone(self), device: device.clone(), _place: place })
    }
}

fn later(code: Code, detail: impl std::fmt::Display, seconds: u64) -> Refusal {
    Refusal::new(code, detail).with(RETRY_AFTER, HeaderValue::from(seconds))
}

/// A place for one batch, taken before its body is read and given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    flow: Arc<Flow>,
    device: DeviceId,
    _place: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.flow.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.device) {
            Some(of_device) if *of_device > 1 => *of_device -= 1,
            _ => drop(taken.remove(&self.device)),
        }
    }
}

impl FromRequestParts<Shared> for Place {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, intake: &Shared) -> Result<Self, Refusal> {
        let peer = DevicePeer::from_request_parts(parts, intake).await?;
        intake.flow.enter(&peer.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(at_once: u16, of_device: u16) -> Arc<Flow> {
        let [at_once, of_device] =
            [at_once, of_device].map(|limit| limit.try_into().expect("not zero"));
        Arc::new(Flow::new(BatchLimits { at_once, of_device }))
    }

    fn kiosk(number: u8) -> DeviceId {
        format!("kiosk-0{number}").parse().expect("a device")
    }

    fn refused(flow: &Arc<Flow>, device: u8) -> Code {
        flow.enter(&kiosk(device)).expect_err("refused").code()
    }

    #[test]
    fn a_device_has_its_share_and_leaves_the_rest_to_the_others() {
        let flow = flow(3, 2);
        let first = flow.enter(&kiosk(1)).expect("a place");
        let _second = flow.enter(&kiosk(1)).expect("a place");
        assert_eq!(refused(&flow, 1), Code::BatchTooMany);
        let other = flow.enter(&kiosk(2)).expect("a place");
        assert_eq!(refused(&flow, 3), Code::CoreBusy);
        // It has its share, and would have it also if there were more room.
        assert_eq!(refused(&flow, 1), Code::BatchTooMany);
        drop(first);
        flow.enter(&kiosk(3)).expect("given back");
        drop(other);
        flow.enter(&kiosk(1)).expect("its second again");
    }

    #[test]
    fn nothing_is_remembered_of_a_device_without_batches() {
        let flow = flow(3, 2);
        drop([flow.enter(&kiosk(1)).expect("a place"), flow.enter(&kiosk(1)).expect("a place")]);
        assert!(flow.taken.lock().expect("whole").is_empty());
    }
}
