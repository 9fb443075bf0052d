//! Paper: said while it comes, awaited by whoever wants to go, and never another's.

mod common;

use common::agent::failure;
use common::{Kiosk, requests};
use madoguchi_journey::Input;
use madoguchi_journey::view::{Action, PaperState, Screen};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::{Event, EventFrame, Paper, PrintState};

#[test]
fn the_slip_is_said_while_it_is_printed_when_it_is_out_and_when_it_fails() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.agent.printer = Some(Ok(()));
    kiosk.touch("keep");
    let slip = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::Kept { papers, next_steps, .. } => {
            assert_eq!((papers.len(), papers[0].paper), (1, Paper::Slip));
            (papers[0].state, papers[0].words.clone(), next_steps[0].clone())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(slip(&kiosk).0, PaperState::Printing);
    assert!(slip(&kiosk).2.contains("番号をおぼえるか"));
    let finish = |kiosk: &Kiosk| kiosk.view().offers(&Action::Finish);
    kiosk.agent.paper_is_out(Paper::Slip);
    kiosk.deliver();
    assert_eq!(slip(&kiosk).0, PaperState::Take);
    assert!(slip(&kiosk).2.contains("番号票をお取りください"));
    assert!(finish(&kiosk));

    let mut kiosk = Kiosk::reviewing();
    kiosk.agent.printer = Some(Err(FailureCode::PrinterPaper));
    kiosk.touch("keep");
    let (state, words, _) = slip(&kiosk);
    assert_eq!(state, PaperState::Failed);
    assert!(words.contains("紙がありません") && words.contains("画面"), "{words}");
    kiosk.touch("print.slip");
    assert_eq!(slip(&kiosk).0, PaperState::Printing);
    assert!(kiosk.view().control("print.slip").is_none(), "not twice at once");
    let failed = PrintState::Failed { failure: failure(FailureCode::PrinterFailed) };
    kiosk.agent.say(Event::Print { paper: Paper::Slip, state: failed });
    kiosk.deliver();
    assert_eq!(slip(&kiosk).0, PaperState::Failed);
    assert!(finish(&kiosk));
}

/// A finger is faster than the printer's word: its touch must not be lost.
#[test]
fn a_touch_on_finish_while_paper_is_on_its_way_is_kept_and_comes_with_the_paper() {
    let printing = || {
        let mut kiosk = Kiosk::reviewing();
        kiosk.agent.printer = Some(Ok(()));
        kiosk.touch("keep");
        kiosk.touch("finish");
        assert_eq!(kiosk.page(), "kept", "the end would take the paper back");
        assert!(!kiosk.view().offers(&Action::Finish), "once is enough");
        let Screen::Kept { papers, .. } = kiosk.view().screen else { panic!("kept") };
        assert!(papers[0].words.contains("紙が出たら、終わります"), "{}", papers[0].words);
        kiosk
    };
    let say = |kiosk: &mut Kiosk, paper, state| {
        kiosk.agent.say(Event::Print { paper, state });
        kiosk.deliver();
    };
    let mut kiosk = printing();
    say(&mut kiosk, Paper::Forms, PrintState::Printing {});
    say(&mut kiosk, Paper::Slip, PrintState::Printed {});
    assert_eq!(kiosk.page(), "kept", "one paper is still on its way");
    say(&mut kiosk, Paper::Forms, PrintState::Printed {});
    assert_eq!((kiosk.page(), requests(&kiosk).last()), ("take_card", Some(&"end")));

    let mut kiosk = printing();
    let failed = || PrintState::Failed { failure: failure(FailureCode::PrinterPaper) };
    say(&mut kiosk, Paper::Slip, failed());
    assert_eq!(kiosk.page(), "kept", "what does not come is read first");
    assert!(kiosk.view().offers(&Action::Finish));

    // The same after it was printed again, also if the agent does not take that.
    kiosk.hold = true;
    kiosk.touch("print.slip");
    kiosk.touch("finish");
    kiosk.fail_next_answer(FailureCode::VisitOutOfOrder);
    kiosk.hold = false;
    kiosk.deliver();
    assert!(kiosk.view().offers(&Action::Finish));
    kiosk.touch("print.slip");
    kiosk.touch("finish");
    kiosk.agent.paper_is_out(Paper::Slip);
    kiosk.deliver();
    assert_eq!(kiosk.page(), "take_card");

    let mut kiosk = printing();
    kiosk.lose();
    assert!(kiosk.view().offers(&Action::Finish), "nobody will say any more that it is out");
}

#[test]
fn the_end_of_the_warning_is_no_end_of_the_paper() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.agent.printer = Some(Ok(()));
    kiosk.touch("keep");
    kiosk.wait(1);
    kiosk.touch("confirm_stop");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("kept", None));
    kiosk.agent.paper_is_out(Paper::Slip);
    kiosk.deliver();
    assert_eq!(kiosk.page(), "take_card");
}

#[test]
fn paper_of_another_visit_is_not_ours() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    let before = kiosk.view();
    let event = Event::Print { paper: Paper::Slip, state: PrintState::Printed {} };
    let visit = Some(madoguchi_protocol::VisitId::random());
    kiosk.put(Input::Event(EventFrame { visit, event }));
    assert_eq!(kiosk.view(), before);
}
