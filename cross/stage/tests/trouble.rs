//! Programs that end and cores that are away: what a visitor sees of it, before the whole kiosk.

mod support;

use std::time::Duration;

use anyhow::{Result, ensure};
use madoguchi_protocol::core_api::AlertKind;
use madoguchi_stage::fragments::Fragments;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{memory, until};
use support::kiosk::play;

const PATIENCE: Duration = Duration::from_secs(20);
/// Looked for beside the person; nobody types it.
const PASSWORD: &str = "ZK7QXW4MVJ9PLT2B";

#[test]
fn what_is_kept_while_the_core_is_away_is_delivered_later() {
    play("what_is_kept_while_the_core_is_away_is_delivered_later", |visitor| {
        visitor.until_review()?;
        visitor.stage().core().end_role("intake")?;
        visitor.keeps()?;
        let kept = visitor.kept_application()?;
        visitor.waits_for("that the core is away is said", |shown| {
            Ok(shown.says(CORE_AWAY).then_some(()))
        })?;
        visitor.leaves()?;
        let stop = visitor.stage().stop().clone();
        ensure!(visitor.stage().core().applications_in_the_office()? == 0, "not delivered yet");
        visitor.stage().core().start_role("intake", &stop)?;
        let opened = visitor.stage().core().opened(&kept.application, "test", &stop)?;
        ensure!(opened["header"]["ticket"] == kept.ticket.as_str(), "the same number");
        ensure!(visitor.stage().core().times_delivered(&kept.application)? == 1, "once");
        Ok(())
    });
}

/// A part of the words that stand on every page while the core does not answer.
const CORE_AWAY: &str = "通信が切れています";

#[test]
fn when_the_screens_process_is_killed_the_agent_forgets_and_a_new_screen_comes() {
    let name = "when_the_screens_process_is_killed_the_agent_forgets_and_a_new_screen_comes";
    play(name, |visitor| {
        visitor.until_form()?;
        let fragments = Fragments::of(visitor.person(), PASSWORD)?;
        ensure!(holds(visitor, &fragments)?, "the agent holds the form during the visit");
        visitor.does()?;
        visitor.stage().kiosk()?.kill_visits_process()?;
        visitor.sees("take_card_first")?;
        until("the agent to have wiped", PATIENCE, &visitor.stage().stop().clone(), || {
            Ok((!holds(visitor, &fragments)?).then_some(()))
        })?;
        visitor.takes_the_card()?;
        visitor.sees("start")
    });
}

/// Whether the agent's memory has anything of the person.
fn holds(visitor: &mut Visitor<'_>, fragments: &Fragments) -> Result<bool> {
    let agent = visitor.stage().device().agent()?.id();
    let found = memory::search("agent", agent, fragments)?.leaks;
    // Fragments of the address stand in the city's list of towns too.
    let whole = visitor.person().name.len();
    Ok(found.iter().any(|leak| leak.what == "name in UTF-8" && leak.length == whole))
}

#[test]
fn when_the_agent_is_killed_the_screen_says_so_and_finds_it_again_by_itself() {
    let name = "when_the_agent_is_killed_the_screen_says_so_and_finds_it_again_by_itself";
    play(name, |visitor| {
        visitor.until_purpose()?;
        visitor.does()?;
        let stop = visitor.stage().stop().clone();
        visitor.stage().device().kill()?;
        visitor.sees("trouble")?;
        visitor.reads("agent.restarted")?;
        visitor.touches("finish")?;
        // Nobody hears what an agent that is away says: only the kiosk's own log tells of it.
        visitor.is_shown("connecting")?;
        visitor.does()?;
        visitor.stage().device().start(&stop)?;
        visitor.sees("start")?;
        visitor.until_purpose()
    });
}

#[test]
fn the_reader_service_can_restart_between_visits_and_within_one() {
    play("the_reader_service_can_restart_between_visits_and_within_one", |visitor| {
        visitor.stage().reader()?.kill()?;
        visitor.reads("カードを読み取れません")?;
        visitor.stage().start_the_reader_again()?;
        visitor.reads("マイナンバーカードを置くと")?;

        visitor.until_card()?;
        visitor.does()?;
        visitor.stage().reader()?.kill()?;
        visitor.sees("trouble")?;
        visitor.reads("reader.")?;
        visitor.stage().start_the_reader_again()?;
        visitor.touches("lay_card")?;
        visitor.sees("lay_card")?;
        visitor.lays_the_card()?;
        visitor.sees("pin_entry")
    });
}

#[test]
fn a_call_for_a_clerk_reaches_the_office_and_its_answer_reaches_the_screen() {
    let name = "a_call_for_a_clerk_reaches_the_office_and_its_answer_reaches_the_screen";
    play(name, |visitor| {
        visitor.until_purpose()?;
        visitor.touches("call_clerk")?;
        visitor.touches("confirm_call")?;
        visitor.sees("kept")?;
        let kept = visitor.kept_application()?;
        let stop = visitor.stage().stop().clone();
        let alert = visitor.stage().core().alert(AlertKind::CallClerk, PATIENCE, &stop)?;
        let ticket = alert.alert.ticket.map(|ticket| ticket.to_string());
        ensure!(ticket.as_deref() == Some(kept.ticket.as_str()), "the number: {ticket:?}");
        let before = visitor.shown()?.texts;
        visitor.stage().core().acknowledge(&alert)?;
        visitor.waits_for("that somebody comes", |shown| {
            Ok((shown.texts != before && shown.says(COMES)).then_some(()))
        })?;
        visitor.leaves()
    });
}

/// A part of the words that say that somebody comes.
const COMES: &str = "まいります";
