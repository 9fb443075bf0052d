//! `madoguchi-agent run` at a counter: hands what a clerk asks to the office, and what changes there to
//! the screen. It holds the session's token and nothing else of it: whoever leaves the screen, or loses
//! it, is logged out.

use std::time::Duration;

use anyhow::{Context as _, Result};
use madoguchi_identity::Identity;
use madoguchi_protocol::clerk::Change;
use madoguchi_protocol::counter::{ClerkAnswer, ClerkRequest, CounterEvent};
use madoguchi_protocol::failure::{Failure, FailureCode, chain};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, DeviceState, Event, EventFrame, FromAgent, Outcome, Request, RequestFrame,
};
use madoguchi_uplink::{Office, Timeouts, Token, UplinkError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::config::{Config, Counter};
use crate::local::{self, FromScreen, OUT_QUEUE};
use crate::supervise;

/// Messages that may wait.
const QUEUE: usize = 32;

/// A clerk waits for the answer.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(3), total: Duration::from_secs(10) };

/// Between two attempts to follow the office, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Serves a counter's screen until `end`.
///
/// # Errors
/// When it cannot start.
pub async fn agent(
    config: &Config,
    counter: &Counter,
    identity: &Identity,
    allowed: Vec<u32>,
    end: impl Future<Output = ()>,
) -> Result<()> {
    let tls = identity.client_config().context("the identity cannot be used for TLS")?;
    let office = Office::new(tls, &counter.office, TIMEOUTS).context("counter.office")?;
    let listener = local::listen(&config.socket)
        .with_context(|| format!("cannot listen on {}", config.socket.display()))?;
    let (screens_send, screens) = mpsc::channel(QUEUE);
    tokio::spawn(local::serve(listener, allowed, screens_send));
    supervise::ready();
    tracing::info!(socket = %config.socket.display(), "the counter's agent serves");
    tokio::select! {
        () = reception(office, screens) => {}
        () = end => {}
    }
    tracing::info!("the agent ends");
    supervise::stopping();
    drop(std::fs::remove_file(&config.socket));
    Ok(())
}

/// The screen that is there; dropping it ends its session.
struct Current {
    number: u64,
    requests: mpsc::Sender<RequestFrame>,
}

async fn reception(office: Office, mut screens: mpsc::Receiver<FromScreen>) {
    let mut current: Option<Current> = None;
    let mut alive = tokio::time::interval(supervise::period());
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = screens.recv() => message,
            _ = alive.tick() => {
                supervise::alive();
                continue;
            }
        };
        match message {
            Some(FromScreen::Arrived { screen, out }) => {
                let (requests, received) = mpsc::channel(QUEUE);
                tokio::spawn(Desk::new(office.clone(), out).serve(received));
                current = Some(Current { number: screen, requests });
            }
            Some(FromScreen::Request { screen, frame }) => {
                let Some(there) = current.as_ref().filter(|c| c.number == screen) else { continue };
                if there.requests.try_send(frame).is_err() {
                    tracing::warn!(screen, "the screen asks faster than the office answers");
                    current = None;
                }
            }
            Some(FromScreen::Left { screen }) => {
                current = current.filter(|current| current.number != screen);
            }
            None => return,
        }
    }
}

/// One screen, with whoever is logged in at it.
struct Desk {
    office: Office,
    out: mpsc::Sender<FromAgent>,
    session: Option<Session>,
}

/// A session that counts, as far as is known. Dropped, nothing is followed any more, and what was still
/// to be told of it is told to nobody: it may be another clerk's counter by then.
struct Session {
    token: Token,
    /// None before the first password was changed: the office tells nothing until then.
    following: Option<Following>,
}

/// The office's changes, as they come.
struct Following {
    events: mpsc::Receiver<CounterEvent>,
    follower: JoinHandle<()>,
}

impl Following {
    fn begin(office: Office, token: Token) -> Self {
        let (send, events) = mpsc::channel(OUT_QUEUE);
        Self { events, follower: tokio::spawn(follow(office, token, send)) }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl Session {
    /// The next change; none ever while nothing is followed.
    async fn event(session: Option<&mut Self>) -> CounterEvent {
        let following = session.and_then(|session| session.following.as_mut());
        match following {
            Some(following) => match following.events.recv().await {
                Some(event) => event,
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }
}

/// The screen does not read any more, or is gone.
struct ScreenGone;

impl Desk {
    fn new(office: Office, out: mpsc::Sender<FromAgent>) -> Self {
        Self { office, out, session: None }
    }

    async fn serve(mut self, mut requests: mpsc::Receiver<RequestFrame>) {
        drop(self.talk(&mut requests).await);
        if let Some(session) = self.session.take() {
            log_out(&self.office, session).await;
        }
    }

    async fn talk(
        &mut self,
        requests: &mut mpsc::Receiver<RequestFrame>,
    ) -> Result<(), ScreenGone> {
        self.tell(Event::Device(DeviceState { core_reachable: true, ..DeviceState::default() }))
            .await?;
        loop {
            tokio::select! {
                frame = requests.recv() => match frame {
                    Some(frame) => self.answer(frame).await?,
                    None => return Ok(()),
                },
                event = Session::event(self.session.as_mut()) => self.pass_on(event).await?,
            }
        }
    }

    async fn answer(
        &mut self,
        RequestFrame { id, request, .. }: RequestFrame,
    ) -> Result<(), ScreenGone> {
        let outcome = match request {
            Request::Clerk { request } => {
                let answer = Box::new(self.carry_out(*request).await?);
                Outcome::Answer(Answer::Clerk { answer })
            }
            other => {
                tracing::warn!(request = other.name(), "a counter has no visits");
                Outcome::Failure(Failure::new(
                    FailureCode::VisitOutOfOrder,
                    "a counter has no visits",
                ))
            }
        };
        self.send(FromAgent::Answer(AnswerFrame { id, outcome })).await
    }

    async fn carry_out(&mut self, request: ClerkRequest) -> Result<ClerkAnswer, ScreenGone> {
        match request {
            ClerkRequest::LogIn { log_in } => {
                if let Some(session) = self.session.take() {
                    log_out(&self.office, session).await;
                }
                let answer = match self.office.log_in(&log_in).await {
                    Ok((token, session)) => {
                        self.session = Some(Session { token, following: None });
                        if !session.change_password {
                            self.follow();
                        }
                        ClerkAnswer::Session(session)
                    }
                    Err(error) => failed(error),
                };
                Ok(answer)
            }
            ClerkRequest::LogOut {} => {
                if let Some(session) = self.session.take() {
                    log_out(&self.office, session).await;
                }
                Ok(ClerkAnswer::Done)
            }
            request => {
                let changes_password = matches!(request, ClerkRequest::ChangePassword { .. });
                let answer = self.ask(request).await?;
                if changes_password && answer == ClerkAnswer::Done {
                    self.follow();
                }
                Ok(answer)
            }
        }
    }

    async fn ask(&mut self, request: ClerkRequest) -> Result<ClerkAnswer, ScreenGone> {
        let (office, token) = (self.office.clone(), self.token());
        let work = async move { office.ask(&token, &request).await };
        tokio::pin!(work);
        loop {
            tokio::select! {
                answer = &mut work => return Ok(answer.unwrap_or_else(failed)),
                // A slow answer holds up no call of another counter.
                event = Session::event(self.session.as_mut()) => self.pass_on(event).await?,
            }
        }
    }

    /// Begins to follow the office, once a session.
    fn follow(&mut self) {
        if let Some(session) = self.session.as_mut().filter(|s| s.following.is_none()) {
            let following = Following::begin(self.office.clone(), session.token.clone());
            session.following = Some(following);
        }
    }

    /// Without a session the office is asked all the same, and says what is wrong.
    fn token(&self) -> Token {
        self.session.as_ref().map_or_else(|| "".into(), |session| session.token.clone())
    }

    async fn pass_on(&mut self, event: CounterEvent) -> Result<(), ScreenGone> {
        if event == CounterEvent::Change(Change::SessionOver {}) {
            self.session = None;
        }
        self.tell(Event::Counter { event: Box::new(event) }).await
    }

    async fn tell(&self, event: Event) -> Result<(), ScreenGone> {
        self.send(FromAgent::Event(EventFrame { visit: None, event })).await
    }

    async fn send(&self, message: FromAgent) -> Result<(), ScreenGone> {
        self.out.send(message).await.map_err(|_| ScreenGone)
    }
}

/// What the screen is told of an exchange that failed.
fn failed(error: UplinkError) -> ClerkAnswer {
    match error {
        UplinkError::Refused(problem) => ClerkAnswer::Refused(problem),
        error => {
            tracing::warn!(error = chain(&error), "the office does not answer");
            ClerkAnswer::Away
        }
    }
}

/// Also when the office is away: then the session ends there by itself.
async fn log_out(office: &Office, session: Session) {
    if let Err(error) = office.log_out(&session.token).await {
        tracing::warn!(error = chain(&error), "the office was not told of the log-out");
    }
}

/// Follows the office's changes until the session is over or nobody listens.
async fn follow(office: Office, token: Token, events: mpsc::Sender<CounterEvent>) {
    let (mut after, mut pause, mut away) = (0, PAUSES.0, false);
    loop {
        let error = match office.changes(&token, after).await {
            Ok(mut changes) => loop {
                match changes.next().await {
                    Ok(Some(change)) => {
                        (pause, away) = (PAUSES.0, false);
                        after = after.max(revision(&change).unwrap_or(0));
                        let is_over = change == Change::SessionOver {};
                        if events.send(CounterEvent::Change(change)).await.is_err() || is_over {
                            return;
                        }
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            },
            // The session is over, or its rights are others now: whoever sits there logs in anew.
            Err(UplinkError::Refused(problem)) if problem.status < 500 => {
                tracing::warn!(problem = problem.kind, "the office may not be followed any more");
                drop(events.send(CounterEvent::Change(Change::SessionOver {})).await);
                return;
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error
            && !std::mem::replace(&mut away, true)
        {
            tracing::warn!(error = chain(&error), "the office cannot be followed");
            if events.send(CounterEvent::OfficeAway).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Up to which revision a change tells everything.
fn revision(change: &Change) -> Option<i64> {
    match change {
        Change::Entry { entry } => Some(entry.revision),
        Change::Gone { revision, .. } => Some(*revision),
        Change::Alerts { .. }
        | Change::Stopped { .. }
        | Change::UpToDate {}
        | Change::SessionOver {} => None,
    }
}
