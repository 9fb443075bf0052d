//! What the core says is believed only from the municipality, and never goes back.

use madoguchi_daemon::settings::{Collected, RefusedBundle, Taken};
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
