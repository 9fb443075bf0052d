//! `madoguchi-agent check`: is this device fit to serve? One line a check, one file a check.

mod clock;
mod delivery;
mod disk;
mod identity;
mod intake;
pub(crate) mod packs;
mod practice;
mod printer;
mod reader;
mod store;

use madoguchi_identity::Identity;
use serde::Serialize;

use crate::config::Config;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// Whether the device can serve as far as this goes.
    pub ok: bool,
    /// What was found; when it is not well, what to do.
    pub detail: String,
}

type Outcome = Result<String, String>;

/// Runs all checks, in the order in which one needs the other.
pub async fn run_all(config: &Config) -> Vec<Finding> {
    let identity = Identity::load(&config.state_dir.join("identity"));
    let intakes = match &identity {
        Ok(identity) => intake::ask(identity).await,
        Err(_) => Err("needs an identity".to_owned()),
    };
    let remembered = packs::recall(identity.as_ref().ok(), &config.state_dir);
    let store = store::look(&config.state_dir, &config.socket);
    let mut findings = Vec::new();
    let mut found = |check, outcome: Outcome| {
        let ok = outcome.is_ok();
        let detail = outcome.unwrap_or_else(|wrong| wrong);
        findings.push(Finding { check, ok, detail });
    };
    found("reader", reader::check(&config.reader, &remembered));
    found("intake", intake::judge(&intakes));
    found("identity", identity::check(identity.as_ref()));
    found("store", store::judge(&store, &config.state_dir));
    found("delivery", delivery::judge(&store, crate::clock::now()));
    let health = intake::health(&intakes);
    found("clock", clock::check(identity.as_ref().ok(), &remembered, health));
    found("disk", disk::check(&config.state_dir));
    found("packs", packs::check(&remembered));
    found("printer", printer::check(&remembered).await);
    if let Some(folder) = &config.reader.practice_authority {
        found("practice", practice::check(folder, &remembered));
    }
    findings
}
