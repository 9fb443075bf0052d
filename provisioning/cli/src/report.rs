//! What a command says: words for a person, or one JSON object for a program.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use madoguchi_protocol::failure::printable;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::connection::RefusedByCore;
use crate::pack::Mistakes;

/// The outcome of a command that succeeded.
pub(crate) struct Report {
    json: Zeroizing<String>,
    words: Zeroizing<String>,
    /// Said beside the words; whoever wants JSON has them there.
    warnings: Vec<String>,
    /// Whether what was looked at is as it should be.
    fit: bool,
}

impl Report {
    pub(crate) fn new(json: &impl Serialize, words: String) -> anyhow::Result<Self> {
        let json = serde_json::to_string(json).context("the answer cannot be written as JSON")?;
        Ok(Self {
            json: Zeroizing::new(json),
            words: Zeroizing::new(words),
            warnings: vec![],
            fit: true,
        })
    }

    /// Warns a person of these.
    pub(crate) fn warn(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// What was looked at is not as it should be: the exit status says so as well.
    pub(crate) fn unfit(self) -> Self {
        Self { fit: false, ..self }
    }

    pub(crate) fn print(&self, json: bool) -> ExitCode {
        let text = if json { &self.json } else { &self.words };
        if !json {
            self.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
        }
        match writeln!(io::stdout(), "{}", text.trim_end()) {
            Ok(()) if self.fit => ExitCode::SUCCESS,
            Ok(()) => ExitCode::FAILURE,
            // Nobody reads any more: there is nobody left to tell.
            Err(_) => ExitCode::FAILURE,
        }
    }
}

/// Says what went wrong, with everything behind it.
pub(crate) fn failure(error: &anyhow::Error, json: bool) -> ExitCode {
    let mistakes = error.downcast_ref::<Mistakes>();
    if json {
        let problem = error.downcast_ref::<RefusedByCore>().map(|refused| &refused.0);
        let mut body = json!({ "error": format!("{error:#}") });
        if let Some(problem) = problem {
            body["problem"] = json!(problem);
        }
        if let Some(Mistakes(mistakes)) = mistakes {
            body["mistakes"] = json!(mistakes);
        }
        eprintln!("{body}");
    } else if let Some(mistakes) = mistakes {
        // As compilers print it, so that an editor finds the place.
        eprintln!("{mistakes}");
    } else {
        eprintln!("error: {}", printable(&format!("{error:#}")));
    }
    ExitCode::FAILURE
}

/// A command line that cannot be read, or a question for help.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|a| a == "--json");
    if json && error.use_stderr() {
        eprintln!("{}", json!({ "error": error.render().to_string() }));
    } else {
        // To standard output for help and version, to standard error otherwise.
        let _ = error.print();
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
