//! The municipality's side: its keys, made by the operator's program, and the core's three roles
//! as three processes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::core_api::{AlertKind, OfficeAlert, OfficeAlerts};
use serde_json::Value;

use crate::faults::Upstream;
use crate::office_database::{self, Tally};
use crate::process::{self, Process};
use crate::programs::Programs;
use crate::wait::{Stop, until};

const PATIENCE: Duration = Duration::from_secs(20);
const TENANT: &str = "tokiwa";
const SITE: &str = "honcho";
const DEVICE: &str = "kiosk-01";
/// Intakes: one, or two of a double core. The network is private: the ports cannot be taken.
const INTAKES: [(&str, u16); 2] = [("intake", 8441), ("intake-2", 8451)];
/// Devices that are not taken any more, one a line.
const REVOKED: &str = "revoked";
/// Who asks.
const OPERATOR: [&str; 4] = ["--identity", "operator", "--ca", "ca/ca.pem"];
/// From this one on clerks give the numbers.
const OFFICE_NUMBERS: u16 = 951;
const OFFICE: &str = "https://localhost:8442";
const REGISTRAR: &str = "https://localhost:8443";

/// What the core's roles read but for the intakes; every path is relative to the file.
const CORE_TOML: &str = r#"tenant = "tokiwa"
ca = "ca/ca.pem"

[office]
listen = "127.0.0.1:8442"
database = "office.sqlite"
certificate = "office/certificate.pem"
key = "office/key.pem"
client_certificate = "office/certificate.pem"
client_key = "office/key.pem"
sealing_keys = "sealing"
municipal_key = "municipal/municipal.pub"
packs = "bundles"
intake = INTAKES
register = "REGISTER"
municipality = { ja = "常盤市", en = "Tokiwa City" }
revoked = "revoked"
numbers = { first = 951, last = 999 }

[registrar]
listen = "127.0.0.1:8443"
database = "registrar.sqlite"
certificate = "registrar/certificate.pem"
key = "registrar/key.pem"
ca_key = "ca/ca.key"
municipal_key = "municipal/municipal.pub"
revoked = "revoked"
"#;

/// What an intake reads.
const INTAKE_TOML: &str = r#"tenant = "tokiwa"
ca = "ca/ca.pem"

[intake]
listen = "127.0.0.1:PORT"
database = "NAME.sqlite"
certificate = "NAME/certificate.pem"
key = "NAME/key.pem"
municipal_key = "municipal/municipal.pub"
packs = "bundles"
sealing_keys = "bundles"
revoked = "revoked"
numbers = { first = FIRST, last = LAST }
"#;

/// The municipality: its keys and its running core.
#[derive(Debug)]
pub struct Core {
    programs: Programs,
    folder: PathBuf,
    packs: PathBuf,
    profile: PathBuf,
    logs: PathBuf,
    /// How many of [`INTAKES`] there are.
    intakes: usize,
    roles: Vec<Process>,
}

impl Core {
    /// The kiosk's profile in the repository.
    #[must_use]
    pub fn usual_profile(repository: &Path) -> PathBuf {
        repository.join("provisioning/profiles/kiosk.toml")
    }

    /// Makes keys and certificates and starts the three roles; the device gets `profile`. Several
    /// intakes have a database each, and the office pulls from all of them.
    ///
    /// # Errors
    /// When a step of the operator fails, or a role does not come up.
    pub fn start(
        intakes: usize,
        programs: &Programs,
        repository: &Path,
        profile: &Path,
        work: &Path,
        logs: &Path,
        stop: &Stop,
    ) -> Result<Self> {
        let folder = work.join("core");
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let mut core = Self {
            programs: programs.clone(),
            folder,
            packs: repository.join("provisioning/procedures"),
            profile: profile.to_owned(),
            logs: logs.to_owned(),
            intakes,
            roles: Vec::new(),
        };
        core.make_keys()?;
        core.sign_bundles()?;
        core.write(REVOKED, "")?;
        core.write_settings()?;
        for role in core.names() {
            core.start_role(role, stop)?;
        }
        Ok(core)
    }

    fn write_settings(&self) -> Result<()> {
        let urls: Vec<_> = self.intakes().iter().map(|(_, port)| local(*port)).collect();
        let settings = CORE_TOML.replace("INTAKES", &format!("{urls:?}"));
        let register = self.packs.join("../residents/tokiwa.csv").display().to_string();
        self.write("core.toml", &settings.replace("REGISTER", &register))?;
        // Each leases numbers of its own, or a device that fails over would give one twice.
        let share = usize::from(OFFICE_NUMBERS - 1) / self.intakes;
        for ((name, port), before) in self.intakes().iter().zip((0..).step_by(share)) {
            let settings = INTAKE_TOML
                .replace("NAME", name)
                .replace("PORT", &port.to_string())
                .replace("FIRST", &(before + 1).to_string())
                .replace("LAST", &(before + share).to_string());
            self.write(&format!("{name}.toml"), &settings)?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }

    fn intakes(&self) -> &'static [(&'static str, u16)] {
        &INTAKES[..self.intakes]
    }

    /// The parts of the core in the order in which they are started.
    fn names(&self) -> Vec<&'static str> {
        let intakes = self.intakes().iter().map(|(name, _)| *name);
        ["registrar"].into_iter().chain(intakes).chain(["office"]).collect()
    }

    /// The intakes as a proxy before them sees them.
    #[must_use]
    pub fn upstreams(&self) -> Vec<Upstream> {
        let intakes = self.intakes().iter();
        let database = |name: &str| self.folder.join(format!("{name}.sqlite"));
        intakes.map(|(name, port)| Upstream { port: *port, database: database(name) }).collect()
    }

    fn make_keys(&self) -> Result<()> {
        self.provision(&["municipal-key", "create", "--out", "municipal"])?;
        self.provision(&["ca", "create", "--tenant", TENANT, "--out", "ca"])?;
        for name in self.names() {
            let role = role_of(name);
            let issue = ["certificate", "issue", "--role", role, "--name", role, "--ca", "ca"];
            let names = ["--dns", "localhost", "--ip", "127.0.0.1", "--out", name];
            self.provision(&[&issue[..], &names[..]].concat())?;
        }
        let operator = ["certificate", "issue", "--role", "operator", "--name", "kenshou"];
        self.provision(&[&operator[..], &["--ca", "ca", "--out", "operator"][..]].concat())?;
        self.provision(&["sealing-key", "create", "--out", "sealing"])?;
        Ok(())
    }

    /// Starts one role and waits until it listens.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_role(&mut self, role: &str, stop: &Stop) -> Result<()> {
        self.start_role_through(role, &[], stop)
    }

    /// Starts one role whose clock goes wrong by so much, as `+1h` (libfaketime).
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_role_with_wrong_clock(&mut self, role: &str, by: &str, stop: &Stop) -> Result<()> {
        // Without its wrapper, whose semaphores are named by process numbers: in a namespace those
        // begin anew, and one that was killed leaves its own behind in the system's /dev/shm.
        let shift = format!("FAKETIME={by}");
        let library = "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1";
        self.start_role_through(role, &["env", "FAKETIME_DISABLE_SHM=1", library, &shift], stop)
    }

    fn start_role_through(&mut self, name: &str, prefix: &[&str], stop: &Stop) -> Result<()> {
        let role = role_of(name);
        let config = if role == "intake" { format!("{name}.toml") } else { "core.toml".into() };
        let core = self.programs.path("madoguchi-core")?;
        let mut words = prefix.iter().map(OsString::from).chain([core.into()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .args(["serve", "--config", &config, "--role", role])
            .current_dir(&self.folder);
        let mut process = Process::start(name, &mut command, &self.logs)?;
        let mark = process.mark()?;
        process.ready("listening", PATIENCE, stop, |process| {
            let said = process.lines_since(mark)?;
            Ok(said.iter().any(|line| line.contains("listening")).then_some(()))
        })?;
        self.roles.push(process);
        Ok(())
    }

    /// A running role.
    ///
    /// # Errors
    /// When it does not run.
    pub fn role(&self, role: &str) -> Result<&Process> {
        let mut roles = self.roles.iter();
        roles.find(|process| process.name() == role).with_context(|| format!("the {role} runs"))
    }

    /// Ends one role in order.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub fn end_role(&mut self, role: &str) -> Result<()> {
        self.take_role(role)?.end()?;
        Ok(())
    }

    /// Pulls the plug of one role.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill_role(&mut self, role: &str) -> Result<()> {
        self.take_role(role)?.kill()
    }

    fn take_role(&mut self, role: &str) -> Result<Process> {
        let at = self.roles.iter().position(|process| process.name() == role);
        Ok(self.roles.remove(at.with_context(|| format!("the {role} runs"))?))
    }

    /// Signs packs, sealing keys and the device's profile, as on the machine that stays offline.
    fn sign_bundles(&self) -> Result<()> {
        let packs = self.packs.display().to_string();
        let event = self.packs.join("life-events/hikkoshi.toml").display().to_string();
        let towns = self.packs.join("towns/tokiwa.toml").display().to_string();
        let profile = self.profile.display().to_string();
        let bundles: [(&str, &[&str]); 3] = [
            ("packs", &["--packs", &packs, "--life-event", &event, "--towns", &towns]),
            ("sealing-keys", &["--sealing-keys", "sealing"]),
            ("profile", &["--profile", &profile]),
        ];
        for (kind, content) in bundles {
            let out = format!("bundles/{kind}.json");
            let sign = ["bundle", "sign", "--kind", kind, "--generation", "1", "--tenant", TENANT];
            let key = ["--municipal-key", "municipal", "--out", &out];
            self.provision(&[&sign[..], content, &key[..]].concat())?;
        }
        Ok(())
    }

    /// Publishes the bundles, admits the device and writes its enrolment sheet.
    ///
    /// # Errors
    /// When a step of the operator fails.
    pub fn admit_device(&self) -> Result<PathBuf> {
        self.admit_device_to(&self.intake_ports())
    }

    /// Admits the device once more, which has another key then; the path of its second sheet.
    ///
    /// # Errors
    /// As [`Core::admit_device`].
    pub fn admit_device_anew(&self) -> Result<PathBuf> {
        self.write_sheet("second-sheet.toml", DEVICE, &self.intake_ports())
    }

    fn intake_ports(&self) -> Vec<u16> {
        self.intakes().iter().map(|(_, port)| *port).collect()
    }

    /// The same; the device will deliver to these ports, the preferred one first.
    ///
    /// # Errors
    /// As [`Core::admit_device`].
    pub fn admit_device_to(&self, ports: &[u16]) -> Result<PathBuf> {
        self.publish()?;
        self.write_sheet("sheet.toml", DEVICE, ports)
    }

    /// Admits the thin client of a counter, whose number it gets; the path of its enrolment sheet.
    ///
    /// # Errors
    /// When a step of the operator fails.
    pub fn admit_counter(&self, device: &str, number: u16) -> Result<PathBuf> {
        let number = number.to_string();
        let place = ["counter", "place", device, "--number", &number, "--site", SITE];
        self.provision_as_operator(&[&place[..], &["--office", OFFICE]].concat())?;
        self.write_sheet(&format!("{device}.toml"), device, &self.intake_ports())
    }

    /// Admits another kiosk; the path of its enrolment sheet.
    ///
    /// # Errors
    /// When a step of the operator fails.
    pub fn admit_kiosk(&self, device: &str) -> Result<PathBuf> {
        self.write_sheet(&format!("{device}.toml"), device, &self.intake_ports())
    }

    /// Makes a clerk of section A; their first password.
    ///
    /// # Errors
    /// When a step of the operator fails.
    pub fn make_clerk(&self, number: &str, roles: &[&str]) -> Result<String> {
        let keep = ["clerk", "keep", number, "--name", "検証 職員", "--section", "A"];
        let roles = roles.iter().flat_map(|role| ["--role", role]);
        let arguments: Vec<_> = keep.into_iter().chain(roles).chain(["--office", OFFICE]).collect();
        let kept = self.provision_as_operator(&arguments)?;
        Ok(kept["password"].as_str().context("a first password")?.to_owned())
    }

    /// Where counters find the office.
    #[must_use]
    pub fn office_url(&self) -> &'static str {
        OFFICE
    }

    fn publish(&self) -> Result<()> {
        for kind in ["packs", "sealing-keys", "profile"] {
            let file = format!("bundles/{kind}.json");
            self.provision_as_operator(&["bundle", "publish", &file, "--registrar", REGISTRAR])?;
        }
        Ok(())
    }

    fn write_sheet(&self, file: &str, device: &str, ports: &[u16]) -> Result<PathBuf> {
        let device =
            ["device", "add", "--device", device, "--site", SITE, "--registrar", REGISTRAR];
        let sheet = ["--municipal-key", "municipal", "--sheet", file];
        let urls: Vec<_> = ports.iter().map(|port| local(*port)).collect();
        let intakes = urls.iter().flat_map(|url| ["--intake", url]);
        let arguments: Vec<_> = device.into_iter().chain(sheet).chain(intakes).collect();
        self.provision_as_operator(&arguments)?;
        Ok(self.folder.join(file))
    }

    /// Takes the device out of service for good.
    ///
    /// # Errors
    /// When the list of revoked devices cannot be written.
    pub fn revoke_the_device(&self) -> Result<()> {
        fs::write(self.folder.join(REVOKED), format!("{DEVICE}\n")).context("revoke the device")
    }

    /// What the office was called for, the newest first.
    ///
    /// # Errors
    /// When the office does not answer.
    pub fn alerts(&self) -> Result<Vec<OfficeAlert>> {
        let answer = self.provision_as_operator(&["alert", "list", "--office", OFFICE])?;
        let alerts: OfficeAlerts = serde_json::from_value(answer).context("read the alerts")?;
        Ok(alerts.alerts)
    }

    /// Waits until the office was called for that.
    ///
    /// # Errors
    /// After `patience`.
    pub fn alert(&self, kind: AlertKind, patience: Duration, stop: &Stop) -> Result<OfficeAlert> {
        until(&format!("an alert of the kind {kind:?}"), patience, stop, || {
            Ok(self.alerts()?.into_iter().find(|alert| alert.alert.kind == kind))
        })
    }

    /// Somebody goes there.
    ///
    /// # Errors
    /// When the office does not know the alert.
    pub fn acknowledge(&self, alert: &OfficeAlert) -> Result<()> {
        let id = alert.alert.id.to_string();
        self.provision_as_operator(&["alert", "acknowledge", &id, "--office", OFFICE])?;
        Ok(())
    }

    /// What the office says of its own state: intakes, gaps, what was set aside.
    ///
    /// # Errors
    /// When the office does not answer, or an intake fails.
    pub fn check_office(&self) -> Result<Value> {
        self.provision_as_operator(&["office", "check", "--office", OFFICE])
    }

    /// The databases of intake and office, and everything else of the core.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many applications the office has.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub fn applications_in_the_office(&self) -> Result<i64> {
        office_database::applications(&self.office_database())
    }

    /// Under how many numbers of its device's series an application reached the office: once, if
    /// all is well and it is of one part.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub fn times_delivered(&self, application: &str) -> Result<i64> {
        office_database::numbers_of(&self.office_database(), application)
    }

    /// How many numbers of the devices' series never reached the office, though later ones did.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub fn missing_numbers(&self) -> Result<i64> {
        office_database::missing_numbers(&self.office_database())
    }

    /// What the office holds, beside the applications that it should.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub fn tally(&self, applications: &BTreeSet<ApplicationId>) -> Result<Tally> {
        office_database::tally(&self.office_database(), applications)
    }

    fn office_database(&self) -> PathBuf {
        self.folder.join("office.sqlite")
    }

    /// Waits until the office has opened an application; gives it as the office sees it.
    ///
    /// # Errors
    /// After a while, with the office's last answer.
    pub fn opened(&self, id: &str, reason: &str, stop: &Stop) -> Result<Value> {
        let mut last = None;
        let opened = until("the office to have the application", PATIENCE, stop, || {
            match self.application(id, reason) {
                Ok(application) => Ok(Some(application)),
                Err(error) => {
                    last = Some(error);
                    Ok(None)
                }
            }
        });
        opened.map_err(|error| last.map_or(error, |last| last.context("the office's last answer")))
    }

    /// The application as the office opened it, for reading.
    ///
    /// # Errors
    /// When the office does not have it, or does not answer.
    pub fn application_for_people(&self, id: &str, reason: &str) -> Result<String> {
        let mut command = self.programs.command("madoguchi-provision")?;
        command.args(["application", "show", id, "--reason", reason, "--office", OFFICE]);
        command.arg("--packs").arg(&self.packs).args(OPERATOR).current_dir(&self.folder);
        Ok(String::from_utf8_lossy(&process::run(&mut command)?).into_owned())
    }

    /// The application as the office opened it.
    ///
    /// # Errors
    /// When the office does not have it, or does not answer.
    pub fn application(&self, id: &str, reason: &str) -> Result<Value> {
        self.provision_as_operator(&[
            "application",
            "show",
            id,
            "--reason",
            reason,
            "--office",
            OFFICE,
        ])
    }

    /// Runs the operator's program in the municipality's folder.
    ///
    /// # Errors
    /// When it fails: with its words.
    pub fn provision(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = self.programs.command("madoguchi-provision")?;
        let answer = process::run(command.args(arguments).arg("--json").current_dir(&self.folder))?;
        serde_json::from_slice(&answer).with_context(|| {
            format!("read the answer of madoguchi-provision {}", arguments.join(" "))
        })
    }

    fn provision_as_operator(&self, arguments: &[&str]) -> Result<Value> {
        self.provision(&[arguments, &OPERATOR].concat())
    }
}

/// The role of a part of the core.
fn role_of(name: &str) -> &str {
    if name.starts_with("intake") { "intake" } else { name }
}

fn local(port: u16) -> String {
    format!("https://localhost:{port}")
}
