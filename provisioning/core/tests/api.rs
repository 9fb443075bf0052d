//! The contract: the golden document, and a certificate for every route that is not EST.

mod support;

use std::path::Path;

use madoguchi_authority::Role;
use madoguchi_core::openapi;
use madoguchi_protocol::{clerk, core_api};
use reqwest::Method;
use support::{House, expect_problem};

#[test]
fn the_document_is_the_golden_one() {
    let path = Path::new("openapi/v1.json");
    let document = openapi::json().expect("a document");
    if std::env::var_os("MADOGUCHI_BLESS").is_some() {
        std::fs::write(path, &document).expect("written");
    }
    let golden = std::fs::read_to_string(path).expect("the golden document");
    assert!(
        document == golden,
        "the core API changed: see `git diff` after MADOGUCHI_BLESS=1, and think of old devices"
    );
}

#[test]
fn the_document_has_every_route_of_the_contract() {
    let document = openapi::document();
    let paths: Vec<&str> = document.paths.paths.keys().map(String::as_str).collect();
    for route in [
        core_api::ENVELOPES,
        core_api::ENVELOPES_BATCH,
        core_api::ENVELOPES_FETCHED,
        core_api::TICKET_BLOCKS,
        core_api::HEALTH,
        core_api::BUNDLES,
        core_api::DEVICES,
        core_api::SEQUENCE_GAPS,
        core_api::ALERTS,
        core_api::ALERTS_ACKNOWLEDGED,
        core_api::OFFICE_ALERTS,
        core_api::OFFICE_INTAKES,
        core_api::OFFICE_SET_ASIDE,
        core_api::APPLICATIONS,
        &format!("{}/{{id}}", core_api::ALERTS),
        &format!("{}/{{id}}/acknowledgement", core_api::OFFICE_ALERTS),
        core_api::EST_CACERTS,
        core_api::EST_SIMPLEENROLL,
        &format!("{}/{{id}}", core_api::APPLICATIONS),
        &format!("{}/{{kind}}", core_api::BUNDLES),
        clerk::SESSION,
        clerk::PASSWORD,
        clerk::QUEUE,
        clerk::CHANGES,
        clerk::NEXT,
        clerk::TURNS,
        clerk::ISSUING,
        clerk::CLERKS,
        clerk::COUNTERS,
    ] {
        assert!(paths.contains(&route), "{route} is missing among {paths:?}");
    }
}

/// Every route and method of the document, with its parameters filled in.
fn routes() -> Vec<(Method, String)> {
    let json: serde_json::Value =
        serde_json::from_str(&openapi::json().expect("a document")).expect("JSON");
    let paths = json["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, item) in paths {
        let path = path
            .replace("{id}", "0199aa00-0000-7000-8000-000000000000")
            .replace("{kind}", "packs")
            .replace("{turn}", "1")
            .replace("{alert}", "0199aa00-0000-7000-8000-000000000000")
            .replace("{clerk}", "1001")
            .replace("{device}", "counter-01");
        assert!(!path.contains('{'), "{path} has a parameter that this test does not know");
        for method in item.as_object().expect("methods").keys() {
            let method = method.to_uppercase().parse().expect("a method");
            routes.push((method, path.clone()));
        }
    }
    routes
}

#[tokio::test]
async fn no_route_but_est_answers_without_a_certificate() {
    let house = House::new();
    let stranger = house.stranger();
    let routes = routes();
    assert!(routes.len() >= 22, "{routes:?}");
    for role in Role::ALL {
        let running = house.start(role).await;
        for (method, path) in &routes {
            if path.starts_with("/.well-known/est/") {
                continue;
            }
            // Also routes of other roles: nothing tells a stranger what is where.
            let url = format!("{}{path}", running.url);
            let answer = stranger.request(method.clone(), url).send().await.expect("an answer");
            expect_problem(answer, 401, "certificate.required").await;
        }
        running.core.stop().await;
    }
}

#[tokio::test]
async fn every_route_of_the_document_is_served_by_some_role() {
    let house = House::new();
    let operator = house.operator();
    let mut missing = routes();
    for role in Role::ALL {
        let running = house.start(role).await;
        let mut still_missing = Vec::new();
        for (method, path) in missing {
            let url = format!("{}{path}", running.url);
            let answer = operator.request(method.clone(), url).send().await.expect("an answer");
            let body = answer.text().await.expect("a body");
            if body.contains("problem:route.") {
                still_missing.push((method, path));
            }
        }
        missing = still_missing;
        running.core.stop().await;
    }
    assert_eq!(missing, []);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let house = House::new();
    let registrar = house.start(Role::Registrar).await;
    let operator = house.operator();
    let ask = async |method: Method, path: &str| {
        let request = operator.request(method, format!("{}{path}", registrar.url));
        request.send().await.expect("an answer")
    };
    expect_problem(ask(Method::GET, "/v2/devices").await, 404, "route.unknown").await;
    expect_problem(ask(Method::GET, "/v1/envelopes").await, 404, "route.unknown").await;
    expect_problem(ask(Method::DELETE, "/v1/devices").await, 405, "route.method").await;
    let answer = ask(Method::PUT, "/.well-known/est/cacerts").await;
    expect_problem(answer, 405, "route.method").await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_gets_no_connection() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (mine, foreign) = (house.device("kiosk-01"), House::new().device("kiosk-01"));
    let url = format!("{}/v1/health", intake.url);
    assert_eq!(mine.client.get(&url).send().await.expect("an answer").status(), 200);
    assert!(foreign.client.get(&url).send().await.is_err());
}
