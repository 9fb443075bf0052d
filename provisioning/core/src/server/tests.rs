//! Nobody without a certificate keeps a device waiting.

use std::net::SocketAddr;

use axum::routing::get;
use jiff::Timestamp;
use madoguchi_authority::{CertificateAuthority, Credential, Role, Validity, tls};
use rustls_pki_types::ServerName;
use tokio::io::AsyncReadExt as _;
use tokio_rustls::{TlsConnector, client};

use super::*;

/// Long enough to be never within a test.
const NEVER: Duration = Duration::from_secs(3600);
/// How long anything that must happen may take.
const SOON: Duration = Duration::from_secs(10);

const PATIENT: Limits = Limits {
    handshakes: 4,
    handshake: NEVER,
    admitted: 2,
    anonymous: 3,
    anonymous_life: NEVER,
    first_request: NEVER,
};

struct House {
    authority: CertificateAuthority,
    address: SocketAddr,
    _stop: watch::Sender<bool>,
}

impl House {
    async fn serve(limits: Limits) -> Self {
        let tenant: TenantId = "tokiwa".parse().expect("a tenant");
        let validity = Validity::days(Timestamp::now(), 1);
        let authority = CertificateAuthority::create(&tenant, validity).expect("an authority");
        let names = [ServerName::try_from("localhost").expect("a name")];
        let credential = authority.issue_role(Role::Intake, &names, validity).expect("issued");
        let tls = tls::server_config(authority.root(), &credential).expect("TLS");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(|| async { "here" }));
        let (sender, stop) = Stop::new();
        tokio::spawn(Server { listener, tls, tenant, router, limits }.run(stop));
        Self { authority, address, _stop: sender }
    }

    /// Somebody whom the authority knows.
    fn known(&self) -> Credential {
        let validity = Validity::days(Timestamp::now(), 1);
        self.authority.issue_operator(&"sato".parse().expect("a name"), validity).expect("issued")
    }

    /// A connection with its handshake done, on which nothing was sent.
    async fn silent(&self, credential: Option<&Credential>) -> client::TlsStream<TcpStream> {
        let config = tls::client_config(self.authority.root(), credential).expect("TLS");
        let stream = TcpStream::connect(self.address).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake")
    }

    /// What a new connection is answered, at once.
    async fn ask(&self, credential: Option<&Credential>) -> Option<String> {
        let config = tls::client_config(self.authority.root(), credential).expect("TLS");
        let client = reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy();
        let client = client.timeout(SOON).build().expect("a client");
        let url = format!("https://localhost:{}/", self.address.port());
        client.get(url).send().await.ok()?.text().await.ok()
    }

    /// Asks until there is a place.
    async fn answered(&self, credential: Option<&Credential>) {
        let answered = async { while self.ask(credential).await.is_none() {} };
        tokio::time::timeout(SOON, answered).await.expect("a place is free again");
    }
}

/// Waits until the server has closed it.
async fn closed(mut stream: client::TlsStream<TcpStream>) {
    let end = async { while matches!(stream.read(&mut [0; 256]).await, Ok(n) if n > 0) {} };
    tokio::time::timeout(SOON, end).await.expect("closed in time");
}

#[tokio::test]
async fn silent_strangers_take_their_own_places_and_none_of_a_devices() {
    let house = House::serve(PATIENT).await;
    let mut strangers = Vec::new();
    for _ in 0..PATIENT.anonymous {
        strangers.push(house.silent(None).await);
    }
    closed(house.silent(None).await).await;
    let known = house.known();
    assert_eq!(house.ask(Some(&known)).await.as_deref(), Some("here"));
    strangers.pop();
    house.answered(None).await;
}

#[tokio::test]
async fn a_stranger_is_closed_after_its_life_and_its_place_is_free() {
    let limits = Limits { anonymous_life: Duration::from_millis(50), anonymous: 1, ..PATIENT };
    let house = House::serve(limits).await;
    closed(house.silent(None).await).await;
    house.answered(None).await;
}

#[tokio::test]
async fn handshakes_that_never_end_do_not_keep_a_device_out() {
    let house = House::serve(PATIENT).await;
    let mut silent = Vec::new();
    for _ in 0..3 * PATIENT.handshakes {
        silent.push(TcpStream::connect(house.address).await.expect("connected"));
    }
    let known = house.known();
    assert_eq!(house.ask(Some(&known)).await.as_deref(), Some("here"));
    // The oldest had to go.
    let mut byte = [0; 1];
    let read = tokio::time::timeout(SOON, silent[0].read(&mut byte)).await.expect("in time");
    assert!(!matches!(read, Ok(1..)), "{read:?}");
}

#[tokio::test]
async fn a_certificate_without_a_request_is_closed() {
    let limits = Limits { first_request: Duration::from_millis(50), ..PATIENT };
    let house = House::serve(limits).await;
    let known = house.known();
    for _ in 0..limits.admitted {
        closed(house.silent(Some(&known)).await).await;
    }
    house.answered(Some(&known)).await;
}
