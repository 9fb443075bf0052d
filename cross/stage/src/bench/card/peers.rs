//! The same result from the same card: by us, by OpenSC, and by `myna-card` in its own way. The
//! card counts the commands.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::civil::{Date, date};
use madoguchi_card::flows::face::Opened;
use madoguchi_card::flows::form::Preparation;
use madoguchi_card::flows::signature::{Electronic, SignaturePermit};
use madoguchi_card::flows::{authentication, form, signature, verify};
use madoguchi_card::{Conversation, Key, PinBuffer, Pins, Trouble, with_card};
use madoguchi_procedure::{LegalEffect, SignatureRule};
use madoguchi_protocol::{AttributeName, PinDigit};
use madoguchi_virtual_card::Hand;
use myna_card::Pin;
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::text::TextAp;
use myna_card::transport::pcsc::{PcscTransport, Sharing, connect};

pub const OURS: &str = "ours";
const OPENSC: &str = "OpenSC";
const MYNA_CARD: &str = "myna-card";

const READER: &str = "Virtual PCD 00 00";
const PIN: &str = "9247";
const PASSWORD: &str = "TOKIWA01";
const MESSAGE: &[u8] = b"what is signed";
const TODAY: Date = date(2026, 11, 22);

const ATTRIBUTES: &str = "attributes";
const VERIFIED: &str = "verified attributes";
const AUTHENTICATION: &str = "authentication";
const SIGNATURE: &str = "signature";

/// What a result cost.
pub struct Cost {
    pub task: &'static str,
    pub who: &'static str,
    /// By the card's own count.
    pub apdus: u64,
    /// From the start of whoever does it to its end, connecting included.
    pub time: Duration,
}

/// Everybody does everything once. OpenSC knows nothing of the attributes.
pub fn compare(hand: &Hand, work: &Path) -> Result<Vec<Cost>> {
    hand.lay()?;
    await_the_card()?;
    let mut costs = Vec::new();
    let mut cost = |task, who, act: &dyn Fn() -> Result<()>| -> Result<()> {
        let (before, begun) = (hand.counts().commands, Instant::now());
        act().with_context(|| format!("{task}, {who}"))?;
        let time = begun.elapsed();
        costs.push(Cost { task, who, apdus: hand.counts().commands - before, time });
        Ok(())
    };
    cost(ATTRIBUTES, OURS, &|| ours(|card| attributes(card, false)))?;
    cost(ATTRIBUTES, MYNA_CARD, &|| theirs(|card| their_attributes(card, false)))?;
    cost(VERIFIED, OURS, &|| ours(|card| attributes(card, true)))?;
    cost(VERIFIED, MYNA_CARD, &|| theirs(|card| their_attributes(card, true)))?;
    cost(AUTHENTICATION, OURS, &|| ours(authenticate))?;
    cost(AUTHENTICATION, OPENSC, &|| opensc(work, "User Authentication PIN", "01", PIN))?;
    cost(AUTHENTICATION, MYNA_CARD, &|| theirs(their_authentication))?;
    cost(SIGNATURE, OURS, &|| ours(sign))?;
    cost(SIGNATURE, OPENSC, &|| opensc(work, "Digital Signature PIN", "02", PASSWORD))?;
    cost(SIGNATURE, MYNA_CARD, &|| theirs(their_signature))?;
    hand.take();
    Ok(costs)
}

/// pcscd looks every 0.4 s.
fn await_the_card() -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while with_card(Some(READER), |_| ()).is_err() {
        ensure!(Instant::now() < deadline, "pcscd does not see the card");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn ours(act: impl FnOnce(&mut Conversation) -> Result<(), Trouble>) -> Result<()> {
    Ok(with_card(Some(READER), |link| act(&mut Conversation::new(link)))??)
}

fn attributes(card: &mut Conversation, verified: bool) -> Result<(), Trouble> {
    let mut preparation = Preparation::default();
    while verified && !preparation.is_done() {
        preparation.step(card)?;
    }
    verify(card, typed(Key::TextPin, PIN))?;
    let wanted =
        [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex];
    let (_, digest) = form::read(card, &wanted.into())?.into_parts();
    if verified {
        form::check(card, preparation, &digest, &Pins::default())?;
    }
    Ok(())
}

fn authenticate(card: &mut Conversation) -> Result<(), Trouble> {
    let before = authentication::before(card, &Pins::default(), TODAY)?;
    let pin = typed(Key::AuthenticationPin, PIN);
    match authentication::sign(card, pin, &before, MESSAGE)? {
        Opened::Right(_) => Ok(()),
        Opened::Wrong { .. } => Err(wrong()),
    }
}

fn sign(card: &mut Conversation) -> Result<(), Trouble> {
    let effect = LegalEffect::Electronic {
        law: "a law".to_owned(),
        signature: SignatureRule::SigningCertificate,
    };
    let Some(electronic) = Electronic::of(&effect) else { return Err(wrong()) };
    signature::before(card, electronic)?;
    let password = typed(Key::SignaturePassword, PASSWORD);
    let pins = Pins::default();
    match signature::open(card, password, None, &pins, TODAY, electronic)? {
        Opened::Right(open) => {
            let (_, disclosed) = open.disclosure().disclose();
            let permit = SignaturePermit::of(&effect, disclosed).ok_or_else(wrong)?;
            signature::sign(card, open, permit, MESSAGE).map(drop)
        }
        Opened::Wrong { .. } => Err(wrong()),
    }
}

fn wrong() -> Trouble {
    madoguchi_card::LinkError::Lost("the value of the bench is wrong").into()
}

/// A value that fits its key by the constants above; one that does not is refused by the card side.
fn typed(key: Key, value: &str) -> PinBuffer {
    let mut buffer = PinBuffer::of(key);
    for character in value.chars() {
        let digit = character.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
        match digit.and_then(|digit| PinDigit::try_from(digit).ok()) {
            Some(digit) => drop(buffer.push(digit)),
            None => drop(buffer.push_letter(character)),
        }
    }
    buffer
}

type TheirCard = myna_card::Card<PcscTransport>;

fn theirs(act: impl FnOnce(&mut TheirCard) -> myna_card::Result<()>) -> Result<()> {
    let mut card = connect(READER, Sharing::Shared).context("connect")?;
    act(&mut card).context("read")?;
    // As we leave it.
    card.transport_mut().power_cycle().context("take the power")
}

fn their_attributes(card: &mut TheirCard, verified: bool) -> myna_card::Result<()> {
    let mut text = TextAp::select(card)?;
    if verified {
        text.read_certificate()?;
    }
    text.verify_pin(&Pin::numeric(PIN)?)?;
    text.read_attributes()?;
    if verified {
        text.read_integrity_record()?;
    }
    Ok(())
}

fn their_authentication(card: &mut TheirCard) -> myna_card::Result<()> {
    let mut jpki = JpkiAp::select(card)?;
    jpki.read_auth_certificate_der()?;
    jpki.verify_auth_pin(&Pin::numeric(PIN)?)?;
    jpki.sign_with_auth_key(SignatureScheme::Sha256DigestInfo, MESSAGE).map(drop)
}

fn their_signature(card: &mut TheirCard) -> myna_card::Result<()> {
    let mut jpki = JpkiAp::select(card)?;
    jpki.verify_sign_pin(&Pin::new(PASSWORD)?)?;
    jpki.read_sign_certificate_der()?;
    jpki.sign_with_sign_key(SignatureScheme::Sha256DigestInfo, MESSAGE).map(drop)
}

/// `pkcs11-tool` signs; it reads the certificates by itself, as every program with PKCS #11 does.
fn opensc(work: &Path, token: &str, id: &str, value: &str) -> Result<()> {
    let (message, signed) = (work.join("message"), work.join("signature"));
    std::fs::write(&message, MESSAGE).context("write what is signed")?;
    let output = Command::new("pkcs11-tool")
        .args(["--token-label", &format!("JPKI ({token})"), "--login", "--pin", value])
        .args(["--sign", "--id", id, "--mechanism", "SHA256-RSA-PKCS", "--input-file"])
        .arg(&message)
        .arg("--output-file")
        .arg(&signed)
        .env("HOME", work)
        .output()
        .context("start pkcs11-tool (package opensc)")?;
    if !output.status.success() {
        bail!("pkcs11-tool failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
