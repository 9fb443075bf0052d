//! 署名用電子証明書, and its signature: only for what takes effect in law by itself, and only after
//! the person was shown what it discloses.

use jiff::civil::Date;
use madoguchi_procedure::{CardAttributes, LegalEffect, SignatureRule};
use madoguchi_protocol::{AttributeName, FailureCode};

use super::authentication::{available, read, signed};
use super::face::Opened;
use super::{Verdict, unusable};
use crate::certificate::{Certificate, LocalCheck};
use crate::conversation::{Conversation, Key, SigningKey, Trouble};
use crate::pin::PinBuffer;
use crate::pins::{Pins, Purpose};

/// What a signature discloses to whoever receives it. There is one only for a pack that takes
/// effect by itself and asks for this certificate.
#[derive(Debug)]
pub struct Disclosure {
    law: String,
}

/// That the person has seen what is disclosed.
#[derive(Debug)]
pub struct Shown(());

impl Disclosure {
    /// For a pack of this effect; `None` when it needs no such signature.
    #[must_use]
    pub fn of(effect: &LegalEffect) -> Option<Self> {
        match effect {
            LegalEffect::Electronic { law, signature: SignatureRule::SigningCertificate } => {
                Some(Self { law: law.clone() })
            }
            LegalEffect::Electronic { .. } | LegalEffect::Draft => None,
        }
    }

    /// The law or ordinance that lets it take effect by itself.
    #[must_use]
    pub fn law(&self) -> &str {
        &self.law
    }

    /// What the certificate shows of its holder.
    #[must_use]
    pub fn attributes(&self) -> [AttributeName; 4] {
        [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex]
    }

    /// The person was shown the above, and goes on.
    #[must_use]
    pub fn shown(self) -> Shown {
        Shown(())
    }
}

/// A signature, and what it can be judged by.
#[derive(Debug)]
pub struct Signed {
    /// Over SHA-256 of the message: RSA PKCS #1 v1.5, 256 bytes.
    pub signature: Vec<u8>,
    /// With name, address, birth date and sex.
    pub certificate: Certificate,
    /// What a local check has found.
    pub check: LocalCheck,
}

/// Tries left of the password, at least 1. Spends none.
///
/// # Errors
/// `card.certificate_not_issued`, `card.signature_password_locked`, or as for every command.
pub fn before(card: &mut Conversation, _: &Shown) -> Result<u8, Trouble> {
    available(card, Purpose::Signature)?;
    super::tries_left(card, Key::SignaturePassword)
}

/// Sends the password, once, reads the certificate that it opens, judges it as far as that can be
/// done here, and has the card sign. `said` is what the card's text said in this visit, if it was
/// read.
///
/// # Errors
/// `card.signature_password_locked` when that was the last try; `card.certificate_expired`, `clock.wrong`,
/// `card.signature_bad`; `card.certificate_lapsed` when name or address have changed since it was
/// issued. Nothing is signed then.
pub fn sign(
    card: &mut Conversation,
    password: PinBuffer,
    message: &[u8],
    said: Option<&CardAttributes>,
    pins: &Pins,
    today: Date,
    _: &Shown,
) -> Result<Opened<Signed>, Trouble> {
    if password.key() != Key::SignaturePassword {
        return Err(unusable(FailureCode::VisitOutOfOrder, "a value for another key"));
    }
    if let Verdict::Wrong { tries_left } = super::verify(card, password)? {
        return Ok(Opened::Wrong { tries_left });
    }
    let certificate = read(card, Purpose::Signature)?;
    let check = certificate.check(pins, today)?;
    if said.is_some_and(|said| !certificate.agrees_with(said)) {
        let detail = "its name or address is not the card's any more";
        return Err(unusable(FailureCode::CardCertificateLapsed, detail));
    }
    let signature = signed(card, SigningKey::Signature, &certificate, message)?;
    Ok(Opened::Right(Signed { signature, certificate, check }))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The person has seen what is disclosed.
    pub(crate) fn shown() -> Shown {
        let signature = SignatureRule::SigningCertificate;
        let effect = LegalEffect::Electronic { law: "a law".to_owned(), signature };
        Disclosure::of(&effect).expect("it discloses").shown()
    }

    #[test]
    fn only_a_pack_that_takes_effect_by_itself_and_says_so_leads_to_a_signature() {
        assert!(Disclosure::of(&LegalEffect::Draft).is_none());
        let signature = SignatureRule::AuthenticationCertificate;
        let effect = LegalEffect::Electronic { law: "a law".to_owned(), signature };
        assert!(Disclosure::of(&effect).is_none());
        let signature = SignatureRule::SigningCertificate;
        let effect = LegalEffect::Electronic { law: "a law".to_owned(), signature };
        let disclosure = Disclosure::of(&effect).expect("it discloses");
        assert_eq!((disclosure.law(), disclosure.attributes().len()), ("a law", 4));
    }
}
