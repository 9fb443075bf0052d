//! One visit: its forms, and how they are kept.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use madoguchi_card::PinBuffer;
use madoguchi_procedure::{Filling, FormError, Pack};
use madoguchi_protocol::application::{Content, PartlyFilled, TicketOnlyReason};
use madoguchi_protocol::local::{Answer, CardKey, Language, MOST_FORMS, Outcome, Request};
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketNumber, TicketToken};
use madoguchi_protocol::{Failure, FailureCode, PackId, VisitId};

use super::alerts::CallState;
use super::device::Device;
use super::papers::Papers;
use super::{Effect, answer_to, not_configured, out_of_order};
use crate::settings::Settings;

/// What is to be kept, all of it or nothing, under one number.
#[derive(Debug)]
pub struct Keep {
    /// Whose.
    pub visit: VisitId,
    /// By these settings.
    pub settings: Arc<Settings>,
    /// The section that gives the number.
    pub section: SectionLetter,
    /// The forms, or why there is none; at least one.
    pub contents: Vec<Content>,
}

/// What was given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The number.
    pub ticket: TicketNumber,
    /// The slip's secret.
    pub token: TicketToken,
    /// The day on which the number counts.
    pub business_day: BusinessDay,
    /// When, by the device's clock.
    pub kept_at: Timestamp,
}

pub(super) struct Visit {
    pub id: VisitId,
    /// As they were when the visit began: nothing changes under a visitor.
    pub settings: Arc<Settings>,
    pub step: Step,
    /// What is filled, in the order in which it was chosen. Empty once it is kept.
    forms: Vec<Form>,
    /// Which of them the screen works on.
    open: usize,
    pub pin: PinBuffer,
    /// What opens the card, once the visitor has said so.
    pub card_key: CardKey,
    /// Whether the card that was laid last could not be used.
    pub card_refused: bool,
    /// Whether the card's thread works for this visit.
    pub card_in_use: bool,
    /// Whether the card was read and its thread has not said yet what the signature is worth.
    pub verdict_due: bool,
    /// The request that waits for the card, its signature or the store.
    pub waiting: Option<Waiting>,
    /// When the screen last asked for something, since the agent started.
    pub last_request: Duration,
    /// What was given and what is printed of it, once the visit has something kept.
    pub papers: Option<Papers>,
    pub call: CallState,
    /// In which papers are printed; without, in both.
    pub language: Option<Language>,
    /// Sections that had no number when the visitor asked for one.
    pub exhausted: Vec<SectionLetter>,
}

pub(super) struct Waiting {
    /// The request.
    id: u64,
    /// For what.
    awaits: Awaits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Card,
    /// What the signature is worth, before this is kept.
    Verdict(ToKeep),
    /// The store, for forms that were reviewed.
    FormsKept,
    /// The store, for a number.
    NumberKept,
    /// The same; a clerk is called once there is a number, or cannot be one.
    NumberKeptToCall,
}

/// What a visitor wants kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ToKeep {
    Forms,
    Number(TicketOnlyReason),
}

impl Waiting {
    /// For what the card says.
    pub fn for_card(id: u64) -> Self {
        Self { id, awaits: Awaits::Card }
    }
}

struct Form {
    filling: Filling,
    /// Whether the visitor has seen it as it is now.
    reviewed: bool,
}

/// How far a visit has come. Ordered: later steps are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Begun,
    PackChosen,
    PurposeAgreed,
    LookingForCard,
    PinAsked,
    Reading,
    Filled,
    Kept,
}

impl Step {
    /// Where a visit stands once the card phase has been broken off.
    fn without_card(self) -> Self {
        match self {
            Self::LookingForCard | Self::PinAsked | Self::Reading => Self::PurposeAgreed,
            other => other,
        }
    }
}

impl Visit {
    pub fn new(settings: Arc<Settings>, up: Duration) -> Self {
        Self {
            id: VisitId::random(),
            settings,
            step: Step::Begun,
            forms: Vec::new(),
            open: 0,
            pin: PinBuffer::new(CardKey::Pin),
            card_key: CardKey::Pin,
            card_refused: false,
            card_in_use: false,
            verdict_due: false,
            waiting: None,
            last_request: up,
            papers: None,
            call: CallState::NotCalled,
            language: None,
            exhausted: Vec::new(),
        }
    }

    /// What fills a form; days are judged by the device's.
    pub fn fill(&mut self, request: Request, device: &Device) -> Result<Answer, Failure> {
        match request {
            Request::ChoosePack { pack, also } if self.step < Step::Filled => {
                self.has_numbers(&pack, &device.exhausted)?;
                let forms = self.empty_forms(pack, also)?;
                // The card that lies there stays the visit's own.
                self.stop_asking();
                (self.forms, self.open) = (forms, 0);
                self.step = Step::PackChosen;
                Ok(Answer::Done {})
            }
            request if self.step != Step::Filled => Err(out_of_order(&request)),
            Request::OpenForm { pack } => {
                let found = self.forms.iter().position(|f| f.filling.pack().id == pack);
                self.open = found.ok_or_else(not_on_offer)?;
                self.open_form()
            }
            Request::Choose { field, choice } => {
                let form = self.forms.get_mut(self.open).ok_or_else(not_configured)?;
                form.filling.choose(&field, &choice).map_err(form_invalid)?;
                form.reviewed = false;
                self.open_form()
            }
            Request::Enter { field, value } => {
                let form = self.forms.get_mut(self.open).ok_or_else(not_configured)?;
                let towns = self.settings.towns();
                let today = device.today();
                form.filling.enter(&field, value, towns, today).map_err(form_invalid)?;
                form.reviewed = false;
                self.open_form()
            }
            Request::Review {} => {
                let form = self.forms.get_mut(self.open).ok_or_else(not_configured)?;
                let fields = form.filling.finish().map_err(form_invalid)?;
                form.reviewed = true;
                Ok(form.filling.pack().told(fields))
            }
            request => Err(out_of_order(&request)),
        }
    }

    /// `tickets.none` where the section of a pack, which would give the number, has none left.
    fn has_numbers(&self, pack: &PackId, exhausted: &[SectionLetter]) -> Result<(), Failure> {
        let section = self.settings.pack(pack).map(|pack| pack.section.letter);
        match section.filter(|section| exhausted.contains(section)) {
            None => Ok(()),
            Some(section) => {
                let detail = format!("section {section} has no number left");
                Err(Failure::new(FailureCode::TicketsNone, detail))
            }
        }
    }

    fn empty_forms(&self, pack: PackId, also: Vec<PackId>) -> Result<Vec<Form>, Failure> {
        let mut chosen = vec![pack];
        for pack in also {
            if chosen.contains(&pack) || chosen.len() == MOST_FORMS {
                let detail = "those packs cannot be filled together";
                return Err(Failure::new(FailureCode::VisitOutOfOrder, detail));
            }
            chosen.push(pack);
        }
        let form = |id| {
            let pack = self.settings.pack(id).cloned().ok_or_else(not_on_offer)?;
            Ok(Form { filling: Filling::new(pack), reviewed: false })
        };
        chosen.iter().map(form).collect()
    }

    /// The open form as far as it is filled.
    pub fn open_form(&self) -> Result<Answer, Failure> {
        let form = self.forms.get(self.open).ok_or_else(not_configured)?;
        Ok(form.filling.pack().told(form.filling.fields()))
    }

    /// The chosen forms' fillings.
    pub fn fillings(&mut self) -> impl Iterator<Item = &mut Filling> {
        self.forms.iter_mut().map(|f| &mut f.filling)
    }

    /// The chosen packs.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.forms.iter().map(|f| f.filling.pack())
    }

    /// Keeps every form; all of them reviewed, so that nothing unseen is kept. What the signature
    /// over the card's values is worth is kept with them, so it is waited for.
    pub fn keep_forms(&mut self, id: u64, effects: &mut Vec<Effect>) -> Result<(), Failure> {
        let all_reviewed = !self.forms.is_empty() && self.forms.iter().all(|f| f.reviewed);
        if self.step != Step::Filled || !all_reviewed {
            return Err(out_of_order(&Request::Keep {}));
        }
        if self.verdict_due {
            self.waiting = Some(Waiting { id, awaits: Awaits::Verdict(ToKeep::Forms) });
            return Ok(());
        }
        let whole = |form: &Form| -> Result<Content, FormError> {
            let (pack, fields) = (form.filling.pack().version(), form.filling.finish()?);
            Ok(if form.filling.is_without_card() {
                let partly = Some(PartlyFilled { pack, fields });
                let reason = match self.card_refused {
                    true => TicketOnlyReason::CardCannotBeUsed,
                    false => TicketOnlyReason::WithoutCard,
                };
                Content::TicketOnly { reason, partly }
            } else {
                Content::Filled { pack, fields }
            })
        };
        let contents: Result<_, _> = self.forms.iter().map(whole).collect();
        let contents = contents.map_err(form_invalid)?;
        self.keep(Waiting { id, awaits: Awaits::FormsKept }, contents, effects)
    }

    /// Keeps the forms as far as they are filled; of the card's values as above. A clerk can be called also beside what is kept:
    /// the number stays the one that was given.
    pub fn keep_ticket_only(
        &mut self,
        id: u64,
        reason: TicketOnlyReason,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<Answer>, Failure> {
        let calls = reason == TicketOnlyReason::CallClerk;
        if let Some(papers) = &self.papers {
            let ticket = papers.ticket();
            effects.push(answer_to(id, Outcome::Answer(Answer::Kept { ticket })));
            if calls {
                self.call_clerk(Some(ticket), effects);
            }
            return Ok(None);
        }
        if self.verdict_due {
            self.waiting = Some(Waiting { id, awaits: Awaits::Verdict(ToKeep::Number(reason)) });
            return Ok(None);
        }
        let partly =
            |form: &Form| Content::TicketOnly { reason, partly: Some(form.filling.partly()) };
        let mut contents: Vec<_> = self.forms.iter().map(partly).collect();
        if contents.is_empty() {
            contents.push(Content::TicketOnly { reason, partly: None });
        }
        let awaits = if calls { Awaits::NumberKeptToCall } else { Awaits::NumberKept };
        self.keep(Waiting { id, awaits }, contents, effects)?;
        Ok(None)
    }

    /// The card's thread has said what it will say of the signature: what waited for it is kept.
    pub fn verdict_came(&mut self, effects: &mut Vec<Effect>) {
        self.verdict_due = false;
        let Some(Waiting { id, awaits: Awaits::Verdict(what) }) = self.waiting else { return };
        self.waiting = None;
        let kept = match what {
            ToKeep::Forms => self.keep_forms(id, effects),
            ToKeep::Number(reason) => self.keep_ticket_only(id, reason, effects).map(drop),
        };
        if let Err(failure) = kept {
            effects.push(answer_to(id, Outcome::Failure(failure)));
        }
    }

    fn keep(
        &mut self,
        waiting: Waiting,
        contents: Vec<Content>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Failure> {
        let section = self.section().ok_or_else(not_configured)?;
        self.stop_asking();
        self.step = self.step.without_card();
        self.waiting = Some(waiting);
        let settings = Arc::clone(&self.settings);
        effects.push(Effect::Keep(Box::new(Keep { visit: self.id, settings, section, contents })));
        Ok(())
    }

    /// The first chosen procedure's section, or the first that this device can give numbers for.
    fn section(&self) -> Option<SectionLetter> {
        let chosen = self.packs().next().map(|pack| pack.section.letter);
        let sections = &self.settings.profile().sections;
        let has_numbers = |section: &&SectionLetter| !self.exhausted.contains(section);
        chosen.or_else(|| sections.iter().find(has_numbers).or(sections.first()).copied())
    }

    /// Whether the store was asked and has not answered yet.
    pub fn is_being_kept(&self) -> bool {
        let stored = |w: &Waiting| !matches!(w.awaits, Awaits::Card | Awaits::Verdict(_));
        self.waiting.as_ref().is_some_and(stored)
    }

    /// Whether the store has it, or may have it: what is durable is delivered.
    pub fn is_handed_over(&self) -> bool {
        self.step == Step::Kept || self.is_being_kept()
    }

    /// Whether a clerk is to be called once the store has answered.
    pub fn waits_to_call(&self) -> bool {
        const HELD: Awaits = Awaits::Verdict(ToKeep::Number(TicketOnlyReason::CallClerk));
        self.waiting.as_ref().is_some_and(|w| matches!(w.awaits, Awaits::NumberKeptToCall | HELD))
    }

    /// Takes what the store said. The values stay only for as long as they may be printed.
    pub fn kept(
        &mut self,
        result: Result<Kept, Failure>,
        core_away: bool,
        effects: &mut Vec<Effect>,
    ) {
        let awaits = self.waiting.as_ref().map(|w| w.awaits);
        let ticket = result.as_ref().ok().map(|kept| kept.ticket);
        match result {
            Ok(kept) => {
                let ticket = kept.ticket;
                tracing::info!(visit = %self.id, %ticket, "kept");
                if self.step < Step::Filled {
                    self.leave_card(effects);
                }
                self.step = Step::Kept;
                self.answer(Outcome::Answer(Answer::Kept { ticket }), effects);
                let forms = std::mem::take(&mut self.forms);
                let forms: Vec<_> = forms.into_iter().map(|form| form.filling).collect();
                let reviewed = awaits == Some(Awaits::FormsKept);
                let papers =
                    Papers::new(&kept, &forms, self.language, reviewed, core_away, &self.settings);
                self.papers.insert(papers).print_all(self.id, effects);
            }
            Err(failure) => {
                let Failure { code, detail } = &failure;
                tracing::error!(visit = %self.id, %code, detail, "not kept");
                self.fail(failure, effects);
            }
        }
        if awaits == Some(Awaits::NumberKeptToCall) {
            self.call_clerk(ticket, effects);
        }
    }

    /// Answers the request that waits, if one does.
    pub fn answer(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) -> bool {
        let Some(waiting) = self.waiting.take() else { return false };
        effects.push(answer_to(waiting.id, outcome));
        true
    }

    /// Answers the request that waits for the end of the visit, if one does.
    pub fn break_off(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        self.call_all_the_same(effects);
        self.fail(failure, effects);
    }

    /// Answers the request that waits, if one does, with a failure.
    pub fn fail(&mut self, failure: Failure, effects: &mut Vec<Effect>) -> bool {
        self.answer(Outcome::Failure(failure), effects)
    }
}

fn not_on_offer() -> Failure {
    Failure::new(FailureCode::VisitOutOfOrder, "that pack is not on offer")
}

fn form_invalid(error: FormError) -> Failure {
    Failure::new(FailureCode::FormInvalid, error)
}
