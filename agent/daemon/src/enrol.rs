//! `madoguchi-agent enrol`: from a sheet to an identity that a real connection has proven.

use std::path::Path;

use anyhow::{Context as _, Result};
use madoguchi_identity::{Enrolment, EnrolmentSheet, bootstrap_config};
use madoguchi_uplink::Bootstrap;

use crate::config::Config;
use crate::run;

/// Enrols the device. May be repeated with the same sheet after a failure; nothing is lost.
///
/// # Errors
/// What went wrong and what to do.
pub async fn enrol(config: &Config, sheet: &Path) -> Result<()> {
    let text = std::fs::read_to_string(sheet)
        .with_context(|| format!("cannot read the enrolment sheet {}", sheet.display()))?;
    let sheet = EnrolmentSheet::parse(&text)
        .with_context(|| format!("{} is not an enrolment sheet", sheet.display()))?;
    let folder = config.state_dir.join("identity");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;

    let enrolment = Enrolment::begin(&sheet, &folder).context("the enrolment cannot begin")?;
    if !enrolment.is_certified() {
        let tls = bootstrap_config(&sheet).context("the sheet's CA cannot be used")?;
        let registrar = Bootstrap::new(tls, sheet.settings.registrar.as_str())
            .context("the registrar's address cannot be used")?;
        let answer = registrar
            .enrol(&sheet.settings.device, sheet.token.expose(), enrolment.csr_base64())
            .await
            .context("the registrar did not enrol this device; the command may be repeated")?;
        enrolment.accept_pkcs7(&answer).context("the registrar's certificate is refused")?;
    }
    let identity = enrolment.identity().context("the new identity cannot be used")?;
    run::core(&identity)?
        .health()
        .await
        .context("the new certificate is kept, but the intake could not be reached with it; repeat the command")?;
    let identity =
        enrolment.activate().context("the new identity could not be made the active one")?;
    tracing::info!(
        device = %identity.settings().device,
        not_after = %identity.not_after(),
        "the device is enrolled"
    );
    Ok(())
}
