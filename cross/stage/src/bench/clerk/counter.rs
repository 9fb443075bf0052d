//! A counter: a screen without a person, that serves whoever is next and checks what others decided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::clerk::{
    Case, Change, Check, ClerkNumber, Confirmation, CounterNumber, Decision, FieldDecision,
    FormConfirmation, Opening, Progress, Proof, QueueEntry, Stage, Standing, Step,
};
use madoguchi_protocol::counter::{ClerkAnswer, ClerkRequest, CounterEvent};
use madoguchi_stage::BareScreen;

/// How long a counter listens before it looks for work again.
const LISTENS: Duration = Duration::from_millis(20);

/// What a counter noted.
#[derive(Default)]
pub struct Notes {
    /// Which revision of a number it heard of first, and when.
    pub heard: BTreeMap<i64, BTreeMap<i64, Instant>>,
    /// Its calls.
    pub calls: Vec<Call>,
    /// From asking for a call to the opened application.
    pub opened: Vec<Duration>,
}

/// A call that was answered.
pub struct Call {
    pub turn: i64,
    /// Of the call's own change.
    pub revision: i64,
    pub asked: Instant,
}

pub struct Counter {
    screen: BareScreen,
    number: CounterNumber,
    clerk: ClerkNumber,
    entries: BTreeMap<i64, QueueEntry>,
    /// What was tried to check, and is not tried again.
    checked: BTreeSet<(ApplicationId, i64)>,
    /// What it has handed in, and waits for the check of.
    at_hand: Option<(i64, ApplicationId)>,
    notes: Notes,
}

impl Counter {
    pub fn new(screen: BareScreen, number: u16, clerk: &str) -> Result<Self> {
        Ok(Self {
            screen,
            number: number.try_into()?,
            clerk: clerk.parse()?,
            entries: BTreeMap::new(),
            checked: BTreeSet::new(),
            at_hand: None,
            notes: Notes::default(),
        })
    }

    pub fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.notes)
    }

    /// Works until it is over; notes each number that it has finished.
    pub fn work(
        &mut self,
        is_over: &AtomicBool,
        done: &Mutex<BTreeMap<String, usize>>,
    ) -> Result<()> {
        while !is_over.load(Ordering::Relaxed) {
            self.listen()?;
            if let Some((turn, application)) = self.to_check() {
                self.check(turn, application)?;
            } else if let Some((turn, application)) = self.at_hand {
                let progress = self.progress(turn, application);
                if progress == Some(Progress::LastWord {}) {
                    self.finish(turn, application, done)?;
                }
            } else if self.somebody_waits() {
                self.call()?;
            }
        }
        // The last that was said reaches everybody.
        self.listen()
    }

    fn listen(&mut self) -> Result<()> {
        while let Some((at, event)) = self.screen.event_within(LISTENS)? {
            match event {
                CounterEvent::Change(Change::Entry { entry }) => {
                    let heard = self.notes.heard.entry(entry.turn).or_default();
                    heard.entry(entry.revision).or_insert(at);
                    self.entries.insert(entry.turn, *entry);
                }
                CounterEvent::Change(Change::SessionOver {}) => bail!("{} is out", self.clerk),
                CounterEvent::Change(_) => {}
                CounterEvent::OfficeAway => bail!("the office is away"),
            }
        }
        Ok(())
    }

    fn somebody_waits(&self) -> bool {
        self.entries.values().any(|entry| entry.stage == Stage::Waiting)
    }

    fn progress(&self, turn: i64, application: ApplicationId) -> Option<Progress> {
        let errands = &self.entries.get(&turn)?.applications;
        errands.iter().find(|errand| errand.application == application)?.progress.clone()
    }

    /// Each counter begins elsewhere, so that not all check the same.
    fn to_check(&self) -> Option<(i64, ApplicationId)> {
        let own = i64::from(u16::from(self.number));
        let mut waiting: Vec<_> = self
            .entries
            .values()
            .filter(|entry| entry.clerk.as_ref() != Some(&self.clerk))
            .flat_map(|entry| entry.applications.iter().map(move |errand| (entry, errand)))
            .filter(|(_, errand)| errand.progress == Some(Progress::Check {}))
            .map(|(entry, errand)| (entry.turn, entry.revision, errand.application))
            .filter(|(_, revision, application)| !self.checked.contains(&(*application, *revision)))
            .collect();
        waiting.sort_by_key(|(turn, ..)| (turn + own) % 25);
        waiting.first().map(|(turn, _, application)| (*turn, *application))
    }

    fn check(&mut self, turn: i64, application: ApplicationId) -> Result<()> {
        let revision = self.entries.get(&turn).map_or(0, |entry| entry.revision);
        self.checked.insert((application, revision));
        let ClerkAnswer::Case(case) =
            self.screen.ask_office(ClerkRequest::OpenCheck { application })?
        else {
            // A colleague was faster.
            return Ok(());
        };
        let decisions = differing(&case).map(|key| (key, Decision::Register {})).collect();
        let check = Check { decisions };
        self.screen.ask_office(ClerkRequest::Check { application, check })?;
        Ok(())
    }

    fn call(&mut self) -> Result<()> {
        let asked = Instant::now();
        let answer = self.screen.ask_office(ClerkRequest::CallNext {})?;
        let ClerkAnswer::Called(called) = answer else { bail!("not a call: {answer:?}") };
        // Others were faster.
        let Some(entry) = called.entry else { return Ok(()) };
        let (turn, revision) = (entry.turn, entry.revision);
        let application = entry.applications.first().context("an application")?.application;
        self.entries.insert(turn, entry);
        let opening = Opening { reason: None };
        let case = self.case(ClerkRequest::Open { application, opening })?;
        self.notes.opened.push(asked.elapsed());
        self.notes.calls.push(Call { turn, revision, asked });
        self.step(turn, Step::Begin {})?;
        let confirmation =
            Confirmation { standing: Standing::Self_, proof: Proof::OneDocument, compared: true };
        self.case(ClerkRequest::Identify { application, confirmation })?;
        for field in differing(&case) {
            let decision = FieldDecision { field, decision: Decision::Register {} };
            self.case(ClerkRequest::Decide { application, decision })?;
        }
        self.case(ClerkRequest::Submit { application })?;
        self.at_hand = Some((turn, application));
        Ok(())
    }

    fn finish(
        &mut self,
        turn: i64,
        application: ApplicationId,
        done: &Mutex<BTreeMap<String, usize>>,
    ) -> Result<()> {
        let answer = self.screen.ask_office(ClerkRequest::ShowForm { application })?;
        let ClerkAnswer::Form(form) = answer else { bail!("no form: {answer:?}") };
        let confirmation = FormConfirmation { form_sha256: form.form_sha256 };
        self.case(ClerkRequest::Confirm { application, confirmation })?;
        let entry = self.step(turn, Step::Finish {})?;
        let mut done = done.lock().ok().context("the numbers that are done")?;
        *done.entry(entry.ticket.to_string()).or_default() += 1;
        self.at_hand = None;
        Ok(())
    }

    fn case(&mut self, request: ClerkRequest) -> Result<Case> {
        match self.screen.ask_office(request)? {
            ClerkAnswer::Case(case) => Ok(*case),
            other => bail!("not the application: {other:?}"),
        }
    }

    fn step(&mut self, turn: i64, step: Step) -> Result<QueueEntry> {
        match self.screen.ask_office(ClerkRequest::Step { turn, step })? {
            ClerkAnswer::Entry(entry) => Ok(*entry),
            other => bail!("not the number: {other:?}"),
        }
    }
}

fn differing(case: &Case) -> impl Iterator<Item = madoguchi_protocol::FieldKey> + '_ {
    case.fields.iter().filter(|field| field.differs).map(|field| field.key.clone())
}
