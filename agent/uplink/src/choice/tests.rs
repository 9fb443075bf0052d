use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules { failures: 3, steady: Duration::from_secs(60) };
const EVERY: Duration = Duration::from_secs(20);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn two() -> Choice {
    Choice::new(2, RULES)
}

/// Fails the first intake until it is left.
fn left() -> Choice {
    let mut choice = two();
    for second in 1..=3 {
        choice.failed(0, at(second));
    }
    assert_eq!(choice.current(at(3)), 1);
    choice
}

#[test]
fn an_intake_is_left_after_three_failures_in_a_row_and_not_before() {
    let mut choice = two();
    for _ in 0..10 {
        choice.failed(0, at(1));
        choice.failed(0, at(2));
        choice.answered(0, at(3));
        assert_eq!(choice.current(at(3)), 0);
    }
    choice.failed(0, at(4));
    choice.failed(0, at(5));
    assert_eq!(choice.current(at(5)), 0);
    choice.failed(0, at(6));
    assert_eq!(choice.current(at(6)), 1);
}

#[test]
fn the_preferred_one_is_used_again_only_after_it_answered_for_a_while() {
    let mut choice = left();
    for second in [10, 30, 50] {
        choice.answered(0, at(second));
        assert_eq!(choice.current(at(second)), 1);
    }
    choice.failed(0, at(60));
    for second in [70, 90, 110, 129] {
        choice.answered(0, at(second));
        assert_eq!(choice.current(at(second)), 1, "{second}");
    }
    choice.answered(0, at(130));
    assert_eq!(choice.current(at(130)), 0);
}

#[test]
fn two_answers_with_a_long_silence_between_are_not_a_while() {
    let mut choice = left();
    choice.answered(0, at(10));
    choice.answered(0, at(500));
    assert_eq!(choice.current(at(500)), 1);
}

#[test]
fn when_the_second_one_fails_as_well_nobody_waits_for_a_while_to_pass() {
    let mut choice = left();
    choice.answered(0, at(10));
    for second in 11..=13 {
        choice.failed(1, at(second));
    }
    assert_eq!(choice.current(at(13)), 0);
}

#[test]
fn when_all_fail_they_take_turns() {
    let mut choice = Choice::new(3, RULES);
    let mut used = Vec::new();
    for second in 0..12 {
        let current = choice.current(at(second));
        used.push(current);
        choice.failed(current, at(second));
    }
    assert_eq!(used, [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, 2]);
}

#[test]
fn a_drill_holds_for_its_time_and_no_longer() {
    let mut choice = two();
    assert!(choice.begin_drill(1, at(600)));
    choice.answered(0, at(100));
    choice.failed(1, at(200));
    choice.failed(1, at(201));
    choice.answered(1, at(202));
    choice.failed(1, at(300));
    assert_eq!(choice.current(at(599)), 1);
    assert_eq!(choice.current(at(600)), 0);
    assert!(!choice.begin_drill(2, at(900)), "there is no third");
    assert!(choice.begin_drill(1, at(900)));
    choice.end_drill();
    assert_eq!(choice.current(at(601)), 0);
}

#[test]
fn a_drill_at_an_intake_that_fails_is_over() {
    let mut choice = two();
    choice.begin_drill(1, at(600));
    for second in 1..=3 {
        assert_eq!(choice.current(at(second)), 1);
        choice.failed(1, at(second));
    }
    assert_eq!(choice.current(at(3)), 0);
    assert_eq!(choice.drill(at(3)), None);
}

#[test]
fn others_are_looked_at_once_and_the_preferred_one_often() {
    let mut choice = Choice::new(3, RULES);
    let looked = |choice: &mut Choice, second| {
        let mut all = Vec::new();
        while let Some(intake) = choice.to_be_looked_at(at(second), EVERY) {
            choice.failed(intake, at(second));
            all.push(intake);
        }
        all
    };
    assert_eq!(looked(&mut choice, 0), [1, 2], "a second one that is gone is known at once");
    assert_eq!(looked(&mut choice, 299), [0; 0]);
    assert_eq!(looked(&mut choice, 300), [1, 2]);
    for _ in 0..3 {
        choice.failed(0, at(301));
    }
    choice.answered(1, at(302));
    while choice.current(at(302)) != 1 {
        let current = choice.current(at(302));
        choice.failed(current, at(302));
    }
    assert_eq!(looked(&mut choice, 321), [0]);
    assert_eq!(looked(&mut choice, 340), [0; 0]);
    assert_eq!(looked(&mut choice, 341), [0]);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Wait(u64),
    /// The one in use is asked, and does so.
    Asked(bool),
    /// Some intake is looked at, and does so.
    Looked(usize, bool),
    Drill(usize, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..40u64).prop_map(Step::Wait),
        any::<bool>().prop_map(Step::Asked),
        (0..3usize, any::<bool>()).prop_map(|(i, ok)| Step::Looked(i, ok)),
        (0..4usize, 0..200u64).prop_map(|(i, s)| Step::Drill(i, s)),
    ];
    proptest::collection::vec(step, 1..200)
}

/// What was seen of one intake, written down plainly: all answers and failures with their times.
#[derive(Default, Clone)]
struct Seen(Vec<(u64, bool)>);

impl Seen {
    fn failures_in_a_row(&self) -> usize {
        self.0.iter().rev().take_while(|(_, ok)| !ok).count()
    }

    /// Whether it has answered for a whole while up to now, and nothing else.
    fn steady(&self, now: u64) -> bool {
        let row: Vec<u64> =
            self.0.iter().rev().take_while(|(_, ok)| *ok).map(|(t, _)| *t).collect();
        row.first() == Some(&now) && row.last().is_some_and(|first| now - first >= 60)
    }
}

proptest! {
    /// Whatever happens: an intake is left only after three failures in a row, or for a more
    /// preferred one that was steady; and nothing else ever changes what is used without a drill.
    #[test]
    fn every_change_has_its_reason(steps in steps()) {
        let mut choice = Choice::new(3, RULES);
        let mut seen = vec![Seen::default(); 3];
        let (mut now, mut drill_until) = (0, 0);
        let mut used = 0;
        for step in steps {
            let told = match step {
                Step::Wait(seconds) => { now += seconds; None }
                Step::Asked(ok) => Some((choice.current(at(now)), ok)),
                Step::Looked(intake, ok) => Some((intake, ok)),
                Step::Drill(intake, seconds) => {
                    prop_assert_eq!(choice.begin_drill(intake, at(now + seconds)), intake < 3);
                    if intake < 3 { drill_until = now + seconds; }
                    None
                }
            };
            if let Some((intake, ok)) = told {
                seen[intake].0.push((now, ok));
                if ok { choice.answered(intake, at(now)) } else { choice.failed(intake, at(now)) }
            }
            let current = choice.current(at(now));
            prop_assert!(current < 3);
            prop_assert!(now < drill_until || choice.drill(at(now)).is_none());
            let settled = { let mut plain = choice.clone(); plain.end_drill(); plain.current(at(now)) };
            if settled > used {
                prop_assert!(seen[used].failures_in_a_row() >= 3);
            } else if settled < used {
                let came_back = seen[settled].steady(now);
                prop_assert!(came_back || seen[used].failures_in_a_row() >= 3);
            }
            used = settled;
        }
    }

    /// Once one intake answers whenever it is asked and the others never do, it is used soon, from
    /// wherever one comes; and once the preferred one answers for good, it is used again.
    #[test]
    fn who_answers_is_found_and_the_preferred_one_is_gone_back_to(steps in steps(), good in 0..3usize) {
        let mut choice = Choice::new(3, RULES);
        let mut now = 0;
        for step in steps {
            match step {
                Step::Wait(seconds) => now += seconds,
                Step::Asked(ok) => {
                    let intake = choice.current(at(now));
                    if ok { choice.answered(intake, at(now)) } else { choice.failed(intake, at(now)) }
                }
                Step::Looked(i, ok) => if ok { choice.answered(i, at(now)) } else { choice.failed(i, at(now)) },
                Step::Drill(i, seconds) => drop(choice.begin_drill(i, at(now + seconds))),
            }
        }
        choice.end_drill();
        // Three failures for each of the others, and once more around.
        for _ in 0..12 {
            now += 1;
            let intake = choice.current(at(now));
            if intake == good { choice.answered(intake, at(now)) } else { choice.failed(intake, at(now)) }
        }
        prop_assert_eq!(choice.current(at(now)), good);
        for _ in 0..=(60 / 20) + 15 {
            now += 20;
            while let Some(intake) = choice.to_be_looked_at(at(now), EVERY) {
                choice.answered(intake, at(now));
            }
            choice.answered(choice.current(at(now)), at(now));
        }
        prop_assert_eq!(choice.current(at(now)), 0);
    }
}
