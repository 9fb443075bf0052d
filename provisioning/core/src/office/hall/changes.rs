//! What changes, as it changes: one stream a counter.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use madoguchi_protocol::clerk::{self, Change};
use madoguchi_protocol::core_api::Problem;
use serde::Deserialize;

use super::super::bell::Listener;
use super::super::staff::{self, OnDuty};
use super::super::{Shared, alerts};
use super::entries::{self, NotTheirs};
use crate::http::QueryParameters;
use crate::problem::Refusal;

/// At most this long after a session is over, its stream ends, also when nothing changes.
const LOOKS: Duration = Duration::from_secs(15);

/// From where on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// The revision up to which everything was seen: of [`clerk::Queue`], or of the last entry.
    after: i64,
}

/// Follows the lines of the clerk's sections. Whoever was away goes on from the last revision they saw, and
/// misses nothing.
#[utoipa::path(get, path = clerk::CHANGES, operation_id = "changes", tag = "office", params(From), responses(
    (status = 200, description = "Server-sent events: each has a change as its data", body = Change, content_type = "text/event-stream"),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn follow(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    QueryParameters(From { after }): QueryParameters<From>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changed = office.changed.listener();
    let acknowledged = office.acknowledged.listener();
    let duty = office.duty.listener();
    let follower = Follower {
        office,
        on_duty,
        after,
        changed,
        acknowledged,
        duty,
        told: Told::default(),
        ready: VecDeque::new(),
        looked: None,
        is_over: false,
    };
    Sse::new(stream::unfold(follower, Follower::next)).keep_alive(KeepAlive::new().interval(LOOKS))
}

/// What was told last of what is told as a whole.
#[derive(Default)]
struct Told {
    alerts: Option<Change>,
    stopped: Option<Change>,
}

struct Follower {
    office: Shared,
    on_duty: OnDuty,
    after: i64,
    changed: Listener,
    acknowledged: Listener,
    duty: Listener,
    told: Told,
    ready: VecDeque<Change>,
    /// When it looked last at what changes seldom.
    looked: Option<Instant>,
    is_over: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                // Of types that always serialise.
                let data = serde_json::to_string(&change).unwrap_or_default();
                return Some((Ok(Event::default().data(data)), self));
            }
            if self.is_over {
                return None;
            }
            let is_first = self.looked.is_none();
            if let Err(refusal) = self.wait_and_look().await {
                // The counter comes again, from where it was.
                tracing::warn!(code = refusal.code().as_str(), "the lines cannot be followed");
                return None;
            }
            if is_first && !self.is_over {
                self.ready.push_back(Change::UpToDate {});
            }
        }
    }

    /// Looks at what may have changed: the lines whenever something is done in them, the rest when it is said
    /// to have changed, and from time to time.
    async fn wait_and_look(&mut self) -> Result<(), Refusal> {
        let Some(looked) = self.looked else {
            return self.look_at_everything().await;
        };
        tokio::select! {
            biased;
            () = self.duty.heard() => self.look_at_everything().await,
            () = self.acknowledged.heard() => self.look_at_everything().await,
            () = tokio::time::sleep_until((looked + LOOKS).into()) => self.look_at_everything().await,
            () = self.changed.heard() => self.look_at_lines().await,
        }
    }

    async fn look_at_everything(&mut self) -> Result<(), Refusal> {
        self.looked = Some(Instant::now());
        let (office, on_duty) = (&self.office, &self.on_duty);
        if !staff::still_counts(office, on_duty).await? {
            self.is_over = true;
            self.ready.push_back(Change::SessionOver {});
            return Ok(());
        }
        let mut connection = office.database.readers().acquire().await?;
        let alerts = Change::Alerts { alerts: alerts::open(&mut connection, &on_duty.site).await? };
        let sections = entries::stopped(&mut connection, on_duty).await?;
        drop(connection);
        let stopped = Change::Stopped { sections };
        for (told, now) in [(&mut self.told.alerts, alerts), (&mut self.told.stopped, stopped)] {
            if told.as_ref() != Some(&now) {
                self.ready.push_back(now.clone());
                *told = Some(now);
            }
        }
        self.look_at_lines().await
    }

    async fn look_at_lines(&mut self) -> Result<(), Refusal> {
        let (office, on_duty) = (&self.office, &self.on_duty);
        let mut connection = office.database.readers().acquire().await?;
        for found in entries::since(office, &mut connection, on_duty, self.after).await? {
            let (revision, change) = match found {
                Ok(entry) => (entry.revision, Change::Entry { entry: Box::new(entry) }),
                Err(NotTheirs { turn, revision }) => (revision, Change::Gone { turn, revision }),
            };
            self.after = self.after.max(revision);
            self.ready.push_back(change);
        }
        Ok(())
    }
}
