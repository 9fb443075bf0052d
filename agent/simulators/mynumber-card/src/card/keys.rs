//! VERIFY, and changing a PIN.

use super::Card;
use crate::apdu::{Command, sw};
use crate::files::Elementary;

/// Longest value of a key.
const LONGEST: usize = 16;

impl Card {
    pub(super) fn verify(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        if command.p1 != 0 || command.p2 & 0xE0 != 0x80 {
            return Err(sw::WRONG_P1P2);
        }
        if command.le.is_some() || command.data.len() > LONGEST {
            return Err(sw::WRONG_LENGTH);
        }
        let in_force_answers_done = self.quirks.in_force_answers_done;
        let (id, file, session) = self.file(command.p2 & 0x1F)?;
        let Elementary::Key(key) = file else { return Err(sw::WRONG_FILE_KIND) };
        if command.data.is_empty() {
            let in_force = in_force_answers_done && session.in_force.contains(&id);
            return if in_force { Ok(Vec::new()) } else { Err(key.query()) };
        }
        match key.verify(command.data) {
            sw::DONE => {
                session.in_force.insert(id);
                Ok(Vec::new())
            }
            status => {
                session.in_force.remove(&id);
                Err(status)
            }
        }
    }

    /// CHANGE REFERENCE DATA with the new value only: the PINs of JPKI and TEXT.
    pub(super) fn change_reference_data(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        self.change(command, 0x01, &["jpki", "text"])
    }

    /// JICSAP's CHANGE KEY: 住民基本台帳用暗証番号, in each of its two applications.
    pub(super) fn change_key(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        self.change(command, 0x00, &["common", "juki"])
    }

    fn change(
        &mut self,
        command: &Command<'_>,
        p1: u8,
        applications: &[&str],
    ) -> Result<Vec<u8>, u16> {
        if command.p1 != p1 || command.p2 & 0xE0 != 0x80 {
            return Err(sw::WRONG_P1P2);
        }
        if command.le.is_some() || command.data.is_empty() || command.data.len() > LONGEST {
            return Err(sw::WRONG_LENGTH);
        }
        let current = self.session.as_ref().map_or(0, |session| session.current);
        if !applications.contains(&self.applications[current].name) {
            return Err(sw::CONDITIONS);
        }
        let (id, file, session) = self.file(command.p2 & 0x1F)?;
        let Elementary::Key(key) = file else { return Err(sw::WRONG_FILE_KIND) };
        if !session.in_force.contains(&id) {
            return Err(sw::NOT_SATISFIED);
        }
        key.change(command.data).map(|()| Vec::new())
    }
}
