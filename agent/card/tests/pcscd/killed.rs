//! pcscd is killed and started again at every command of a visit.

use std::time::Duration;

use madoguchi_card::CardNews;
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;
use madoguchi_virtual_card::{Fault, Trigger};

use crate::counter::{Counter, PIN, hanako};
use crate::namespace::{Pcscd, in_a_system_of_its_own};

/// Commands of a visit, and how many of them come before the value.
const COMMANDS: u64 = 13;
const BEFORE_THE_VALUE: u64 = 9;

/// How long the card works on the command at which pcscd is killed.
const UNDER_WAY: Duration = Duration::from_millis(1500);

#[test]
fn pcscd_may_be_killed_at_every_command_and_the_visit_goes_on() {
    in_a_system_of_its_own!();
    let (mut pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    for nth in 1..=COMMANDS {
        let before = hand.counts();
        hand.plan(Trigger::At(nth), Fault::Mute(UNDER_WAY));
        let visit = counter.begin(CardKey::Pin);
        hand.lay().expect("laid");
        let mut typed = 0;
        if nth > 6 {
            counter.usable(visit, 3);
            assert!(hand.wait_for_commands(before.commands + nth.min(BEFORE_THE_VALUE)));
        }
        if nth > BEFORE_THE_VALUE {
            counter.verify(visit, PIN);
            typed += 1;
        }
        assert!(hand.wait_for_commands(before.commands + nth), "command {nth}");
        pcscd.kill();
        let told = loop {
            match counter.next(visit) {
                CardNews::Present => {}
                CardNews::Read(attributes) => Counter::assert_whole(&attributes),
                told => break told,
            }
        };
        pcscd = Pcscd::start();
        match told {
            CardNews::Unusable { failure, .. } => {
                assert_eq!(failure.code, FailureCode::ReaderServiceAway, "command {nth}");
                // The card still lies there. What was typed is typed again, by the person.
                counter.usable(visit, 3);
                counter.read(visit, PIN);
                typed += 1;
            }
            told => {
                // The form was drawn: nothing more is wanted of the card.
                assert!(nth > BEFORE_THE_VALUE + 2, "command {nth}: {told:?}");
                assert_eq!(told, CardNews::Verified(SignatureCheck::NotChecked));
            }
        }
        assert_eq!(hand.counts().verifies - before.verifies, typed, "command {nth}");
        counter.card.end(visit);
        hand.take();
        while counter.next(visit) != CardNews::Released {}
        counter.until_empty();
    }
    counter.close();
}
