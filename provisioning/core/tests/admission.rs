//! What a person carries in on a stick: taken as a delivery is, once, and only from devices that the
//! municipality knows and has not revoked.

mod support;

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::{Role, Validity};
use madoguchi_core::{Admission, Admitted, Config, Core, NotAdmitted};
use madoguchi_envelope::seal;
use madoguchi_protocol::core_api::Receipt;
use support::{
    Device, House, SITE, Signer, certificate_request, device_key, eventually, ticket_only,
};

async fn admission(house: &House) -> Admission {
    let config = Config::read(&house.write_config("https://localhost:1")).expect("a configuration");
    Admission::open(&config).await.expect("it opens")
}

async fn carried(
    admission: &Admission,
    envelope: Vec<u8>,
    by: &Device,
) -> Result<Admitted, NotAdmitted> {
    admission.take(envelope, &by.certificate).await
}

fn code(result: Result<Admitted, NotAdmitted>) -> String {
    let Err(NotAdmitted::Refused(problem)) = &result else { panic!("{result:?}") };
    problem.kind.rsplit(':').next().expect("a code").to_owned()
}

async fn stored(house: &House) -> i64 {
    let database = house.database(Role::Intake).await;
    sqlx::query_scalar("SELECT count(*) FROM envelope").fetch_one(&database).await.expect("a count")
}

#[tokio::test]
async fn what_is_carried_in_while_the_intake_runs_is_one_with_what_is_delivered() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (admission, device) = (admission(&house).await, house.device("kiosk-01"));
    let (before, after) = (ticket_only(), ticket_only());
    let [before, after] = [device.envelope(&before, 1), device.envelope(&after, 2)];
    let delivered: Receipt =
        device.deliver(&intake, before.clone()).await.json().await.expect("a receipt");
    let known = carried(&admission, before, &device).await.expect("admitted");
    assert_eq!(known, Admitted { receipt: delivered, new: false });

    let new = carried(&admission, after.clone(), &device).await.expect("admitted");
    assert!(new.new && new.receipt.position == 2, "{new:?}");
    let again = carried(&admission, after.clone(), &device).await.expect("admitted");
    assert_eq!(again, Admitted { new: false, ..new.clone() });
    let delivered: Receipt = device.deliver(&intake, after).await.json().await.expect("a receipt");
    assert_eq!(delivered, new.receipt);
    assert_eq!(stored(&house).await, 2);
    admission.close().await;

    let office = house.start_office(&intake).await;
    let database = house.database(Role::Office).await;
    eventually("both at the office", async || {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM application")
            .fetch_one(&database)
            .await
            .expect("a count");
        (count == 2).then_some(())
    })
    .await;
    Core::stop(office.core).await;
}

/// Whoever looks in the moment of the answer, before anything else can happen, finds it.
#[tokio::test(flavor = "current_thread")]
async fn what_is_taken_is_committed_before_it_is_answered() {
    let house = House::new();
    let (admission, device) = (admission(&house).await, house.device("kiosk-01"));
    let taken = carried(&admission, device.envelope(&ticket_only(), 1), &device).await;
    assert!(taken.expect("admitted").new);
    let look = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(stored(&house))
    };
    let found = std::thread::scope(|scope| scope.spawn(look).join().expect("it looks"));
    assert_eq!(found, 1);
}

#[tokio::test]
async fn unknown_and_revoked_devices_are_refused() {
    let house = House::new();
    std::fs::write(house.path("revoked"), "kiosk-02\n").expect("written");
    let admission = admission(&house).await;
    let (revoked, foreign) = (house.device("kiosk-02"), House::new().device("kiosk-01"));
    let envelope = revoked.envelope(&ticket_only(), 1);
    assert_eq!(code(carried(&admission, envelope, &revoked).await), "device.revoked");
    for certificate in [foreign.certificate.clone(), b"nobody".to_vec()] {
        let envelope = foreign.envelope(&ticket_only(), 1);
        let refused = admission.take(envelope, &certificate).await;
        assert!(matches!(refused, Err(NotAdmitted::Certificate(_))), "{refused:?}");
    }
    // The list is read anew, as for deliveries.
    let device = house.device("kiosk-03");
    std::fs::write(house.path("revoked"), "kiosk-02\nkiosk-03\n").expect("written");
    let envelope = device.envelope(&ticket_only(), 1);
    assert_eq!(code(carried(&admission, envelope, &device).await), "device.revoked");
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn nobody_carries_in_what_the_device_of_the_certificate_did_not_make() {
    let house = House::new();
    let admission = admission(&house).await;
    let (victim, thief) = (house.device("kiosk-01"), house.device("kiosk-02"));
    // Signed by another key under the victim's name, with the victim's certificate.
    let signer = Signer::new(&device_key().serialize_der());
    let forged =
        seal(&ticket_only(), &victim.facts(1), &victim.sealing, &signer).expect("sealed").remove(0);
    let refused = carried(&admission, forged.bytes, &victim).await;
    assert!(matches!(refused, Err(NotAdmitted::Signature(_))), "{refused:?}");
    // The victim's name, with the thief's own certificate and signature.
    let lent = seal(&ticket_only(), &victim.facts(1), &victim.sealing, &thief.signer);
    let lent = lent.expect("sealed").remove(0);
    assert_eq!(code(carried(&admission, lent.bytes, &thief).await), "envelope.wrong_device");
    let refused = carried(&admission, b"nothing".to_vec(), &victim).await;
    assert!(matches!(refused, Err(NotAdmitted::Envelope(_))), "{refused:?}");

    let application = ticket_only();
    let [first, another] = [1, 1].map(|sequence| victim.envelope(&application, sequence));
    assert!(carried(&admission, first, &victim).await.expect("admitted").new);
    assert_eq!(code(carried(&admission, another, &victim).await), "envelope.conflict");
    assert_eq!(stored(&house).await, 1);
}

#[tokio::test]
async fn a_certificate_counts_as_of_when_the_envelope_was_kept() {
    let house = House::new();
    let admission = admission(&house).await;
    let (key, month_ago) = (device_key(), Timestamp::now() - SignedDuration::from_hours(30 * 24));
    let (site, name) = (SITE.parse().expect("a site"), "kiosk-01".parse().expect("a device"));
    let lapsed = house
        .authority
        .issue_device(&certificate_request(&key), &site, &name, Validity::days(month_ago, 10))
        .expect("a certificate");
    let device = house.device_with("kiosk-01", &key, &lapsed);
    let sealed = |kept_at| {
        let facts = madoguchi_envelope::SealFacts { kept_at, ..device.facts(1) };
        let parts = seal(&ticket_only(), &facts, &device.sealing, &device.signer);
        parts.expect("sealed").remove(0).bytes
    };
    let then = month_ago + SignedDuration::from_hours(24);
    assert!(carried(&admission, sealed(then), &device).await.expect("admitted").new);
    let refused = carried(&admission, sealed(Timestamp::now()), &device).await;
    assert!(matches!(refused, Err(NotAdmitted::Certificate(_))), "{refused:?}");
}
