//! Parts of the agent as they are wired together, on a real disk, without card, core or printer.

#[path = "../desk/city.rs"]
mod city;
mod device;
mod keeper;
mod reception;
mod remembered;
#[path = "../support/mod.rs"]
mod support;
