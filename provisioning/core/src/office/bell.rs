//! A bell that everybody hears who listens: also what rang while a listener was busy.

use tokio::sync::watch;

/// Rung when there may be something to do.
#[derive(Debug, Clone)]
pub(super) struct Bell(watch::Sender<()>);

/// One who listens to a [`Bell`].
pub(super) struct Listener(watch::Receiver<()>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Bell {
    /// Every listener hears it, at once or when it listens next.
    pub(super) fn ring(&self) {
        self.0.send_replace(());
    }

    pub(super) fn listener(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// Returns once it rings; at once when it did since this was called last, or since the listener
    /// was made.
    pub(super) async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            // Without a bell nothing rings any more.
            std::future::pending().await
        }
    }
}
