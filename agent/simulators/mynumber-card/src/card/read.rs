//! Reading: files, records, data objects, challenges.

use super::Card;
use crate::apdu::{Command, sw};
use crate::files::{Elementary, READERS_OWN};
use crate::make::rsa::sha256;

impl Card {
    pub(super) fn read_binary(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let le = wanted(command)?;
        let (short_id, offset) = match command.p1 {
            // A short identifier leaves eight bits for the offset.
            p1 if p1 & 0xE0 == 0x80 => (p1 & 0x1F, usize::from(command.p2)),
            p1 if p1 & 0x80 == 0 => (0, usize::from(u16::from_be_bytes([p1, command.p2]))),
            _ => return Err(sw::WRONG_P1P2),
        };
        let (_, file, session) = self.file(short_id)?;
        let Elementary::Transparent { content, gate } = file else {
            return Err(sw::WRONG_FILE_KIND);
        };
        if !session.opens(gate) {
            return Err(sw::NOT_SATISFIED);
        }
        if offset >= content.len() {
            return Err(sw::WRONG_OFFSET);
        }
        let end = content.len().min(offset + le);
        Ok(content[offset..end].to_vec())
    }

    /// One record by its number, or all from there on; what follows the longest Le is cut off.
    pub(super) fn read_record(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let le = wanted(command)?;
        let to_the_end = match command.p2 & 0x07 {
            0x04 => false,
            0x05 => true,
            _ => return Err(sw::WRONG_P1P2),
        };
        let (_, file, _) = self.file(command.p2 >> 3)?;
        let Elementary::Records(records) = file else { return Err(sw::WRONG_FILE_KIND) };
        let index = usize::from(command.p1).checked_sub(1).ok_or(sw::WRONG_P1P2)?;
        let found = records.get(index..).filter(|found| !found.is_empty());
        let found = found.ok_or(sw::NO_SUCH_RECORD)?;
        let mut record = if to_the_end { found.concat() } else { found[0].clone() };
        record.truncate(le);
        Ok(record)
    }

    /// The objects of the issuer's domain; of the answer to reset whatever is current.
    pub(super) fn get_data(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        const CONTACT_ATR: u16 = 0x5F51;
        let le = wanted(command)?;
        let tag = u16::from_be_bytes([command.p1, command.p2]);
        let session = self.session.as_ref().ok_or(sw::NOT_SATISFIED)?;
        let at = if tag == CONTACT_ATR { 0 } else { session.current };
        let object = self.applications[at].data_objects.get(&tag);
        match object.ok_or(sw::NO_REFERENCE_DATA)? {
            object if object.len() > le => Err(sw::WRONG_LENGTH),
            object => Ok(object.clone()),
        }
    }

    /// What a reader answers itself: the number of a FeliCa.
    pub(super) fn readers_own(&mut self) -> Result<Vec<u8>, u16> {
        self.applications[0].data_objects.get(&READERS_OWN).cloned().ok_or(sw::WRONG_CLA)
    }

    /// Bytes that look random and are the same in every run.
    pub(super) fn get_challenge(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        if command.p1 != 0 || command.p2 != 0 {
            return Err(sw::WRONG_P1P2);
        }
        let le = wanted(command)?;
        if command.extended || le > 256 {
            return Err(sw::CONDITIONS);
        }
        let session = self.session.as_mut().ok_or(sw::NOT_SATISFIED)?;
        session.challenges += 1;
        let mut block = sha256(format!("{}/{}", self.serial, session.challenges).as_bytes());
        let mut challenge = Vec::new();
        while challenge.len() < le {
            challenge.extend_from_slice(&block);
            block = sha256(&block);
        }
        challenge.truncate(le);
        Ok(challenge)
    }
}

/// Le of a command that has no data.
fn wanted(command: &Command<'_>) -> Result<usize, u16> {
    command.le.filter(|_| command.data.is_empty()).ok_or(sw::WRONG_LENGTH)
}
