//! What the core says is believed only from the municipality, and never goes back.

use madoguchi_daemon::settings::{Collected, RefusedBundle, Taken};
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_procedure::samples::{COPY, MOVING};
use madoguchi_protocol::bundle::{BundleKind, Payload};

use crate::city::{City, Extras};

#[test]
fn bundles_never_go_back_and_never_come_from_elsewhere() {
    let city = City::new();
    let mut collected = Collected::new(city.verifier());
    let packs = |generation| city.sign(generation, City::packs());
    assert_eq!(collected.take(BundleKind::Packs, &packs(5)).expect("believed"), Taken::Newer);
    assert_eq!(collected.take(BundleKind::Packs, &packs(5)).expect("believed"), Taken::Same);
    let older = collected.take(BundleKind::Packs, &packs(4)).expect_err("older");
    assert!(matches!(older, RefusedBundle::Older { found: 4, known: 5, .. }));
    let foreign = City::new().sign(9, City::packs());
    let foreign = collected.take(BundleKind::Packs, &foreign).expect_err("foreign");
    assert!(matches!(foreign, RefusedBundle::Signature { .. }));
    let other = city.sign(9, city.profile("kiosk-02", Extras::default()));
    let other = collected.take(BundleKind::Profile, &other).expect_err("of another device");
    assert!(matches!(other, RefusedBundle::Profile { .. }));
    let wrong = collected.take(BundleKind::Profile, &packs(9)).expect_err("of another kind");
    assert!(matches!(wrong, RefusedBundle::Kind { .. }));
    assert_eq!(collected.generation(BundleKind::Packs), 5);
}

#[test]
fn what_was_once_taken_is_never_replaced_by_something_older_also_when_it_is_lost() {
    let city = City::new();
    let mut collected = Collected::new(city.verifier());
    collected.never_below(BundleKind::Packs, 5);
    collected.never_below(BundleKind::Packs, 3);
    let packs = |generation| city.sign(generation, City::packs());
    let older = collected.take(BundleKind::Packs, &packs(4)).expect_err("older");
    assert!(matches!(older, RefusedBundle::Older { found: 4, known: 5, .. }));
    let profile = city.sign(1, city.profile("kiosk-01", Extras::default()));
    assert_eq!(collected.take(BundleKind::Profile, &profile).expect("believed"), Taken::Newer);
    assert_eq!(collected.take(BundleKind::Packs, &packs(5)).expect("believed"), Taken::Newer);
}

#[test]
fn procedures_of_sections_whose_numbers_the_device_does_not_give_are_not_offered() {
    let city = City::new();
    let with = |sections: &[char]| {
        let mut collected = Collected::new(city.verifier());
        let Payload::Profile { mut profile } = city.profile("kiosk-01", Extras::default()) else {
            panic!("a profile")
        };
        profile.sections = sections.iter().map(|c| (*c).try_into().expect("a letter")).collect();
        let keys = vec![SealingPrivateKey::generate(Kem::X25519).public()];
        for payload in [City::packs(), Payload::Profile { profile }, Payload::SealingKeys { keys }]
        {
            let kind = payload.kind();
            collected.take(kind, &city.sign(1, payload)).expect("believed");
        }
        let settings = collected.settings().expect("complete");
        (settings.pack_texts().map(str::to_owned).collect::<Vec<_>>(), settings.hidden_packs())
    };
    assert_eq!(with(&['A', 'B']), (vec![MOVING.to_owned(), COPY.to_owned()], 0));
    assert_eq!(with(&['A']), (vec![MOVING.to_owned()], 1));
    assert_eq!(with(&['B']), (vec![COPY.to_owned()], 1));
}

#[test]
fn packs_with_a_part_that_cannot_be_read_are_refused_whole() {
    let city = City::new();
    let mut collected = Collected::new(city.verifier());
    let packs = |life_event: Option<&str>, towns: Option<&str>| Payload::Packs {
        packs: vec![MOVING.to_owned(), COPY.to_owned()],
        life_events: life_event.into_iter().map(str::to_owned).collect(),
        towns: towns.map(str::to_owned),
    };
    for broken in [packs(Some("format = 1"), None), packs(None, Some("format = 1"))] {
        let refused = collected.take(BundleKind::Packs, &city.sign(1, broken));
        assert!(matches!(refused, Err(RefusedBundle::Pack(_))), "{refused:?}");
        assert_eq!(collected.generation(BundleKind::Packs), 0);
    }
}
