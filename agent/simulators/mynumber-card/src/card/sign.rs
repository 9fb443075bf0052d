//! Signatures.

use super::Card;
use crate::apdu::{Command, sw};
use crate::files::{Elementary, Signs};
use crate::make::rsa::{TestKey, sha256};

impl Card {
    /// COMPUTE DIGITAL SIGNATURE. P1 names the scheme, P2 the key: 00 that of the application, 80
    /// the current file, 80 + a short identifier that file.
    pub(super) fn compute_signature(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let scheme = Scheme::of(command.p1).ok_or(sw::WRONG_P1P2)?;
        let session = self.session.as_ref().ok_or(sw::NOT_SATISFIED)?;
        let short_id = match command.p2 {
            0x00 => {
                let default = self.applications[session.current].default_signer;
                default.and_then(|id| u8::try_from(id).ok()).ok_or(sw::WRONG_P1P2)?
            }
            p2 if p2 & 0xE0 == 0x80 => p2 & 0x1F,
            _ => return Err(sw::WRONG_P1P2),
        };
        let key = self.signer(short_id, Signs::Digest)?;
        if command.le.is_none_or(|le| le < 256) {
            return Err(sw::WRONG_LENGTH);
        }
        let signature = scheme.sign(key, command.data).ok_or(sw::WRONG_LENGTH)?;
        self.counts.signatures += 1;
        Ok(signature)
    }

    /// INTERNAL AUTHENTICATE: a signature over a challenge of 1 to 255 bytes, without any PIN.
    pub(super) fn internal_authenticate(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        if command.p1 != 0 || command.p2 & 0xE0 != 0x80 {
            return Err(sw::WRONG_P1P2);
        }
        let key = self.signer(command.p2 & 0x1F, Signs::Challenge)?;
        if command.data.is_empty()
            || command.data.len() > 255
            || command.le.is_none_or(|le| le < 256)
        {
            return Err(sw::WRONG_LENGTH);
        }
        self.counts.signatures += 1;
        Ok(key.sign(command.data))
    }

    fn signer(&mut self, short_id: u8, by: Signs) -> Result<TestKey, u16> {
        let (_, file, session) = self.file(short_id)?;
        match file {
            Elementary::Signer { key, gate, command } if *command == by => {
                if session.opens(gate) {
                    Ok(*key)
                } else {
                    Err(sw::NOT_SATISFIED)
                }
            }
            _ => Err(sw::CONDITIONS),
        }
    }
}

/// P1 of COMPUTE DIGITAL SIGNATURE.
#[derive(Debug, Clone, Copy)]
enum Scheme {
    /// PKCS#1 v1.5 padding around what was sent, as it is: a DigestInfo of whoever sends it.
    AsIs,
    /// The card hashes; the bare hash is padded.
    BareHash,
    /// A SHA-256 value was sent; the card makes the DigestInfo.
    Hash,
    /// The card hashes and makes the DigestInfo.
    Message,
    /// PSS of a SHA-256 value that was sent.
    HashPss,
    /// The card hashes; PSS.
    MessagePss,
}

impl Scheme {
    fn of(p1: u8) -> Option<Self> {
        use Scheme::{AsIs, BareHash, Hash, HashPss, Message, MessagePss};
        [AsIs, BareHash, Hash, Message, HashPss, MessagePss].get(usize::from(p1)).copied()
    }

    /// `None` when the data has a length that the scheme does not take.
    fn sign(self, key: TestKey, data: &[u8]) -> Option<Vec<u8>> {
        let hash = |data: &[u8]| (!data.is_empty()).then(|| sha256(data));
        match self {
            Self::AsIs => key.sign_as_is(data),
            Self::BareHash => key.sign_as_is(&hash(data)?),
            Self::Hash => {
                let is_hash = data.len() == 32;
                is_hash.then(|| key.sign_as_is(&crate::make::rsa::sha256_info(data)))?
            }
            Self::Message => hash(data).map(|_| key.sign(data)),
            Self::HashPss => key.sign_pss_hash(data),
            Self::MessagePss => hash(data).map(|_| key.sign_pss(data)),
        }
    }
}
