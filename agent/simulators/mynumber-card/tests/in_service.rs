//! The program itself refuses to be a card beside an agent in service.

use std::process::Command;

#[test]
fn beside_an_agent_in_service_it_does_not_begin_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let agent = folder.path().join("agent.toml");
    std::fs::write(&agent, "socket = \"/run/a\"\n[reader]\nname = \"a\"\n").expect("written");
    let refused = Command::new(env!("CARGO_BIN_EXE_madoguchi-virtual-card"))
        .args(["run", "--person", "people/hanako.toml", "--control"])
        .arg(folder.path().join("control"))
        .arg("--agent")
        .arg(&agent)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains("device in service") && said.contains("practice_authority"), "{said}");
}
