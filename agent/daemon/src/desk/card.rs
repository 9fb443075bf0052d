//! The card of a visit: from the purpose to the form.

use std::collections::BTreeSet;

use madoguchi_card::{CardNews, CardReport, PinBuffer};
use madoguchi_protocol::local::{Answer, CardEvent, Event, IssuedBy, Outcome, Request};
use madoguchi_protocol::{AttributeName, Failure, FailureCode, MunicipalityCode};

use super::device::Device;
use super::visit::{Step, Visit, Waiting};
use super::{Desk, Effect, answer_to, event_of, out_of_order};

impl Visit {
    /// What leads from the purpose to the form, with the card or without.
    pub fn use_card(
        &mut self,
        id: u64,
        request: Request,
        device: &Device,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<Answer>, Failure> {
        let agreed = (Step::PurposeAgreed..Step::Filled).contains(&self.step);
        match request {
            Request::AgreePurpose {} if (Step::PackChosen..Step::Filled).contains(&self.step) => {
                self.stop_asking();
                self.step = Step::PurposeAgreed;
                Ok(Some(Answer::Done {}))
            }
            Request::AwaitCard { by } if agreed => {
                self.card_key = by;
                self.stop_asking();
                self.card_in_use = true;
                self.step = Step::LookingForCard;
                effects.push(Effect::CardBegin { visit: self.id, by, today: device.today() });
                effects.push(answer_to(id, Outcome::Answer(Answer::Done {})));
                if device.card_present {
                    effects.push(self.card_event(CardEvent::Present {}));
                }
                Ok(None)
            }
            Request::WithoutCard {} if agreed => {
                self.leave_card(effects);
                self.fillings().for_each(|filling| filling.go_without_card());
                self.step = Step::Filled;
                self.open_form().map(Some)
            }
            Request::PinDigit { digit } if self.step == Step::PinAsked => {
                // One digit too many is not taken; the answer says how many there are.
                let _ = self.pin.push(digit);
                Ok(Some(Answer::PinDigits { entered: self.pin.digits() }))
            }
            Request::PinErase {} if self.step == Step::PinAsked => {
                self.pin.erase();
                Ok(Some(Answer::PinDigits { entered: self.pin.digits() }))
            }
            Request::PinSubmit {} if self.step == Step::PinAsked && self.pin.is_complete() => {
                self.step = Step::Reading;
                self.waiting = Some(Waiting::for_card(id));
                effects.push(Effect::CardRead {
                    visit: self.id,
                    pin: std::mem::replace(&mut self.pin, PinBuffer::new(self.card_key)),
                    wanted: self.wanted(),
                });
                Ok(None)
            }
            request => Err(out_of_order(&request)),
        }
    }

    /// What the chosen packs declare, all together: the card is read once. Each form then takes
    /// only what its own pack declares.
    fn wanted(&self) -> BTreeSet<AttributeName> {
        self.packs().flat_map(|pack| pack.card.attributes.iter().copied()).collect()
    }

    /// Drops the typed digits. The card stays watched, so that another one is noticed.
    pub fn stop_asking(&mut self) {
        self.pin = PinBuffer::new(self.card_key);
    }

    /// Ends the card phase, if there is one. The typed digits go with it.
    pub fn leave_card(&mut self, effects: &mut Vec<Effect>) {
        self.stop_asking();
        if std::mem::take(&mut self.card_in_use) {
            effects.push(Effect::CardEnd(self.id));
        }
    }

    /// What the card's thread says while it works for this visit.
    fn card_news(&mut self, news: CardNews, effects: &mut Vec<Effect>) {
        // Whoever has gone back is not interrupted by a card that still lies there.
        let looking = (Step::LookingForCard..=Step::Reading).contains(&self.step);
        match news {
            CardNews::Present if looking => effects.push(self.card_event(CardEvent::Present {})),
            // Of the other key it may still be on its way when the visitor has changed over.
            CardNews::Usable { key, tries_left }
                if self.step == Step::LookingForCard && key == self.card_key.into() =>
            {
                self.step = Step::PinAsked;
                self.card_refused = false;
                self.stop_asking();
                effects.push(self.card_event(CardEvent::Usable { tries_left }));
            }
            CardNews::PinWrong { tries_left } if self.step == Step::Reading => {
                self.step = Step::PinAsked;
                self.answer(Outcome::Answer(Answer::PinWrong { tries_left }), effects);
            }
            CardNews::Unusable { failure, issuer } if looking => {
                tracing::info!(visit = %self.id, code = %failure.code, "the card cannot be used");
                self.stop_asking();
                self.card_refused = true;
                let asked = self.step == Step::Reading;
                self.step = Step::LookingForCard;
                let issued_by = issuer.and_then(|issuer| self.issued_by(&issuer));
                // A failed answer has no room for who issued the card: that is said before it.
                if !asked || issued_by.is_some() {
                    let failure = failure.clone();
                    effects.push(self.card_event(CardEvent::Unusable { failure, issued_by }));
                }
                if asked {
                    self.fail(failure, effects);
                }
            }
            CardNews::Removed => {
                self.stop_asking();
                if self.step == Step::Reading {
                    let detail = "the card was taken away";
                    self.fail(Failure::new(FailureCode::CardRemoved, detail), effects);
                }
                if looking {
                    self.step = Step::LookingForCard;
                }
                effects.push(self.card_event(CardEvent::Removed {}));
            }
            CardNews::Read(said) if self.step == Step::Reading => {
                self.fillings().for_each(|filling| filling.insert_card(said.clone()));
                self.step = Step::Filled;
                self.verdict_due = true;
                let form = self.open_form();
                let outcome = form.map_or_else(Outcome::Failure, Outcome::Answer);
                self.answer(outcome, effects);
            }
            // Of what is kept already, nothing that comes now says more.
            CardNews::Verified(check) if self.verdict_due => {
                self.fillings().for_each(|filling| filling.card_was_checked(check));
                self.verdict_came(effects);
            }
            // The card's thread is done with the visit, and has nothing more to say.
            CardNews::Released if self.verdict_due => self.verdict_came(effects),
            CardNews::Reader { .. }
            | CardNews::Released
            | CardNews::Present
            | CardNews::Usable { .. }
            | CardNews::PinWrong { .. }
            | CardNews::Unusable { .. }
            | CardNews::Read(_)
            | CardNews::Verified(_)
            // No screen asks for these errands.
            | CardNews::Face { .. }
            | CardNews::Authenticated(_)
            | CardNews::Discloses(_)
            | CardNews::Signed(_) => {}
        }
    }

    /// Whose card it is, as seen from here; unknown where the profile names no municipality.
    fn issued_by(&self, issuer: &MunicipalityCode) -> Option<IssuedBy> {
        let profile = self.settings.profile();
        let own = profile.municipality_code.as_ref()?;
        let ours = own == issuer || profile.municipality_codes_before.contains(issuer);
        Some(if ours { IssuedBy::ThisMunicipality } else { IssuedBy::AnotherMunicipality })
    }

    fn card_event(&self, card: CardEvent) -> Effect {
        event_of(self.id, Event::Card { card })
    }
}

impl Desk {
    pub(super) fn card(&mut self, report: CardReport, effects: &mut Vec<Effect>) {
        let CardReport { visit, news } = report;
        if let CardNews::Reader { problem, card_present } = news {
            self.device.reader_problem = problem;
            let was_present = std::mem::replace(&mut self.device.card_present, card_present);
            self.device.layings += u64::from(card_present && !was_present);
            return;
        }
        let current = self.visit.as_mut().filter(|v| Some(v.id) == visit && v.card_in_use);
        match (current, news) {
            // The last word of every card phase: mostly after the visit or its card phase ended.
            (None, CardNews::Released) => {}
            // Another card, or values that nobody issued: nothing of the visit can be relied on.
            (Some(visit), CardNews::Unusable { failure, .. })
                if failure.code == FailureCode::CardChanged
                    || failure.code == FailureCode::CardSignatureBad && !visit.is_handed_over() =>
            {
                self.break_visit(failure, effects);
            }
            (Some(visit), news) => visit.card_news(news, effects),
            (None, _) => self.too_late("card"),
        }
    }
}
