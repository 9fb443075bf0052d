//! The program as an operator runs it.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use madoguchi_authority::Role;
use madoguchi_core::openapi;
use madoguchi_protocol::AlertId;
use madoguchi_protocol::core_api::{Alert, AlertKind, OFFICE_ALERTS, OfficeAlerts};
use rustix::process::{Pid, Signal, kill_process};
use support::process::{Served, program, serve};
use support::{House, NAME, Running, application, eventually};

#[test]
fn openapi_prints_the_document() {
    let output = program().arg("openapi").output().expect("it runs");
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).expect("text"), openapi::json().expect("JSON"));
}

#[test]
fn a_wrong_configuration_ends_with_the_line_that_is_wrong() {
    let house = House::new();
    let path = house.write_config("https://localhost:1");
    let text = std::fs::read_to_string(&path).expect("the configuration");
    std::fs::write(&path, format!("colour = \"blue\"\n{text}")).expect("written");
    let output = program()
        .args(["serve", "--role", "intake", "--config"])
        .arg(&path)
        .output()
        .expect("runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    assert!(error.contains("line 1") && error.contains("colour"), "{error}");
}

#[tokio::test]
async fn it_says_when_it_listens_logs_the_visit_but_no_name_and_ends_on_sigterm() {
    let house = House::new();
    let config = house.write_config("https://localhost:1");
    let mut served = Served(
        program()
            .args(["serve", "--role", "intake", "--role", "registrar", "--config"])
            .arg(config)
            .env("MADOGUCHI_LOG", "trace")
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs"),
    );
    let stderr = served.0.stderr.take().expect("piped");
    let (sender, lines) = mpsc::channel::<serde_json::Value>();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let line = serde_json::from_str(&line).expect("every line is JSON");
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let next = || lines.recv_timeout(Duration::from_secs(20)).expect("a line");
    let mut intake = None;
    for _ in 0..2 {
        let line = next();
        assert_eq!(line["message"], "listening", "{line}");
        if line["role"] == "intake" {
            intake = line["address"].as_str().and_then(|a| a.parse().ok());
        }
    }

    let of_process = |file: &str| {
        std::fs::read_to_string(format!("/proc/{}/{file}", served.0.id())).expect("it runs")
    };
    assert!(of_process("status").contains("Umask:\t0077"), "what it makes is its owner's");
    let limits = of_process("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.expect("a limit").split_whitespace().skip(4).collect();
    assert_eq!(core, ["0", "0", "bytes"], "no core dump");

    let device = house.device("kiosk-01");
    let parts = device.seal(&application(), 1);
    let url = support::url(intake.expect("the intake's address"));
    let answer = device
        .client
        .post(format!("{url}/v1/envelopes?note=%E6%A4%9C%E8%A8%BC"))
        .header("content-type", "application/vnd.madoguchi.envelope")
        .body(parts[0].bytes.clone())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 201);
    let line = next();
    assert_eq!((&line["message"], &line["status"]), (&"answered".into(), &201.into()), "{line}");
    assert_eq!(line["span"]["visit"], parts[0].header.visit.to_string(), "{line}");
    assert_eq!(line["span"]["route"], "/v1/envelopes", "{line}");

    let pid = Pid::from_raw(i32::try_from(served.0.id()).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::TERM).expect("sent");
    // The client's runtime stands still here, so it does not even answer the connection's end.
    let told = Instant::now();
    let status = served.0.wait().expect("it ends");
    assert!(status.success(), "{status}");
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    for line in lines {
        let line = line.to_string();
        assert!(!line.contains(NAME) && !line.contains("note="), "{line}");
    }
}

#[tokio::test]
async fn a_call_reaches_the_office_in_two_seconds_and_its_answer_the_device() {
    const SOON: Duration = Duration::from_secs(2);
    let house = House::new();
    let (intake, intake_url) = serve(&house.write_config("https://localhost:1"), Role::Intake);
    let (_office, office_url) = serve(&house.write_config(&intake_url), Role::Office);
    let (device, operator) = (house.device("kiosk-01"), house.operator());
    let (uplink, list) = (device.uplink(&intake_url), format!("{office_url}{OFFICE_ALERTS}"));
    let alert = Alert {
        id: AlertId::now(),
        kind: AlertKind::CallClerk,
        ticket: Some("A017".parse().expect("a ticket")),
        raised_at: jiff::Timestamp::now(),
    };

    let raised = Instant::now();
    uplink.raise_alert(&alert).await.expect("raised");
    uplink.raise_alert(&alert).await.expect("the same again");
    let listed = eventually("the office's list", async || {
        let answer = operator.get(&list).send().await.expect("an answer");
        let alerts: OfficeAlerts = answer.json().await.expect("alerts");
        alerts.alerts.into_iter().next()
    })
    .await;
    assert!(raised.elapsed() < SOON, "{:?}", raised.elapsed());
    assert_eq!((listed.device.as_str(), listed.site.as_str()), ("kiosk-01", support::SITE));
    assert_eq!(listed.alert, alert);
    assert_eq!(uplink.alert_state(alert.id).await.expect("a state").acknowledged_at, None);

    let acknowledged = Instant::now();
    let url = format!("{list}/{}/acknowledgement", alert.id);
    assert_eq!(operator.post(url).send().await.expect("an answer").status(), 200);
    eventually("the word to the device", async || {
        uplink.alert_state(alert.id).await.expect("a state").acknowledged_at
    })
    .await;
    assert!(acknowledged.elapsed() < SOON, "{:?}", acknowledged.elapsed());

    drop(intake);
    let called = Instant::now();
    let error = uplink.raise_alert(&alert).await.expect_err("nobody there");
    assert!(called.elapsed() < Duration::from_secs(3), "{:?}", called.elapsed());
    assert_eq!(error.failure_code(), None, "the core is away: {error}");
}

#[tokio::test]
async fn roles_run_side_by_side_and_an_office_that_waits_ends_at_once() {
    let house = House::new();
    let intake: Running = house.start(Role::Intake).await;
    let office = house.start_office(&intake).await;
    let started = Instant::now();
    office.core.stop().await;
    intake.core.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
