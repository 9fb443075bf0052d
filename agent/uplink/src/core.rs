//! The core's routes, with the device's certificate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use madoguchi_protocol::AlertId;
use madoguchi_protocol::bundle::{BundleKind, SignedBundle};
use madoguchi_protocol::core_api::{
    ALERTS, Alert, AlertState, BUNDLES, BatchAnswer, BlockRequest, ENVELOPE_MEDIA_TYPE, ENVELOPES,
    ENVELOPES_BATCH, ENVELOPES_MEDIA_TYPE, EnvelopeAnswer, HEALTH, Health, Receipt, TICKET_BLOCKS,
};
use madoguchi_protocol::ticket::TicketBlock;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, exchange};
use crate::bootstrap::at;
use crate::choice::{Choice, Rules};
use crate::client::{self, Timeouts};
use crate::error::{SetupError, UplinkError};
use crate::outbox::OutboxKey;

/// Longest time for an alert with all intakes together: below the three seconds that are promised.
const LONGEST_CALL: Duration = Duration::from_millis(2500);

/// Bytes a second that a link carries at least: a batch gets so much more time than a question.
const SLOWEST_LINK: usize = 32 << 10;

/// After this time an intake that took no batches is offered one again: it may be a newer one.
const BATCHES_AGAIN: Duration = Duration::from_secs(3600);

/// Where the core's roles are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `https://host[:port]`, the preferred one first; at least one.
    pub intakes: Vec<String>,
    /// `https://host[:port]`.
    pub registrar: String,
}

/// The core as an enrolled device sees it. One connection to each endpoint, kept open.
#[derive(Debug)]
pub struct Core {
    client: Client,
    timeouts: Timeouts,
    intakes: Vec<Intake>,
    choice: Mutex<Choice>,
    /// From which the choice's times count.
    started: Instant,
    registrar: Url,
}

#[derive(Debug)]
struct Intake {
    url: Url,
    /// Until when it is asked for single envelopes only, in milliseconds since the start.
    singles_until: AtomicU64,
}

/// One intake as this device finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeState {
    /// `https://host[:port]/`.
    pub endpoint: String,
    /// Whether it is the one that is asked.
    pub in_use: bool,
    /// Whether that is because of a drill.
    pub drill: bool,
    /// How long ago it was asked last, whatever came of it; none for never.
    pub asked: Option<Duration>,
    /// How long ago it answered last.
    pub answered: Option<Duration>,
    /// Failures in a row up to now.
    pub failures: u32,
}

impl Core {
    /// A client with the device's TLS configuration (own roots, ALPN `h2`).
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(
        tls: ClientConfig,
        endpoints: &Endpoints,
        timeouts: Timeouts,
    ) -> Result<Self, SetupError> {
        let intake = |text: &String| {
            let url = client::endpoint(text)?;
            Ok(Intake { url, singles_until: AtomicU64::new(0) })
        };
        let intakes: Vec<Intake> =
            endpoints.intakes.iter().map(intake).collect::<Result<_, SetupError>>()?;
        if intakes.is_empty() {
            return Err(SetupError::NoIntake);
        }
        Ok(Self {
            client: client::client(tls, timeouts)?,
            timeouts,
            choice: Mutex::new(Choice::new(intakes.len(), Rules::default())),
            intakes,
            started: Instant::now(),
            registrar: client::endpoint(&endpoints.registrar)?,
        })
    }

    /// The same with other rules for leaving an intake and going back to it.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.choice = Mutex::new(Choice::new(self.intakes.len(), rules));
        self
    }

    /// Delivers one envelope. A repeat gets the same receipt, so a lost answer costs nothing.
    ///
    /// # Errors
    /// [`UplinkError`]; a receipt for anything else than `key` is [`UplinkError::NotTheCore`].
    pub async fn deliver(&self, key: OutboxKey, envelope: Vec<u8>) -> Result<Receipt, UplinkError> {
        self.at_intake(
            ENVELOPES,
            |client, url| client.post(url).header(CONTENT_TYPE, ENVELOPE_MEDIA_TYPE).body(envelope),
            |receipt: &Receipt| is_for(receipt, key),
        )
        .await
    }

    /// Delivers several envelopes at once: `body` is a [`madoguchi_protocol::batch`] of `keys`, in
    /// their order, and so are the answers. None when this intake takes no batches.
    ///
    /// # Errors
    /// [`UplinkError`]; an answer that lacks one, has one too many or holds a receipt for another
    /// envelope is as a whole [`UplinkError::NotTheCore`].
    pub async fn deliver_batch(
        &self,
        keys: &[OutboxKey],
        body: Vec<u8>,
    ) -> Result<Option<Vec<EnvelopeAnswer>>, UplinkError> {
        let intake = self.intake();
        let longer = Duration::from_secs((body.len() / SLOWEST_LINK) as u64);
        let request = |client: &Client, url| {
            client
                .post(url)
                .header(CONTENT_TYPE, ENVELOPES_MEDIA_TYPE)
                .timeout(self.timeouts.total + longer)
                .body(body)
        };
        let check = |said: &BatchAnswer| are_for(&said.answers, keys);
        match self.ask(intake, ENVELOPES_BATCH, request, check).await {
            Ok(BatchAnswer { answers }) => Ok(Some(answers)),
            Err(UplinkError::Refused(problem)) if is_unknown_route(problem.status) => {
                tracing::info!(intake = intake + 1, "it takes no batches, and is asked one by one");
                let until = self.started.elapsed() + BATCHES_AGAIN;
                let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
                self.intakes[intake].singles_until.store(until, Ordering::Relaxed);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the intake in use takes batches, as far as is known.
    #[must_use]
    pub fn takes_batches(&self) -> bool {
        let until = self.intakes[self.intake()].singles_until.load(Ordering::Relaxed);
        self.started.elapsed() >= Duration::from_millis(until)
    }

    /// Leases ticket numbers for the core's business day.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn lease(&self, request: &BlockRequest) -> Result<TicketBlock, UplinkError> {
        let ours = |block: &TicketBlock| {
            let other = "its ticket block is for another letter";
            if block.letter == request.letter { Ok(()) } else { Err(other) }
        };
        self.at_intake(TICKET_BLOCKS, |c, url| c.post(url).json(request), ours).await
    }

    /// The newest signed bundle of a kind for this device. Not yet verified.
    ///
    /// # Errors
    /// [`UplinkError`]; [`UplinkError::Busy`] when there is none yet.
    pub async fn bundle(&self, kind: BundleKind) -> Result<SignedBundle, UplinkError> {
        let url = at(&self.registrar, &format!("{BUNDLES}/{}", kind.as_str()));
        exchange(self.client.get(url)).await?.json()
    }

    /// Whether the intake in use is up, and its day and time.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn health(&self) -> Result<Health, UplinkError> {
        self.health_of(self.intake()).await
    }

    /// Whether that intake, from 0, is up.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn health_of(&self, intake: usize) -> Result<Health, UplinkError> {
        self.ask(intake, HEALTH, |client, url| client.get(url), |_| Ok(())).await
    }

    /// Proves that this intake, from 0, takes this device: TLS, health, and a question that it
    /// answers from its database and only to a device. Nothing is left of it there.
    ///
    /// # Errors
    /// [`UplinkError`], where it does not.
    pub async fn prove(&self, intake: usize) -> Result<Health, UplinkError> {
        let health = self.health_of(intake).await?;
        if !health.roles.iter().any(|role| role == "intake") {
            return Err(UplinkError::not_the_core("its roles lack that of an intake"));
        }
        // An alert that nobody has raised.
        let path = format!("{ALERTS}/{}", AlertId::now());
        let question = |client: &Client, url| client.get(url);
        match self.ask(intake, &path, question, |_: &AlertState| Ok(())).await {
            Err(UplinkError::Busy { kind: Some(kind), .. }) if kind.ends_with(":alert.unknown") => {
                Ok(health)
            }
            Err(error) => Err(error),
            Ok(_) => Err(UplinkError::not_the_core("it knows an alert that nobody has raised")),
        }
    }

    /// Calls somebody to this device. A repeat is the same alert. Every intake is asked in turn, and
    /// an answer or an error is there within three seconds: a person waits for it.
    ///
    /// # Errors
    /// [`UplinkError`]; whichever it is, nobody has heard.
    pub async fn raise_alert(&self, alert: &Alert) -> Result<(), UplinkError> {
        // Read, so that not every page of a portal counts as heard.
        let raised: Result<AlertState, _> =
            self.at_any_intake(ALERTS, |c, url| c.post(url).json(alert)).await;
        raised.map(drop)
    }

    /// What became of an alert of this device; an answer or an error is there within three seconds.
    ///
    /// # Errors
    /// [`UplinkError`]; [`UplinkError::Busy`] when the core does not have the alert (any more).
    pub async fn alert_state(&self, id: AlertId) -> Result<AlertState, UplinkError> {
        let path = format!("{ALERTS}/{id}");
        self.at_any_intake(&path, |client, url| client.get(url)).await
    }

    /// The intake that is asked now, from 0 in the order of preference.
    #[must_use]
    pub fn intake(&self) -> usize {
        self.choice().current(self.started.elapsed())
    }

    /// Whether the intake that is asked now is known to fail: then all do.
    #[must_use]
    pub fn is_down(&self) -> bool {
        let choice = self.choice();
        choice.is_down(choice.current(self.started.elapsed()))
    }

    /// How this device finds each intake, in the order of preference.
    #[must_use]
    pub fn intakes(&self) -> Vec<IntakeState> {
        let now = self.started.elapsed();
        let choice = self.choice();
        let (current, drill) = (choice.current(now), choice.drill(now));
        let ago = |then: Option<Duration>| then.map(|then| now.saturating_sub(then));
        let health = choice.health().iter();
        self.intakes
            .iter()
            .zip(health)
            .enumerate()
            .map(|(number, (intake, health))| IntakeState {
                endpoint: intake.url.to_string(),
                in_use: number == current,
                drill: Some(number) == drill,
                asked: ago(health.asked),
                answered: ago(health.answered),
                failures: health.failures,
            })
            .collect()
    }

    /// Uses that intake, from 0, for so long, or until it fails as often as makes one be left.
    /// Whether there is such an intake. What is under way is not broken off.
    pub fn begin_drill(&self, intake: usize, length: Duration) -> bool {
        let until = self.started.elapsed() + length;
        self.choice().begin_drill(intake, until)
    }

    /// Ends a drill before its time.
    pub fn end_drill(&self) {
        self.choice().end_drill();
    }

    /// The next intake besides the one in use whose health should be asked now.
    pub(crate) fn to_be_looked_at(&self, every: Duration) -> Option<usize> {
        self.choice().to_be_looked_at(self.started.elapsed(), every)
    }

    fn choice(&self) -> MutexGuard<'_, Choice> {
        // It is whole between any two of its steps.
        self.choice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the intakes in turn, the one in use first, until one answers: for what cannot wait for
    /// another attempt.
    async fn at_any_intake<T: DeserializeOwned>(
        &self,
        path: &str,
        request: impl Fn(&Client, Url) -> RequestBuilder,
    ) -> Result<T, UplinkError> {
        let first = self.intake();
        let turns = u32::try_from(self.intakes.len()).unwrap_or(u32::MAX);
        let mut others = (0..self.intakes.len()).filter(|i| *i != first);
        let mut intake = first;
        loop {
            let ask = |c: &Client, url| request(c, url).timeout(LONGEST_CALL / turns);
            let result = self.ask(intake, path, ask, |_| Ok(())).await;
            match (result, others.next()) {
                (Err(e), Some(other)) if e.is_of_the_intake() => intake = other,
                (result, _) => return result,
            }
        }
    }

    async fn at_intake<T: DeserializeOwned>(
        &self,
        path: &str,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
        check: impl FnOnce(&T) -> Result<(), &'static str>,
    ) -> Result<T, UplinkError> {
        self.ask(self.intake(), path, request, check).await
    }

    /// Asks one intake, checks whether its answer is one to this question, and remembers how it was
    /// found.
    async fn ask<T: DeserializeOwned>(
        &self,
        intake: usize,
        path: &str,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
        check: impl FnOnce(&T) -> Result<(), &'static str>,
    ) -> Result<T, UplinkError> {
        let url = at(&self.intakes[intake].url, path);
        let answer = exchange(request(&self.client, url)).await.and_then(Answer::json);
        let result = answer.and_then(|said| match check(&said) {
            Ok(()) => Ok(said),
            Err(what) => Err(UplinkError::not_the_core(what)),
        });
        self.found(intake, result.as_ref().err());
        result
    }

    fn found(&self, intake: usize, error: Option<&UplinkError>) {
        let now = self.started.elapsed();
        let mut choice = self.choice();
        let before = choice.current(now);
        if error.is_some_and(UplinkError::is_of_the_intake) {
            choice.failed(intake, now);
        } else {
            choice.answered(intake, now);
        }
        let after = choice.current(now);
        drop(choice);
        if before != after {
            let (from, to) = (before + 1, after + 1);
            let endpoint = self.intakes[after].url.as_str();
            tracing::warn!(from, to, endpoint, "another intake is used from now on");
        }
    }
}

fn is_for(receipt: &Receipt, key: OutboxKey) -> Result<(), &'static str> {
    if receipt.application == key.application.to_string() && receipt.part == key.part {
        Ok(())
    } else {
        Err("its receipt is for another application")
    }
}

fn are_for(answers: &[EnvelopeAnswer], keys: &[OutboxKey]) -> Result<(), &'static str> {
    if answers.len() != keys.len() {
        return Err("its answers are not one for each envelope of the batch");
    }
    answers.iter().zip(keys).try_for_each(|(answer, key)| match answer {
        EnvelopeAnswer::Taken(receipt) => is_for(receipt, *key),
        EnvelopeAnswer::Refused(_) => Ok(()),
    })
}

/// How an intake answers that is older than the route of batches.
fn is_unknown_route(status: u16) -> bool {
    let unknown = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
    unknown.iter().any(|known| known.as_u16() == status)
}
