//! Sounds: short, neutral, the same in every language.
//!
//! A thread of its own plays them through ALSA's `default` device, one after another. A device
//! without one is silent: what a sound tells always stands on the screen as well.

use std::f32::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use alsa::pcm::{Access, Format, HwParams, PCM};
use alsa::{Direction, ValueOr};
use madoguchi_journey::Earcon;

/// Samples a second.
const RATE: u32 = 48_000;
/// Sounds that may wait; what comes on top is not played. Nobody listens to more.
const QUEUE: usize = 2;
/// How long a tone swells and fades, in milliseconds: without, it clicks.
const SWELL: u32 = 12;
/// Amplitude at full volume: a sine at the full range would clip on cheap speakers.
const FULL: f32 = 0.6;
/// Loudness until the profile says another, 0 to 100.
const VOLUME: u8 = 50;

/// One tone of a sound.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tone {
    /// In hertz; 0 is silence.
    pitch: f32,
    /// In milliseconds.
    length: u32,
}

const fn tone(pitch: f32, length: u32) -> Tone {
    Tone { pitch, length }
}

/// Within 500 Hz to 2 kHz, where aged ears still hear (ISO 24500 recommends not above 2.5 kHz), and
/// told apart by their rhythm, not by their pitch alone.
fn tones(earcon: Earcon) -> Vec<Tone> {
    let rest = tone(0.0, 70);
    match earcon {
        Earcon::Step => vec![tone(880.0, 60)],
        Earcon::CardRead => vec![tone(880.0, 90), rest, tone(1_174.7, 140)],
        Earcon::Kept => vec![tone(784.0, 130), tone(987.8, 130), tone(1_174.7, 260)],
        Earcon::Attention => vec![tone(987.8, 160), rest, tone(987.8, 160)],
        Earcon::TakeCard => vec![
            tone(1_318.5, 150),
            rest,
            tone(1_046.5, 150),
            rest,
            tone(1_318.5, 150),
            rest,
            tone(1_046.5, 150),
        ],
        Earcon::Trouble => vec![tone(659.3, 180), tone(523.3, 260)],
        Earcon::Called => vec![tone(1_046.5, 420), rest, tone(784.0, 620)],
    }
}

/// Plays sounds.
#[derive(Debug)]
pub(crate) struct Sounds {
    queue: Option<SyncSender<Earcon>>,
    volume: Arc<AtomicU8>,
}

impl Sounds {
    /// Starts the thread. Without one there is no sound.
    pub(crate) fn start() -> Self {
        let (queue, wanted) = sync_channel(QUEUE);
        let volume = Arc::new(AtomicU8::new(VOLUME));
        let heard = Arc::clone(&volume);
        let started = std::thread::Builder::new()
            .name("sound".to_owned())
            .spawn(move || play_all(&wanted, &heard));
        if let Err(error) = &started {
            tracing::warn!(%error, "there will be no sound");
        }
        Self { queue: started.is_ok().then_some(queue), volume }
    }

    /// Loudness from now on, 0 to 100.
    pub(crate) fn set_volume(&self, volume: u8) {
        self.volume.store(volume.min(100), Ordering::Relaxed);
    }

    /// Plays a sound as soon as the ones before it are over.
    pub(crate) fn play(&self, earcon: Earcon) {
        if let Some(queue) = &self.queue {
            // Full: somebody is being told already.
            let _ = queue.try_send(earcon);
        }
    }
}

fn play_all(wanted: &Receiver<Earcon>, volume: &AtomicU8) {
    // Otherwise the library writes its words between the lines of the log.
    let silenced = alsa::Output::local_error_handler();
    let mut silent = silenced.is_err();
    while let Ok(earcon) = wanted.recv() {
        let loud = volume.load(Ordering::Relaxed);
        if loud == 0 {
            continue;
        }
        match play(&samples(&tones(earcon), loud)) {
            Ok(()) => silent = false,
            // Said once, not at every touch.
            Err(error) if !silent => {
                tracing::warn!(%error, "there is no sound");
                silent = true;
            }
            Err(_) => {}
        }
    }
}

/// Opened for each sound, so that one that was plugged in later is found.
fn play(samples: &[i16]) -> alsa::Result<()> {
    let device = PCM::new("default", Direction::Playback, false)?;
    {
        let parameters = HwParams::any(&device)?;
        parameters.set_channels(1)?;
        parameters.set_rate(RATE, ValueOr::Nearest)?;
        parameters.set_format(Format::s16())?;
        parameters.set_access(Access::RWInterleaved)?;
        device.hw_params(&parameters)?;
    }
    let writer = device.io_i16()?;
    let mut left = samples;
    while !left.is_empty() {
        match writer.writei(left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(error) => device.try_recover(error, true)?,
        }
    }
    device.drain()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a second has 48,000 samples, and an amplitude is at most 1"
)]
fn samples(tones: &[Tone], volume: u8) -> Vec<i16> {
    // Ears hear by the square: half the number sounds about half as loud.
    let amplitude = FULL * (f32::from(volume) / 100.0).powi(2) * f32::from(i16::MAX);
    let swell = (SWELL * RATE / 1_000) as f32;
    let mut samples = Vec::new();
    for tone in tones {
        let count = tone.length * RATE / 1_000;
        samples.extend((0..count).map(|n| {
            let edge = (n.min(count - n) as f32 / swell).min(1.0);
            let phase = TAU * tone.pitch * n as f32 / RATE as f32;
            (phase.sin() * edge * amplitude) as i16
        }));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Earcon; 7] = [
        Earcon::Step,
        Earcon::CardRead,
        Earcon::Kept,
        Earcon::Attention,
        Earcon::TakeCard,
        Earcon::Trouble,
        Earcon::Called,
    ];

    fn peak(samples: &[i16]) -> u16 {
        samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0)
    }

    #[test]
    fn every_sound_is_heard_without_clipping_and_ends_softly() {
        for earcon in ALL {
            let loud = samples(&tones(earcon), 100);
            assert!((15_000..20_000).contains(&peak(&loud)), "{earcon:?}: {}", peak(&loud));
            let (first, last) = (loud[0], loud[loud.len() - 1]);
            assert!(first.abs() < 500 && last.abs() < 500, "{earcon:?} clicks");
            assert!(loud.len() < 2 * RATE as usize, "{earcon:?} is too long");
            assert!(peak(&samples(&tones(earcon), 25)) < peak(&loud) / 8, "{earcon:?}");
        }
    }

    #[test]
    fn no_two_sounds_have_the_same_rhythm() {
        let rhythm = |earcon| tones(earcon).iter().map(|t| t.length).collect::<Vec<_>>();
        for (place, one) in ALL.into_iter().enumerate() {
            for other in &ALL[place + 1..] {
                assert_ne!(rhythm(one), rhythm(*other), "{one:?} and {other:?}");
            }
        }
    }
}
