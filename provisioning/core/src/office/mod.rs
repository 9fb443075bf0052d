//! The office: inside the staff network. It pulls from its intakes, proves, opens, and alone holds
//! what a person entered. It shows where somebody is needed.

mod alerts;
mod applications;
pub(crate) mod audit;
mod bell;
mod cases;
mod checks;
mod chores;
mod client;
mod follow;
mod gaps;
mod hall;
mod intakes;
mod lateness;
mod pull;
mod queue;
mod receive;
mod refused;
pub(crate) mod register;
mod relay;
mod retention;
mod set_aside;
mod staff;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use madoguchi_authority::Role;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::ticket::SectionLetter;
use tokio::task::JoinSet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::TicketNumbers;
use crate::database::{self, Database, DatabaseError};
use crate::http;
use crate::revoked::{self, RevokedDevices};
use crate::server::Stop;

use bell::Bell;
use follow::{pause, pauses};
use intakes::Watched;
use pull::{LONGEST_PAUSE, Puller};
use register::Register;
use relay::AlertRelay;
use staff::Entrance;

pub(crate) use audit::anchor::Anchors;
pub(crate) use checks::Checks;
pub(crate) use chores::Chores;
pub(crate) use client::{ClientError, IntakeClient};
pub(crate) use lateness::Lateness;
pub(crate) use retention::Keeping;
pub(crate) use staff::{RULES, Rule};

/// What the office's handlers share.
pub(crate) struct Office {
    database: Database,
    /// For its packs.
    checks: Arc<Checks>,
    register: Arc<dyn Register>,
    entrance: Entrance,
    /// After how many minutes without a request a clerk's session ends.
    idle_minutes: u16,
    /// Which numbers clerks give; none without.
    numbers: Option<TicketNumbers>,
    /// To whom forms are addressed.
    municipality: Text,
    /// Devices that are answered nothing else.
    revoked: Option<Arc<RevokedDevices>>,
    /// Rung after every change of a line or a case.
    changed: Bell,
    /// Rung when a session begins or ends, and when sections stop or go on with their numbers.
    duty: Bell,
    /// Rung after every first acknowledgement of an alert.
    acknowledged: Bell,
    /// In the order of the configuration.
    intakes: Vec<Watched>,
}

type Shared = Arc<Office>;

impl Office {
    /// What a section is called in the packs; its letter, where no pack is of it.
    fn section_name(&self, letter: SectionLetter) -> Text {
        let name = self.checks.section_name(letter);
        name.unwrap_or_else(|| Text { ja: letter.to_string(), en: letter.to_string() })
    }
}

/// How the office works with clerks.
pub(crate) struct Desks {
    pub(crate) register: Arc<dyn Register>,
    pub(crate) idle_minutes: u16,
    pub(crate) numbers: Option<TicketNumbers>,
    pub(crate) municipality: Text,
    pub(crate) revoked: Option<Arc<RevokedDevices>>,
}

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
        while let Err(error) = self.catch_up_once().await {
            tracing::warn!(error = chain(&error), "trying again what was set aside failed");
            pause(&mut pauses, LONGEST_PAUSE).await;
        }
    }

    async fn catch_up_once(&self) -> Result<(), sqlx::Error> {
        receive::stand_in_lines(&self.database, &self.checks).await?;
        receive::try_again(&self.database, &self.checks).await
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
    desks: Desks,
) -> (Router, Work) {
    let (checks, acknowledged, changed) = (Arc::new(checks), Bell::default(), Bell::default());
    let watched: Vec<_> = intakes.iter().map(|intake| Watched::new(intake.url())).collect();
    let Desks { register, idle_minutes, numbers, municipality, revoked } = desks;
    let office = Shared::new(Office {
        database: database.clone(),
        checks: Arc::clone(&checks),
        register,
        entrance: Entrance::default(),
        idle_minutes,
        numbers,
        municipality,
        revoked: revoked.clone(),
        changed: changed.clone(),
        duty: Bell::default(),
        acknowledged: acknowledged.clone(),
        intakes: watched.clone(),
    });
    let (guarded, _) = routes().split_for_parts();
    let require_session = from_fn_with_state(Shared::clone(&office), staff::require_session);
    let guarded = guarded.with_state(office).layer(require_session);
    let guarded = revoked::guard(guarded, revoked.as_ref());
    let router = http::service(Role::Office, guarded, Router::new());

    let followed = intakes.into_iter().map(Arc::new).zip(watched).map(|(intake, watched)| {
        let (checks, acknowledged) = (Arc::clone(&checks), acknowledged.clone());
        let changed = changed.clone();
        let relay =
            AlertRelay { database: database.clone(), intake: Arc::clone(&intake), acknowledged };
        (Puller { database: database.clone(), checks, intake, watched, changed }, relay)
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
        .routes(routes!(alerts::acknowledge_by_clerk))
        .merge(staff::routes())
        .merge(hall::routes())
        .merge(cases::routes())
}
