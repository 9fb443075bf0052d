//! What can go wrong with a card, before the whole kiosk.

mod support;

use std::time::Duration;

use anyhow::{Result, ensure};
use madoguchi_protocol::core_api::AlertKind;
use madoguchi_stage::fragments::{Fragments, PIN_COMMAND};
use madoguchi_stage::memory;
use madoguchi_stage::visitor::Visitor;
use support::kiosk::play;

#[test]
fn a_wrong_pin_is_said_and_the_right_one_is_taken_after_it() {
    play("a_wrong_pin_is_said_and_the_right_one_is_taken_after_it", |visitor| {
        visitor.until_pin()?;
        visitor.types("1111")?;
        visitor.touches("submit_pin")?;
        visitor.sees("pin_again")?;
        ensure!(visitor.shown()?.says("2"), "two tries are left, and that is said");
        visitor.touches("enter_pin")?;
        visitor.sees("pin_entry")?;
        let pin = visitor.person().pin.clone();
        visitor.types(&pin)?;
        visitor.touches("submit_pin")?;
        visitor.sees("form")
    });
}

#[test]
fn a_card_that_is_snatched_while_it_is_read_is_said_and_can_be_laid_again() {
    let name = "a_card_that_is_snatched_while_it_is_read_is_said_and_can_be_laid_again";
    play(name, |visitor| {
        until_verify_hangs(visitor)?;
        visitor.sees("reading")?;
        visitor.does()?;
        visitor.stage().card()?.snatch()?;
        visitor.sees("trouble")?;
        visitor.reads("card.removed")?;
        let file = visitor.stage().plan().person.clone();
        visitor.stage().take_out_another_card(&file)?;
        visitor.touches("lay_card")?;
        visitor.sees("lay_card")?;
        visitor.lays_the_card()?;
        visitor.sees("pin_entry")
    });
}

/// The agent gives a call up after ten seconds.
const GIVEN_UP: Duration = Duration::from_secs(20);

#[test]
fn an_agent_whose_reader_hangs_starts_anew_after_the_visit_and_the_pin_is_gone() {
    let name = "an_agent_whose_reader_hangs_starts_anew_after_the_visit_and_the_pin_is_gone";
    play(name, |visitor| {
        until_verify_hangs(visitor)?;
        visitor.waits_long_for("the reader is given up", GIVEN_UP, |shown| {
            Ok((shown.screen == "trouble").then_some(()))
        })?;
        visitor.sees("trouble")?;
        visitor.reads("card.too_slow")?;
        let hangs = visitor.stage().device().agent()?.id();
        ensure!(pins_in_the_agent(visitor)? > 0, "the thread that hangs still has the PIN");

        // Nothing interrupts the visit; after it, the agent ends by itself.
        visitor.stage().device().agent()?.must_be_running()?;
        visitor.breaks_off()?;
        let stop = visitor.stage().stop().clone();
        visitor.stage().device().restart_after_its_end(&stop)?;
        let anew = visitor.stage().device().agent()?.id();
        ensure!(anew != hangs, "it is another process");
        ensure!(pins_in_the_agent(visitor)? == 0, "the PIN is in the new process");

        // The reader comes back with the next person's card.
        visitor.stage().card()?.snatch()?;
        visitor.sees("start")?;
        let file = visitor.stage().plan().person.clone();
        visitor.stage().take_out_another_card(&file)?;
        visitor.until_form()
    });
}

/// The PIN is sent to a card that answers nothing any more: VERIFY hangs inside pcscd, and a thread
/// of the agent with it.
fn until_verify_hangs(visitor: &mut Visitor<'_>) -> Result<()> {
    visitor.until_pin()?;
    let pin = visitor.person().pin.clone();
    visitor.types(&pin)?;
    visitor.stage().card()?.freeze()?;
    visitor.touches("submit_pin")
}

/// How often the PIN stands in the agent's memory, as the command that takes it to the card.
fn pins_in_the_agent(visitor: &mut Visitor<'_>) -> Result<usize> {
    let fragments = Fragments::of(visitor.person(), "NO PASSWORD")?;
    let agent = visitor.stage().device().agent()?.id();
    let found = memory::search("agent", agent, &fragments)?.leaks;
    Ok(found.iter().filter(|leak| leak.what == PIN_COMMAND).count())
}

#[test]
fn another_card_in_the_middle_of_a_visit_ends_it() {
    play("another_card_in_the_middle_of_a_visit_ends_it", |visitor| {
        visitor.until_form()?;
        visitor.takes_the_card()?;
        let jiro = visitor.stage().plan().person.with_file_name("jiro.toml");
        visitor.stage().take_out_another_card(&jiro)?;
        visitor.lays_the_card()?;
        visitor.sees("trouble")?;
        visitor.reads("card.changed")?;
        ensure!(!visitor.shown()?.says("花子"), "the first one's name is gone");
        visitor.touches("finish")?;
        visitor.sees("take_card")?;
        visitor.takes_the_card()?;
        visitor.sees("start")
    });
}

#[test]
fn who_does_not_want_to_use_the_card_gets_a_number() {
    play("who_does_not_want_to_use_the_card_gets_a_number", |visitor| {
        visitor.until_purpose()?;
        visitor.touches("without_card")?;
        visitor.sees("without_card")?;
        visitor.touches("number_only")?;
        visitor.confirms_if_asked()?;
        visitor.sees("kept")?;
        let kept = visitor.kept_application()?;
        let stop = visitor.stage().stop().clone();
        let opened = visitor.stage().core().opened(&kept.application, "test", &stop)?;
        ensure!(opened["header"]["kind"] == "ticket_only", "no form: {}", opened["header"]);
        visitor.leaves()
    });
}

#[test]
fn a_card_that_is_left_behind_calls_a_clerk_after_30_s() {
    play("a_card_that_is_left_behind_calls_a_clerk_after_30_s", |visitor| {
        visitor.until_form()?;
        visitor.touches("stop")?;
        visitor.touches("confirm_stop")?;
        visitor.sees("take_card")?;
        ensure!(visitor.stage().core().alerts()?.is_empty(), "nobody was called before");
        let stop = visitor.stage().stop().clone();
        visitor.stage().core().alert(AlertKind::CardLeft, Duration::from_secs(45), &stop)?;
        let screen = visitor.stage().kiosk()?.screen()?;
        ensure!(screen.as_deref() == Some("take_card"), "it is still asked for: {screen:?}");
        visitor.takes_the_card()?;
        visitor.sees("start")
    });
}

#[test]
fn a_card_that_was_lying_there_before_is_never_read() {
    play("a_card_that_was_lying_there_before_is_never_read", |visitor| {
        visitor.sees("start")?;
        visitor.lays_the_card()?;
        visitor.sees("take_card_first")?;
        visitor.takes_the_card()?;
        visitor.sees("start")?;
        let log = visitor.stage().device().agent()?.lines_since(0)?;
        let began = log.iter().find(|line| line.contains("\"visit\":"));
        ensure!(began.is_none(), "no visit began: {began:?}");
        Ok(())
    });
}

#[test]
fn a_card_that_lay_there_before_is_read_once_it_is_laid_again_in_a_visit() {
    let name = "a_card_that_lay_there_before_is_read_once_it_is_laid_again_in_a_visit";
    play(name, |visitor| {
        visitor.sees("start")?;
        visitor.lays_the_card()?;
        visitor.sees("take_card_first")?;
        visitor.takes_the_card()?;
        visitor.until_form()?;
        // Left behind by the end of a visit, and laid again by the next one.
        visitor.gives_up()?;
        visitor.lays_the_card()?;
        visitor.sees("take_card_first")?;
        visitor.takes_the_card()?;
        visitor.until_form()
    });
}
