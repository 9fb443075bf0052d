//! A municipality in a temporary folder: its authority, keys, bundles and core, and the devices and
//! operators that talk to it over real TLS on the loopback.

#![allow(dead_code, reason = "every test file uses another part of it")]

pub mod hall;
pub mod process;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use madoguchi_authority::{
    CertificateAuthority, Credential, Role, TrustRoot, Validity, files, tls,
};
use madoguchi_core::{Config, Core};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::{
    EnvelopeSigner, Kem, SealFacts, SealedPart, SealingPrivateKey, SealingPublicKey, SignError,
    seal,
};
use madoguchi_procedure::{CardValue, Filling, Pack, Towns};
use madoguchi_protocol::application::{APPLICATION_FORMAT, Application, Content, TicketOnlyReason};
use madoguchi_protocol::batch::Batch;
use madoguchi_protocol::bundle::{Bundle, Payload, SealingKey, SignedBundle};
use madoguchi_protocol::core_api::{
    ENVELOPE_MEDIA_TYPE, ENVELOPES, ENVELOPES_BATCH, ENVELOPES_MEDIA_TYPE, Problem,
};
use madoguchi_protocol::ticket::TicketToken;
use madoguchi_protocol::{ApplicationId, FieldKey, TenantId, VisitId};
use madoguchi_uplink::{Endpoints, Timeouts};
use rcgen::KeyPair;
use reqwest::{Client, Response};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

/// The name that the tests look for where it must not be.
pub const NAME: &str = "検証　花子";
pub const SITE: &str = "honcho";
/// The day on which forms are filled.
pub const TODAY: Date = date(2026, 11, 22);

pub fn tenkyo() -> String {
    pack("tenkyo")
}

/// One of the repository's packs.
pub fn pack(id: &str) -> String {
    let path = Path::new("../procedures").join(id).with_extension("toml");
    fs::read_to_string(path).expect("the pack")
}

pub struct House {
    pub folder: TempDir,
    pub authority: CertificateAuthority,
    pub municipal: MunicipalKey,
    pub sealing: SealingPrivateKey,
}

/// What a test sets otherwise than usual.
pub struct Settings<'a> {
    /// From which the office pulls.
    pub intakes: Vec<&'a str>,
    pub intake_database: &'a str,
    /// Of roles that are to listen where they did before.
    pub ports: Vec<(Role, u16)>,
    /// At once, of all devices and of one.
    pub batches: [u16; 2],
    /// First and last ticket number that the intake leases.
    pub numbers: [u16; 2],
    pub late_after_minutes: u16,
    /// More lines of the office's section.
    pub office: &'a str,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            intakes: vec!["https://localhost:1"],
            intake_database: "intake.sqlite",
            ports: vec![],
            batches: [32, 4],
            numbers: [1, 999],
            late_after_minutes: 15,
            office: "",
        }
    }
}

/// A role that runs, and where.
pub struct Running {
    pub core: Core,
    pub url: String,
}

impl House {
    /// A municipality with one pack and one sealing key.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let validity = Validity::days(Timestamp::now(), 30);
        let authority = CertificateAuthority::create(&tenant(), validity).expect("an authority");
        authority.write(folder.path()).expect("written");
        let municipal = MunicipalKey::generate().expect("a key");
        files::write_municipal_key(folder.path(), &municipal).expect("written");
        let names = [ServerName::try_from("localhost").expect("a name")];
        for role in Role::ALL {
            let credential = authority.issue_role(role, &names, validity).expect("a credential");
            credential.write(&folder.path().join(role.as_str())).expect("written");
        }
        let sealing = SealingPrivateKey::generate(Kem::X25519);
        files::write_sealing_key(&folder.path().join("sealing"), &sealing).expect("written");
        let house = Self { folder, authority, municipal, sealing };
        house.lay_packs(1, vec![tenkyo()]);
        house.lay_sealing_keys(1, vec![house.sealing.public()]);
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn sign(&self, generation: u64, payload: Payload) -> SignedBundle {
        let signed_at = Timestamp::now();
        self.municipal.sign(&Bundle { format: 1, tenant: tenant(), generation, signed_at, payload })
    }

    /// Lays a packs bundle beside intake and office.
    pub fn lay_packs(&self, generation: u64, packs: Vec<String>) {
        self.lay(
            "packs.json",
            &self.sign(generation, Payload::Packs { packs, life_events: vec![], towns: None }),
        );
    }

    /// Lays a bundle of sealing keys beside the intake.
    pub fn lay_sealing_keys(&self, generation: u64, keys: Vec<SealingKey>) {
        self.lay("sealing-keys.json", &self.sign(generation, Payload::SealingKeys { keys }));
    }

    fn lay(&self, name: &str, signed: &SignedBundle) {
        let json = serde_json::to_vec(signed).expect("JSON");
        fs::create_dir_all(self.path("bundles")).expect("a folder");
        fs::write(self.path("bundles").join(name), json).expect("written");
    }

    /// The configuration of all roles; the office pulls from `intake`.
    pub fn write_config(&self, intake: &str) -> PathBuf {
        self.write_settings("core.toml", &Settings { intakes: vec![intake], ..Settings::default() })
    }

    /// A configuration of all roles, as a file of that name.
    pub fn write_settings(&self, name: &str, settings: &Settings) -> PathBuf {
        let Settings { intakes, intake_database, ports, batches, numbers, .. } = settings;
        let Settings { late_after_minutes, office, .. } = settings;
        let revoked = match self.path("revoked").exists() {
            true => "revoked = \"revoked\"\n",
            false => "",
        };
        let common = |role: Role, database: &str| {
            let port = ports.iter().find(|(of, _)| *of == role).map_or(0, |(_, port)| *port);
            format!(
                "[{role}]\nlisten = \"127.0.0.1:{port}\"\ndatabase = \"{database}\"\n\
                 certificate = \"{role}/certificate.pem\"\nkey = \"{role}/key.pem\"\n\
                 municipal_key = \"municipal.pub\"\n"
            )
        };
        let ([at_once, of_device], [first, last]) = (batches, numbers);
        let text = format!(
            "tenant = \"tokiwa\"\nca = \"ca.pem\"\n\
             {}packs = \"bundles\"\nsealing_keys = \"bundles\"\n{revoked}\
             batches = {{ at_once = {at_once}, of_device = {of_device} }}\n\
             numbers = {{ first = {first}, last = {last} }}\n\
             {}packs = \"bundles\"\nsealing_keys = \"sealing\"\nintake = {intakes:?}\n\
             client_certificate = \"office/certificate.pem\"\nclient_key = \"office/key.pem\"\n\
             late_after_minutes = {late_after_minutes}\n{office}\
             {}ca_key = \"ca.key\"\n",
            common(Role::Intake, intake_database),
            common(Role::Office, "office.sqlite"),
            common(Role::Registrar, "registrar.sqlite"),
        );
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        path
    }

    pub async fn start(&self, role: Role) -> Running {
        self.start_towards(role, "https://localhost:1").await
    }

    pub async fn start_office(&self, intake: &Running) -> Running {
        self.start_towards(Role::Office, &intake.url).await
    }

    /// Starts the intake where it was before.
    pub async fn start_intake_at(&self, url: &str) -> Running {
        let ports = vec![(Role::Intake, port(url))];
        self.start_with(Role::Intake, &Settings { ports, ..Settings::default() }).await
    }

    pub async fn start_with(&self, role: Role, settings: &Settings<'_>) -> Running {
        Self::run(&self.write_settings("core.toml", settings), role).await
    }

    async fn start_towards(&self, role: Role, intake: &str) -> Running {
        Self::run(&self.write_config(intake), role).await
    }

    async fn run(config: &Path, role: Role) -> Running {
        let config = Config::read(config).expect("a configuration");
        let core = Core::start(&config, &[role]).await.expect("it starts");
        let url = url(core.address(role).expect("it listens"));
        Running { core, url }
    }

    /// Somebody's direct look into a role's database.
    pub async fn database(&self, role: Role) -> SqlitePool {
        self.database_of(&format!("{role}.sqlite")).await
    }

    pub async fn database_of(&self, file: &str) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(self.path(file));
        SqlitePool::connect_with(options).await.expect("a database")
    }

    /// A device with a certificate of the authority.
    pub fn device(&self, name: &str) -> Device {
        self.device_at(SITE, name)
    }

    pub fn device_at(&self, site: &str, name: &str) -> Device {
        let key = device_key();
        let request = certificate_request(&key);
        let certificate = self
            .authority
            .issue_device(
                &request,
                &site.parse().expect("a site"),
                &name.parse().expect("a device"),
                Validity::days(Timestamp::now(), 30),
            )
            .expect("a certificate");
        self.device_with(name, &key, &certificate)
    }

    pub fn device_with(&self, name: &str, key: &KeyPair, certificate: &[u8]) -> Device {
        let pkcs8 = key.serialize_der();
        let credential = credential(key, certificate);
        Device {
            name: name.to_owned(),
            certificate: certificate.to_vec(),
            client: client(self.authority.root(), Some(&credential)),
            tls: tls::client_config(self.authority.root(), Some(&credential)).expect("TLS"),
            signer: Signer::new(&pkcs8),
            sealing: SealingPublicKey::from_bundle(&self.sealing.public()).expect("a key"),
        }
    }

    pub fn operator(&self) -> Client {
        self.operator_named("sato")
    }

    pub fn operator_named(&self, name: &str) -> Client {
        let name = name.parse().expect("a name");
        let validity = Validity::days(Timestamp::now(), 1);
        let credential = self.authority.issue_operator(&name, validity).expect("a credential");
        client(self.authority.root(), Some(&credential))
    }

    pub fn role_client(&self, role: Role) -> Client {
        let credential = Credential::read_dir(&self.path(role.as_str())).expect("a credential");
        client(self.authority.root(), Some(&credential))
    }

    /// A client without a certificate.
    pub fn stranger(&self) -> Client {
        client(self.authority.root(), None)
    }
}

/// A kiosk as the core sees it.
pub struct Device {
    pub name: String,
    pub certificate: Vec<u8>,
    pub client: Client,
    pub tls: ClientConfig,
    pub signer: Signer,
    pub sealing: SealingPublicKey,
}

impl Device {
    /// The header's facts, for the first part's sequence.
    pub fn facts(&self, first_sequence: u64) -> SealFacts {
        SealFacts {
            device: self.name.parse().expect("a device"),
            tenant: tenant(),
            site: SITE.parse().expect("a site"),
            first_sequence,
            visit: VisitId::random(),
            ticket: "A017".parse().expect("a ticket"),
            business_day: "2026-11-22".parse().expect("a day"),
            kept_at: Timestamp::now(),
        }
    }

    pub fn seal(&self, application: &Application, sequence: u64) -> Vec<SealedPart> {
        seal(application, &self.facts(sequence), &self.sealing, &self.signer).expect("sealed")
    }

    /// Seals an application that fits one part.
    pub fn envelope(&self, application: &Application, sequence: u64) -> Vec<u8> {
        let mut parts = self.seal(application, sequence);
        assert_eq!(parts.len(), 1);
        parts.remove(0).bytes
    }

    /// The core by the device's own means.
    pub fn uplink(&self, intake: &str) -> madoguchi_uplink::Core {
        let endpoints =
            Endpoints { intakes: vec![intake.to_owned()], registrar: intake.to_owned() };
        madoguchi_uplink::Core::new(self.tls.clone(), &endpoints, Timeouts::default())
            .expect("a client")
    }

    pub async fn deliver(&self, intake: &Running, envelope: Vec<u8>) -> Response {
        deliver(&self.client, intake, envelope).await
    }

    pub async fn deliver_batch(&self, intake: &Running, envelopes: &[Vec<u8>]) -> Response {
        deliver_batch_to(&self.client, &intake.url, batch(envelopes)).await.expect("an answer")
    }
}

/// The body of a batch.
pub fn batch(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let mut batch = Batch::default();
    assert!(envelopes.iter().all(|envelope| batch.add(envelope)), "they fit");
    batch.into_body()
}

pub async fn deliver_batch_to(
    client: &Client,
    intake: &str,
    body: impl Into<reqwest::Body>,
) -> reqwest::Result<Response> {
    let request = client.post(format!("{intake}{ENVELOPES_BATCH}"));
    request.header("content-type", ENVELOPES_MEDIA_TYPE).body(body).send().await
}

pub async fn deliver(client: &Client, intake: &Running, envelope: Vec<u8>) -> Response {
    deliver_to(client, &intake.url, envelope).await.expect("an answer")
}

pub async fn deliver_to(
    client: &Client,
    intake: &str,
    envelope: Vec<u8>,
) -> reqwest::Result<Response> {
    let request = client.post(format!("{intake}{ENVELOPES}"));
    request.header("content-type", ENVELOPE_MEDIA_TYPE).body(envelope).send().await
}

/// An answer that must be this problem, with its status, and say nothing of the person.
pub async fn expect_problem(answer: Response, status: u16, code: &str) -> Problem {
    let found = answer.status().as_u16();
    let media_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
    let body = answer.text().await.expect("a body");
    assert_eq!((found, media_type.as_str()), (status, "application/problem+json"), "{body}");
    assert!(!body.contains(NAME), "{body}");
    let problem: Problem = serde_json::from_str(&body).expect("a problem");
    assert_eq!(problem.kind, format!("urn:madoguchi:problem:{code}"));
    assert_eq!(problem.status, status);
    problem
}

/// Signs as a device does.
pub struct Signer(EcdsaKeyPair);

impl Signer {
    pub fn new(pkcs8: &[u8]) -> Self {
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).expect("a key"))
    }
}

impl EnvelopeSigner for Signer {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| SignError)?;
        signature.as_ref().try_into().map_err(|_| SignError)
    }
}

/// An application without a form: quickly made.
pub fn ticket_only() -> Application {
    filled(Content::TicketOnly { reason: TicketOnlyReason::CallClerk, partly: None })
}

/// A complete application by the pack.
pub fn application() -> Application {
    application_of(NAME)
}

/// A complete application whose name is as given.
pub fn application_of(name: &str) -> Application {
    let mut form = filling("tenkyo", name);
    let towns = fs::read_to_string("../procedures/towns/tokiwa.toml").expect("the towns");
    let towns = Towns::parse(&towns).expect("towns");
    form.choose(&key("who_moves"), &key("whole_household")).expect("a choice");
    form.enter(&key("moved_on"), "20260401".into(), None, TODAY).expect("a day");
    form.enter(&key("new_address"), "本町二丁目4-5".into(), Some(&towns), TODAY)
        .expect("an address");
    form.choose(&key("who_notifies"), &key("self")).expect("a choice");
    let pack = form.pack().version();
    filled(Content::Filled { pack, fields: form.finish().expect("complete") })
}

/// A form with what the card says, before any answer.
pub fn filling(id: &str, name: &str) -> Filling {
    let mut form = Filling::new(Pack::parse(&pack(id)).expect("a pack"));
    form.insert_card(CardValue::all_as_read([
        name,
        "常盤県常盤市本町一丁目２番３号",
        "19800217",
        "2",
    ]));
    form
}

pub fn key(text: &str) -> FieldKey {
    text.parse().expect("a key")
}

pub fn filled(content: Content) -> Application {
    let token = TicketToken::new(*uuid::Uuid::new_v4().as_bytes());
    Application { format: APPLICATION_FORMAT, id: ApplicationId::now(), token, content }
}

/// Asks again until there is an answer, for at most ten seconds.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    loop {
        tick.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen");
    }
}

pub fn tenant() -> TenantId {
    "tokiwa".parse().expect("a tenant")
}

pub fn device_key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key")
}

/// PKCS#10, DER.
pub fn certificate_request(key: &KeyPair) -> Vec<u8> {
    let params = rcgen::CertificateParams::default();
    params.serialize_request(key).expect("a request").der().to_vec()
}

pub fn port(url: &str) -> u16 {
    url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

pub fn url(address: SocketAddr) -> String {
    format!("https://localhost:{}", address.port())
}

fn credential(key: &KeyPair, certificate: &[u8]) -> Credential {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate_path, key_path) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let pem = pem(certificate);
    fs::write(&certificate_path, pem).expect("written");
    fs::write(&key_path, key.serialize_pem()).expect("written");
    Credential::read(&certificate_path, &key_path).expect("a credential")
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

fn client(root: &TrustRoot, credential: Option<&Credential>) -> Client {
    let config = tls::client_config(root, credential).expect("a configuration");
    Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .expect("a client")
}
