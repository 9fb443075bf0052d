//! 署名用電子証明書, and its signature: only for what takes effect in law by itself, and only after
//! the person was shown what it discloses.
//!
//! The order is in the types. [`Electronic`] comes from a pack, and without it no password is asked
//! for; [`open`] sends the password and reads the certificate; [`Disclosure::disclose`] gives what
//! the certificate says, and [`Disclosed`] with it; a [`SignaturePermit`] needs the pack and that;
//! and without the permit, for this very certificate, [`sign`] signs nothing.

use jiff::civil::Date;
use madoguchi_procedure::{CardAttributes, LegalEffect, SignatureRule};
use madoguchi_protocol::FailureCode;

use super::authentication::{Signed, available, read, signed};
use super::face::Opened;
use super::{Verdict, unusable};
use crate::certificate::{Certificate, LocalCheck, Print};
use crate::conversation::{Conversation, Key, SigningKey, Trouble};
use crate::pin::PinBuffer;
use crate::pins::{Pins, Purpose};

/// That a pack takes effect by itself and asks for this certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Electronic(());

impl Electronic {
    /// Of a pack of this effect; `None` when it needs no such signature.
    #[must_use]
    pub fn of(effect: &LegalEffect) -> Option<Self> {
        match effect {
            LegalEffect::Electronic { signature: SignatureRule::SigningCertificate, .. } => {
                Some(Self(()))
            }
            LegalEffect::Electronic { .. } | LegalEffect::Draft => None,
        }
    }
}

/// What a signature discloses of its holder to whoever receives it: unopened.
#[derive(Debug, PartialEq)]
pub struct Disclosure {
    attributes: CardAttributes,
    certificate: Print,
}

/// That it was taken out to be shown.
#[derive(Debug)]
pub struct Disclosed {
    certificate: Print,
}

impl Disclosure {
    /// Name, address, birth date and sex as the certificate has them, with the positions of
    /// substitutes: to be shown to the person.
    #[must_use]
    pub fn disclose(self) -> (CardAttributes, Disclosed) {
        (self.attributes, Disclosed { certificate: self.certificate })
    }
}

/// Leave to sign once, with the certificate that was shown.
#[derive(Debug)]
pub struct SignaturePermit {
    certificate: Print,
}

impl SignaturePermit {
    /// For a pack of this effect, once the person was shown what is disclosed and goes on. `None`
    /// when the pack needs no such signature.
    #[must_use]
    pub fn of(effect: &LegalEffect, Disclosed { certificate }: Disclosed) -> Option<Self> {
        Electronic::of(effect).map(|_| Self { certificate })
    }
}

/// A certificate that the password has opened, and as long as the card has power its key too.
/// Nothing is signed yet.
#[derive(Debug)]
pub struct Open {
    certificate: Certificate,
    check: LocalCheck,
    said: CardAttributes,
}

impl Open {
    /// The certificate, with name, address, birth date and sex.
    #[cfg(test)]
    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What a signature would disclose.
    #[must_use]
    pub fn disclosure(&self) -> Disclosure {
        Disclosure { attributes: self.said.clone(), certificate: self.certificate.print() }
    }
}

/// Tries left of the password, at least 1. Spends none.
///
/// # Errors
/// `card.certificate_not_issued`, `card.signature_password_locked`, or as for every command.
pub fn before(card: &mut Conversation, _: Electronic) -> Result<u8, Trouble> {
    available(card, Purpose::Signature)?;
    super::tries_left(card, Key::SignaturePassword)
}

/// Sends the password, once, reads the certificate that it opens, and judges it as far as that can
/// be done here. `said` is what the card's text said in this visit, if it was read.
///
/// # Errors
/// `card.signature_password_locked` when that was the last try; `card.certificate_expired`,
/// `clock.wrong`, `card.signature_bad`; `card.certificate_lapsed` when name or address have changed
/// since it was issued; `card.unreadable` when it does not say what it discloses.
pub fn open(
    card: &mut Conversation,
    password: PinBuffer,
    said: Option<&CardAttributes>,
    pins: &Pins,
    today: Date,
    _: Electronic,
) -> Result<Opened<Open>, Trouble> {
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
    let bad = |error| unusable(FailureCode::CardUnreadable, format_args!("JPKI/0001: {error}"));
    let said = certificate.said(check.issuer).map_err(bad)?;
    Ok(Opened::Right(Open { certificate, check, said }))
}

/// Has the card sign SHA-256 of the message.
///
/// # Errors
/// `visit.out_of_order` when another certificate was shown than this: nothing is signed.
/// `card.unreadable` when the signature is not of that certificate's key.
pub fn sign(
    card: &mut Conversation,
    open: Open,
    permit: SignaturePermit,
    message: &[u8],
) -> Result<Signed, Trouble> {
    let Open { certificate, check, .. } = open;
    if permit.certificate != certificate.print() {
        return Err(unusable(FailureCode::VisitOutOfOrder, "another certificate was shown"));
    }
    let signature = signed(card, SigningKey::Signature, &certificate, message)?;
    Ok(Signed { signature, certificate, check })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Of a pack that needs this signature.
    pub(crate) fn effect() -> LegalEffect {
        let signature = SignatureRule::SigningCertificate;
        LegalEffect::Electronic { law: "a law".to_owned(), signature }
    }

    pub(crate) fn electronic() -> Electronic {
        Electronic::of(&effect()).expect("it needs one")
    }

    /// Of no certificate.
    pub(crate) fn disclosure() -> Disclosure {
        Disclosure { attributes: CardAttributes::new(), certificate: Print::default() }
    }

    pub(crate) fn permit_of_another() -> SignaturePermit {
        let (_, disclosed) = disclosure().disclose();
        SignaturePermit::of(&effect(), disclosed).expect("it needs one")
    }

    #[test]
    fn only_a_pack_that_takes_effect_by_itself_and_says_so_leads_to_a_password_or_a_signature() {
        let authentication = LegalEffect::Electronic {
            law: "a law".to_owned(),
            signature: SignatureRule::AuthenticationCertificate,
        };
        for (effect, leads) in
            [(LegalEffect::Draft, false), (authentication, false), (effect(), true)]
        {
            assert_eq!(Electronic::of(&effect).is_some(), leads, "{effect:?}");
            let (_, disclosed) = disclosure().disclose();
            assert_eq!(SignaturePermit::of(&effect, disclosed).is_some(), leads, "{effect:?}");
        }
    }
}
