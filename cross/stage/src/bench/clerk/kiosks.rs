//! Kiosks as the intake sees them: enrolled devices that deliver one envelope a visit over their own mTLS.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use madoguchi_identity::Identity;
use madoguchi_protocol::core_api::{ENVELOPE_MEDIA_TYPE, ENVELOPES};
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_stage::{Backlog, Core, Device, Programs};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Builder;

/// Numbers of a letter that no counter gives.
const NUMBERS: usize = 950;
const LETTERS: [char; 6] = ['A', 'B', 'C', 'D', 'E', 'F'];

pub struct Kiosks {
    kiosks: Vec<Kiosk>,
}

struct Kiosk {
    backlog: Backlog,
    identity: Identity,
    intake: String,
    sequence: u64,
}

impl Kiosks {
    pub fn enrol(
        count: usize,
        core: &Core,
        programs: &Programs,
        packs: &Path,
        work: &Path,
        logs: &Path,
    ) -> Result<Self> {
        let intake = core.upstreams().remove(0).port;
        let enrol = |number: usize| -> Result<Kiosk> {
            let sheet = core.admit_kiosk(&format!("kiosk-{number:02}"))?;
            let device = Device::enrol_another(programs, &sheet, "", work, logs)?;
            Ok(Kiosk {
                backlog: Backlog::of(&device.state(), core.folder(), packs)?,
                identity: Identity::load(&device.state().join("identity"))?,
                intake: format!("https://localhost:{intake}{ENVELOPES}"),
                sequence: 0,
            })
        };
        // The first one has that name already.
        Ok(Self { kiosks: (2..count + 2).map(enrol).collect::<Result<_>>()? })
    }

    /// Delivers so many, spread over the time, with the numbers from `given` on.
    pub fn send(&mut self, given: usize, visits: usize, length: Duration) -> Result<()> {
        let begun = Instant::now();
        let count = self.kiosks.len();
        std::thread::scope(|scope| {
            let sending: Vec<_> = (0..)
                .zip(&mut self.kiosks)
                .map(|(first, kiosk)| {
                    let own = (first..visits).step_by(count);
                    scope.spawn(move || kiosk.send(own, given, visits, length, begun))
                })
                .collect();
            sending.into_iter().try_for_each(|sent| sent.join().expect("no panic"))
        })
    }
}

impl Kiosk {
    fn send(
        &mut self,
        own: impl Iterator<Item = usize>,
        given: usize,
        visits: usize,
        length: Duration,
        begun: Instant,
    ) -> Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build().context("a runtime")?;
        let tls = self.identity.client_config().context("the kiosk's TLS")?;
        let client = Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?;
        for visit in own {
            let number = given + visit;
            let letter = LETTERS.get(number / NUMBERS).context("too many numbers")?;
            let in_letter = u16::try_from(number % NUMBERS + 1)?;
            let ticket = TicketNumber::new((*letter).try_into()?, in_letter)?;
            self.sequence += 1;
            let envelope = self.backlog.seal_for(ticket, self.sequence, Duration::ZERO)?;
            let at = length.mul_f64(ratio(visit, visits));
            let pause = at.saturating_sub(begun.elapsed());
            let status = runtime.block_on(async {
                tokio::time::sleep(pause).await;
                let request = client.post(&self.intake).body(envelope.bytes);
                let answer = request.header(CONTENT_TYPE, ENVELOPE_MEDIA_TYPE).send().await?;
                anyhow::Ok(answer.status())
            })?;
            ensure!(status.is_success(), "the intake answers {status}");
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a day")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}
