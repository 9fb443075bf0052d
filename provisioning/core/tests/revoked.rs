//! A device on the list of revoked ones is answered nothing else.

mod support;

use std::fs;

use madoguchi_authority::Role;
use madoguchi_core::{Config, Core, StartError, openapi};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::bundle::BundleKind;
use reqwest::Method;
use support::{Device, House, Running, application, expect_problem};

/// Every route of a role that the document has and that needs a certificate.
fn routes(role: &str) -> Vec<(Method, String)> {
    let document = openapi::json().expect("a document");
    let json: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let mut routes = Vec::new();
    for (path, item) in json["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let tag = &operation["tags"][0];
            if (tag == role || tag == "every role") && !path.starts_with("/.well-known/") {
                let method = method.to_uppercase().parse().expect("a method");
                let id = "0199aa00-0000-7000-8000-000000000000";
                let path = path.replace("{id}", id).replace("{kind}", "packs");
                routes.push((method, path));
            }
        }
    }
    routes
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_every_route_from_its_next_request_on() {
    let house = House::new();
    fs::write(house.path("revoked"), "# nobody yet\n").expect("written");
    let intake = house.start(Role::Intake).await;
    let (stolen, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    assert_eq!(stolen.deliver(&intake, stolen.envelope(&application(), 1)).await.status(), 201);

    // The connection stays as it is.
    fs::write(house.path("revoked"), "kiosk-01 # stolen\n").expect("written");
    refused_everywhere(&stolen, &intake, routes("intake"), 9).await;
    let answer = stolen.deliver(&intake, stolen.envelope(&application(), 2)).await;
    expect_problem(answer, 403, "device.revoked").await;
    let error = stolen.uplink(&intake.url).health().await.expect_err("revoked");
    assert_eq!(error.failure_code(), Some(FailureCode::DeviceRevoked));
    assert_eq!(other.deliver(&intake, other.envelope(&application(), 1)).await.status(), 201);

    fs::write(house.path("revoked"), "").expect("written");
    assert_eq!(stolen.deliver(&intake, stolen.envelope(&application(), 2)).await.status(), 201);
}

async fn refused_everywhere(
    device: &Device,
    role: &Running,
    routes: Vec<(Method, String)>,
    at_least: usize,
) {
    assert!(routes.len() >= at_least, "{routes:?}");
    for (method, path) in routes {
        let request = device.client.request(method, format!("{}{path}", role.url));
        let answer = request.send().await.expect("an answer");
        let problem = expect_problem(answer, 403, "device.revoked").await;
        assert!(!problem.retry);
    }
}

#[tokio::test]
async fn the_registrar_refuses_the_devices_of_the_same_list() {
    let house = House::new();
    fs::write(house.path("revoked"), "").expect("written");
    // The list stands in the section of the intake.
    let registrar = house.start(Role::Registrar).await;
    let (stolen, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let health = |device: &Device| {
        let request = device.client.get(format!("{}/v1/health", registrar.url));
        async { request.send().await.expect("an answer").status() }
    };
    assert_eq!(health(&stolen).await, 200);

    fs::write(house.path("revoked"), "kiosk-01 # stolen\n").expect("written");
    refused_everywhere(&stolen, &registrar, routes("registrar"), 5).await;
    let error = stolen.uplink(&registrar.url).bundle(BundleKind::Packs).await.expect_err("revoked");
    assert_eq!(error.failure_code(), Some(FailureCode::DeviceRevoked));
    assert_eq!(health(&other).await, 200);
}

#[tokio::test]
async fn an_intake_does_not_start_with_a_list_that_it_cannot_read() {
    let house = House::new();
    fs::write(house.path("revoked"), "kiosk 01\n").expect("written");
    let config = Config::read(&house.write_config("https://localhost:1")).expect("a configuration");
    let error = Core::start(&config, &[Role::Intake]).await.err().expect("refused");
    assert!(matches!(error, StartError::Revoked(_)), "{error:?}");
}
