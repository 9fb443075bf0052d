//! Is the configured reader there?

use std::sync::mpsc;
use std::time::Duration;

use madoguchi_card::{CardConfig, CardNews};

use super::Outcome;
use super::packs::Remembered;
use crate::config::Reader;

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn check(reader: &Reader, remembered: &Remembered) -> Outcome {
    let (send, reports) = mpsc::channel();
    let profile = remembered.as_ref().ok().map(|(settings, _)| settings.profile());
    let config = CardConfig {
        reader: reader.name.clone(),
        usb: profile.and_then(|profile| profile.reader.clone()),
        command_deadline: PATIENCE,
        ..CardConfig::default()
    };
    let card = madoguchi_card::spawn(config, move |report| drop(send.send(report)));
    let report = reports.recv_timeout(PATIENCE);
    if !card.stop(Duration::from_secs(1)) {
        return Err("the reader does not let go; unplug it and plug it in again".to_owned());
    }
    match report.map(|r| r.news) {
        Ok(CardNews::Reader { problem: None, card_present }) => {
            Ok(if card_present { "there, with a card on it" } else { "there, empty" }.to_owned())
        }
        Ok(CardNews::Reader { problem: Some(failure), .. }) => {
            Err(format!("{failure}; is it plugged in, and is pcscd running?"))
        }
        Ok(_) | Err(_) => Err("pcscd does not answer; is it running?".to_owned()),
    }
}
