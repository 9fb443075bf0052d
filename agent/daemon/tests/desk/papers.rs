//! What is printed belongs to its visit, and is wiped when it cannot be printed any more.

use madoguchi_daemon::desk::{Effect, Input};
use madoguchi_paper::{Content, Kept, Next, Slip};
use madoguchi_printing::PrintReport;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{
    Answer, DeviceState, Event, Language, Paper, PrintState, PrinterState, Request,
};
use madoguchi_protocol::{Failure, FailureCode, VisitId};

use crate::city::City;
use crate::kiosk::{Kiosk, events, jobs, with_printer};

const SLIP: Request = Request::Print { paper: Paper::Slip };
const FORMS: Request = Request::Print { paper: Paper::Forms };

fn report(visit: VisitId, paper: Paper, state: PrintState) -> Input {
    Input::Paper(PrintReport::Job { visit, paper, state })
}

fn failed() -> PrintState {
    PrintState::Failed { failure: Failure::new(FailureCode::PrinterPaper, "no paper") }
}

fn printing(paper: Paper) -> Event {
    Event::Print { paper, state: PrintState::Printing {} }
}

/// A visit that has just kept a form, and what was given to the printer.
fn kept(forms: bool, core: bool) -> (Kiosk, Vec<Effect>) {
    let mut kiosk = Kiosk::with(with_printer(forms));
    kiosk.core(core);
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    let effects = kiosk.kept("A017");
    (kiosk, effects)
}

#[test]
fn the_slip_is_printed_by_itself_and_holds_no_value_of_the_person() {
    let (kiosk, effects) = kept(true, true);
    let jobs = jobs(&effects);
    let [job] = &jobs[..] else { panic!("one job, not {jobs:?}") };
    assert_eq!(Some(job.visit), kiosk.visit);
    let Content::Slip(slip) = &job.content else { panic!("the slip") };
    assert_eq!(slip.ticket.to_string(), "A017");
    let [station] = &slip.stations[..] else { panic!("one counter") };
    assert_eq!(station.section.ja, "住民異動");
    assert_eq!((slip.kept, slip.next), (Kept::Application, Next::IsCalled));
    assert_eq!(station.procedures.len(), 1);
    assert_eq!(slip.bring[0].ja, "マイナンバーカード");
    assert!(!format!("{slip:?}").contains("検証"));
}

#[test]
fn without_a_printer_nothing_is_printed() {
    let mut kiosk = Kiosk::open();
    kiosk.core(false);
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    assert!(jobs(&kiosk.kept("A017")).is_empty());
    assert_eq!(kiosk.refusal(SLIP), FailureCode::VisitOutOfOrder);
}

#[test]
fn the_filled_forms_are_printed_while_the_core_is_away_and_only_then() {
    let (_, effects) = kept(true, false);
    let away = jobs(&effects);
    let [slip, forms] = &away[..] else { panic!("two jobs, not {away:?}") };
    let Content::Slip(slip) = &slip.content else { panic!("the slip first") };
    assert_eq!((slip.kept, slip.next), (Kept::Application, Next::ShowsSlipAndForms));
    let Content::Forms(forms) = &forms.content else { panic!("the forms") };
    let value = |at: usize| forms[0].rows[at].value.expose().as_str();
    assert_eq!(forms[0].rows.len(), 7, "with the field that the counter fills");
    assert_eq!((value(0), value(2), value(5), value(6)), ("検証　花子", "女", "全員", ""));
    assert_eq!(forms[0].ticket.to_string(), "A017");
    assert_eq!(jobs(&kept(false, false).1).len(), 1, "a printer for slips alone");
}

#[test]
fn a_slip_never_promises_a_call_while_the_core_is_away() {
    let slip_of = |effects: &[Effect]| -> Slip {
        match &jobs(effects)[0].content {
            Content::Slip(slip) => *slip.clone(),
            Content::Forms(_) => panic!("the slip comes first"),
        }
    };
    let slip = slip_of(&kept(false, false).1);
    assert_eq!((slip.kept, slip.next), (Kept::Application, Next::ShowsSlip));
    for (core, next) in [(true, Next::IsCalled), (false, Next::ShowsSlip)] {
        let mut kiosk = Kiosk::with(with_printer(true));
        kiosk.core(core);
        kiosk.begin();
        kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
        let slip = slip_of(&kiosk.kept("A017"));
        assert_eq!((slip.kept, slip.next), (Kept::NumberOnly, next));
        assert!(slip.stations.is_empty(), "nobody knows yet where the visitor has to go");
    }
}

#[test]
fn one_number_at_two_counters_names_both_on_the_slip() {
    let mut kiosk = Kiosk::with(with_printer(false));
    kiosk.choose(&["moving", "copy"]);
    kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
    let effects = kiosk.kept("A017");
    let Content::Slip(slip) = &jobs(&effects)[0].content else { panic!("a slip") };
    let names: Vec<_> = slip.stations.iter().map(|s| s.section.ja.as_str()).collect();
    assert_eq!(names, ["住民異動", "証明"]);
}

#[test]
fn the_slip_is_in_the_language_that_was_said_last() {
    let mut kiosk = Kiosk::with(with_printer(false));
    kiosk.reach_review();
    kiosk.answer(Request::Speak { language: Language::English });
    kiosk.keep(Request::Keep {});
    let language = |effects: &[Effect]| match &jobs(effects)[0].content {
        Content::Slip(slip) => slip.language,
        Content::Forms(_) => panic!("a slip"),
    };
    assert_eq!(language(&kiosk.kept("A017")), Some(Language::English));
    let visit = kiosk.visit.expect("a visit");
    kiosk.tell(report(visit, Paper::Slip, PrintState::Printed {}));
    kiosk.answer(Request::Speak { language: Language::Japanese });
    assert_eq!(language(&kiosk.ask(SLIP)), Some(Language::Japanese));
}

#[test]
fn what_was_begun_is_printed_too_while_the_core_is_away() {
    let mut kiosk = Kiosk::with(with_printer(true));
    kiosk.core(false);
    kiosk.reach_form();
    kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
    let effects = kiosk.kept("A017");
    let jobs = jobs(&effects);
    let [slip, forms] = &jobs[..] else { panic!("two jobs, not {jobs:?}") };
    let Content::Slip(slip) = &slip.content else { panic!("the slip first") };
    assert_eq!((slip.kept, slip.next), (Kept::Part, Next::ShowsSlipAndForms));
    let Content::Forms(forms) = &forms.content else { panic!("the forms") };
    assert_eq!(forms[0].rows[0].value.expose(), "検証　花子");
}

#[test]
fn what_becomes_of_a_job_is_said_and_it_can_be_printed_again() {
    let (mut kiosk, _) = kept(true, true);
    let visit = kiosk.visit.expect("a visit");
    let again = kiosk.tell(report(visit, Paper::Slip, PrintState::Printing {}));
    assert!(again.is_empty(), "that was said when it was ordered: {again:?}");
    let said = events(&kiosk.tell(report(visit, Paper::Slip, failed())));
    assert_eq!(said, [Event::Print { paper: Paper::Slip, state: failed() }]);
    let effects = kiosk.ask(SLIP);
    assert_eq!(jobs(&effects).len(), 1);
    assert_eq!(events(&effects), [printing(Paper::Slip)]);
    assert_eq!(kiosk.refusal(SLIP), FailureCode::VisitOutOfOrder, "a second touch prints nothing");
    kiosk.tell(report(visit, Paper::Slip, PrintState::Printed {}));
    let late = kiosk.tell(report(visit, Paper::Slip, failed()));
    assert!(late.is_empty(), "nothing of it is being printed any more");
    assert_eq!(kiosk.answer(SLIP), Answer::Done {}, "until the visit ends");
}

#[test]
fn from_the_moment_it_is_ordered_the_screen_knows_that_paper_is_on_its_way() {
    assert_eq!(events(&kept(true, true).1), [printing(Paper::Slip)]);
    let both = [printing(Paper::Slip), printing(Paper::Forms)];
    assert_eq!(events(&kept(true, false).1), both);
}

#[test]
fn one_job_at_a_time_is_asked_for() {
    let (mut kiosk, _) = kept(true, false);
    let visit = kiosk.visit.expect("a visit");
    kiosk.tell(report(visit, Paper::Slip, PrintState::Printed {}));
    assert_eq!(kiosk.refusal(SLIP), FailureCode::VisitOutOfOrder, "the forms are on their way");
    kiosk.tell(report(visit, Paper::Forms, failed()));
    assert_eq!(kiosk.answer(FORMS), Answer::Done {});
}

#[test]
fn forms_that_are_printed_are_wiped() {
    let (mut kiosk, _) = kept(true, false);
    let visit = kiosk.visit.expect("a visit");
    kiosk.tell(report(visit, Paper::Slip, PrintState::Printed {}));
    kiosk.tell(report(visit, Paper::Forms, PrintState::Printed {}));
    assert_eq!(kiosk.refusal(FORMS), FailureCode::VisitOutOfOrder);
}

#[test]
fn with_the_core_there_are_no_values_left_to_print_once_they_are_kept() {
    let (mut kiosk, _) = kept(true, true);
    let visit = kiosk.visit.expect("a visit");
    kiosk.tell(report(visit, Paper::Slip, PrintState::Printed {}));
    kiosk.core(false);
    assert_eq!(kiosk.refusal(FORMS), FailureCode::VisitOutOfOrder);
}

#[test]
fn the_end_of_a_visit_cancels_its_paper() {
    let (mut kiosk, _) = kept(true, false);
    let visit = kiosk.visit.expect("a visit");
    let effects = kiosk.ask(Request::End {});
    assert!(effects.iter().any(|e| matches!(e, Effect::ForgetPapers(v) if *v == visit)));
}

#[test]
fn paper_of_an_earlier_visit_says_nothing_to_a_new_one_and_is_counted() {
    let (mut kiosk, _) = kept(true, false);
    let earlier = kiosk.visit.expect("a visit");
    kiosk.ask(Request::End {});
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    kiosk.kept("A018");
    for paper in [Paper::Slip, Paper::Forms] {
        assert!(kiosk.tell(report(earlier, paper, PrintState::Printed {})).is_empty());
    }
    assert_eq!(kiosk.desk.late_reports(), 2);
    let visit = kiosk.visit.expect("a visit");
    kiosk.tell(report(visit, Paper::Slip, PrintState::Printed {}));
    kiosk.tell(report(visit, Paper::Forms, failed()));
    let effects = kiosk.ask(FORMS);
    assert!(jobs(&effects).iter().all(|job| job.visit == visit), "its own forms are still there");
    assert_eq!(jobs(&effects).len(), 1);
}

#[test]
fn a_printer_of_a_new_profile_is_used_only_after_the_visit() {
    let mut kiosk = Kiosk::open();
    kiosk.begin();
    let settings = City::new().settings(with_printer(false));
    let printers = |effects: &[Effect]| {
        effects.iter().filter(|e| matches!(e, Effect::Printer(Some(_)))).count()
    };
    let effects = kiosk.tell(Input::Settings(settings.into()));
    assert_eq!(printers(&effects), 0);
    assert_eq!(printers(&kiosk.ask(Request::End {})), 1);
    assert_eq!(printers(&kiosk.wait(3)), 0, "told once");
}

#[test]
fn the_printer_is_shown_as_it_is_and_never_keeps_a_visit_from_beginning() {
    let mut kiosk = Kiosk::with(with_printer(false));
    let failure = Failure::new(FailureCode::PrinterMissing, "gone");
    let state = Some(PrinterState::Unusable { failure });
    let effects = kiosk.tell(Input::Paper(PrintReport::Printer(state.clone())));
    assert!(
        matches!(&events(&effects)[..], [Event::Device(DeviceState { printer, out_of_service: None, .. })] if *printer == state),
        "{effects:?}"
    );
    kiosk.begin();
}
