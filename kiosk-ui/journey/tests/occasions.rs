//! An occasion that leads to several procedures.

mod common;

use common::Kiosk;
use madoguchi_journey::view::{Dialog, Needed, Screen};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::Request;

fn chosen_packs(kiosk: &Kiosk) -> Vec<String> {
    let request = kiosk.sent.iter().rev().find_map(|f| match &f.request {
        Request::ChoosePack { pack, also } => Some((pack.clone(), also.clone())),
        _ => None,
    });
    let (pack, also) = request.expect("packs were chosen");
    [pack].into_iter().chain(also).map(|p| p.to_string()).collect()
}

#[test]
fn an_occasion_shows_what_it_needs_and_leads_to_what_is_ticked() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("life_event.hikkoshi");
    let Screen::LifeEvent { needed, at_counter, next, .. } = kiosk.view().screen else {
        panic!("an occasion")
    };
    let titles: Vec<_> = needed.iter().map(|n| n.button.label.as_str()).collect();
    assert_eq!(titles, ["代理の届", "転居届", "短い届"], "and not what this terminal has not");
    assert!(at_counter.is_empty() && !next.enabled, "nothing is ticked yet");

    kiosk.touch("tick.mijikai");
    kiosk.touch("tick.dairi");
    let Screen::LifeEvent { at_counter, .. } = kiosk.view().screen else { panic!("an occasion") };
    assert_eq!(at_counter[0].title, "国民健康保険");
    kiosk.touch("next");
    assert_eq!(chosen_packs(&kiosk), ["dairi", "mijikai"], "in the order of the occasion");
    let Screen::Purpose { procedure, purposes, attributes, .. } = kiosk.view().screen else {
        panic!("purpose")
    };
    assert_eq!(procedure, "代理の届・短い届");
    assert_eq!((purposes.len(), attributes), (2, vec!["氏名".into(), "性別".into()]));

    kiosk.touch("back");
    let Screen::LifeEvent { needed, .. } = kiosk.view().screen else { panic!("an occasion") };
    assert!(*needed[0].ticked.expose(), "what was ticked stays");
    kiosk.touch("back");
    kiosk.touch("pack.mijikai");
    assert_eq!(chosen_packs(&kiosk), ["mijikai"]);
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "procedures");
}

#[test]
fn what_cannot_stand_together_is_not_ticked_together() {
    let ticks = |kiosk: &Kiosk| {
        let Screen::LifeEvent { needed, .. } = kiosk.view().screen else { panic!("an occasion") };
        needed.map_ticks()
    };
    let said = |kiosk: &Kiosk| {
        let Screen::LifeEvent { note, .. } = kiosk.view().screen else { panic!("an occasion") };
        note
    };
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("life_event.hikkoshi");
    kiosk.touch("tick.dairi");
    kiosk.touch("tick.mijikai");
    assert_eq!(ticks(&kiosk), [(true, true, None), (false, true, None), (true, true, None)]);
    assert_eq!(said(&kiosk), None);
    kiosk.touch("tick.tenkyo");
    let went = "「短い届」を外しました。どれかひとつです。";
    let blocked = "「代理の届」：転居届のあとに、窓口で";
    assert_eq!(said(&kiosk), Some(format!("{went}{blocked}")));
    let note = Some("転居届のあとに、窓口で".to_owned());
    let alone = [(false, false, note), (true, true, None), (false, true, None)];
    assert_eq!(ticks(&kiosk), alone, "the others went, and one of them cannot come back");
    let view = kiosk.view();
    kiosk.act(view.control("tick.dairi").expect("it stands there"));
    assert_eq!(kiosk.view(), view);
    kiosk.touch("tick.mijikai");
    let other = [(false, true, None), (false, true, None), (true, true, None)];
    assert_eq!(ticks(&kiosk), other, "one of a group, whichever says so");
    assert_eq!(said(&kiosk).as_deref(), Some("「転居届」を外しました。どれかひとつです。"));
    kiosk.touch("tick.mijikai");
    assert_eq!(said(&kiosk), None, "said once");
}

trait Ticks {
    /// Of each: whether it is ticked, can be touched, and why not.
    fn map_ticks(self) -> Vec<(bool, bool, Option<String>)>;
}

impl Ticks for Vec<Needed> {
    fn map_ticks(self) -> Vec<(bool, bool, Option<String>)> {
        let tick = |n: Needed| (*n.ticked.expose(), n.button.enabled, n.not_now);
        self.into_iter().map(tick).collect()
    }
}

#[test]
fn a_procedure_without_numbers_says_so_where_it_was_picked_and_another_can_be() {
    for (way, page) in [
        (&["pack.dairi"][..], "procedures"),
        (&["life_event.hikkoshi", "tick.dairi", "next"], "life_event"),
    ] {
        let mut kiosk = Kiosk::ready();
        kiosk.touch("start");
        let (last, before) = way.split_last().expect("a way");
        before.iter().for_each(|control| kiosk.touch(control));
        kiosk.hold = true;
        kiosk.touch(last);
        kiosk.fail_next_answer(FailureCode::TicketsNone);
        kiosk.hold = false;
        kiosk.deliver();
        let Some(Dialog::Notice { words, .. }) = kiosk.view().dialog else { panic!("said") };
        assert_eq!(words.code, FailureCode::TicketsNone);
        assert!(words.what_to_do.contains("窓口") && words.what_it_means.contains("ほかの手続"));
        kiosk.touch("dismiss");
        assert_eq!(kiosk.page(), page);
        for other in ["call_clerk", "stop", "do_not_know"] {
            assert!(kiosk.view().control(other).is_some(), "{other} on {page}");
        }
        if page == "life_event" {
            kiosk.touch("back");
        }
        kiosk.touch("pack.mijikai");
        assert_eq!((kiosk.page(), chosen_packs(&kiosk)), ("purpose", vec!["mijikai".to_owned()]));
        kiosk.touch("agree_purpose");
        assert_eq!(kiosk.page(), "lay_card");
    }
}
