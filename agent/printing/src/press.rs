//! The thread that owns the printer: takes one order at a time.

use std::time::Duration;

use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::local::{Paper, PrintState, PrinterState};
use madoguchi_protocol::{Failure, FailureCode, VisitId};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{info, warn};

use crate::device::{Device, Fate, JobId, Look, unusable};
use crate::handle::{Mailbox, Order, Timing};
use crate::job::Job;
use crate::report::PrintReport;

/// Between two questions about a job.
const STEP: Duration = Duration::from_millis(250);
/// Between two looks at a printer that may still hold a job of ours.
const SOON: Duration = Duration::from_secs(1);

pub struct Press<'a, R> {
    mailbox: &'a Mailbox,
    timing: Timing,
    report: R,
    printer: Option<Configured>,
    /// What was last said of it.
    said: Option<PrinterState>,
}

struct Configured {
    printer: Printer,
    device: Result<Device, Failure>,
    residue: Residue,
    /// What it says of missing paper while a job of ours does not come out.
    warning: Option<String>,
    /// A job did not come out while it warned of paper: it is out of paper until it says no more.
    hungry: bool,
    next_look: Instant,
}

/// What may still be in the printer of what we sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Residue {
    /// Nothing.
    None,
    /// Perhaps a job, whose number is known or not: nothing is printed until it is gone.
    Perhaps(Option<JobId>),
}

impl<'a, R: FnMut(PrintReport)> Press<'a, R> {
    pub fn new(mailbox: &'a Mailbox, timing: Timing, report: R) -> Self {
        Self { mailbox, timing, report, printer: None, said: None }
    }

    pub async fn run(mut self) {
        loop {
            let next_look = self.printer.as_ref().map(|configured| configured.next_look);
            tokio::select! {
                biased;
                order = self.mailbox.next() => match order {
                    Order::Configure(printer) => self.configure(printer),
                    Order::Print(job) => self.print(job).await,
                    Order::TellMismatch(visit, paper) => self.tell_mismatch(visit, paper),
                    Order::Stop => return,
                },
                () = at(next_look) => self.look().await,
            }
        }
    }

    fn configure(&mut self, printer: Option<Printer>) {
        if self.printer.as_ref().map(|configured| &configured.printer) == printer.as_ref() {
            return;
        }
        if self.printer.as_ref().is_some_and(|configured| configured.residue != Residue::None) {
            warn!("another printer is configured while the former may hold a job");
        }
        self.printer = printer.map(|printer| Configured {
            device: Device::new(&printer).map_err(|error| unusable(&error)),
            printer,
            // An earlier run of this program may have left one.
            residue: Residue::Perhaps(None),
            warning: None,
            hungry: false,
            next_look: Instant::now(),
        });
        self.said = None;
        if self.printer.is_none() {
            (self.report)(PrintReport::Printer(None));
        }
    }

    /// Looks at the idle printer, and puts it down for an order.
    async fn look(&mut self) {
        let Some(configured) = &mut self.printer else { return };
        let state = tokio::select! {
            biased;
            () = self.mailbox.pending() => return,
            state = configured.state() => state,
        };
        let pause = if configured.residue == Residue::None {
            self.timing.look
        } else {
            SOON.min(self.timing.look)
        };
        configured.next_look = Instant::now() + pause;
        if self.said.as_ref() != Some(&state) {
            match &state {
                PrinterState::Ready {} => info!("the printer is ready"),
                PrinterState::Unusable { failure } => {
                    warn!(
                        code = failure.code.as_str(),
                        detail = failure.detail,
                        "the printer cannot print"
                    );
                }
            }
            self.said = Some(state.clone());
            (self.report)(PrintReport::Printer(Some(state)));
        }
    }

    async fn print(&mut self, job: Job) {
        let (visit, paper) = (job.visit, job.paper());
        let outcome = match &mut self.printer {
            None => Err(Failure::new(FailureCode::PrinterMissing, "no printer is configured")),
            Some(configured) => {
                let mailbox = self.mailbox;
                let mut tell = |state| {
                    if !mailbox.is_cancelled() {
                        (self.report)(PrintReport::Job { visit, paper, state });
                    }
                };
                configured.print(job, self.timing, mailbox, &mut tell).await
            }
        };
        let state = match outcome {
            Ok(()) => PrintState::Printed {},
            Err(failure) => {
                warn!(?paper, code = failure.code.as_str(), detail = failure.detail, "not printed");
                PrintState::Failed { failure }
            }
        };
        if self.mailbox.finish() {
            (self.report)(PrintReport::Job { visit, paper, state });
        }
        if let Some(configured) = &mut self.printer {
            configured.next_look = Instant::now();
        }
    }

    fn tell_mismatch(&mut self, visit: VisitId, paper: Paper) {
        let failure = Failure::new(FailureCode::VisitMismatch, "paper of two visits at once");
        let state = PrintState::Failed { failure };
        (self.report)(PrintReport::Job { visit, paper, state });
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

impl Configured {
    /// The printer's state, after what is left of us in it is gone.
    async fn state(&mut self) -> PrinterState {
        match self.ready().await {
            Ok(()) => PrinterState::Ready {},
            Err(failure) => PrinterState::Unusable { failure },
        }
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        self.looked().await?;
        if self.residue != Residue::None && self.clear_once().await?.is_none() {
            return Err(still_there());
        }
        Ok(())
    }

    async fn looked(&mut self) -> Result<Look, Failure> {
        let look = self.device()?.look().await?;
        match &look.paper {
            Some(words) if self.hungry => Err(no_paper(words)),
            _ => {
                self.hungry = false;
                Ok(look)
            }
        }
    }

    fn device(&self) -> Result<&Device, Failure> {
        self.device.as_ref().map_err(Clone::clone)
    }

    /// One job from its beginning to its end. Whatever happens, it is out or gone afterwards, or
    /// `residue` says that it perhaps is not.
    async fn print(
        &mut self,
        job: Job,
        timing: Timing,
        mailbox: &Mailbox,
        tell: &mut impl FnMut(PrintState),
    ) -> Result<(), Failure> {
        let failure = tokio::select! {
            biased;
            () = mailbox.cancelled() => cancelled(),
            outcome = timeout(timing.job, self.attempt(job, tell)) => match outcome {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(failure)) => failure,
                Err(_) => self.too_late(),
            },
        };
        match timeout(timing.cancel, self.clear()).await {
            // It came out while it was being cancelled.
            Ok(Fate::Printed) => Ok(()),
            Ok(_) => Err(failure),
            Err(_) => {
                warn!("a job is not confirmed cancelled: nothing is printed until it is");
                Err(failure)
            }
        }
    }

    async fn attempt(
        &mut self,
        job: Job,
        tell: &mut impl FnMut(PrintState),
    ) -> Result<(), Failure> {
        let paper = job.paper();
        if paper == Paper::Forms && !self.printer.forms {
            return Err(Failure::new(FailureCode::PrinterFailed, "it has no paper for forms"));
        }
        let pdf = madoguchi_paper::pdf(&job.content, &self.printer)
            .map_err(|error| Failure::new(FailureCode::PrinterFailed, chain(&error)))?;
        drop(job);

        let look = self.looked().await?;
        self.warning = None;
        self.residue = Residue::Perhaps(self.known());
        if self.clear_once().await?.is_none() {
            return Err(still_there());
        }
        self.residue = Residue::Perhaps(None);
        let device = self.device.as_ref().map_err(Clone::clone)?;
        let id = device.create(paper, &look).await?;
        self.residue = Residue::Perhaps(Some(id));
        device.fill(id, &pdf).await?;
        drop(pdf);
        tell(PrintState::Printing {});
        loop {
            match device.fate(id).await? {
                Fate::Printed => {
                    self.residue = Residue::None;
                    return Ok(());
                }
                Fate::Gone => {
                    self.residue = Residue::None;
                    return Err(Failure::new(FailureCode::PrinterFailed, "it gave the job up"));
                }
                Fate::Alive => self.warning = device.look().await?.paper,
            }
            sleep(STEP).await;
        }
    }

    fn too_late(&mut self) -> Failure {
        match self.warning.take() {
            Some(words) => {
                self.hungry = true;
                no_paper(&words)
            }
            None => Failure::new(FailureCode::PrinterFailed, "it did not come out in time"),
        }
    }

    /// Cancels what is left of us in the printer until it is gone. Says what became of the job
    /// whose number is known.
    async fn clear(&mut self) -> Fate {
        loop {
            match self.clear_once().await {
                Ok(Some(fate)) => return fate,
                Ok(None) => sleep(STEP).await,
                Err(_) => sleep(SOON).await,
            }
        }
    }

    /// One pass of [`Configured::clear`]: `None` when something is still there.
    async fn clear_once(&mut self) -> Result<Option<Fate>, Failure> {
        let Residue::Perhaps(known) = self.residue else { return Ok(Some(Fate::Gone)) };
        let device = self.device()?;
        let mut alive = device.jobs().await?;
        let fate = match known {
            Some(id) => device.fate(id).await?,
            None => Fate::Gone,
        };
        if let (Fate::Alive, Some(id)) = (fate, known) {
            alive.push(id);
        }
        if alive.is_empty() {
            self.residue = Residue::None;
            return Ok(Some(fate));
        }
        for id in alive {
            device.cancel(id).await?;
        }
        Ok(None)
    }

    fn known(&self) -> Option<JobId> {
        match self.residue {
            Residue::Perhaps(known) => known,
            Residue::None => None,
        }
    }
}

fn cancelled() -> Failure {
    Failure::new(FailureCode::PrinterFailed, "no longer wanted")
}

fn no_paper(words: &str) -> Failure {
    Failure::new(FailureCode::PrinterPaper, format!("it says {words}"))
}

fn still_there() -> Failure {
    Failure::new(FailureCode::PrinterFailed, "a former job is not gone yet")
}
