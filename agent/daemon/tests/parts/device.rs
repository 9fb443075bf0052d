//! A device with an identity and a store.

use std::path::Path;
use std::thread::JoinHandle;

use madoguchi_daemon::clock;
use madoguchi_daemon::keeper::{self, KeeperHandle, KeeperState};
use madoguchi_envelope::Envelope;
use madoguchi_identity::Identity;
use madoguchi_protocol::header::EnvelopeHeader;
use madoguchi_protocol::ticket::TicketBlock;
use tokio::sync::watch;

use crate::support::{enrol, sheet};

/// A device with a store and numbers for today.
pub struct Device {
    pub keeper: KeeperHandle,
    pub state: watch::Receiver<KeeperState>,
    thread: JoinHandle<()>,
}

impl Device {
    pub fn start(folder: &Path) -> Self {
        let identity = folder.join("identity");
        if !identity.exists() {
            let (authority, sheet) = sheet(folder);
            enrol(&authority, &sheet, &identity);
        }
        let identity = Identity::load(&identity).expect("an identity");
        let settings = identity.settings().clone();
        let (keeper, state, thread) =
            keeper::start(&folder.join("store"), settings, identity.signer()).expect("a store");
        Self { keeper, state, thread }
    }

    pub async fn lease(&self) {
        let letter = 'A'.try_into().expect("a letter");
        let block = TicketBlock { business_day: clock::today(), letter, first: 1, last: 60 };
        self.keeper.add_block(block).await.expect("taken");
    }

    pub async fn waiting(&self) -> Vec<EnvelopeHeader> {
        let due = self.keeper.due(None, 100).await.expect("read");
        let header = |bytes| Envelope::parse(bytes).expect("an envelope").header().clone();
        due.into_iter().map(|envelope| header(envelope.bytes)).collect()
    }

    pub async fn end(self) {
        self.keeper.close().await;
        self.thread.join().expect("the store closes");
    }
}
