//! How the intakes are from which the office pulls, each by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use madoguchi_protocol::core_api::{self, OfficeIntake, OfficeIntakes, Problem};

use super::Shared;
use crate::peer::OperatorPeer;

/// The intakes of the configuration, as they were found since the office's start.
#[utoipa::path(get, path = core_api::OFFICE_INTAKES, operation_id = "intakes", tag = "office", responses(
    (status = 200, description = "All of them", body = OfficeIntakes),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(_: OperatorPeer, State(office): State<Shared>) -> Json<OfficeIntakes> {
    let intakes = office.intakes.iter().map(|watched| watched.look().clone()).collect();
    Json(OfficeIntakes { intakes })
}

/// What is known of one intake.
#[derive(Debug, Clone)]
pub(super) struct Watched(Arc<Mutex<OfficeIntake>>);

impl Watched {
    pub(super) fn new(url: &str) -> Self {
        let url = url.to_owned();
        let known = OfficeIntake { url, last_answer_at: None, failing_since: None, failure: None };
        Self(Arc::new(Mutex::new(known)))
    }

    /// It answered as it should.
    pub(super) fn answered(&self) {
        let mut known = self.look();
        known.last_answer_at = Some(Timestamp::now());
        (known.failing_since, known.failure) = (None, None);
    }

    /// It did not, or what it said cannot be used.
    pub(super) fn failed(&self, why: String) {
        let mut known = self.look();
        known.failing_since.get_or_insert_with(Timestamp::now);
        known.failure = Some(why);
    }

    fn look(&self) -> MutexGuard<'_, OfficeIntake> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
