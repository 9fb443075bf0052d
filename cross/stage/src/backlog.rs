//! What a device has kept and not delivered yet: forms sealed and signed as its agent does it, and
//! written into its store while the agent does not run. Thousands of visits in seconds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_authority::files;
use madoguchi_envelope::{SealFacts, SealingPublicKey, seal};
use madoguchi_identity::Identity;
use madoguchi_procedure::{CardValue, Filling, Pack, Towns};
use madoguchi_protocol::application::{APPLICATION_FORMAT, Application, Content};
use madoguchi_protocol::ticket::{HIGHEST_NUMBER, TicketNumber, TicketToken};
use madoguchi_protocol::time::in_japan;
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Store};
use uuid::{NoContext, Uuid};

/// The procedure, below the packs' folder.
const PACK: &str = "tenkyo.toml";
/// The towns from which its address is picked.
const TOWNS: &str = "towns/tokiwa.toml";
/// Envelopes of one write.
const AT_ONCE: usize = 256;

/// Keeps for a device whose agent does not run.
pub struct Backlog {
    identity: Identity,
    store: PathBuf,
    key: SealingPublicKey,
    content: Content,
}

impl Backlog {
    /// For the device of that state folder, and the municipality of that folder.
    ///
    /// # Errors
    /// When the device is not enrolled, or there is no sealing key or pack.
    pub fn of(state: &Path, core: &Path, packs: &Path) -> Result<Self> {
        let identity = Identity::load(&state.join("identity")).context("the device's identity")?;
        let keys = files::read_sealing_public_keys(&core.join("sealing"))?;
        let key = SealingPublicKey::first_usable(&keys).context("a sealing key")?;
        let content = filled(packs).context("fill the form")?;
        Ok(Self { identity, store: state.join("store"), key, content })
    }

    /// Keeps so many more, each made so long ago; gives their ids.
    ///
    /// # Errors
    /// When the agent runs, or the store takes no more.
    pub fn keep(&self, count: usize, age: Duration) -> Result<Vec<ApplicationId>> {
        let mut store = Store::open(&self.store).context("open the device's store")?;
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let wanted = AT_ONCE.min(count - ids.len());
            let envelopes = self.seal(store.next_sequence(), wanted, age)?;
            store.keep(&envelopes).context("keep")?;
            ids.extend(envelopes.iter().map(|envelope| envelope.key.application));
        }
        Ok(ids)
    }

    /// How many envelopes wait, and how many are set aside.
    ///
    /// # Errors
    /// When the agent runs.
    pub fn waiting(&self) -> Result<(usize, usize)> {
        let store = Store::open(&self.store).context("open the device's store")?;
        let waiting = store.waiting();
        Ok((waiting.due, waiting.set_aside))
    }

    /// Seals so many envelopes with numbers from `first` on, by all processors, and keeps none.
    ///
    /// # Errors
    /// When one cannot be sealed.
    pub fn seal(&self, first: u64, count: usize, age: Duration) -> Result<Vec<KeptEnvelope>> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let numbers: Vec<u64> = (first..).take(count).collect();
        let pieces = numbers.chunks(count.div_ceil(processors).max(1));
        std::thread::scope(|scope| {
            let sealed: Vec<_> = pieces
                .map(|numbers| {
                    scope.spawn(move || {
                        numbers.iter().map(|number| self.seal_one(*number, age)).collect()
                    })
                })
                .collect();
            let mut envelopes = Vec::with_capacity(count);
            for piece in sealed {
                let piece: Result<Vec<_>> = piece.join().expect("sealing does not panic");
                envelopes.extend(piece?);
            }
            Ok(envelopes)
        })
    }

    fn seal_one(&self, sequence: u64, age: Duration) -> Result<KeptEnvelope> {
        let number = sequence % u64::from(HIGHEST_NUMBER) + 1;
        let ticket = TicketNumber::new('A'.try_into()?, number.try_into()?)?;
        self.seal_for(ticket, sequence, age)
    }

    /// Seals one for this number, begun so long ago.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn seal_for(
        &self,
        ticket: TicketNumber,
        sequence: u64,
        age: Duration,
    ) -> Result<KeptEnvelope> {
        let now = Timestamp::now();
        let visit = VisitId::random();
        let application = Application {
            format: APPLICATION_FORMAT,
            id: made_at(now.checked_sub(age)?)?,
            token: TicketToken::new(*Uuid::new_v4().as_bytes()),
            content: self.content.clone(),
        };
        let device = self.identity.settings();
        let facts = SealFacts {
            device: device.device.clone(),
            tenant: device.tenant.clone(),
            site: device.site.clone(),
            first_sequence: sequence,
            visit,
            ticket,
            business_day: today()?,
            kept_at: now,
        };
        let mut parts = seal(&application, &facts, &self.key, &self.identity.signer())?;
        ensure!(parts.len() == 1, "a form of one part");
        let part = parts.remove(0);
        let key = EnvelopeKey { application: application.id, part: part.header.part.number };
        Ok(KeptEnvelope { key, visit, bytes: part.bytes })
    }
}

/// An id as if it had been made then.
fn made_at(at: Timestamp) -> Result<ApplicationId> {
    let nanoseconds = u32::try_from(at.subsec_nanosecond()).context("a time after 1970")?;
    let seconds = u64::try_from(at.as_second()).context("a time after 1970")?;
    let time = uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds);
    Ok(Uuid::new_v7(time).try_into()?)
}

fn today() -> Result<Date> {
    let now = in_japan(Timestamp::now());
    now.split(' ').next().unwrap_or_default().parse().context("a day")
}

/// A complete form of an invented person.
fn filled(packs: &Path) -> Result<Content> {
    let read = |name: &str| {
        let path = packs.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
    };
    let mut form = Filling::new(Pack::parse(&read(PACK)?)?);
    let towns = Towns::parse(&read(TOWNS)?)?;
    form.insert_card(CardValue::all_as_read([
        "検証　花子",
        "常盤県常盤市本町一丁目２番３号",
        "19800217",
        "2",
    ]));
    let day: Date = "2026-11-22".parse()?;
    form.choose(&"who_moves".parse()?, &"whole_household".parse()?)?;
    form.enter(&"moved_on".parse()?, "20260401".into(), None, day)?;
    form.enter(&"new_address".parse()?, "本町二丁目4-5".into(), Some(&towns), day)?;
    form.choose(&"who_notifies".parse()?, &"self".parse()?)?;
    Ok(Content::Filled { pack: form.pack().version(), fields: form.finish()? })
}
