//! Enrolment by one-time token, and bundles that never go back.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};
use madoguchi_authority::{DeviceCertificate, Role};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_protocol::bundle::{Bundle, Payload, Profile, SignedBundle, Text};
use madoguchi_protocol::core_api::{BundleTaken, Devices, EnrolmentToken};
use reqwest::{Client, Response};
use support::{
    House, Running, SITE, certificate_request, device_key, expect_problem, tenant, tenkyo,
};

/// A token that is none.
const GUESS: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// A body of which nothing ever comes.
struct Endless;

impl hyper::body::Body for Endless {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

async fn add(operator: &Client, registrar: &Running, device: &str) -> EnrolmentToken {
    let body = serde_json::json!({ "device": device, "site": SITE });
    let url = format!("{}/v1/devices", registrar.url);
    let answer = operator.post(url).json(&body).send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    answer.json().await.expect("a token")
}

async fn enrol(
    stranger: &Client,
    registrar: &Running,
    device: &str,
    token: &str,
    request: &[u8],
) -> Response {
    let url = format!("{}/.well-known/est/simpleenroll", registrar.url);
    let request = stranger
        .post(url)
        .basic_auth(device, Some(token))
        .header("content-type", "application/pkcs10")
        .header("content-transfer-encoding", "base64")
        .body(STANDARD.encode(request));
    request.send().await.expect("an answer")
}

/// The certificates of an EST answer, DER.
async fn certificates(answer: Response) -> Vec<Vec<u8>> {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-transfer-encoding"], "base64");
    let body: String = answer.text().await.expect("a body").split_whitespace().collect();
    let der = STANDARD.decode(body).expect("base64");
    let info = ContentInfo::from_der(&der).expect("CMS");
    let data: SignedData = info.content.decode_as().expect("signed data");
    let certificates = data.certificates.expect("certificates").0;
    certificates.iter().map(|certificate| certificate.to_der().expect("DER")).collect()
}

/// The one certificate of an EST answer, DER.
async fn certificate(answer: Response) -> Vec<u8> {
    let mut certificates = certificates(answer).await;
    assert_eq!(certificates.len(), 1);
    certificates.remove(0)
}

#[tokio::test]
async fn a_device_enrols_with_its_token_and_speaks_by_its_certificate() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let operator = house.operator();
    let token = add(&operator, &registrar, "kiosk-01").await;
    let key = device_key();

    let answer =
        enrol(&house.stranger(), &registrar, "kiosk-01", &token.token, &certificate_request(&key))
            .await;
    assert_eq!(answer.headers()["content-type"], "application/pkcs7-mime; smime-type=certs-only");
    let certificate = certificate(answer).await;
    let now = jiff::Timestamp::now();
    let verified = DeviceCertificate::verify(&certificate, house.authority.root(), now);
    let verified = verified.expect("issued by the authority");
    assert_eq!(verified.identity.to_string(), "urn:madoguchi:tokiwa:device:honcho:kiosk-01");
    assert_eq!(verified.public_key, key.public_key_raw());

    let device = house.device_with("kiosk-01", &key, &certificate);
    let answer = device.client.get(format!("{}/v1/health", registrar.url)).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    let answer = operator.get(format!("{}/v1/devices", registrar.url)).send().await;
    let devices: Devices = answer.expect("an answer").json().await.expect("devices");
    assert_eq!(devices.devices.len(), 1);
    assert!(devices.devices[0].enrolled_at.is_some());
    assert_eq!(devices.devices[0].certificate_sha256.as_ref().map(String::len), Some(64));
}

#[tokio::test]
async fn a_revoked_device_is_not_enrolled_anew_and_a_guess_does_not_learn_of_it() {
    let house = House::new();
    std::fs::write(house.path("revoked"), "kiosk-01\n").expect("written");
    let registrar = house.start(Role::Registrar).await;
    let operator = house.operator();
    let token = add(&operator, &registrar, "kiosk-01").await.token;
    let (stranger, request) = (house.stranger(), certificate_request(&device_key()));
    let answer = enrol(&stranger, &registrar, "kiosk-01", GUESS, &request).await;
    expect_problem(answer, 401, "enrolment.refused").await;
    let answer = enrol(&stranger, &registrar, "kiosk-01", &token, &request).await;
    expect_problem(answer, 403, "device.revoked").await;

    std::fs::write(house.path("revoked"), "").expect("written");
    let answer = enrol(&stranger, &registrar, "kiosk-01", &token, &request).await;
    assert_eq!(answer.status(), 200, "the token is still good");
}

#[tokio::test]
async fn a_token_enrols_one_request_and_repeats_its_answer() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let token = add(&house.operator(), &registrar, "kiosk-01").await;
    let request = certificate_request(&device_key());
    let stranger = house.stranger();
    let first = enrol(&stranger, &registrar, "kiosk-01", &token.token, &request).await;
    assert_eq!(first.status(), 200);
    let first = first.bytes().await.expect("a certificate");
    let repeat = enrol(&stranger, &registrar, "kiosk-01", &token.token, &request).await;
    assert_eq!(repeat.bytes().await.expect("the first answer"), first);
    let other = certificate_request(&device_key());
    let second = enrol(&stranger, &registrar, "kiosk-01", &token.token, &other).await;
    assert!(second.headers()["www-authenticate"].to_str().expect("text").starts_with("Basic"));
    expect_problem(second, 401, "enrolment.refused").await;
}

#[tokio::test]
async fn a_token_serves_only_its_device_and_a_newer_one_voids_it() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let (operator, stranger) = (house.operator(), house.stranger());
    let old = add(&operator, &registrar, "kiosk-01").await;
    let new = add(&operator, &registrar, "kiosk-01").await;
    add(&operator, &registrar, "kiosk-02").await;
    let request = certificate_request(&device_key());
    for (device, token) in [("kiosk-02", &new.token), ("kiosk-01", &old.token), ("x", &new.token)] {
        let answer = enrol(&stranger, &registrar, device, token, &request).await;
        expect_problem(answer, 401, "enrolment.refused").await;
    }
    let answer = enrol(&stranger, &registrar, "kiosk-01", &new.token, &request).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let token = add(&house.operator(), &registrar, "kiosk-01").await;
    let life = token.expires_at.duration_since(jiff::Timestamp::now());
    assert!((71..=72).contains(&life.as_hours()), "{life:?}");

    let past = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1);
    sqlx::query("UPDATE device SET token_expires_at = ?")
        .bind(past.to_string())
        .execute(&house.database(Role::Registrar).await)
        .await
        .expect("changed");
    let request = certificate_request(&device_key());
    let answer = enrol(&house.stranger(), &registrar, "kiosk-01", &token.token, &request).await;
    expect_problem(answer, 401, "enrolment.refused").await;
}

#[tokio::test]
async fn a_wrong_request_does_not_use_the_token_up() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let token = add(&house.operator(), &registrar, "kiosk-01").await;
    let stranger = house.stranger();
    let good = certificate_request(&device_key());
    let mut unproven = good.clone();
    *unproven.last_mut().expect("not empty") ^= 1;
    for request in [b"no request".as_slice(), &unproven] {
        let answer = enrol(&stranger, &registrar, "kiosk-01", &token.token, request).await;
        expect_problem(answer, 400, "enrolment.request").await;
    }
    let answer = enrol(&stranger, &registrar, "kiosk-01", &token.token, &good).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn whoever_guesses_tokens_has_to_wait() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let stranger = house.stranger();
    let request = certificate_request(&device_key());
    for _ in 0..5 {
        let answer = enrol(&stranger, &registrar, "kiosk-01", GUESS, &request).await;
        expect_problem(answer, 401, "enrolment.refused").await;
    }
    let answer = enrol(&stranger, &registrar, "kiosk-01", GUESS, &request).await;
    let wait: u64 =
        answer.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=61).contains(&wait), "{wait}");
    expect_problem(answer, 429, "enrolment.too_many").await;
}

#[tokio::test]
async fn a_flood_of_wrong_tokens_does_not_lock_the_right_one_out() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let token = add(&house.operator(), &registrar, "kiosk-01").await;
    let stranger = house.stranger();
    let request = certificate_request(&device_key());
    for _ in 0..5 {
        let answer = enrol(&stranger, &registrar, "kiosk-01", GUESS, &request).await;
        expect_problem(answer, 401, "enrolment.refused").await;
    }
    let answer = enrol(&stranger, &registrar, "kiosk-01", GUESS, &request).await;
    expect_problem(answer, 429, "enrolment.too_many").await;
    let answer = enrol(&stranger, &registrar, "kiosk-01", &token.token, &request).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn whoever_has_no_token_is_refused_before_a_body_is_read_or_anything_locked() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    add(&house.operator(), &registrar, "kiosk-01").await;
    let database = house.database(Role::Registrar).await;
    let _locked = database.begin_with("BEGIN IMMEDIATE").await.expect("locked");
    let url = format!("{}/.well-known/est/simpleenroll", registrar.url);
    let stranger = house.stranger();
    let asked = || {
        let request = stranger.post(&url).header("content-type", "application/pkcs10");
        request.body(reqwest::Body::wrap(Endless))
    };
    let soon = std::time::Duration::from_secs(4);
    for request in [asked(), asked().basic_auth("kiosk-01", Some(GUESS))] {
        let answer = tokio::time::timeout(soon, request.send()).await.expect("at once");
        expect_problem(answer.expect("an answer"), 401, "enrolment.refused").await;
    }
}

#[tokio::test]
async fn a_request_of_more_than_sixteen_kibibytes_is_refused() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let token = add(&house.operator(), &registrar, "kiosk-01").await;
    // Base64 makes it a third longer.
    let long = vec![0; 12 * 1024 + 3];
    let answer = enrol(&house.stranger(), &registrar, "kiosk-01", &token.token, &long).await;
    expect_problem(answer, 413, "request.too_large").await;
}

#[tokio::test]
async fn the_authoritys_certificate_is_given_to_everybody() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let answer =
        house.stranger().get(format!("{}/.well-known/est/cacerts", registrar.url)).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/pkcs7-mime");
    let found = certificate(answer).await;
    assert_eq!(found, house.authority.root().certificate().as_ref());
}

async fn publish(operator: &Client, registrar: &Running, signed: &SignedBundle) -> Response {
    let url = format!("{}/v1/bundles", registrar.url);
    operator.post(url).json(signed).send().await.expect("an answer")
}

async fn fetch(client: &Client, registrar: &Running, kind: &str) -> Response {
    client.get(format!("{}/v1/bundles/{kind}", registrar.url)).send().await.expect("an answer")
}

#[tokio::test]
async fn a_bundle_never_goes_back() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let (operator, device) = (house.operator(), house.device("kiosk-01"));
    let packs = |generation| {
        house.sign(
            generation,
            Payload::Packs { packs: vec![tenkyo()], life_events: vec![], towns: None },
        )
    };
    expect_problem(fetch(&device.client, &registrar, "packs").await, 404, "bundle.none").await;

    let second = packs(2);
    let answer = publish(&operator, &registrar, &second).await;
    let taken: BundleTaken = answer.json().await.expect("taken");
    assert_eq!((taken.kind.as_str(), taken.generation), ("packs", 2));
    for old in [packs(1), packs(2)] {
        let answer = publish(&operator, &registrar, &old).await;
        expect_problem(answer, 409, "bundle.old_generation").await;
    }
    let handed: SignedBundle =
        fetch(&device.client, &registrar, "packs").await.json().await.expect("a bundle");
    assert_eq!(handed, second, "as it was signed");
}

#[tokio::test]
async fn a_bundle_that_the_municipality_did_not_sign_is_refused() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let bundle = |name: &str| Bundle {
        format: 1,
        tenant: name.parse().expect("a tenant"),
        generation: 9,
        signed_at: jiff::Timestamp::now(),
        payload: Payload::Packs { packs: vec![], life_events: vec![], towns: None },
    };
    let other_key = MunicipalKey::generate().expect("a key");
    let operator = house.operator();
    for signed in
        [other_key.sign(&bundle(tenant().as_str())), house.municipal.sign(&bundle("another"))]
    {
        let answer = publish(&operator, &registrar, &signed).await;
        expect_problem(answer, 422, "bundle.refused").await;
    }
    let device = house.device("kiosk-01");
    expect_problem(fetch(&device.client, &registrar, "packs").await, 404, "bundle.none").await;
    let answer = publish(
        &device.client,
        &registrar,
        &house.sign(1, Payload::Packs { packs: vec![], life_events: vec![], towns: None }),
    )
    .await;
    expect_problem(answer, 403, "certificate.wrong_role").await;
    let answer = fetch(&device.client, &registrar, "firmware").await;
    expect_problem(answer, 400, "request.parameter").await;
}

#[tokio::test]
async fn a_profile_is_given_to_its_device_alone() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let profile = |device: &str| Profile {
        device: device.parse().expect("a device"),
        site: SITE.parse().expect("a site"),
        municipality: Text { ja: "常盤市".to_owned(), en: "Tokiwa City".to_owned() },
        sections: vec!['A'.try_into().expect("a letter")],
        idle_seconds: 60,
        appearance: None,
        printer: None,
        packs_valid_days: None,
        municipality_code: None,
        municipality_codes_before: vec![],
        reader: None,
        practice: false,
    };
    let signed = |device: &str| house.sign(1, Payload::Profile { profile: profile(device) });
    let mine = signed("kiosk-01");
    assert_eq!(publish(&house.operator(), &registrar, &mine).await.status(), 200);
    let (one, two) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let handed: SignedBundle =
        fetch(&one.client, &registrar, "profile").await.json().await.expect("a bundle");
    assert_eq!(handed, mine);
    expect_problem(fetch(&two.client, &registrar, "profile").await, 404, "bundle.none").await;

    let other = signed("kiosk-02");
    let answer = publish(&house.operator(), &registrar, &other).await;
    assert_eq!(answer.status(), 200, "generations are counted for each device");
}
