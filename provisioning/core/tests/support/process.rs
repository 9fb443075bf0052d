//! Roles in processes of their own, which can be killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use madoguchi_authority::Role;

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_madoguchi-core"))
}

/// Ended with the test, also when it fails.
pub struct Served(pub Child);

impl Drop for Served {
    /// As `kill -9` does.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves a role; returns where it listens.
pub fn serve(config: &Path, role: Role) -> (Served, String) {
    let mut command = program();
    command.arg("serve").arg("--config").arg(config).args(["--role", role.as_str()]);
    let mut served = Served(command.stderr(Stdio::piped()).spawn().expect("it runs"));
    let mut lines = BufReader::new(served.0.stderr.take().expect("piped")).lines();
    let line = lines.next().expect("a line").expect("text");
    let line: serde_json::Value = serde_json::from_str(&line).expect(&line);
    assert_eq!(line["message"], "listening", "{line}");
    let address = line["address"].as_str().expect("an address").parse().expect("an address");
    // Read to the end, or the program would stop at a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (served, super::url(address))
}
