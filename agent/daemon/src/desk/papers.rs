//! What is printed of a visit. Bound to the visit: an order carries its id, and what comes back
//! with another one changes nothing.

use madoguchi_paper::{Content, Form, Kept as SlipSays, Next, Slip, Stage, filled};
use madoguchi_printing::{Job, PrintReport};
use madoguchi_procedure::Filling;
use madoguchi_protocol::local::{Answer, Event, Language, Paper, PrintState, Request};
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{Failure, PackId, VisitId};

use super::visit::{Kept, Visit};
use super::{Desk, Effect, event_of, out_of_order};
use crate::settings::Settings;

/// The papers of a visit that has something kept.
pub(super) struct Papers {
    ticket: TicketNumber,
    /// Stays until the visit ends, so that it can be printed again.
    slip: Option<Slip>,
    /// Wiped as soon as it is printed.
    forms: Option<Vec<Form>>,
    /// What the printer has and has not yet brought out.
    printing: Vec<Paper>,
}

impl Papers {
    /// What can be printed here: a slip where there is a printer; the forms only where they are
    /// needed on paper, since the core is away, and then also what was only begun.
    pub fn new(
        kept: &Kept,
        forms: &[Filling],
        language: Option<Language>,
        reviewed: bool,
        core_away: bool,
        settings: &Settings,
    ) -> Self {
        let printer = settings.profile().printer.as_ref();
        let begun = || forms.iter().filter(|form| !form.fields().is_empty());
        let on_paper = core_away && printer.is_some_and(|p| p.forms) && begun().next().is_some();
        let says = match reviewed {
            true => SlipSays::Application,
            false if begun().next().is_some() => SlipSays::Part,
            false => SlipSays::NumberOnly,
        };
        let next = match (core_away, on_paper) {
            (false, _) => Next::IsCalled,
            (true, false) => Next::ShowsSlip,
            (true, true) => Next::ShowsSlipAndForms,
        };
        Self {
            ticket: kept.ticket,
            slip: printer.map(|_| Slip { language, ..slip(settings, kept, forms, says, next) }),
            forms: on_paper.then(|| begun().map(|f| form(settings, kept, f)).collect()),
            printing: Vec::new(),
        }
    }

    /// The number that was given.
    pub fn ticket(&self) -> TicketNumber {
        self.ticket
    }

    /// Prints everything there is, without being asked.
    pub fn print_all(&mut self, visit: VisitId, effects: &mut Vec<Effect>) {
        for paper in [Paper::Slip, Paper::Forms] {
            self.print(visit, paper, effects);
        }
    }

    /// Whether there was something to print.
    fn print(&mut self, visit: VisitId, paper: Paper, effects: &mut Vec<Effect>) -> bool {
        let content = match paper {
            Paper::Slip => self.slip.clone().map(|slip| Content::Slip(Box::new(slip))),
            Paper::Forms => self.forms.clone().map(Content::Forms),
        };
        let Some(content) = content else { return false };
        self.printing.push(paper);
        effects.push(Effect::Print(Box::new(Job { visit, content })));
        // From now on, not only once the printer has it: a screen that ends the visit in between
        // would take the paper back.
        let state = PrintState::Printing {};
        effects.push(event_of(visit, Event::Print { paper, state }));
        true
    }

    /// Whether that paper was being printed.
    fn report(&mut self, paper: Paper, state: &PrintState) -> bool {
        if !self.printing.contains(&paper) {
            return false;
        }
        if !matches!(state, PrintState::Printing {}) {
            self.printing.retain(|p| *p != paper);
        }
        if matches!((paper, state), (Paper::Forms, PrintState::Printed {})) {
            self.forms = None;
        }
        true
    }
}

impl Visit {
    /// The visitor reads in that language from now on.
    pub fn speak(&mut self, language: Language) {
        self.language = Some(language);
        if let Some(slip) = self.papers.as_mut().and_then(|papers| papers.slip.as_mut()) {
            slip.language = Some(language);
        }
    }

    /// Prints once more. One job at a time: a second touch must not print twice.
    pub fn print_again(
        &mut self,
        paper: Paper,
        effects: &mut Vec<Effect>,
    ) -> Result<Answer, Failure> {
        let papers = self.papers.as_mut().filter(|papers| papers.printing.is_empty());
        match papers.is_some_and(|papers| papers.print(self.id, paper, effects)) {
            true => Ok(Answer::Done {}),
            false => Err(out_of_order(&Request::Print { paper })),
        }
    }
}

impl Desk {
    pub(super) fn paper(&mut self, report: PrintReport, effects: &mut Vec<Effect>) {
        match report {
            PrintReport::Printer(state) => self.device.printer = state,
            PrintReport::Job { visit: of, paper, state } => {
                let visit = self.visit.as_mut().filter(|v| v.id == of);
                let papers = visit.and_then(|v| v.papers.as_mut());
                if !papers.is_some_and(|papers| papers.report(paper, &state)) {
                    self.too_late("print");
                } else if state != (PrintState::Printing {}) {
                    effects.push(event_of(of, Event::Print { paper, state }));
                }
            }
        }
    }
}

fn slip(settings: &Settings, kept: &Kept, forms: &[Filling], says: SlipSays, next: Next) -> Slip {
    let packs: Vec<PackId> = forms.iter().map(|filling| filling.pack().id.clone()).collect();
    let stations = filled::stations(forms);
    Slip {
        municipality: settings.profile().municipality.clone(),
        ticket: kept.ticket,
        business_day: kept.business_day,
        given_at: kept.kept_at,
        kept: says,
        next,
        notices: filled::notices(forms),
        bring: filled::bring(forms),
        errands: filled::errands(settings.life_events(), &packs, &stations),
        stations,
        token: kept.token.clone(),
        language: None,
        practice: settings.profile().practice,
    }
}

fn form(settings: &Settings, kept: &Kept, filling: &Filling) -> Form {
    Form {
        municipality: settings.profile().municipality.clone(),
        title: filling.pack().title.clone(),
        ticket: kept.ticket,
        business_day: kept.business_day,
        given_at: kept.kept_at,
        practice: settings.profile().practice,
        stage: Stage::Draft,
        rows: filled::rows(filling),
    }
}
