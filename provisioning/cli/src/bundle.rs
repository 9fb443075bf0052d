//! Signing bundles offline, and publishing them.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use madoguchi_authority::{Role, files};
use madoguchi_durable::Readers;
use madoguchi_envelope::Kem;
use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_procedure::{Entry, Pack, Source};
use madoguchi_protocol::bundle::{Bundle as Signed, Payload, Profile, SignedBundle};
use madoguchi_protocol::core_api::{BUNDLES, BundleTaken, MAX_BODY};
use madoguchi_protocol::frame::MAX_FRAME;
use madoguchi_protocol::{MunicipalityCode, PackId};
use serde_json::json;
use zeroize::Zeroizing;

use crate::arguments::{Bundle, Kind, Sign};
use crate::connection::Connection;
use crate::report::Report;
use crate::toml_file;

/// The agent hands all packs to the screen in one frame; what else is in it needs little.
const MOST_BYTES_OF_PACKS: usize = MAX_FRAME - 16 * 1024;

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
    let warnings = not_offered(arguments)?;
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
        "contents": contents, "warnings": warnings,
    });
    Ok(Report::new(&json, words)?.warn(warnings))
}

/// Packs that the device whose profile was named as well will not show.
fn not_offered(arguments: &Sign) -> Result<Vec<String>> {
    let Some(path) = arguments.profile.as_deref().filter(|_| !arguments.packs.is_empty()) else {
        return Ok(Vec::new());
    };
    let Profile { device, sections, .. } = read_profile(path)?;
    let packs = toml_file::read_packs(&arguments.packs)?.into_iter().map(|file| file.read);
    let hidden = packs.filter(|pack| !sections.contains(&pack.section.letter));
    let words = |Pack { id, section, .. }: Pack| {
        format!(
            "the pack {id} is not offered by {device}: it gives no number of section {}",
            section.letter
        )
    };
    Ok(hidden.map(words).collect())
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
        Kind::Packs => packs(arguments),
        Kind::Profile => {
            let path = arguments.profile.as_deref().context("--profile is missing")?;
            let profile = read_profile(path)?;
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

/// Packs, life events and towns, which reach devices together.
fn packs(arguments: &Sign) -> Result<(Payload, Vec<String>)> {
    let packs = toml_file::read_packs(&arguments.packs)?;
    let events = toml_file::read_life_events(&arguments.life_event)?;
    let towns = arguments.towns.as_deref().map(toml_file::read_towns).transpose()?;
    for event in &events {
        let known = |id: &PackId| packs.iter().any(|file| file.read.id == *id);
        if let Some(missing) = event.read.packs().find(|id| !known(id)) {
            let event = &event.read.id;
            bail!("the life event {event} leads to the pack {missing}, which is not among --packs");
        }
    }
    let needs_towns = |pack: &Pack| {
        pack.fields.iter().any(|f| matches!(f.source, Source::Entry { entry: Entry::Address, .. }))
    };
    if towns.is_none()
        && let Some(file) = packs.iter().find(|file| needs_towns(&file.read))
    {
        bail!("--towns is missing: the pack {} asks for an address", file.read.id);
    }
    let mut names: Vec<_> =
        packs.iter().map(|f| format!("{} v{}", f.read.id, f.read.version)).collect();
    names.extend(events.iter().map(|f| format!("life event {}", f.read.id)));
    names.extend(towns.iter().map(|f| format!("{} towns", f.read.iter().len())));
    let payload = Payload::Packs {
        packs: packs.into_iter().map(|f| f.text).collect(),
        life_events: events.into_iter().map(|f| f.text).collect(),
        towns: towns.map(|f| f.text),
    };
    let bytes = serde_json::to_vec(&payload).context("the packs cannot be written")?.len();
    if bytes > MOST_BYTES_OF_PACKS {
        bail!("the packs have {bytes} bytes together; a kiosk takes {MOST_BYTES_OF_PACKS}");
    }
    Ok((payload, names))
}

fn read_profile(path: &Path) -> Result<Profile> {
    let profile: Profile = toml_file::read(path)?;
    check_profile(&profile).with_context(|| path.display().to_string())?;
    Ok(profile)
}

fn check_profile(profile: &Profile) -> Result<()> {
    if !(30..=300).contains(&profile.idle_seconds) {
        bail!("idle_seconds: 30 to 300, not {}", profile.idle_seconds);
    }
    if profile.sections.is_empty() {
        bail!("sections: name at least one, or the device can give no number");
    }
    if let Some(appearance) = profile.appearance {
        if appearance.volume > 100 {
            bail!("appearance.volume: 0 to 100, not {}", appearance.volume);
        }
        if appearance.panel_mm.is_some_and(|size| size.contains(&0)) {
            bail!("appearance.panel_mm: the visible width and height in millimetres");
        }
    }
    if let Some(printer) = &profile.printer {
        if !["ipp://", "ipps://"].iter().any(|scheme| printer.uri.starts_with(scheme)) {
            bail!("printer.uri: an address that begins with ipp:// or ipps://");
        }
        if ![58, 80, 210].contains(&printer.slip_width_mm) {
            bail!("printer.slip_width_mm: 58, 80 or 210, not {}", printer.slip_width_mm);
        }
    }
    if profile.packs_valid_days == Some(0) {
        bail!("packs_valid_days: at least 1; leave it out for packs that never grow too old");
    }
    // Not that they are of one prefecture: mergers went over borders.
    let of_no_prefecture = |code: &&MunicipalityCode| !("01".."48").contains(&&code.as_str()[..2]);
    for (key, codes) in [
        ("municipality_code", profile.municipality_code.as_slice()),
        ("municipality_codes_before", &profile.municipality_codes_before),
    ] {
        if let Some(code) = codes.iter().find(of_no_prefecture) {
            bail!("{key}: begins with the prefecture's two digits, 01 to 47, not {code}");
        }
    }
    if profile.municipality_code.is_none() && !profile.municipality_codes_before.is_empty() {
        bail!("municipality_codes_before: means nothing without municipality_code");
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
