//! `madoguchi-agent enrol`: from a sheet to an identity that a real connection has proven.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use madoguchi_identity::{Enrolment, EnrolmentSheet, Identity, bootstrap_config};
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::time::in_japan;
use madoguchi_store::Waiting;
use madoguchi_uplink::Bootstrap;

use crate::config::Config;
use crate::stopped::{self, NotOpened};
use crate::{handed_over, run};

/// Enrols the device, and says so on standard output. May be repeated with the same sheet after a
/// failure, and after success; nothing is lost. What waits is forgotten first when `handed_over` holds it.
///
/// # Errors
/// What went wrong and what to do.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn enrol(config: &Config, sheet: &Path, handed_over: Option<&Path>) -> Result<()> {
    let text = std::fs::read_to_string(sheet)
        .with_context(|| format!("cannot read the enrolment sheet {}", sheet.display()))?;
    let sheet = EnrolmentSheet::parse(&text)
        .with_context(|| format!("{} is not an enrolment sheet", sheet.display()))?;
    let folder = config.state_dir.join("identity");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;

    let made = Identity::made_by(&sheet, &folder)
        .context("the identity that this sheet made cannot be used")?;
    if let Some(identity) = made {
        println!("already enrolled as {}", who_until(&identity));
        return Ok(());
    }
    if let Some(export) = handed_over {
        let former = Identity::load(&folder).context("nothing was handed over by this device")?;
        let count = handed_over::forget(&config.state_dir, export, &former)?;
        println!("{count} envelopes are in {} alone now: have them imported", export.display());
    }
    check_nothing_waits(&config.state_dir)?;
    let identity = become_a_device(&sheet, &folder).await?;
    begin_series(&config.state_dir);
    tracing::info!(
        device = %identity.settings().device,
        not_after = %identity.not_after(),
        "the device is enrolled"
    );
    println!("enrolled as {}; restart the agent if it is running", who_until(&identity));
    Ok(())
}

/// What waits is signed by the identity that the new one replaces, and nobody could open it.
fn check_nothing_waits(state_dir: &Path) -> Result<()> {
    let store = match stopped::open(state_dir) {
        Err(NotOpened::None(_)) => return Ok(()),
        store => store?,
    };
    let Waiting { due, set_aside, .. } = store.waiting();
    ensure!(
        due + set_aside == 0,
        "{due} envelopes wait to be delivered and {set_aside} were refused, signed by the identity that this \
         one would replace, and nobody could open them any more: let the agent deliver them, or export them \
         and repeat with `--handed-over FOLDER`"
    );
    Ok(())
}

/// After the new identity is the active one: the former one's sequences are never used again by its key.
fn begin_series(state_dir: &Path) {
    let begun = match stopped::open(state_dir) {
        Err(NotOpened::None(_)) => return,
        Err(error) => Err(chain(&error)),
        Ok(mut store) => store.begin_series().map_err(|error| chain(&error)),
    };
    if let Err(error) = begun {
        tracing::warn!(error, "the office will miss what the former identity had numbered");
    }
}

async fn become_a_device(sheet: &EnrolmentSheet, folder: &Path) -> Result<Identity> {
    let enrolment = Enrolment::begin(sheet, folder).context("the enrolment cannot begin")?;
    if !enrolment.is_certified() {
        let address = sheet.settings.registrar.as_str();
        let tls = bootstrap_config(sheet).context("the sheet's CA cannot be used")?;
        let registrar =
            Bootstrap::new(tls, address).context("the registrar's address cannot be used")?;
        let answer = registrar
            .enrol(&sheet.settings.device, sheet.token.expose(), enrolment.csr_base64())
            .await
            .with_context(|| {
                format!(
                    "{address} did not enrol this device (is this the registrar's address?); \
                     the command may be repeated"
                )
            })?;
        enrolment.accept_pkcs7(&answer).context("the registrar's certificate is refused")?;
    }
    let identity = enrolment.identity().context("the new identity cannot be used")?;
    run::core(&identity)?
        .health()
        .await
        .context("the new certificate is kept, but the intake could not be reached with it; repeat the command")?;
    enrolment.activate().context("the new identity could not be made the active one")
}

fn who_until(identity: &Identity) -> String {
    format!("{} until {}", identity.settings().device, in_japan(identity.not_after()))
}
