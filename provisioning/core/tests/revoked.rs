//! A device on the list of revoked ones is answered nothing else.

mod support;

use std::fs;

use madoguchi_authority::Role;
use madoguchi_core::{Config, Core, StartError, openapi};
use madoguchi_protocol::FailureCode;
use reqwest::Method;
use support::{House, application, expect_problem};

/// Every route of the intake that the document has.
fn routes() -> Vec<(Method, String)> {
    let document = openapi::json().expect("a document");
    let json: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let mut routes = Vec::new();
    for (path, item) in json["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let tag = &operation["tags"][0];
            if tag == "intake" || tag == "every role" {
                let method = method.to_uppercase().parse().expect("a method");
                let id = "0199aa00-0000-7000-8000-000000000000";
                routes.push((method, path.replace("{id}", id)));
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
    let routes = routes();
    assert!(routes.len() >= 9, "{routes:?}");
    for (method, path) in routes {
        let request = stolen.client.request(method, format!("{}{path}", intake.url));
        let answer = request.send().await.expect("an answer");
        let problem = expect_problem(answer, 403, "device.revoked").await;
        assert!(!problem.retry);
    }
    let answer = stolen.deliver(&intake, stolen.envelope(&application(), 2)).await;
    expect_problem(answer, 403, "device.revoked").await;
    let error = stolen.uplink(&intake.url).health().await.expect_err("revoked");
    assert_eq!(error.failure_code(), Some(FailureCode::DeviceRevoked));
    assert_eq!(other.deliver(&intake, other.envelope(&application(), 1)).await.status(), 201);

    fs::write(house.path("revoked"), "").expect("written");
    assert_eq!(stolen.deliver(&intake, stolen.envelope(&application(), 2)).await.status(), 201);
}

#[tokio::test]
async fn an_intake_does_not_start_with_a_list_that_it_cannot_read() {
    let house = House::new();
    fs::write(house.path("revoked"), "kiosk 01\n").expect("written");
    let config = Config::read(&house.write_config("https://localhost:1")).expect("a configuration");
    let error = Core::start(&config, &[Role::Intake]).await.err().expect("refused");
    assert!(matches!(error, StartError::Revoked(_)), "{error:?}");
}
