//! Every text of the screens, each once a language. What a pack says comes from the pack.

mod en;
mod ja;

use madoguchi_procedure::LegalEffect;
use madoguchi_protocol::AttributeName;
use madoguchi_protocol::local::Language;

use crate::view::Words;

/// The texts of one language. A language is complete or does not compile.
pub(crate) struct Texts {
    /// The language, in itself.
    pub language: &'static str,

    pub back: &'static str,
    pub stop: &'static str,
    pub call_clerk: &'static str,
    /// Opens language, size and colours.
    pub display: &'static str,
    pub next: &'static str,
    pub finish: &'static str,
    pub to_start: &'static str,
    pub go_on: &'static str,
    pub close: &'static str,
    pub lay_again: &'static str,
    pub ticket_only: &'static str,
    /// A number, beside what is filled.
    pub take_number: &'static str,
    pub without_card: &'static str,
    /// Between the titles of several procedures.
    pub and: &'static str,
    /// Between two sentences.
    pub space: &'static str,

    /// Choose, card, questions, check, number.
    pub stages: [&'static str; 5],
    /// Which form (from 1), of how many, and its title.
    pub form_of: fn(usize, usize, &str) -> String,
    pub practice: &'static str,
    pub core_away: &'static str,
    /// With what is wrong with the printer.
    pub printer_away: fn(&str) -> String,
    /// Where help is to be had, without a button.
    pub help: &'static str,

    pub display_title: &'static str,
    pub language_title: &'static str,
    pub size_title: &'static str,
    /// Smallest first.
    pub sizes: [&'static str; 4],
    pub contrast_title: &'static str,
    /// As [`crate::view::Contrast::ALL`].
    pub contrasts: [&'static str; 4],

    pub connecting_title: &'static str,
    pub out_of_service_title: &'static str,
    pub take_card_first_title: &'static str,
    pub take_card_first_lead: &'static str,

    pub start_title: &'static str,
    pub start_lead: &'static str,
    /// In the place of `start_lead` while no card can be read.
    pub start_lead_without_card: &'static str,
    pub start_note: &'static str,
    pub start: &'static str,

    pub procedures_title: &'static str,
    pub procedures_lead: &'static str,
    pub do_not_know: &'static str,
    /// The same, to a question: what is filled goes to the counter.
    pub do_not_know_answer: &'static str,
    pub legal_draft: &'static str,
    pub legal_electronic: &'static str,

    pub life_event_lead: &'static str,
    /// With the titles that a tick took away.
    pub let_go: fn(&str) -> String,
    /// With the title of what cannot be ticked, and why not.
    pub not_now: fn(&str, &str) -> String,
    pub also_at_counter: &'static str,

    pub purpose_title: &'static str,
    pub attributes_title: &'static str,
    pub name: &'static str,
    pub address: &'static str,
    pub birth_date: &'static str,
    pub sex: &'static str,
    pub number_not_read: &'static str,
    pub may_refuse: &'static str,
    /// In its place, once the form is begun.
    pub other_procedure: &'static str,
    pub agree: &'static str,

    pub without_card_title: &'static str,
    pub without_card_lead: &'static str,
    /// Where nothing is asked.
    pub without_card_lead_number: &'static str,
    pub answer_without_card: &'static str,

    pub lay_card_title: &'static str,
    pub lay_card_lead: &'static str,
    pub looking_title: &'static str,
    pub looking_lead: &'static str,
    pub pin_hint: &'static str,
    pub number_hint: &'static str,

    pub pin_name: &'static str,
    pub pin_title: &'static str,
    pub pin_lead: &'static str,
    pub tries: fn(u8) -> String,
    /// Digits held, and how many there are.
    pub entered: fn(u8, u8) -> String,
    pub erase: &'static str,
    pub submit: &'static str,
    pub pin_wrong_title: &'static str,
    pub pin_wrong_lead: &'static str,
    pub pin_last_title: &'static str,
    pub pin_last_lead: &'static str,
    pub pin_again: &'static str,
    pub pin_last: &'static str,
    pub use_pin: &'static str,
    pub use_number: &'static str,

    pub number_name: &'static str,
    pub number_title: &'static str,
    pub number_lead: &'static str,
    pub may_look: &'static str,
    /// Birth date, year of expiry, security code; and where each is printed.
    pub number_groups: [(&'static str, &'static [&'static str]); 3],
    pub number_wrong_title: &'static str,
    pub number_wrong_lead: &'static str,
    pub number_last_lead: &'static str,

    pub reading_title: &'static str,
    pub reading_lead: &'static str,

    pub form_title: &'static str,
    pub form_lead: &'static str,
    /// Question number (from 1) and how many there are.
    pub question_title: fn(usize, usize) -> String,
    pub towns_lead: &'static str,
    pub kana_rows: [&'static str; 10],
    pub town: &'static str,
    pub change_town: &'static str,
    pub date_lead: &'static str,
    pub date_groups: [&'static str; 3],
    pub address_lead: &'static str,
    pub address_groups: [&'static str; 3],
    pub digits_lead: &'static str,
    pub digits_groups: [&'static str; 1],
    pub next_group: &'static str,
    pub entry_problem: &'static str,
    pub no_such_day: &'static str,
    pub day_after_today: &'static str,

    pub notice_title: &'static str,
    /// After an answer, and before any.
    pub notice_lead: &'static str,
    pub notice_lead_first: &'static str,
    pub change_answer: &'static str,
    pub go_on_all_the_same: &'static str,
    pub number_and_counter: &'static str,

    pub review_title: &'static str,
    pub review_lead: &'static str,
    pub review_lead_more: &'static str,
    pub review_purpose_title: &'static str,
    pub see_rest: &'static str,
    pub next_steps_title: &'static str,
    /// After review, with the section's name.
    pub review_steps: fn(&str) -> Vec<String>,
    pub keep: &'static str,
    pub next_form: &'static str,
    pub from_card: &'static str,
    pub from_choice: &'static str,
    pub from_typing: &'static str,
    pub at_counter: &'static str,

    pub keeping_title: &'static str,
    pub keeping_lead: &'static str,

    pub kept_title: &'static str,
    pub number_given_title: &'static str,
    pub ticket_title: &'static str,
    pub section_title: &'static str,
    pub remember_step: &'static str,
    pub take_slip_step: &'static str,
    /// After a form was kept, with the section's name.
    pub kept_steps: fn(&str) -> Vec<String>,
    /// While the office has not heard of the number, and cannot call it.
    pub show_number: &'static str,
    /// Of several procedures with sections of their own: which is done where.
    pub done_at: fn(&str, &str) -> String,
    /// Then, that one number does for all of them.
    pub same_number_step: &'static str,
    /// After a ticket alone was given.
    pub ticket_step: &'static str,
    /// Then, where a form was begun.
    pub partly_step: &'static str,
    /// While a clerk was heard or comes.
    pub wait_for_clerk: &'static str,
    /// After a clerk was called instead of a form.
    pub called_steps: [&'static str; 2],
    pub bring_title: &'static str,
    /// The slip with the number.
    pub slip: OfPaper,
    /// The filled forms.
    pub forms: OfPaper,
    pub print_again: &'static str,
    /// The end was wanted while it is being printed.
    pub ends_with_paper: &'static str,
    pub clerk_calling: &'static str,
    pub clerk_called: &'static str,
    pub clerk_coming: &'static str,
    pub clerk_unheard: &'static str,
    pub take_card: &'static str,

    pub take_card_lead: &'static str,
    pub take_card_lead_told: &'static str,
    pub take_card_lead_long: &'static str,
    pub ended_title: &'static str,
    pub ended_lead: &'static str,

    pub call_title: &'static str,
    /// What a call brings: while the core answers, and while it does not.
    pub call_heard: &'static str,
    pub call_unheard: &'static str,
    /// What becomes of what is entered: nothing is, something is, it is kept already.
    pub call_empty: &'static str,
    pub call_filled: &'static str,
    pub call_kept: &'static str,
    pub number_only_title: &'static str,
    pub number_only_lead: &'static str,
    pub stop_title: &'static str,
    pub stop_lead: &'static str,
    pub stop_lead_keeping: &'static str,
    pub start_again_title: &'static str,
    pub start_again_lead: &'static str,
    pub start_again: &'static str,
    pub still_there_title: &'static str,
    pub still_there_lead: &'static str,
    pub still_there_lead_kept: &'static str,
    pub seconds_left: fn(u16) -> String,

    /// What a failure's code is for.
    pub code_title: &'static str,
    /// The card was taken when it was not needed any more.
    pub card_taken_early: Words,
    /// One section has no number left, others have.
    pub no_numbers: Words,
    /// Something is kept, but no clerk could be called as well. The code is put in.
    pub call_failed: Words,
}

/// What is said of one kind of paper.
pub(crate) struct OfPaper {
    pub printing: &'static str,
    pub take: &'static str,
    /// With what is wrong.
    pub failed: fn(&str) -> String,
}

impl Texts {
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::Japanese => &ja::TEXTS,
            Language::English => &en::TEXTS,
        }
    }

    pub fn attribute(&self, name: AttributeName) -> &'static str {
        match name {
            AttributeName::Name => self.name,
            AttributeName::Address => self.address,
            AttributeName::BirthDate => self.birth_date,
            AttributeName::Sex => self.sex,
        }
    }

    pub fn legal_hint(&self, effect: &LegalEffect) -> &'static str {
        match effect {
            LegalEffect::Draft => self.legal_draft,
            LegalEffect::Electronic { .. } => self.legal_electronic,
        }
    }
}
