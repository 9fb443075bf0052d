//! The counter's agent between its screen and the office: whole programs, real sockets, real TLS.

#![allow(clippy::panic_in_result_fn, reason = "a test's assertions")]

mod support;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use madoguchi_protocol::clerk::{
    Case, Change, Confirmation, Decision, FieldDecision, FormConfirmation, LogIn, LogInProof,
    Opening, Progress, Proof, QueueEntry, Session, Stage, Standing, Step,
};
use madoguchi_protocol::counter::{ClerkAnswer, ClerkRequest, CounterEvent};
use madoguchi_stage::{Device, Stop, namespaces, until};
use support::{BareScreen, Office, PATIENCE, PRIVATE};

/// A counter's screen without a person.
struct Screen(BareScreen);

impl Screen {
    fn connect(device: &Device) -> Result<Self> {
        Ok(Self(BareScreen::connect(&device.socket())?))
    }

    fn ask(&mut self, request: ClerkRequest) -> Result<ClerkAnswer> {
        self.0.ask_office(request)
    }

    fn log_in(&mut self, clerk: &str, password: &str) -> Result<Session> {
        let proof = LogInProof::Password { password: password.into() };
        let log_in = LogIn { clerk: clerk.parse()?, proof };
        match self.ask(ClerkRequest::LogIn { log_in })? {
            ClerkAnswer::Session(session) => Ok(session),
            other => bail!("no session: {other:?}"),
        }
    }

    /// The next thing that the agent says of the lines.
    fn hears(&mut self) -> Result<CounterEvent> {
        Ok(self.0.event()?.1)
    }

    /// The next number that is as asked for.
    fn hears_of(&mut self, is: impl Fn(&QueueEntry) -> bool) -> Result<QueueEntry> {
        loop {
            if let CounterEvent::Change(Change::Entry { entry }) = self.hears()?
                && is(&entry)
            {
                return Ok(*entry);
            }
        }
    }

    fn case(&mut self, request: ClerkRequest) -> Result<Case> {
        match self.ask(request)? {
            ClerkAnswer::Case(case) => Ok(*case),
            other => bail!("not the application: {other:?}"),
        }
    }

    fn step(&mut self, turn: i64, step: Step) -> Result<QueueEntry> {
        match self.ask(ClerkRequest::Step { turn, step })? {
            ClerkAnswer::Entry(entry) => Ok(*entry),
            other => bail!("not the number: {other:?}"),
        }
    }
}

const OWN: &str = "long enough for a clerk";

fn counter(office: &Office, name: &str, number: u16, work: &Path, stop: &Stop) -> Result<Device> {
    let sheet = office.core.admit_counter(name, number)?;
    let url = office.core.office_url();
    let mut device = Device::enrol_at_counter(&office.programs, &sheet, url, work, &office.logs)?;
    device.start(stop)?;
    Ok(device)
}

#[test]
fn an_application_goes_from_the_kiosks_store_to_the_clerks_screen_and_is_done() {
    let name = "an_application_goes_from_the_kiosks_store_to_the_clerks_screen_and_is_done";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    from_kiosk_to_done(work.path(), &stop).expect("done");
}

fn from_kiosk_to_done(work: &Path, stop: &Stop) -> Result<()> {
    let mut office = Office::open(work, stop)?;
    let (first, second) = (
        office.core.make_clerk("1001", &["clerk"])?,
        office.core.make_clerk("1002", &["checker"])?,
    );
    let mut at_one = counter(&office, "counter-01", 1, work, stop)?;
    let at_two = counter(&office, "counter-02", 2, work, stop)?;
    let (mut sato, mut suzuki) = (Screen::connect(&at_one)?, Screen::connect(&at_two)?);
    let wrong = LogInProof::Password { password: "wrong".into() };
    let wrong = LogIn { clerk: "1001".parse()?, proof: wrong };
    let ClerkAnswer::Refused(problem) = sato.ask(ClerkRequest::LogIn { log_in: wrong })? else {
        bail!("a wrong password was taken")
    };
    assert_eq!(problem.kind, "urn:madoguchi:problem:clerk.refused");
    sato.0.begin_work("1001", &first, OWN)?;
    suzuki.0.begin_work("1002", &second, OWN)?;

    // What the kiosk kept reaches both counters by itself.
    let backlog = office.backlog()?;
    office.device.end()?;
    backlog.keep(1, Duration::ZERO)?;
    office.device.start(stop)?;
    let waiting = sato.hears_of(|entry| entry.stage == Stage::Waiting)?;
    assert_eq!(suzuki.hears_of(|_| true)?.ticket, waiting.ticket);
    let application = waiting.applications.first().context("an application")?.application;

    let ClerkAnswer::Called(called) = sato.ask(ClerkRequest::CallNext {})? else {
        bail!("nobody was called")
    };
    let turn = called.entry.context("somebody waits")?.turn;
    suzuki.hears_of(|entry| entry.stage == Stage::Called && entry.turn == turn)?;
    sato.step(turn, Step::Begin {})?;
    let opening = Opening { reason: None };
    let case = sato.case(ClerkRequest::Open { application, opening })?;
    let differing: Vec<_> = case.fields.iter().filter(|field| field.differs).collect();
    let confirmation =
        Confirmation { standing: Standing::Self_, proof: Proof::OneDocument, compared: true };
    sato.case(ClerkRequest::Identify { application, confirmation })?;
    let decisions = differing.iter().map(|field| (field.key.clone(), Decision::Register {}));
    let decisions: std::collections::BTreeMap<_, _> = decisions.collect();
    for (field, decision) in decisions.clone() {
        let decision = FieldDecision { field, decision };
        sato.case(ClerkRequest::Decide { application, decision })?;
    }
    let case = sato.case(ClerkRequest::Submit { application })?;
    assert_eq!(case.progress, Progress::Check {});

    // The office restarts in the middle: both are told, and nothing is lost.
    office.core.kill_role("office")?;
    while suzuki.hears()? != CounterEvent::OfficeAway {}
    assert_eq!(suzuki.ask(ClerkRequest::OpenCheck { application })?, ClerkAnswer::Away);
    office.core.start_role("office", stop)?;
    until("the office is back", PATIENCE, stop, || {
        let answer = suzuki.ask(ClerkRequest::OpenCheck { application })?;
        Ok(matches!(answer, ClerkAnswer::Case(_)).then_some(()))
    })?;
    let check = madoguchi_protocol::clerk::Check { decisions };
    suzuki.case(ClerkRequest::Check { application, check })?;

    let ClerkAnswer::Form(form) = sato.ask(ClerkRequest::ShowForm { application })? else {
        bail!("no form")
    };
    let confirmation = FormConfirmation { form_sha256: form.form_sha256 };
    let case = sato.case(ClerkRequest::Confirm { application, confirmation })?;
    assert_eq!(case.progress, Progress::Cleared {});
    assert_eq!(sato.step(turn, Step::Finish {})?.stage, Stage::Done);
    suzuki.hears_of(|entry| entry.stage == Stage::Done)?;

    // Who loses their screen is logged out at the office.
    drop(sato);
    let mut again = Screen::connect(&at_one)?;
    let ClerkAnswer::Refused(problem) = again.ask(ClerkRequest::CallNext {})? else {
        bail!("somebody is still logged in")
    };
    assert_eq!(problem.kind, "urn:madoguchi:problem:clerk.no_session");
    // Who takes the screen over hears nothing of the session before, not even that it is over.
    // The end of the one before is on its way when the next begins: often enough to meet it.
    for clerk in ["1001", "1002"].into_iter().cycle().take(20) {
        again.log_in(clerk, OWN)?;
        loop {
            match again.hears()? {
                CounterEvent::Change(Change::UpToDate {}) => break,
                CounterEvent::Change(Change::SessionOver {}) => {
                    bail!("the session before ends this one")
                }
                _ => {}
            }
        }
    }
    let ClerkAnswer::Refused(problem) = again.ask(ClerkRequest::CallNext {})? else {
        bail!("a checker calls nobody")
    };
    assert_eq!(problem.kind, "urn:madoguchi:problem:clerk.role", "they are logged in");
    // Who loses their agent is logged out as well.
    again.log_in("1001", OWN)?;
    at_one.restart_after_kill(stop)?;
    let mut anew = Screen::connect(&at_one)?;
    let ClerkAnswer::Refused(_) = anew.ask(ClerkRequest::CallNext {})? else {
        bail!("the agent remembers a session")
    };
    anew.log_in("1001", OWN)?;
    Ok(())
}
