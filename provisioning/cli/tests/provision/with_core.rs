//! From the first key to the opened application: operator, device and core as they will meet.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use madoguchi_authority::Role;
use madoguchi_core::{Config, Core};
use madoguchi_envelope::{SealFacts, SealingPublicKey, seal};
use madoguchi_identity::{Enrolment, EnrolmentSheet, Identity, bootstrap_config};
use madoguchi_protocol::application::{Application, Content, TicketOnlyReason};
use madoguchi_protocol::bundle::{BundleKind, Payload};
use madoguchi_protocol::core_api::{Alert, AlertKind, BlockRequest};
use madoguchi_protocol::ticket::{TicketNumber, TicketToken};
use madoguchi_protocol::time::in_japan;
use madoguchi_protocol::{AlertId, ApplicationId, VisitId};
use madoguchi_uplink::{Bootstrap, Endpoints, OutboxKey, Timeouts};
use serde_json::json;

use crate::provision::Provision;

const DEADLINE: Duration = Duration::from_secs(20);

/// The core's three roles on free ports, with keys that the program made.
struct Office {
    provision: Provision,
    intake: String,
    registrar: String,
    office: String,
    _running: [Core; 2],
}

impl Office {
    async fn open() -> Self {
        let provision = Provision::founded();
        for role in ["intake", "office", "registrar"] {
            let issue = ["certificate", "issue", "--role", role, "--dns", "localhost"];
            provision.json(&[&issue[..], &["--ca", "ca", "--out", role]].concat());
        }
        let issue = ["certificate", "issue", "--role", "operator", "--name", "sato"];
        provision.json(&[&issue[..], &["--ca", "ca", "--out", "sato"]].concat());
        provision.sign_packs("1", "bundles/packs.json");
        let sealing = ["--sealing-keys", "sealing"];
        provision.sign("sealing-keys", "1", &sealing, "bundles/sealing-keys.json");

        let first =
            start(&provision, "https://localhost:1", &[Role::Intake, Role::Registrar]).await;
        let intake = url(&first, Role::Intake);
        let second = start(&provision, &intake, &[Role::Office]).await;
        Self {
            registrar: url(&first, Role::Registrar),
            office: url(&second, Role::Office),
            intake,
            _running: [first, second],
            provision,
        }
    }

    fn as_operator<'a>(&self, arguments: &[&'a str]) -> Vec<&'a str> {
        [arguments, &["--identity", "sato", "--ca", "ca/ca.pem"]].concat()
    }

    fn publish(&self, file: &str) -> serde_json::Value {
        let registrar = self.registrar.clone();
        self.provision.json(&self.as_operator(&[
            "bundle",
            "publish",
            file,
            "--registrar",
            &registrar,
        ]))
    }

    fn add_device(&self) -> EnrolmentSheet {
        let (registrar, intake) = (self.registrar.clone(), self.intake.clone());
        let added = self.provision.json(&self.as_operator(&[
            "device",
            "add",
            "--device",
            "kiosk-01",
            "--site",
            "honcho",
            "--registrar",
            &registrar,
            "--intake",
            &intake,
            "--municipal-key",
            "municipal",
            "--sheet",
            "sheet.toml",
        ]));
        let text = std::fs::read_to_string(self.provision.path("sheet.toml")).expect("a sheet");
        let sheet = EnrolmentSheet::parse(&text).expect("a sheet");
        assert!(
            !added.to_string().contains(sheet.token.expose()),
            "the token is on the sheet only"
        );
        sheet
    }

    fn devices_in_words(&self) -> String {
        let list = self.as_operator(&["device", "list", "--registrar", &self.registrar]);
        String::from_utf8(self.provision.output(&list).stdout).expect("text")
    }

    fn devices(&self) -> serde_json::Value {
        let registrar = self.registrar.clone();
        self.provision.json(&self.as_operator(&["device", "list", "--registrar", &registrar]))
    }
}

async fn start(provision: &Provision, intake: &str, roles: &[Role]) -> Core {
    let text = format!(
        r#"
        tenant = "tokiwa"
        ca = "ca/ca.pem"
        [intake]
        listen = "127.0.0.1:0"
        database = "intake.sqlite"
        certificate = "intake/certificate.pem"
        key = "intake/key.pem"
        municipal_key = "municipal/municipal.pub"
        packs = "bundles"
        sealing_keys = "bundles"
        [office]
        listen = "127.0.0.1:0"
        database = "office.sqlite"
        certificate = "office/certificate.pem"
        key = "office/key.pem"
        intake = "{intake}"
        client_certificate = "office/certificate.pem"
        client_key = "office/key.pem"
        sealing_keys = "sealing"
        municipal_key = "municipal/municipal.pub"
        packs = "bundles"
        [registrar]
        listen = "127.0.0.1:0"
        database = "registrar.sqlite"
        certificate = "registrar/certificate.pem"
        key = "registrar/key.pem"
        ca_key = "ca/ca.key"
        municipal_key = "municipal/municipal.pub"
        "#
    );
    std::fs::write(provision.path("core.toml"), text).expect("written");
    let config = Config::read(&provision.path("core.toml")).expect("a configuration");
    Core::start(&config, roles).await.expect("a core")
}

fn url(core: &Core, role: Role) -> String {
    format!("https://localhost:{}", core.address(role).expect("listening").port())
}

async fn enrol(sheet: &EnrolmentSheet, dir: &Path) -> Identity {
    let enrolment = Enrolment::begin(sheet, dir).expect("begun");
    let tls = bootstrap_config(sheet).expect("TLS");
    let registrar = Bootstrap::new(tls, sheet.settings.registrar.as_str()).expect("a client");
    let answer = registrar
        .enrol(&sheet.settings.device, sheet.token.expose(), enrolment.csr_base64())
        .await
        .expect("a certificate");
    enrolment.accept_pkcs7(&answer).expect("accepted");
    core(&enrolment.identity().expect("pending")).health().await.expect("proved");
    enrolment.activate().expect("active")
}

fn core(identity: &Identity) -> madoguchi_uplink::Core {
    let settings = identity.settings();
    let endpoints = Endpoints {
        intakes: settings.intakes.iter().map(ToString::to_string).collect(),
        registrar: settings.registrar.to_string(),
    };
    let tls = identity.client_config().expect("TLS");
    madoguchi_uplink::Core::new(tls, &endpoints, Timeouts::default()).expect("a client")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_kept_by_an_enrolled_device_is_shown_to_an_operator() {
    let office = Office::open().await;
    office.publish("bundles/sealing-keys.json");
    let sheet = office.add_device();
    assert!(office.devices()["devices"][0]["enrolled_at"].is_null());
    let state = tempfile::tempdir().expect("a folder");
    let identity = enrol(&sheet, state.path()).await;
    let enrolled_at = office.devices()["devices"][0]["enrolled_at"].clone();
    let enrolled_at = enrolled_at.as_str().expect("a time").parse().expect("a time in UTC");
    let words = office.devices_in_words();
    assert!(words.contains(&format!("enrolled {}, certificate", in_japan(enrolled_at))), "{words}");

    let core = core(&identity);
    let signed = core.bundle(BundleKind::SealingKeys).await.expect("a bundle");
    let settings = identity.settings();
    let bundle = identity.municipal_key().verify(&signed, &settings.tenant).expect("signed");
    let Payload::SealingKeys { keys } = bundle.payload else { panic!("sealing keys") };
    let letter = 'A'.try_into().expect("a letter");
    let block = core.lease(&BlockRequest { letter, count: 20 }).await.expect("a block");

    let application = Application {
        format: 1,
        id: ApplicationId::now(),
        token: TicketToken::new([7; 16]),
        content: Content::TicketOnly { reason: TicketOnlyReason::CallClerk, partly: None },
    };
    let facts = SealFacts {
        device: settings.device.clone(),
        tenant: settings.tenant.clone(),
        site: settings.site.clone(),
        first_sequence: 1,
        visit: VisitId::random(),
        ticket: TicketNumber::new(letter, block.first).expect("a ticket"),
        business_day: block.business_day,
        kept_at: jiff::Timestamp::now(),
    };
    let key = SealingPublicKey::first_usable(&keys).expect("a key");
    let parts = seal(&application, &facts, &key, &identity.signer()).expect("sealed");
    let outbox_key = OutboxKey { application: application.id, part: 1 };
    let receipt = core.deliver(outbox_key, parts[0].bytes.clone()).await.expect("a receipt");
    let again = core.deliver(outbox_key, parts[0].bytes.clone()).await.expect("a receipt");
    assert_eq!(receipt, again);

    let id = application.id.to_string();
    let show = ["application", "show", &id, "--reason", "検証", "--office", &office.office];
    let show = office.as_operator(&show);
    let deadline = Instant::now() + DEADLINE;
    while !office.provision.output(&show).status.success() {
        assert!(Instant::now() < deadline, "{}", office.provision.error(&show));
    }
    let opened = office.provision.json(&show);
    assert_eq!(opened["application"]["content"]["reason"], "call_clerk");
    let words = office.provision.output(&show).stdout;
    let words = String::from_utf8(words).expect("text");
    assert!(words.contains("asked for a clerk") && words.contains(&id), "{words}");
    let list = office.as_operator(&["application", "list", "--office", &office.office]);
    let listed = office.provision.json(&list);
    assert_eq!(listed["entries"][0]["header"]["application"], id.as_str());
    assert_eq!(listed["entries"].as_array().map(Vec::len), Some(1));

    let check = office.as_operator(&["office", "check", "--office", &office.office]);
    let whole = office.provision.output(&check);
    let words = String::from_utf8(whole.stdout).expect("text");
    assert!(whole.status.success() && !words.contains("look"), "{words}");
    for part in ["ok    intake", "ok    gap", "ok    set aside"] {
        assert!(words.contains(part), "{words}");
    }
    // Two numbers further, and under another's signature.
    let later = Application { id: ApplicationId::now(), ..application };
    let facts = SealFacts { first_sequence: 4, ..facts };
    let sealed = seal(&later, &facts, &key, &identity.signer()).expect("sealed").remove(0);
    let mut forged = seal(
        &Application { id: ApplicationId::now(), ..later.clone() },
        &facts,
        &key,
        &identity.signer(),
    )
    .expect("sealed")
    .remove(0);
    *forged.bytes.last_mut().expect("bytes") ^= 1;
    for (id, bytes) in [(later.id, sealed.bytes), (forged.header.application, forged.bytes)] {
        core.deliver(OutboxKey { application: id, part: 1 }, bytes).await.expect("a receipt");
    }
    let look = || {
        let found = office.provision.output(&check);
        (found.status.success(), String::from_utf8(found.stdout).expect("text"))
    };
    let mut found = look();
    while !(found.1.contains("numbers 2 to 3") && found.1.contains("signature")) {
        assert!(Instant::now() < deadline, "{}", found.1);
        found = look();
    }
    assert!(found.0, "the office itself is well");
}

/// A program that watches, ended with the test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_listed_watched_and_acknowledged_and_the_device_learns_it() {
    let office = Office::open().await;
    let state = tempfile::tempdir().expect("a folder");
    let core = core(&enrol(&office.add_device(), state.path()).await);
    let list = office.as_operator(&["alert", "list", "--office", &office.office]);
    let words = |arguments: &[&str]| {
        String::from_utf8(office.provision.output(arguments).stdout).expect("text")
    };
    assert_eq!(words(&list), "Nobody was called today.\n");
    let watch = [&list[..], &["--watch", "--json"]].concat();
    let mut watching =
        Watching(office.provision.command(&watch).stdout(Stdio::piped()).spawn().expect("it runs"));
    let mut lines = BufReader::new(watching.0.stdout.take().expect("piped")).lines();
    let mut next_line = || -> serde_json::Value {
        serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON")
    };

    let alert = Alert {
        id: AlertId::now(),
        kind: AlertKind::CallClerk,
        ticket: Some("A017".parse().expect("a ticket")),
        raised_at: jiff::Timestamp::now(),
    };
    core.raise_alert(&alert).await.expect("raised");
    let id = alert.id.to_string();
    let open = next_line();
    assert_eq!((&open["alert"]["id"], &open["device"]), (&json!(id), &json!("kiosk-01")));
    assert_eq!(office.provision.json(&list)["alerts"], json!([open]));
    let said = words(&list);
    assert!(said.contains("A017") && said.contains("NOBODY YET") && said.contains(&id), "{said}");

    let acknowledge =
        office.as_operator(&["alert", "acknowledge", &id, "--office", &office.office]);
    let taken = office.provision.json(&acknowledge);
    assert_eq!(taken["acknowledged_by"], "sato");
    assert_eq!(next_line(), taken);
    assert!(words(&acknowledge).contains("sato goes there since"));
    let deadline = Instant::now() + DEADLINE;
    while core.alert_state(alert.id).await.expect("a state").acknowledged_at.is_none() {
        assert!(Instant::now() < deadline, "the device is not told");
    }

    let other = AlertId::now().to_string();
    let unknown = office.as_operator(&["alert", "acknowledge", &other, "--office", &office.office]);
    let refused = office.provision.refused(&unknown);
    assert_eq!(refused["problem"]["type"], "urn:madoguchi:problem:alert.unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clerks_and_counters_are_kept_by_operators() {
    let office = Office::open().await;
    let url = office.office.as_str();
    let of =
        |arguments: &[&'static str]| office.as_operator(&[arguments, &["--office", url]].concat());
    let words = |arguments: &[&str]| {
        String::from_utf8(office.provision.output(arguments).stdout).expect("text")
    };
    assert!(words(&of(&["clerk", "list"])).contains("no clerk yet"));
    let roles = ["--role", "clerk", "--role", "checker", "--section", "A", "--section", "B"];
    let keep = of(&[&["clerk", "keep", "1001", "--name", "検証 太郎"], &roles[..]].concat());
    let kept = office.provision.json(&keep);
    let first = kept["password"].as_str().expect("a first password").to_owned();
    assert_eq!(first.len(), 14);
    // Kept again, nothing is shown: the password stays as it is.
    assert!(office.provision.json(&keep)["password"].is_null());
    let anew = [&keep[..], &["--new-password"]].concat();
    let said = words(&anew);
    assert!(said.contains("First password: ") && !said.contains(&first), "{said}");
    let listed = words(&of(&["clerk", "list"]));
    for part in ["1001", "検証 太郎", "clerk,checker", "A,B"] {
        assert!(listed.contains(part), "{part} is missing: {listed}");
    }
    let locked = office.provision.json(&[&keep[..], &["--locked"]].concat());
    assert!(locked["password"].is_null());
    assert!(words(&of(&["clerk", "list"])).contains("locked"));

    let place = of(&["counter", "place", "counter-01", "--number", "3", "--site", "honcho"]);
    assert_eq!(office.provision.json(&place)["counter"], 3);
    let taken = of(&["counter", "place", "counter-02", "--number", "3", "--site", "honcho"]);
    let refused = office.provision.refused(&taken);
    assert_eq!(refused["problem"]["type"], "urn:madoguchi:problem:counter.taken");
    assert!(words(&of(&["counter", "list"])).contains("counter 3    counter-01"));
    let removed = words(&of(&["counter", "remove", "counter-01", "--site", "honcho"]));
    assert!(removed.contains("no counter any more"), "{removed}");
    assert!(words(&of(&["counter", "list"])).contains("No device stands"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_core_refuses_is_said_in_its_words() {
    let office = Office::open().await;
    assert_eq!(office.publish("bundles/packs.json")["generation"], 1);
    let (registrar, url) = (office.registrar.as_str(), office.office.as_str());
    let publish =
        office.as_operator(&["bundle", "publish", "bundles/packs.json", "--registrar", registrar]);
    let refused = office.provision.refused(&publish);
    assert_eq!(refused["problem"]["type"], "urn:madoguchi:problem:bundle.old_generation");
    assert!(refused["error"].as_str().expect("a text").contains("not newer"), "{refused}");

    let id = ApplicationId::now().to_string();
    let show =
        office.as_operator(&["application", "show", &id, "--reason", "検証", "--office", url]);
    let refused = office.provision.refused(&show);
    assert_eq!(refused["problem"]["type"], "urn:madoguchi:problem:application.unknown");

    assert!(!refused["error"].as_str().expect("a text").contains("not do it"), "{refused}");

    let publish = office.as_operator(&["bundle", "publish", "bundles/packs.json", "--registrar"]);
    let refused = office.provision.refused(&[&publish[..4], &[url], &publish[4..]].concat());
    let said = refused["error"].as_str().expect("a text");
    assert!(said.contains("is this the registrar's address?"), "{said}");
    let nowhere = "https://localhost:1";
    let list = office.as_operator(&["device", "list", "--registrar", nowhere]);
    let said = office.provision.error(&list);
    assert!(said.starts_with("https://localhost:1 could not be asked: it cannot"), "{said}");

    std::fs::write(office.provision.path("sheet.toml"), "occupied").expect("written");
    for (sheet, said) in [
        ("sheet.toml", "sheet.toml is not overwritten"),
        ("nowhere/sheet.toml", "nowhere/sheet.toml cannot be written"),
    ] {
        let add = office.as_operator(&[
            "device",
            "add",
            "--device",
            "kiosk-01",
            "--site",
            "honcho",
            "--registrar",
            registrar,
            "--intake",
            url,
            "--municipal-key",
            "municipal",
            "--sheet",
            sheet,
        ]);
        let error = office.provision.error(&add);
        assert!(error.contains(said), "{error}");
        assert_eq!(office.devices()["devices"], serde_json::json!([]), "no token was made");
    }
}
