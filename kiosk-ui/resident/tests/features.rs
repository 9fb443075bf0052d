//! What the shipped program is built of.

use std::process::Command;

/// Features of Slint that open network ports.
const PORTS: [&str; 2] = ["system-testing", "mcp"];

#[test]
fn the_shipped_program_has_no_part_that_opens_a_port_or_evaluates_conditions() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal,features", "--prefix", "none"])
        .args(["--package", "madoguchi-resident", "--manifest-path"])
        .arg("Cargo.toml")
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.contains("slint feature"), "not a tree of features:\n{tree}");
    for line in tree.lines() {
        assert!(!line.starts_with("i-slint-backend-testing"), "{line}");
        // A pack's conditions are the agent's business.
        assert!(!line.starts_with("cel v"), "{line}");
        assert!(!PORTS.iter().any(|f| line.contains(&format!("feature \"{f}\""))), "{line}");
    }
}
