//! The roles side by side: set up whole or not at all, run until told to stop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use jiff::SignedDuration;
use madoguchi_authority::files::{self, FileError};
use madoguchi_authority::tls::{self, TlsError};
use madoguchi_authority::{
    CertificateAuthority, Credential, CredentialError, Identity, IssueError, Role, TrustRoot,
};
use madoguchi_protocol::TenantId;
use madoguchi_protocol::bundle::Text;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bundle_file::{BundleFileError, BundleSource};
use crate::config::{Config, ConfigError, IntakeConfig, OfficeConfig, RegistrarConfig};
use crate::database::{Database, DatabaseError};
use crate::intake::Admission;
use crate::office::register::{CsvRegister, NoRegister, Register, RegisterError};
use crate::office::{Anchors, Checks, Chores, ClientError, Desks, IntakeClient, Keeping, Lateness};
use crate::revoked::{RevokedDevices, RevokedError};
use crate::server::{Limits, Server, Stop};
use crate::{intake, office, registrar};

/// Roles that run.
pub struct Core {
    addresses: BTreeMap<Role, SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    databases: Vec<Database>,
}

/// Why the core does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration lacks something.
    #[error("the configuration cannot be used")]
    Config(#[source] ConfigError),
    /// `ca` is of another municipality.
    #[error("the authority is of {found}, the configuration of {expected}")]
    Tenant {
        /// Whose authority it is.
        found: TenantId,
        /// Whose core it should be.
        expected: TenantId,
    },
    /// A certificate or key file.
    #[error("a certificate or key cannot be used")]
    Credential(#[source] CredentialError),
    /// The certificate is somebody else's.
    #[error("{path} is the certificate of {found}, not of the role {expected}")]
    WrongCertificate {
        /// Which file.
        path: PathBuf,
        /// Who it speaks for.
        found: Identity,
        /// Who it should speak for.
        expected: Role,
    },
    /// The authority's key.
    #[error("the authority cannot be used")]
    Authority(#[source] IssueError),
    /// A municipal or sealing key file.
    #[error("a key file cannot be used")]
    Keys(#[source] FileError),
    /// A signed bundle.
    #[error("a signed bundle cannot be used")]
    Bundle(#[source] BundleFileError),
    /// The list of revoked devices.
    #[error("the list of revoked devices cannot be used")]
    Revoked(#[source] RevokedError),
    /// The register.
    #[error("the register cannot be used")]
    Register(#[source] RegisterError),
    /// A database.
    #[error("a database cannot be used")]
    Database(#[source] DatabaseError),
    /// TLS.
    #[error("TLS cannot be set up")]
    Tls(#[source] TlsError),
    /// The office's way to an intake.
    #[error("the office cannot pull")]
    Intake(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An address.
    #[error("{0} cannot be listened at")]
    Listen(SocketAddr, #[source] std::io::Error),
}

impl Core {
    /// Sets up the roles and serves them. Each logs `listening` when it is ready.
    ///
    /// # Errors
    /// [`StartError`]; then nothing runs.
    pub async fn start(config: &Config, roles: &[Role]) -> Result<Self, StartError> {
        let root = trust_root(config)?;
        let (stop, stopped) = Stop::new();
        let setup = Setup { config, root, stop: stopped };
        let mut prepared = Vec::new();
        for role in roles {
            prepared.push(setup.role(*role).await?);
        }

        let (mut addresses, mut tasks) = (BTreeMap::new(), JoinSet::new());
        let mut databases = Vec::new();
        for Prepared { role, address, server, work, database } in prepared {
            tasks.spawn(server.run(setup.stop.clone()));
            if let Some(work) = work {
                tasks.spawn(work.run(setup.stop.clone()));
            }
            tracing::info!(%role, %address, "listening");
            addresses.insert(role, address);
            databases.push(database);
        }
        Ok(Self { addresses, stop, tasks, databases })
    }

    /// Where a role listens, when it runs.
    #[must_use]
    pub fn address(&self, role: Role) -> Option<SocketAddr> {
        self.addresses.get(&role).copied()
    }

    /// Returns when a part of the core ended by itself, which none should.
    pub async fn ended(&mut self) {
        self.tasks.join_next().await;
    }

    /// Ends running requests within three seconds, then everything.
    pub async fn stop(mut self) {
        // Without receivers nothing is left to stop.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        for database in self.databases {
            database.close().await;
        }
    }
}

/// A role that has everything it needs, its address included.
struct Prepared {
    role: Role,
    address: SocketAddr,
    server: Server,
    work: Option<office::Work>,
    database: Database,
}

struct Setup<'a> {
    config: &'a Config,
    root: TrustRoot,
    stop: Stop,
}

impl Setup<'_> {
    async fn role(&self, role: Role) -> Result<Prepared, StartError> {
        let missing = || StartError::Config(ConfigError::NoSection(role));
        match role {
            Role::Intake => self.intake(self.config.intake.as_ref().ok_or_else(missing)?).await,
            Role::Office => self.office(self.config.office.as_ref().ok_or_else(missing)?).await,
            Role::Registrar => {
                self.registrar(self.config.registrar.as_ref().ok_or_else(missing)?).await
            }
        }
    }

    async fn intake(&self, config: &IntakeConfig) -> Result<Prepared, StartError> {
        let (database, taking) = taking(config, self.root.tenant()).await?;
        let revoked = revoked(config.revoked.as_deref())?;
        let stop = self.stop.clone();
        let (batches, numbers) = (config.batches, config.numbers);
        let router = intake::router(taking, batches, numbers, revoked.as_ref(), stop);
        let credential = self.credential(Role::Intake, &config.certificate, &config.key)?;
        self.listen(Role::Intake, config.listen, &credential, router, None, database).await
    }

    async fn office(&self, config: &OfficeConfig) -> Result<Prepared, StartError> {
        let key = municipal_key(&config.municipal_key)?;
        let source = BundleSource { key: &key, tenant: self.root.tenant() };
        let packs = source.packs(&config.packs).map_err(StartError::Bundle)?;
        let keys = files::read_sealing_keys(&config.sealing_keys).map_err(StartError::Keys)?;
        let client =
            self.credential(Role::Office, &config.client_certificate, &config.client_key)?;
        let intakes = config
            .intake
            .iter()
            .map(|url| IntakeClient::new(url, &self.root, &client))
            .collect::<Result<_, _>>()
            .map_err(|e: ClientError| StartError::Intake(Box::new(e)))?;
        let database =
            office::open_database(&config.database).await.map_err(StartError::Database)?;
        let late_after = SignedDuration::from_mins(config.late_after_minutes.into());
        let lateness = Lateness { after: late_after };
        let checks = Checks::new(self.root.clone(), keys, packs, lateness);
        let credential = self.credential(Role::Office, &config.certificate, &config.key)?;
        let credential = Arc::new(credential);
        let anchors = Anchors {
            database: database.clone(),
            tenant: self.root.tenant().clone(),
            credential: Arc::clone(&credential),
        };
        let keeping =
            Keeping { draft: config.keep_days.into(), finished: config.keep_finished_days };
        let chores = Chores { database: database.clone(), anchors, keeping };
        let desks = self.desks(config)?;
        let (router, work) = office::office(&database, checks, intakes, chores, desks);
        self.listen(Role::Office, config.listen, &credential, router, Some(work), database).await
    }

    async fn registrar(&self, config: &RegistrarConfig) -> Result<Prepared, StartError> {
        let key = municipal_key(&config.municipal_key)?;
        let authority = CertificateAuthority::read(&self.config.ca, &config.ca_key)
            .map_err(StartError::Authority)?;
        let database =
            registrar::open_database(&config.database).await.map_err(StartError::Database)?;
        let revoked = self.revoked(config.revoked.as_deref())?;
        let router = registrar::router(database.clone(), authority, key, revoked);
        let credential = self.credential(Role::Registrar, &config.certificate, &config.key)?;
        self.listen(Role::Registrar, config.listen, &credential, router, None, database).await
    }

    fn desks(&self, config: &OfficeConfig) -> Result<Desks, StartError> {
        let register: Arc<dyn Register> = match &config.register {
            Some(path) => CsvRegister::read(path).map_err(StartError::Register)?,
            None => Arc::new(NoRegister),
        };
        let tenant =
            || Text { ja: self.config.tenant.to_string(), en: self.config.tenant.to_string() };
        Ok(Desks {
            register,
            idle_minutes: config.idle_minutes,
            numbers: config.numbers,
            municipality: config.municipality.clone().unwrap_or_else(tenant),
            revoked: self.revoked(config.revoked.as_deref())?,
        })
    }

    /// A role's own list of revoked devices, or the intake's of the same file.
    fn revoked(&self, own: Option<&Path>) -> Result<Option<Arc<RevokedDevices>>, StartError> {
        let intakes = self.config.intake.as_ref().and_then(|intake| intake.revoked.as_deref());
        revoked(own.or(intakes))
    }

    /// A role's certificate, which must be that role's.
    fn credential(
        &self,
        role: Role,
        certificate: &Path,
        key: &Path,
    ) -> Result<Credential, StartError> {
        let credential = Credential::read(certificate, key).map_err(StartError::Credential)?;
        let found = credential.identity().map_err(StartError::Credential)?;
        if found == (Identity::Role { tenant: self.root.tenant().clone(), role }) {
            Ok(credential)
        } else {
            let path = certificate.to_owned();
            Err(StartError::WrongCertificate { path, found, expected: role })
        }
    }

    async fn listen(
        &self,
        role: Role,
        listen: SocketAddr,
        credential: &Credential,
        router: Router,
        work: Option<office::Work>,
        database: Database,
    ) -> Result<Prepared, StartError> {
        let tls = tls::server_config(&self.root, credential).map_err(StartError::Tls)?;
        let failed = |e| StartError::Listen(listen, e);
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tenant = self.root.tenant().clone();
        let server = Server { listener, tls, tenant, router, limits: Limits::default() };
        Ok(Prepared { role, address, server, work, database })
    }
}

impl Admission {
    /// Opens the database of the configuration's intake, with the bundles and the list of revoked
    /// devices that are laid beside it.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let root = trust_root(config)?;
        let missing = || StartError::Config(ConfigError::NoSection(Role::Intake));
        let intake = config.intake.as_ref().ok_or_else(missing)?;
        let (_, taking) = taking(intake, root.tenant()).await?;
        Ok(Self { revoked: revoked(intake.revoked.as_deref())?, root, taking })
    }
}

pub(crate) fn trust_root(config: &Config) -> Result<TrustRoot, StartError> {
    let root = TrustRoot::read(&config.ca).map_err(StartError::Credential)?;
    if *root.tenant() == config.tenant {
        Ok(root)
    } else {
        let (found, expected) = (root.tenant().clone(), config.tenant.clone());
        Err(StartError::Tenant { found, expected })
    }
}

/// The intake's database, and what is taken into it.
async fn taking(
    config: &IntakeConfig,
    tenant: &TenantId,
) -> Result<(Database, intake::Taking), StartError> {
    let key = municipal_key(&config.municipal_key)?;
    let source = BundleSource { key: &key, tenant };
    let packs = source.packs(&config.packs).map_err(StartError::Bundle)?;
    let keys = source.sealing_keys(&config.sealing_keys).map_err(StartError::Bundle)?;
    let database = intake::open_database(&config.database).await.map_err(StartError::Database)?;
    let taking = intake::Taking::new(database.clone(), intake::Accepted::new(&packs, &keys));
    Ok((database, taking))
}

fn revoked(list: Option<&Path>) -> Result<Option<Arc<RevokedDevices>>, StartError> {
    let read = |path| RevokedDevices::read(path).map(Arc::new);
    list.map(read).transpose().map_err(StartError::Revoked)
}

fn municipal_key(
    path: &Path,
) -> Result<madoguchi_envelope::bundle::MunicipalPublicKey, StartError> {
    files::read_municipal_public_key(path).map_err(StartError::Keys)
}
