//! The uplink against a core that misbehaves as told, over real TLS and HTTP/2.

mod alerts;
mod backlog;
mod delivery;
mod exchange;
mod intakes;
mod outbox;
mod support;
