//! The office: inside the staff network. It pulls from its intakes, proves, opens, and alone holds
//! what a person entered. It shows where somebody is needed.

mod alerts;
mod applications;
pub(crate) mod audit;
mod bell;
mod checks;
mod chores;
mod client;
mod follow;
mod gaps;
mod intakes;
mod lateness;
mod pull;
mod queue;
mod receive;
mod relay;
mod retention;
mod set_aside;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use madoguchi_authority::Role;
use madoguchi_protocol::failure::chain;
use tokio::task::JoinSet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::{self, Database, DatabaseError};
use crate::http;
use crate::server::Stop;

use bell::Bell;
use follow::{pause, pauses};
use intakes::Watched;
use pull::{LONGEST_PAUSE, Puller};
use relay::AlertRelay;

pub(crate) use audit::anchor::Anchors;
pub(crate) use checks::Checks;
pub(crate) use chores::Chores;
pub(crate) use client::{ClientError, IntakeClient};
pub(crate) use lateness::Lateness;

/// What the office's handlers share.
pub(crate) struct Office {
    database: Database,
    /// Rung after every first acknowledgement of an alert.
    acknowledged: Bell,
    /// In the order of the configuration.
    intakes: Vec<Watched>,
}

type Shared = Arc<Office>;

/// The office's work towards its intakes. None waits for another.
pub(crate) struct Work {
    database: Database,
    checks: Arc<Checks>,
    intakes: Vec<(Puller, AlertRelay)>,
    chores: Chores,
}

impl Work {
    /// Works until the core stops.
    pub(crate) async fn run(self, mut stop: Stop) {
        tokio::select! {
            () = self.catch_up() => {}
            () = stop.wait() => return,
        }
        let mut running = JoinSet::new();
        running.spawn(self.chores.run(stop.clone()));
        for (puller, relay) in self.intakes {
            running.spawn(puller.run(stop.clone()));
            running.spawn(relay.run(stop.clone()));
        }
        running.join_all().await;
    }

    /// Once, before anything new comes.
    async fn catch_up(&self) {
        let mut pauses = pauses(LONGEST_PAUSE);
        while let Err(error) = receive::try_again(&self.database, &self.checks).await {
            tracing::warn!(error = chain(&error), "trying again what was set aside failed");
            pause(&mut pauses, LONGEST_PAUSE).await;
        }
    }
}

/// Opens the office's database.
pub(crate) async fn open_database(path: &Path) -> Result<Database, DatabaseError> {
    let database = database::open(path, &sqlx::migrate!("migrations/office")).await?;
    let taken_over = audit::take_over(&database).await;
    taken_over.map_err(|e| DatabaseError::Open(path.to_owned(), e))?;
    Ok(database)
}

/// The office, ready to be served and to work.
pub(crate) fn office(
    database: &Database,
    checks: Checks,
    intakes: Vec<IntakeClient>,
    chores: Chores,
) -> (Router, Work) {
    let (checks, acknowledged) = (Arc::new(checks), Bell::default());
    let watched: Vec<_> = intakes.iter().map(|intake| Watched::new(intake.url())).collect();
    let office = Office {
        database: database.clone(),
        acknowledged: acknowledged.clone(),
        intakes: watched.clone(),
    };
    let (guarded, _) = routes().split_for_parts();
    let guarded = guarded.with_state(Shared::new(office));
    let router = http::service(Role::Office, guarded, Router::new());

    let followed = intakes.into_iter().map(Arc::new).zip(watched).map(|(intake, watched)| {
        let (checks, acknowledged) = (Arc::clone(&checks), acknowledged.clone());
        let relay =
            AlertRelay { database: database.clone(), intake: Arc::clone(&intake), acknowledged };
        (Puller { database: database.clone(), checks, intake, watched }, relay)
    });
    let intakes = followed.collect();
    (router, Work { database: database.clone(), checks: Arc::clone(&checks), intakes, chores })
}

/// Routes and their description; a certificate is required by all of them.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::common_routes()
        .routes(routes!(applications::show))
        .routes(routes!(queue::list))
        .routes(routes!(intakes::list))
        .routes(routes!(set_aside::list))
        .routes(routes!(gaps::sequence_gaps))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::acknowledge))
}
