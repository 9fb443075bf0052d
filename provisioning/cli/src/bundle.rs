//! Signing bundles offline, and publishing them.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use madoguchi_authority::{Role, files};
use madoguchi_durable::Readers;
use madoguchi_envelope::Kem;
use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_protocol::bundle::{Bundle as Signed, Payload, Profile, SignedBundle};
use madoguchi_protocol::core_api::{BUNDLES, BundleTaken, MAX_BODY};
use serde_json::json;
use zeroize::Zeroizing;

use crate::arguments::{Bundle, Kind, Sign};
use crate::connection::Connection;
use crate::report::Report;
use crate::toml_file;

pub(crate) fn run(command: Bundle) -> Result<Report> {
    match command {
        Bundle::Sign(sign) => self::sign(&sign),
        Bundle::Publish { file, registrar, operator } => {
            publish(&file, &Connection::open(&operator, &registrar, Role::Registrar)?)
        }
    }
}

fn sign(arguments: &Sign) -> Result<Report> {
    let (payload, contents) = payload(arguments)?;
    let key = files::read_municipal_key(&arguments.municipal_key).context("--municipal-key")?;
    let public = key.public().context("--municipal-key")?;
    let kind = payload.kind();
    let (tenant, generation) = (arguments.tenant.clone(), arguments.generation);
    let bundle = Signed {
        format: 1,
        tenant: tenant.clone(),
        generation,
        signed_at: Timestamp::now(),
        payload,
    };
    let signed = key.sign(&bundle);
    public.verify(&signed, &tenant).context("the signed bundle does not read back")?;
    let bytes = serde_json::to_vec_pretty(&signed).context("the bundle cannot be written")?;
    if bytes.len() > MAX_BODY {
        bail!("the bundle has {} bytes; the registrar takes {MAX_BODY}", bytes.len());
    }
    let out = &arguments.out;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let written = if replaces_former(out, &bundle, &public)? {
        madoguchi_durable::write(out, &bytes, Readers::Everybody)
    } else {
        madoguchi_durable::create(out, &bytes, Readers::Everybody)
    };
    written.with_context(|| format!("{} cannot be written", out.display()))?;

    let signed_by = public.fingerprint();
    let words = format!(
        "Signed for {tenant}: {} generation {generation}\n\
         contents     {}\n\
         signed by    {signed_by}\n\
         bundle       {}\n\
         \n\
         Next: `bundle publish {}` gives it to the devices. Intake and office read packs and sealing\n\
         keys from their own copy of the file (core.toml).",
        kind.as_str(),
        contents.join(", "),
        out.display(),
        out.display(),
    );
    let json = json!({
        "kind": kind, "generation": generation, "bundle": out, "signed_by": signed_by,
        "contents": contents,
    });
    Report::new(&json, words)
}

/// Whether a file is there and may be replaced: nothing but a bundle of which the new one is the
/// next generation, so that a slip of the hand destroys neither a key nor a later bundle.
fn replaces_former(path: &Path, new: &Signed, key: &MunicipalPublicKey) -> Result<bool> {
    let keep = || format!("{} is not overwritten: choose another --out", path.display());
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e).with_context(keep),
    };
    // What is no file at all might be waited for for ever.
    let bytes = if metadata.is_file() { fs::read(path).with_context(keep)? } else { Vec::new() };
    let bytes = Zeroizing::new(bytes);
    let former: SignedBundle = serde_json::from_slice(&bytes)
        // The parser's own error could quote a secret.
        .map_err(|_| anyhow!("it is not a signed bundle"))
        .with_context(keep)?;
    let former = key.verify(&former, &new.tenant).with_context(keep)?;
    if !is_of_the_same(&former.payload, &new.payload) {
        return Err(anyhow!("it is a bundle of another kind or for another device"))
            .with_context(keep);
    }
    if former.generation > new.generation {
        return Err(anyhow!("it is of the later generation {}", former.generation))
            .with_context(keep);
    }
    Ok(true)
}

/// Whether two bundles count their generations together.
fn is_of_the_same(one: &Payload, other: &Payload) -> bool {
    match (one, other) {
        (Payload::Profile { profile: one }, Payload::Profile { profile: other }) => {
            one.device == other.device
        }
        _ => one.kind() == other.kind(),
    }
}

/// What is signed, and a name for each thing in it.
fn payload(arguments: &Sign) -> Result<(Payload, Vec<String>)> {
    match arguments.kind {
        Kind::Packs => {
            let files = toml_file::read_packs(&arguments.packs)?;
            let names = files.iter().map(|f| format!("{} v{}", f.pack.id, f.pack.version));
            let names = names.collect();
            Ok((
                Payload::Packs {
                    packs: files.into_iter().map(|f| f.text).collect(),
                    life_events: vec![],
                    towns: None,
                },
                names,
            ))
        }
        Kind::Profile => {
            let path = arguments.profile.as_deref().context("--profile is missing")?;
            let profile: Profile = toml_file::read(path)?;
            check_profile(&profile).with_context(|| path.display().to_string())?;
            let name = profile.device.to_string();
            Ok((Payload::Profile { profile }, vec![name]))
        }
        Kind::SealingKeys => {
            let dir = arguments.sealing_keys.as_deref().context("--sealing-keys is missing")?;
            let mut keys = files::read_sealing_public_keys(dir).context("--sealing-keys")?;
            keys.sort_by_key(|key| Kem::from_id(key.kem) != Some(Kem::XWing));
            let names = keys.iter().map(|key| key.id.clone()).collect();
            Ok((Payload::SealingKeys { keys }, names))
        }
    }
}

fn check_profile(profile: &Profile) -> Result<()> {
    if !(30..=300).contains(&profile.idle_seconds) {
        bail!("idle_seconds: 30 to 300, not {}", profile.idle_seconds);
    }
    if profile.sections.is_empty() {
        bail!("sections: name at least one, or the device can give no number");
    }
    if profile.municipality.ja.trim().is_empty() || profile.municipality.en.trim().is_empty() {
        bail!("municipality: the name is needed in both languages");
    }
    Ok(())
}

fn publish(file: &Path, registrar: &Connection) -> Result<Report> {
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let signed: SignedBundle = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not a signed bundle", file.display()))?;
    let taken: BundleTaken = registrar.post(BUNDLES, &signed)?;
    let words = format!(
        "The registrar hands out {} generation {} from now on.\n\
         Devices fetch it between visits, by themselves.",
        taken.kind.as_str(),
        taken.generation,
    );
    Report::new(&taken, words)
}
