//! Virtual cards count as issued where the device and its signed profile both say so.

use std::path::Path;
use std::sync::Arc;

use madoguchi_daemon::desk::{Anew, Desk, Effect, Input};
use madoguchi_daemon::practice::Practice;
use madoguchi_protocol::local::Request;

use crate::city::{City, Extras};
use crate::kiosk::Kiosk;

fn extras(practice: bool) -> Extras {
    Extras { practice, ..Extras::default() }
}

#[test]
fn virtual_cards_count_only_where_device_and_profile_say_so() {
    let folder = || Some("/etc/madoguchi/practice".into());
    let city = City::new();
    let (yes, no) = (city.settings(extras(true)), city.settings(extras(false)));
    let counts = |folder, profile| Practice::new(folder, profile).authority().map(Path::to_owned);
    assert_eq!(counts(folder(), Some(yes.profile())), folder());
    assert_eq!(counts(folder(), Some(no.profile())), None);
    assert_eq!(counts(folder(), None), None, "nothing was signed yet");
    assert_eq!(counts(None, Some(yes.profile())), None);
    assert_eq!(Practice::new(folder(), Some(no.profile())).unused(), folder().as_deref());
}

#[test]
fn a_profile_that_says_otherwise_starts_the_agent_anew_after_the_visit() {
    let anew =
        |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::StartAnew(Anew::Practice)));
    let says = |practice| Input::Settings(Arc::new(City::new().settings(extras(practice))));
    for begun_with in [true, false] {
        for folder in [true, false] {
            let settings = City::new().settings(extras(begun_with));
            let folder = folder.then(|| "/etc/madoguchi/practice".into());
            let practice = Practice::new(folder.clone(), Some(settings.profile()));
            let mut kiosk = Kiosk::at(Desk::practising(practice), extras(begun_with));
            kiosk.begin();
            assert!(!anew(&kiosk.tell(says(!begun_with))), "somebody is served");
            assert_eq!(anew(&kiosk.ask(Request::End {})), folder.is_some());
        }
    }
}
