//! The card side against the real pcscd and vsmartcard's virtual reader, in namespaces of its own:
//! every state of the card in a visit.

mod another_card;
mod counter;
mod faults;
mod independent;
mod keys;
mod killed;
mod namespace;
mod opensc;
mod presence;
mod reader;
mod two_readers;
mod wiping;
