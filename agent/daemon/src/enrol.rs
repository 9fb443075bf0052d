//! `madoguchi-agent enrol`: from a sheet to an identity that a real connection has proven.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use madoguchi_identity::{Enrolment, EnrolmentSheet, Identity, bootstrap_config};
use madoguchi_protocol::time::in_japan;
use madoguchi_store::{Reading, Waiting};
use madoguchi_uplink::Bootstrap;

use crate::config::Config;
use crate::handed_over::{self, NotHandedOver};
use crate::run;
use crate::stopped::{self, NotOpened};

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
    let identity = replace_identity(config, &sheet, &folder, handed_over).await?;
    tracing::info!(
        device = %identity.settings().device,
        not_after = %identity.not_after(),
        "the device is enrolled"
    );
    println!("enrolled as {}; restart the agent if it is running", who_until(&identity));
    Ok(())
}

/// While the store is looked at, no agent can start; nor from the last look on, until the new identity is
/// the active one.
async fn replace_identity(
    config: &Config,
    sheet: &EnrolmentSheet,
    folder: &Path,
    handed_over: Option<&Path>,
) -> Result<Identity> {
    let state_dir = &config.state_dir;
    stopped::check_user(state_dir)?;
    let mut held = match stopped::read(state_dir) {
        Err(NotOpened::None(_)) => None,
        held => Some(held?),
    };
    let waits = held.as_ref().map(Reading::all).unwrap_or_default();
    match (held.as_mut(), handed_over) {
        (Some(held), Some(export)) => {
            if held.unreadable() > 0 {
                bail!(NotHandedOver::Damaged(held.unreadable()));
            }
            let former =
                Identity::load(folder).context("nothing was handed over by this device")?;
            handed_over::check(held, &waits, export, &former)?;
        }
        (Some(held), None) => check_nothing_waits(&held.waiting())?,
        (None, _) => {}
    }
    let enrolment = become_a_device(sheet, folder).await?;
    drop(held);
    // Open until the end: no agent keeps anything under the identity that goes.
    let store = match handed_over::forget(state_dir, &waits) {
        Err(NotHandedOver::NotOpened(NotOpened::None(_))) => None,
        store => Some(store?),
    };
    store.as_ref().map_or(Ok(()), |store| check_nothing_waits(&store.waiting()))?;
    if let Some(export) = handed_over {
        handed_over::say(waits.len(), export);
    }
    enrolment.activate().context("the new identity could not be made the active one")
}

/// What waits is signed by the identity that the new one replaces, and nobody could open it.
fn check_nothing_waits(Waiting { due, set_aside, .. }: &Waiting) -> Result<()> {
    ensure!(
        due + set_aside == 0,
        "{due} envelopes wait to be delivered and {set_aside} were refused, signed by the identity that this \
         one would replace, and nobody could open them any more: let the agent deliver them, or export them \
         and repeat with `--handed-over FOLDER`"
    );
    Ok(())
}

/// Up to the certificate, proven by a connection; the former identity is still the active one.
async fn become_a_device(sheet: &EnrolmentSheet, folder: &Path) -> Result<Enrolment> {
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
    Ok(enrolment)
}

fn who_until(identity: &Identity) -> String {
    format!("{} until {}", identity.settings().device, in_japan(identity.not_after()))
}
