//! Is the device enrolled, and for how much longer?

use madoguchi_identity::{Identity, IdentityError};
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::time::in_japan;

use super::Outcome;
use crate::clock;

pub(super) fn check(identity: Result<&Identity, &IdentityError>) -> Outcome {
    let identity = identity.map_err(|e| chain(e))?;
    let end = identity.not_after();
    let until = in_japan(end);
    let settings = identity.settings();
    if end <= clock::now() {
        return Err(format!("the certificate ended on {until}; enrol the device again"));
    }
    Ok(format!("{} at {}, until {until}", settings.device, settings.site))
}
