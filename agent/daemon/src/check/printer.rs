//! Can the printer that the profile names print now? Only asks: a job of the running agent is safe.

use std::time::Duration;

use super::Outcome;
use super::packs::Remembered;

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn check(remembered: &Remembered) -> Outcome {
    let Ok((settings, _)) = remembered else { return Ok("not known yet".to_owned()) };
    let Some(printer) = &settings.profile().printer else {
        return Ok("the profile names none".to_owned());
    };
    match tokio::time::timeout(PATIENCE, madoguchi_printing::look(printer)).await {
        Ok(Ok(())) => Ok(format!("{} takes jobs", printer.uri)),
        Ok(Err(failure)) => Err(format!("{failure} ({})", printer.uri)),
        Err(_) => Err(format!("{} does not answer; is it switched on?", printer.uri)),
    }
}
