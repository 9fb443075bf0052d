//! Runs the program in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub struct Provision {
    folder: tempfile::TempDir,
}

impl Provision {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with its arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi-provision"));
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// What `--json` prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.output(&[arguments, &["--json"]].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }

    /// The one JSON object on standard error of a command that must fail.
    pub fn refused(&self, arguments: &[&str]) -> Value {
        let output = self.output(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?} must fail");
        assert!(output.stdout.is_empty(), "{arguments:?} must say nothing on standard output");
        serde_json::from_slice(&output.stderr).expect("one JSON object")
    }

    /// The error's text of a command that must fail.
    pub fn error(&self, arguments: &[&str]) -> String {
        self.refused(arguments)["error"].as_str().expect("a text").to_owned()
    }

    /// Keys, authority and sealing key of 常盤市.
    pub fn founded() -> Self {
        let this = Self::new();
        this.json(&["municipal-key", "create", "--out", "municipal"]);
        this.json(&["ca", "create", "--tenant", "tokiwa", "--out", "ca"]);
        this.json(&["sealing-key", "create", "--out", "sealing"]);
        this
    }

    /// Signs everything that 常盤市 tells about procedures.
    pub fn sign_packs(&self, generation: &str, out: &str) -> Value {
        let (packs, towns) = (data("procedures"), data("procedures/towns/tokiwa.toml"));
        let event = data("procedures/life-events/hikkoshi.toml");
        let source = ["--packs", &packs, "--life-event", &event, "--towns", &towns];
        self.sign("packs", generation, &source, out)
    }

    /// Signs a bundle of 常盤市 from the repository's data or this folder's keys.
    pub fn sign(&self, kind: &str, generation: &str, source: &[&str], out: &str) -> Value {
        let head = ["bundle", "sign", "--kind", kind, "--generation", generation];
        let tail = ["--tenant", "tokiwa", "--municipal-key", "municipal", "--out", out];
        self.json(&[&head[..], source, &tail[..]].concat())
    }
}

/// A folder of the repository's data, beside this crate.
pub fn data(name: &str) -> String {
    // Tests run in their crate's folder, the program elsewhere.
    let path = Path::new("..").join(name).canonicalize().expect(name);
    path.to_str().expect("a name").to_owned()
}
