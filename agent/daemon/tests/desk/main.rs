//! Ways through a visit as the agent sees them, without socket, card or disk.

mod alerts;
mod bundles;
mod card;
mod city;
mod device;
mod errands;
mod forms;
mod keeping;
mod kiosk;
mod model;
mod order;
mod papers;
mod practice;
