//! Signing what a device does only when the municipality allows it.

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::files;
use madoguchi_protocol::export::{self, EXPORT_FORMAT};
use madoguchi_protocol::time::in_japan;
use serde_json::json;

use crate::arguments::{ExportPermit, Permit};
use crate::keys::never_overwritten;
use crate::report::Report;

pub(crate) fn run(command: Permit) -> Result<Report> {
    let Permit::Export(arguments) = command;
    let ExportPermit { tenant, device, hours, from, municipal_key, out } = arguments;
    let key = files::read_municipal_key(&municipal_key).context("--municipal-key")?;
    let public = key.public().context("--municipal-key")?;
    let from = from.unwrap_or_else(Timestamp::now);
    let until = from
        .checked_add(SignedDuration::from_hours(i64::from(hours)))
        .context("--from: there is no time so late")?;
    let permit = export::ExportPermit {
        format: EXPORT_FORMAT,
        tenant: tenant.clone(),
        device: device.clone(),
        from,
        until,
    };
    let signed = key.permit(&permit);
    public.verify_permit(&signed, &tenant).context("the signed permit does not read back")?;
    let bytes = serde_json::to_vec_pretty(&signed).context("the permit cannot be written")?;
    files::write_new_public(&out, &bytes).map_err(|e| never_overwritten("a permit is", e))?;

    let signed_by = public.fingerprint();
    let words = format!(
        "Permitted: {device} of {tenant} may export what it could not deliver\n\
         from         {}\n\
         until        {}\n\
         signed by    {signed_by}\n\
         permit       {}\n\
         \n\
         Next: carry the permit to {device} and stop the agent there, then\n\
         madoguchi-agent export --permit {} --to FOLDER",
        in_japan(from),
        in_japan(until),
        out.display(),
        out.display(),
    );
    let json = json!({
        "device": device, "from": from, "until": until, "permit": out, "signed_by": signed_by,
    });
    Report::new(&json, words)
}
