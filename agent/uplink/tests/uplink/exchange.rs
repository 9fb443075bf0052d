//! One exchange with a core that misbehaves: every misbehaviour has its name.

use std::time::Duration;

use crate::support::{
    Accepted, Authority, Reply, answer, core, core_with, health, nobody, problem, serve,
    with_header,
};
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::bundle::BundleKind;
use madoguchi_protocol::core_api::{BlockRequest, Receipt};
use madoguchi_uplink::{Bootstrap, Core, OutboxKey, UplinkError};

/// Health asked of a core that always replies like this.
async fn health_of(script: impl Fn() -> Reply + Send + Sync + 'static) -> UplinkError {
    let authority = Authority::new();
    let url = serve(authority.core(), move |_| script()).await;
    core(&authority, &[&url]).health().await.expect_err("misbehaves")
}

fn key() -> OutboxKey {
    OutboxKey { application: ApplicationId::now(), part: 1 }
}

async fn deliver(core: &Core, key: OutboxKey) -> Result<Receipt, UplinkError> {
    core.deliver(key, key.application.to_string().into_bytes()).await
}

#[tokio::test]
async fn a_page_of_html_is_not_the_core() {
    let error = health_of(|| answer(200, "text/html; charset=utf-8", "<h1>Welcome</h1>")).await;
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
    let error = health_of(|| answer(403, "text/html", "<h1>Blocked</h1>")).await;
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let error = health_of(|| {
        with_header(answer(302, "text/html", ""), "location", "https://localhost:1/portal")
    })
    .await;
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn json_of_another_form_is_not_the_core() {
    let error = health_of(|| answer(200, "application/json", r#"{"status":"ok"}"#)).await;
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn a_broken_core_is_asked_again() {
    let error = health_of(|| answer(500, "text/plain", "oops")).await;
    assert!(matches!(error, UplinkError::Busy { after: None, .. }), "{error}");
    let error = health_of(|| problem(409, true)).await;
    assert!(matches!(error, UplinkError::Busy { after: None, .. }), "{error}");
}

#[tokio::test]
async fn retry_after_is_read_and_bounded() {
    for (header, seconds) in [("7", Some(7)), ("86400", Some(300)), ("soon", None)] {
        let error = health_of(move || with_header(problem(503, true), "retry-after", header)).await;
        let UplinkError::Busy { after, .. } = error else { panic!("{error}") };
        assert_eq!(after, seconds.map(Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn only_a_problem_that_says_so_is_for_good() {
    let error = health_of(|| problem(422, false)).await;
    assert!(matches!(error, UplinkError::Refused(_)), "{error}");
    let error = health_of(|| problem(401, false)).await;
    assert!(matches!(error, UplinkError::NotAdmitted(_)), "{error}");
    let error = health_of(|| problem(500, false)).await;
    assert!(matches!(error, UplinkError::Busy { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_cut_or_of_another_length_is_no_answer() {
    let error = health_of(|| Reply::Cut).await;
    assert!(matches!(error, UplinkError::Unreachable(_)), "{error}");
    let error = health_of(|| with_header(health(), "content-length", "4000")).await;
    assert!(matches!(error, UplinkError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn silence_ends_with_the_time_out() {
    let error = health_of(|| Reply::Silence).await;
    assert!(matches!(error, UplinkError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    let error = health_of(|| answer(200, "application/json", vec![b' '; 2 << 20])).await;
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn http_1_is_not_the_core() {
    let authority = Authority::new();
    for alpn in [vec![], vec![b"http/1.1".to_vec()]] {
        let mut tls = authority.core();
        tls.alpn_protocols = alpn;
        let url = serve(tls, |_| health()).await;
        let error = core(&authority, &[&url]).health().await.expect_err("HTTP/1.1");
        let UplinkError::NotTheCore(what) = error else { panic!("{error}") };
        assert!(what.contains("HTTP/2"), "{what}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_the_core() {
    let authority = Authority::new();
    let url = serve(Authority::new().core(), |_| health()).await;
    let error = core(&authority, &[&url]).health().await.expect_err("another authority");
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn a_certificate_out_of_its_time_names_the_clock() {
    let authority = Authority::new();
    let url = serve(authority.core_until(2001), |_| health()).await;
    let error = core(&authority, &[&url]).health().await.expect_err("expired");
    assert!(matches!(error, UplinkError::ClockWrong(_)), "{error}");
}

#[tokio::test]
async fn a_device_that_is_not_admitted_is_told_so() {
    let authority = Authority::new();
    let url = serve(authority.core_that_admits(&Authority::new()), |_| health()).await;
    let error = core(&authority, &[&url]).health().await.expect_err("not admitted");
    assert!(matches!(error, UplinkError::NotAdmitted(_)), "{error}");
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_the_next_intake_is_tried_after_three_failures() {
    let authority = Authority::new();
    let up = serve(authority.core(), |_| health()).await;
    let core = core(&authority, &[&nobody(), &up]);
    for _ in 0..3 {
        let error = core.health().await.expect_err("nobody there");
        assert!(matches!(error, UplinkError::Unreachable(_)), "{error}");
    }
    core.health().await.expect("the next intake");
    core.health().await.expect("and it stays there");
}

#[tokio::test]
async fn a_repeat_after_a_lost_answer_gets_the_same_receipt() {
    let authority = Authority::new();
    let accepted = Accepted::default();
    let first = std::sync::atomic::AtomicBool::new(true);
    let theirs = accepted.clone();
    let url = serve(authority.core(), move |asked| {
        let receipt = theirs.take(asked);
        // Accepted, and the answer is lost on the way.
        if first.swap(false, std::sync::atomic::Ordering::SeqCst) { Reply::Cut } else { receipt }
    })
    .await;
    let (core, key) = (core(&authority, &[&url]), key());
    deliver(&core, key).await.expect_err("lost");
    let receipt = deliver(&core, key).await.expect("a receipt");
    assert_eq!(deliver(&core, key).await.expect("a receipt"), receipt);
    assert_eq!(accepted.all(), [key.application.to_string()]);
}

#[tokio::test]
async fn a_receipt_for_another_application_is_refused() {
    let authority = Authority::new();
    let accepted = Accepted::default();
    let url = serve(authority.core(), move |asked| accepted.take(asked)).await;
    let core = core(&authority, &[&url]);
    let other = ApplicationId::now().to_string().into_bytes();
    let error = core.deliver(key(), other).await.expect_err("another application's");
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn every_request_goes_to_its_route() {
    let authority = Authority::new();
    let url = serve(authority.core(), |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/v1/envelopes")
            if asked.headers["content-type"] == "application/vnd.madoguchi.envelope" =>
        {
            Accepted::default().take(asked)
        }
        ("POST", "/v1/ticket-blocks")
            if asked.body == r#"{"letter":"A","count":20}"#.as_bytes() =>
        {
            let block = r#"{"business_day":"2026-11-22","letter":"A","first":1,"last":20}"#;
            answer(200, "application/json", block)
        }
        ("GET", "/v1/bundles/sealing-keys") => {
            answer(200, "application/json", r#"{"bundle":"AA==","signature":"AA=="}"#)
        }
        ("GET", "/v1/health") => health(),
        _ => problem(404, false),
    })
    .await;
    let core = core(&authority, &[&url]);
    deliver(&core, key()).await.expect("a receipt");
    let letter = 'A'.try_into().expect("a letter");
    let block = core.lease(&BlockRequest { letter, count: 20 }).await.expect("a block");
    assert_eq!((block.first, block.last), (1, 20));
    core.bundle(BundleKind::SealingKeys).await.expect("a bundle");
    let error = core.bundle(BundleKind::Packs).await.expect_err("none");
    assert!(matches!(error, UplinkError::Refused(_)), "{error}");
    assert_eq!(core.health().await.expect("up").roles, ["intake"]);
}

#[tokio::test]
async fn enrolment_shows_the_token_once_and_waits_when_told() {
    let authority = Authority::new();
    let url = serve(authority.core(), |asked| {
        let authorization = asked.headers.get("authorization").map(|v| v.to_str().expect("text"));
        match (asked.path.as_str(), authorization) {
            // RFC 7617: base64 of "kiosk-01:token".
            ("/.well-known/est/simpleenroll", Some("Basic a2lvc2stMDE6dG9rZW4=")) => {
                assert_eq!(asked.headers["content-type"], "application/pkcs10");
                assert_eq!(asked.body, "Q1NS".as_bytes());
                answer(200, "application/pkcs7-mime; smime-type=certs-only", "UEtDUyM3\n")
            }
            ("/.well-known/est/simpleenroll", Some("Basic a2lvc2stMDE6bGF0ZXI=")) => {
                with_header(answer(202, "text/plain", ""), "retry-after", "60")
            }
            _ => problem(401, false),
        }
    })
    .await;
    let registrar = Bootstrap::new(authority.device(), &url).expect("a client");
    let device = "kiosk-01".parse().expect("a device");
    let answer = registrar.enrol(&device, "token", "Q1NS").await.expect("a certificate");
    assert_eq!(answer.trim(), "UEtDUyM3");
    let error = registrar.enrol(&device, "later", "Q1NS").await.expect_err("later");
    assert!(
        matches!(error, UplinkError::Busy { after: Some(a), .. } if a == Duration::from_secs(60))
    );
    let error = registrar.enrol(&device, "wrong", "Q1NS").await.expect_err("wrong");
    assert!(matches!(error, UplinkError::NotAdmitted(_)), "{error}");
}

#[tokio::test]
async fn a_configuration_without_alpn_never_passes_for_the_core() {
    let authority = Authority::new();
    let url = serve(authority.core(), |_| health()).await;
    let mut tls = authority.device();
    tls.alpn_protocols = vec![];
    let error = core_with(tls, &[&url]).health().await.expect_err("HTTP/1.1");
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}
