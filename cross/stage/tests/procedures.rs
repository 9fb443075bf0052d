//! Several procedures on one number, before the whole kiosk.

mod support;

use anyhow::{Result, ensure};
use madoguchi_stage::visitor::Visitor;
use support::kiosk::play;

#[test]
fn a_move_leads_to_several_forms_on_one_number() {
    play("a_move_leads_to_several_forms_on_one_number", |visitor| {
        visitor.sees("start")?;
        visitor.touches("start")?;
        visitor.sees("procedures")?;
        visitor.touches("life_event.hikkoshi")?;
        visitor.sees("life_event")?;
        for pack in ["tick.tenshutsu", "tick.juminhyo"] {
            ticks(visitor, pack)?;
        }
        visitor.touches("next")?;
        visitor.sees("purpose")?;
        visitor.touches("agree_purpose")?;
        visitor.sees("lay_card")?;
        visitor.lays_the_card()?;
        visitor.sees("pin_entry")?;
        let pin = visitor.person().pin.clone();
        visitor.types(&pin)?;
        visitor.touches("submit_pin")?;
        visitor.sees("form")?;
        visitor.fills_in()?;
        visitor.goes_on("next_form")?;
        visitor.fills_in()?;
        visitor.keeps()?;
        let kept = visitor.stage().device().all_kept()?;
        ensure!(kept.len() == 2, "two forms: {kept:?}");
        ensure!(kept[0].ticket == kept[1].ticket, "one number: {kept:?}");
        let stop = visitor.stage().stop().clone();
        let mut packs = Vec::new();
        for one in &kept {
            let opened = visitor.stage().core().opened(&one.application, "test", &stop)?;
            packs.push(opened["header"]["pack"].to_string());
        }
        packs.sort();
        ensure!(packs[0].contains("juminhyo") && packs[1].contains("tenshutsu"), "{packs:?}");
        visitor.leaves()
    });
}

fn ticks(visitor: &mut Visitor<'_>, control: &str) -> Result<()> {
    visitor.touches_and_sees_it(control)
}
