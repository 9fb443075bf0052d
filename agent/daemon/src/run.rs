//! `madoguchi-agent run`: the actors, started in order and ended in order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use madoguchi_card::{CardConfig, CardHandle, Pins};
use madoguchi_identity::Identity;
use madoguchi_printing::PrintHandle;
use madoguchi_uplink::choice::Rules;
use madoguchi_uplink::{Core, Endpoints, Pace, Progress, Timeouts, deliver_loop};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};

use crate::config::Config;
use crate::core_sync::CoreSync;
use crate::delivery::KeptOutbox;
use crate::desk::Desk;
use crate::drill::Follower;
use crate::practice::Practice;
use crate::reception::{Helpers, Sources};
use crate::settings::{Collected, Verifier};
use crate::supervise::{self, Surroundings, Watch};
use crate::{calls, check, clock, counter, keeper, local, reception, series, standing, status};

/// Longest time for one command of the card.
const CARD_DEADLINE: Duration = Duration::from_secs(10);

/// From SIGTERM on the process ends within this time, whatever the reader does.
const END: Duration = Duration::from_secs(4);

/// Messages between socket, card and desk that may wait.
const QUEUE: usize = 32;

/// Runs the agent until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start, or must be started anew, between two visits; every other failure has its
/// own way on.
pub fn run(config: &Config) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let result = runtime.block_on(agent(config));
    // A task that still waits for the disk or the network does not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(200));
    result
}

async fn agent(config: &Config) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;

    let identity = Identity::load(&config.state_dir.join("identity"))
        .context("this device has no usable identity: `madoguchi-agent enrol` gives it one")?;
    let device = identity.settings().clone();
    tracing::info!(device = %device.device, site = %device.site, "the agent starts");

    let own = rustix::process::geteuid().as_raw();
    let allowed = config.allowed_uids.clone().unwrap_or_else(|| vec![own]);

    if let Some(counter) = &config.counter {
        let end = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        return counter::agent(config, counter, &identity, allowed, end).await;
    }

    series::settle(&config.state_dir, &identity, clock::now())?;
    let (keeper, store, keeper_thread) =
        keeper::start(&config.state_dir.join("store"), device.clone(), identity.signer())
            .context("the store cannot be opened")?;
    // After the store, which only one agent can have: a second one must not take the socket of
    // the first.
    let listener = local::listen(&config.socket)
        .with_context(|| format!("cannot listen on {}", config.socket.display()))?;

    let remembered = check::packs::recall(Some(&identity), &config.state_dir).ok();
    let profile = remembered.as_ref().map(|(settings, _)| settings.profile());
    let practice = Practice::new(config.reader.practice_authority.clone(), profile);
    let mut pins = Pins::production();
    if let Some(folder) = practice.authority() {
        tracing::warn!(folder = %folder.display(), "virtual cards count as issued: for practice");
        pins = pins.with_practice(folder).context("reader.practice_authority")?;
    }
    if practice.unused().is_some() {
        tracing::warn!("reader.practice_authority is not used: the profile does not say practice");
    }
    let (cards_send, cards) = mpsc::channel(QUEUE);
    let card = madoguchi_card::spawn(
        CardConfig {
            reader: config.reader.name.clone(),
            command_deadline: CARD_DEADLINE,
            pins,
            ..CardConfig::default()
        },
        // The desk is gone only when the agent ends.
        move |report| drop(cards_send.blocking_send(report)),
    );

    let (papers_send, papers) = mpsc::channel(QUEUE);
    let print = madoguchi_printing::spawn(move |report| {
        // The desk empties it at once. What it misses, the visit's end sets right.
        if papers_send.try_send(report).is_err() {
            tracing::error!("a report of the printer was lost");
        }
    });

    let steady = Duration::from_secs(config.delivery.back_after_seconds.into());
    let core = Arc::new(core(&identity)?.with_rules(Rules { steady, ..Rules::default() }));
    let (settings_publish, settings) = watch::channel(None);
    let known = standing::recall(&keeper).await.context("the store's thread ended")?;
    let (core_publish, core_state) = watch::channel(known);
    tokio::spawn(standing::remember(keeper.clone(), known, core_state.clone()));
    let (visit, current_visit) = watch::channel(None);
    let (calls_send, called) = mpsc::channel(QUEUE);
    let calls = calls::start(Arc::clone(&core), current_visit.clone(), calls_send);
    let (screens_send, screens) = mpsc::channel(QUEUE);
    let (pings_send, pings) = mpsc::channel(1);
    let (end, ended) = watch::channel(false);
    let deliver = Arc::new(Notify::new());
    let (progress_publish, progress) = watch::channel(Progress::begin());
    let around = Surroundings {
        visit: current_visit,
        store: store.clone(),
        core_state: core_state.clone(),
        delivery: progress,
        core: Arc::clone(&core),
        deliver: Arc::clone(&deliver),
        drill: Follower::new(&config.state_dir),
        status: status::path(&config.socket),
        store_folder: config.state_dir.join("store"),
        certified_until: identity.not_after(),
    };

    let mut desk = tokio::spawn(reception::run(
        Desk::practising(practice).certified_until(identity.not_after()),
        Sources {
            screens,
            cards,
            papers,
            calls: called,
            settings,
            core: core_state,
            store: store.clone(),
            pings,
            shutdown: ended.clone(),
        },
        Helpers {
            card: card.clone(),
            keeper: keeper.clone(),
            deliver: Arc::clone(&deliver),
            print: print.clone(),
            calls,
            visit,
        },
    ));
    let verifier = Verifier {
        municipal_key: *identity.municipal_key(),
        tenant: device.tenant,
        device: device.device,
        site: device.site,
    };
    let sync = CoreSync {
        core: Arc::clone(&core),
        keeper: keeper.clone(),
        keeper_state: store,
        collected: Collected::new(verifier),
        publish: settings_publish,
    };
    tokio::spawn(sync.run());
    let outbox = KeptOutbox(keeper.clone());
    let mut delivery_end = ended.clone();
    tokio::spawn(async move {
        let end = async move { drop(delivery_end.changed().await) };
        let (state, progress) = (&core_publish, &progress_publish);
        deliver_loop(&core, &outbox, &deliver, state, progress, Pace::default(), end).await;
    });
    tokio::spawn(local::serve(listener, allowed, screens_send));
    supervise::ready();
    // After that word: a sign of progress means nothing to a manager that still waits for it.
    tokio::spawn(
        Watch { desk: pings_send, keeper: keeper.clone(), card: card.clone(), shutdown: ended }
            .run(around),
    );
    tracing::info!(socket = %config.socket.display(), "the agent serves");

    let ended_by_itself = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        anew = &mut desk => Some(anew),
    };
    tracing::info!("the agent ends");
    supervise::stopping();
    end_whatever_happens();
    // The desk has the receivers: a send fails only when it is gone already.
    let _ = end.send(true);
    let anew = match ended_by_itself {
        Some(anew) => anew,
        None => desk.await,
    };
    let anew = anew.context("the desk failed")?;
    // A socket that nobody serves would only confuse the screen. Before the store is given up, so
    // that it cannot be a successor's.
    drop(std::fs::remove_file(&config.socket));
    keeper.close().await;
    stop_card(card).await;
    stop_printing(print).await;
    let joined = tokio::task::spawn_blocking(move || keeper_thread.join());
    joined.await.ok().and_then(Result::ok).context("the store's thread failed")?;
    tracing::info!("the agent has ended");
    // A failure to systemd, which starts another one.
    anew.map_or(Ok(()), |why| Err(why.into()))
}

/// The client for an enrolled device's core.
///
/// # Errors
/// When the identity cannot speak TLS or an endpoint is not an URL.
pub fn core(identity: &Identity) -> Result<Core> {
    let settings = identity.settings();
    let endpoints = Endpoints {
        intakes: settings.intakes.iter().map(|e| e.as_str().to_owned()).collect(),
        registrar: settings.registrar.as_str().to_owned(),
    };
    let tls = identity.client_config().context("the identity cannot be used for TLS")?;
    Core::new(tls, &endpoints, Timeouts::default()).context("the core's client cannot be made")
}

async fn stop_card(card: CardHandle) {
    let stopped = tokio::task::spawn_blocking(move || card.stop(Duration::from_secs(1))).await;
    if !stopped.unwrap_or(false) {
        tracing::warn!("the reader does not answer; its thread is left behind");
    }
}

async fn stop_printing(print: PrintHandle) {
    let stopped = tokio::task::spawn_blocking(move || print.stop(Duration::from_secs(1))).await;
    if !stopped.unwrap_or(false) {
        tracing::warn!("the printer does not say that its job is gone; the next start asks again");
    }
}

/// A thread of its own, so that nothing that hangs can hold it up.
fn end_whatever_happens() {
    let spawned = std::thread::Builder::new().name("end".to_owned()).spawn(|| {
        std::thread::sleep(END);
        tracing::error!("the agent did not end in time and is ended");
        std::process::exit(1);
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for the end");
    }
}
