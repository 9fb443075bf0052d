//! Calls to the office: alerts on their way to the core, and for a visitor, or a card that was left
//! behind, what becomes of them.
//!
//! A visitor's call starts at once, whatever the device has to tell. Of the device itself one call
//! of each kind is on its way: a newer one takes its place. Calls come over a bounded channel; should
//! it be full nevertheless, a visitor hears at once that nobody was reached (the chime and the words
//! at the kiosk are then the call), and a call of the device itself is dropped and logged.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::core_api::{Alert, AlertKind, AlertState};
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::local::ClerkState;
use madoguchi_protocol::{AlertId, VisitId};
use madoguchi_uplink::{Core, Pace, UplinkError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock;
use crate::desk::alerts::{Call, CallReport};

/// Calls that may wait.
const QUEUE: usize = 16;

/// How long the core is tried while a person waits.
const VISITOR_WAITS: Duration = Duration::from_secs(10);

/// How long the core is tried for the device itself; after that the news is old.
const DEVICE_WAITS: Duration = Duration::from_secs(600);

/// How often the core is asked whether somebody comes.
const ASK: Duration = Duration::from_secs(2);

/// How long it is asked at most.
const ASK_FOR: Duration = Duration::from_secs(300);

/// Who takes alerts: the core but for tests.
pub trait Office: Send + Sync + 'static {
    /// Takes an alert; the same one again is the same alert.
    fn raise(&self, alert: &Alert) -> impl Future<Output = Result<(), UplinkError>> + Send;

    /// What became of one.
    fn state(&self, id: AlertId) -> impl Future<Output = Result<AlertState, UplinkError>> + Send;
}

impl Office for Core {
    async fn raise(&self, alert: &Alert) -> Result<(), UplinkError> {
        self.raise_alert(alert).await
    }

    async fn state(&self, id: AlertId) -> Result<AlertState, UplinkError> {
        self.alert_state(id).await
    }
}

/// Takes calls.
pub struct CallsHandle(mpsc::Sender<(Call, Instant)>);

impl CallsHandle {
    /// Sends a call on its way, without waiting.
    ///
    /// # Errors
    /// The call, when too many are waiting already: nobody will hear it.
    pub fn call(&self, call: Call) -> Result<(), Call> {
        self.0.try_send((call, Instant::now())).map_err(|e| e.into_inner().0)
    }
}

/// Starts the actor; it ends with its handle. `visit` is the visit that is going on: once it is
/// another one, nobody asks any more what became of its calls.
pub fn start<O: Office>(
    office: Arc<O>,
    visit: watch::Receiver<Option<VisitId>>,
    reports: mpsc::Sender<CallReport>,
) -> CallsHandle {
    let (send, mut calls) = mpsc::channel::<(Call, Instant)>(QUEUE);
    let operator = Operator { office, visit, reports };
    tokio::spawn(async move {
        let mut under_way = JoinSet::new();
        let mut of_the_device = HashMap::new();
        loop {
            tokio::select! {
                call = calls.recv() => {
                    let Some((call, since)) = call else { break };
                    let (kind, visit) = (call.kind, call.visit);
                    let follows = under_way.spawn(operator.clone().follow(call, since));
                    if visit.is_none()
                        && let Some(older) = of_the_device.insert(kind, follows)
                    {
                        older.abort();
                    }
                }
                Some(_) = under_way.join_next() => {}
            }
        }
    });
    CallsHandle(send)
}

struct Operator<O> {
    office: Arc<O>,
    visit: watch::Receiver<Option<VisitId>>,
    reports: mpsc::Sender<CallReport>,
}

impl<O> Clone for Operator<O> {
    fn clone(&self) -> Self {
        Self {
            office: Arc::clone(&self.office),
            visit: self.visit.clone(),
            reports: self.reports.clone(),
        }
    }
}

impl<O: Office> Operator<O> {
    async fn follow(self, Call { kind, ticket, visit, laying }: Call, since: Instant) {
        let alert = Alert { id: AlertId::now(), kind, ticket, raised_at: clock::now() };
        let patience = if visit.is_some() { VISITOR_WAITS } else { DEVICE_WAITS };
        let raised = tokio::time::timeout_at(since + patience, self.raise(&alert)).await;
        let heard = raised.unwrap_or(false);
        tracing::info!(?kind, alert = %alert.id, heard, "the office was called");
        let state = if heard { ClerkState::Called } else { ClerkState::Unheard };
        // Of what the device has to tell, the screen speaks only of a card that was left behind.
        if visit.is_some() || kind == AlertKind::CardLeft {
            self.report(CallReport { visit, laying, state }).await;
        }
        if let Some(visit) = visit
            && heard
            && self.somebody_comes(visit, alert.id).await
        {
            let state = ClerkState::Acknowledged;
            self.report(CallReport { visit: Some(visit), laying, state }).await;
        }
    }

    /// Tries until the core has it, or refuses it for good.
    async fn raise(&self, alert: &Alert) -> bool {
        let mut failures = 0;
        loop {
            let Err(error) = self.office.raise(alert).await else { return true };
            tracing::warn!(alert = %alert.id, error = chain(&error), "nobody has heard yet");
            if matches!(error, UplinkError::Refused(_) | UplinkError::Revoked(_)) {
                return false;
            }
            failures += 1;
            tokio::time::sleep(Pace::default().wait(failures, None, fastrand::f64())).await;
        }
    }

    /// Whether somebody says that they come while the visit lasts.
    async fn somebody_comes(&self, visit: VisitId, alert: AlertId) -> bool {
        let mut current = self.visit.clone();
        let acknowledged = async {
            loop {
                tokio::time::sleep(ASK).await;
                match self.office.state(alert).await {
                    Ok(AlertState { acknowledged_at: Some(_) }) => return,
                    Ok(AlertState { acknowledged_at: None }) => {}
                    Err(error) => {
                        tracing::debug!(%alert, error = chain(&error), "asked in vain");
                    }
                }
            }
        };
        tokio::select! {
            _ = current.wait_for(|current| *current != Some(visit)) => false,
            in_time = tokio::time::timeout(ASK_FOR, acknowledged) => in_time.is_ok(),
        }
    }

    async fn report(&self, report: CallReport) {
        // The desk is gone only when the agent ends.
        let _ = self.reports.send(report).await;
    }
}

#[cfg(test)]
mod tests;
