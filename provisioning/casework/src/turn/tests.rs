use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + 60 * minute).expect("a time")
}

fn letter(letter: char) -> SectionLetter {
    letter.try_into().expect("a letter")
}

fn clerk(number: &str, counter: u16, sections: &str, roles: &[Role]) -> AtWork {
    AtWork {
        clerk: number.parse().expect("a number"),
        roles: roles.iter().copied().collect(),
        sections: sections.chars().map(letter).collect(),
        counter: counter.try_into().expect("a counter"),
    }
}

fn sato() -> AtWork {
    clerk("1001", 1, "A", &[Role::Clerk])
}

fn suzuki() -> AtWork {
    clerk("1002", 2, "A", &[Role::Clerk])
}

const FREE: Around = Around { elsewhere: None, cleared: false, now: Timestamp::UNIX_EPOCH };
const CLEARED: Around = Around { cleared: true, ..FREE };

fn walked(steps: &[Step]) -> Turn {
    let begun = Turn::begin(letter('A'), at(0));
    steps.iter().fold(begun, |turn, step| turn.step(step, &sato(), CLEARED).expect("taken"))
}

fn hold() -> Step {
    Step::Hold { note: "印鑑を取りに".to_owned() }
}

#[test]
fn a_turn_goes_its_whole_way() {
    let mut turn = Turn::begin(letter('A'), at(0));
    let way = [
        (Step::Call {}, Stage::Called),
        (Step::CallAgain {}, Stage::Called),
        (Step::Begin {}, Stage::Serving),
        (Step::MakeReady {}, Stage::Ready),
        (Step::Call {}, Stage::CalledToCollect),
        (Step::Finish {}, Stage::Done),
    ];
    for (step, stage) in way {
        turn = turn.step(&step, &sato(), CLEARED).expect("taken");
        assert_eq!(turn.stage, stage);
        let is_held = matches!(stage, Stage::Called | Stage::Serving | Stage::CalledToCollect);
        assert_eq!(turn.place().is_some(), is_held);
    }
}

#[test]
fn when_two_call_the_second_is_told_where_it_went() {
    let called = walked(&[Step::Call {}]);
    let told = called.step(&Step::Call {}, &suzuki(), FREE);
    assert_eq!(told, Err(Refused::Taken(sato().counter)));
    for step in [Step::Begin {}, Step::CallAgain {}, Step::Absent {}, hold(), Step::Finish {}] {
        assert_eq!(called.step(&step, &suzuki(), CLEARED), Err(Refused::Taken(sato().counter)));
    }
    // The same clerk at another counter is not where the person went.
    let moved = AtWork { counter: suzuki().counter, ..sato() };
    assert_eq!(called.step(&Step::Begin {}, &moved, FREE), Err(Refused::Taken(sato().counter)));
}

#[test]
fn who_stands_elsewhere_is_not_called_and_keeps_their_place() {
    let turn = Turn::begin(letter('A'), at(0));
    let counter = suzuki().counter;
    let busy = Around { elsewhere: Some(counter), ..FREE };
    assert_eq!(turn.step(&Step::Call {}, &sato(), busy), Err(Refused::Elsewhere(counter)));
    let later = Turn::begin(letter('A'), at(1));
    let line = [(1, &turn), (2, &later)];
    assert_eq!(next(line, &sato(), |key| key == 1), Some(2));
    assert_eq!(next(line, &sato(), |_| false), Some(1));
}

#[test]
fn a_number_is_called_three_times_and_then_marked_as_not_there() {
    let mut turn = walked(&[Step::Call {}]);
    for _ in 1..MOST_CALLS {
        turn = turn.step(&Step::CallAgain {}, &sato(), FREE).expect("called");
    }
    let often = turn.step(&Step::CallAgain {}, &sato(), FREE);
    assert_eq!(often, Err(Refused::CalledOften(MOST_CALLS)));
    let absent = turn.step(&Step::Absent {}, &sato(), FREE).expect("marked");
    assert_eq!((absent.stage, absent.place()), (Stage::Absent, None));
    // They come back, and anybody may call them.
    let called = absent.step(&Step::Call {}, &suzuki(), FREE).expect("called");
    assert_eq!((called.calls, called.place()), (1, Some(suzuki().counter)));
    // Who does not fetch what was made for them does not lose it.
    let ready = walked(&[
        Step::Call {},
        Step::Begin {},
        Step::MakeReady {},
        Step::Call {},
        Step::Absent {},
    ]);
    assert_eq!(ready.stage, Stage::Ready);
}

#[test]
fn laid_by_or_handed_over_it_keeps_its_time_and_its_note() {
    let held = walked(&[Step::Call {}, Step::Begin {}, hold()]);
    assert_eq!((held.stage, held.arrived_at), (Stage::Held, at(0)));
    assert_eq!(held.note.as_deref(), Some("印鑑を取りに"));
    let step = Step::HandOver { section: letter('B'), counter: None, note: "国保も".to_owned() };
    let over = walked(&[Step::Call {}, Step::Begin {}, step]);
    assert_eq!((over.section, over.stage), (letter('B'), Stage::Waiting));
    assert_eq!((over.arrived_at, over.place()), (at(0), None));
    assert_eq!(over.step(&Step::Call {}, &sato(), FREE), Err(Refused::Section));
    let long = "長".repeat(crate::LONGEST_NOTE + 1);
    for bad in ["", "  ", &long] {
        let step = Step::Hold { note: bad.to_owned() };
        assert_eq!(walked(&[Step::Call {}]).step(&step, &sato(), FREE), Err(Refused::Note));
    }
}

#[test]
fn nothing_is_finished_before_its_reviews_are() {
    let serving = walked(&[Step::Call {}, Step::Begin {}]);
    for step in [Step::Finish {}, Step::MakeReady {}] {
        assert_eq!(serving.step(&step, &sato(), FREE), Err(Refused::Unconfirmed));
        assert!(serving.step(&step, &sato(), CLEARED).is_ok());
    }
}

#[test]
fn only_a_supervisor_gives_back_what_a_colleague_holds() {
    let serving = walked(&[Step::Call {}, Step::Begin {}]);
    assert_eq!(serving.step(&Step::GiveBack {}, &suzuki(), FREE), Err(Refused::Role));
    let supervisor = clerk("2001", 9, "A", &[Role::Supervisor]);
    let back = serving.step(&Step::GiveBack {}, &supervisor, FREE).expect("given back");
    assert_eq!((back.stage, back.place(), back.arrived_at), (Stage::Waiting, None, at(0)));
    assert_eq!(back.step(&Step::Call {}, &supervisor, FREE), Err(Refused::Role));
    assert!(serving.step(&Step::GiveBack {}, &sato(), FREE).is_ok(), "one's own");
    let operator = clerk("3001", 9, "A", &[Role::Operator]);
    assert_eq!(serving.step(&Step::Finish {}, &operator, CLEARED), Err(Refused::Role));
}

#[test]
fn whoever_was_put_first_comes_first_and_the_others_in_their_order() {
    let reason = |reason: &str| Step::Prioritise { reason: reason.to_owned() };
    let turns: Vec<Turn> = [3, 1, 2, 1].map(|minute| Turn::begin(letter('A'), at(minute))).to_vec();
    let order = |turns: &[Turn]| {
        let mut left: Vec<(usize, &Turn)> = turns.iter().enumerate().collect();
        let mut order = Vec::new();
        while let Some(key) = next(left.iter().copied(), &sato(), |_| false) {
            left.retain(|(other, _)| *other != key);
            order.push(key);
        }
        order
    };
    assert_eq!(order(&turns), [1, 3, 2, 0]);
    let mut turns = turns;
    let now = Around { now: at(9), ..FREE };
    turns[0] = turns[0].step(&reason("立っているのがつらい"), &sato(), now).expect("first");
    assert_eq!(order(&turns), [0, 1, 3, 2]);
    assert_eq!(turns[1].step(&reason(" "), &sato(), now), Err(Refused::Note));
    let called = walked(&[Step::Call {}]);
    assert_eq!(called.step(&reason("急ぎ"), &sato(), now), Err(Refused::OutOfOrder));
}

fn any_step() -> impl Strategy<Value = Step> {
    let words = prop::sample::select(vec!["", "急ぎ", "印鑑"]).prop_map(str::to_owned);
    prop_oneof![
        3 => Just(Step::Call {}),
        1 => Just(Step::CallAgain {}),
        1 => Just(Step::Absent {}),
        3 => Just(Step::Begin {}),
        1 => words.clone().prop_map(|note| Step::Hold { note }),
        1 => words.clone().prop_map(|note| Step::HandOver { section: letter('B'), counter: None, note }),
        1 => words.prop_map(|reason| Step::Prioritise { reason }),
        1 => Just(Step::MakeReady {}),
        1 => Just(Step::Finish {}),
        1 => Just(Step::GiveBack {}),
    ]
}

proptest! {
    /// Whatever is tried by whom in whatever order.
    #[test]
    fn a_turn_is_held_by_one_and_never_lost(
        steps in prop::collection::vec((any_step(), 0..4_usize, any::<bool>()), 1..60),
    ) {
        let people = [
            clerk("1001", 1, "AB", &[Role::Clerk]),
            clerk("1002", 2, "AB", &[Role::Clerk, Role::Checker]),
            clerk("1003", 3, "B", &[Role::Clerk]),
            clerk("2001", 9, "AB", &[Role::Supervisor]),
        ];
        let mut turn = Turn::begin(letter('A'), at(0));
        for (step, who, cleared) in steps {
            let who = &people[who];
            let around = Around { elsewhere: None, cleared, now: at(5) };
            let Ok(then) = turn.step(&step, who, around) else { continue };
            let is_held =
                matches!(then.stage, Stage::Called | Stage::Serving | Stage::CalledToCollect);
            prop_assert_eq!(then.holder.is_some(), is_held, "held exactly while somebody has it");
            prop_assert_eq!(then.arrived_at, turn.arrived_at, "nobody loses their place");
            prop_assert!(turn.stage != Stage::Done, "what is done stays done");
            prop_assert!(then.stage != Stage::Done || cleared, "finished only when cleared");
            if let (Some(before), Some(after)) = (&turn.holder, &then.holder) {
                prop_assert_eq!(before, after, "no holder is changed without a call");
            }
            prop_assert!(then.is_callable() || is_held || then.stage == Stage::Done);
            let json = serde_json::to_string(&then).expect("serialises");
            prop_assert_eq!(&serde_json::from_str::<Turn>(&json).expect("reads"), &then);
            turn = then;
        }
    }
}

#[test]
fn what_is_handed_to_a_counter_waits_for_that_counter_alone() {
    let step = Step::HandOver {
        section: letter('A'),
        counter: Some(2.try_into().expect("a counter")),
        note: "英語の話せる方へ".to_owned(),
    };
    let turn = walked(&[Step::Call {}, Step::Begin {}, step]);
    let next_for = |who: &AtWork| next([(1, &turn)], who, |_| false);
    assert_eq!(next_for(&sato()), None);
    assert_eq!(next_for(&suzuki()), Some(1));
    let called = turn.step(&Step::Call {}, &suzuki(), FREE).expect("called");
    assert_eq!(called.reserved, None, "it was for the way there");
}

#[test]
fn what_to_consider_stays_until_it_is_taken_away() {
    let consider = |what: Option<&str>| Step::Consider { what: what.map(str::to_owned) };
    let turn = Turn::begin(letter('A'), at(0));
    let turn = turn.step(&consider(Some("筆談")), &suzuki(), FREE).expect("taken");
    let turn = turn.step(&Step::Call {}, &sato(), FREE).expect("called");
    assert_eq!(turn.consider.as_deref(), Some("筆談"));
    assert_eq!(turn.step(&consider(Some(" ")), &sato(), FREE), Err(Refused::Note));
    assert_eq!(turn.step(&consider(None), &sato(), FREE).expect("taken").consider, None);
}

#[test]
fn what_came_late_is_called_only_after_somebody_has_looked() {
    let late = Turn::begin_late(letter('A'), at(0));
    assert_eq!(late.step(&Step::Call {}, &sato(), FREE), Err(Refused::OutOfOrder));
    assert_eq!(next([(1, &late)], &sato(), |_| false), None);
    let elsewhere = clerk("1003", 3, "B", &[Role::Clerk]);
    assert_eq!(late.reconciled(Left::ToServe, &elsewhere), Err(Refused::Section));
    let in_line = late.reconciled(Left::ToServe, &sato()).expect("looked");
    assert_eq!((in_line.stage, in_line.arrived_at), (Stage::Waiting, at(0)));
    let other_waits = late.reconciled(Left::ToLookAt, &sato()).expect("looked");
    assert_eq!(other_waits.stage, Stage::Reconciling);
    let done = late.reconciled(Left::Nothing, &sato()).expect("looked");
    assert_eq!(done.stage, Stage::Done);
    // Also one that was put into the line for another application, which is done on paper by now.
    assert_eq!(in_line.reconciled(Left::Nothing, &sato()).expect("looked").stage, Stage::Done);
    assert_eq!(done.joined(false).stage, Stage::Reconciling);
    assert_eq!(in_line.joined(false).stage, Stage::Waiting, "they come anyway");
    assert_eq!(in_line.joined(true).stage, Stage::Reconciling, "they are long gone");
    let served = walked(&[Step::Call {}, Step::Begin {}]);
    assert_eq!(served.joined(true).stage, Stage::Serving, "they stand there");
}
