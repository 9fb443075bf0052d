//! The groups of tests, in the order in which they run: one table.

/// What a group consists of.
pub enum Work {
    /// Checks without running a program.
    Lint,
    /// The tests of these rooms, each room as its crate's name.
    Rooms(&'static [&'static str]),
    /// These test programs below `tests` of a room, which need all programs, built.
    Whole(&'static str, &'static [&'static str]),
    /// Rules are broken in a copy, and their tests must notice.
    Bites,
    /// Every parser of outside bytes is given bytes for a while, by the room of this name.
    Fuzz(&'static str),
}

/// One group.
pub struct Group {
    /// As typed: `cargo xtask test NAME`.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// What is run.
    pub work: Work,
}

/// All of them.
pub const GROUPS: &[Group] = &[
    Group {
        name: "lint",
        about: "format, lints, dependencies' licences and sources, arrows between rooms",
        work: Work::Lint,
    },
    Group {
        name: "tools",
        about: "the tools of this repository themselves",
        work: Work::Rooms(&["madoguchi-xtask", "madoguchi-stage"]),
    },
    Group {
        name: "contracts",
        about: "protocol, procedure packs and envelopes, with their golden files",
        work: Work::Rooms(&["madoguchi-protocol", "madoguchi-procedure", "madoguchi-envelope"]),
    },
    Group {
        name: "card",
        about: "card reading and the virtual card",
        work: Work::Rooms(&["madoguchi-card", "madoguchi-virtual-card"]),
    },
    Group {
        name: "fuzz",
        about: "every parser of outside bytes, for a minute each; with --all an hour",
        work: Work::Fuzz("madoguchi-fuzz"),
    },
    Group {
        name: "store",
        about: "what must survive the power cord",
        work: Work::Rooms(&["madoguchi-durable", "madoguchi-program", "madoguchi-store"]),
    },
    Group {
        name: "printing",
        about: "slips and forms on paper, before a real IPP printer",
        work: Work::Rooms(&["madoguchi-paper", "madoguchi-printing"]),
    },
    Group {
        name: "agent",
        about: "identity, uplink and the agent",
        work: Work::Rooms(&["madoguchi-identity", "madoguchi-uplink", "madoguchi-daemon"]),
    },
    Group {
        name: "core",
        about: "authority, the core's three roles, the operator's commands",
        work: Work::Rooms(&[
            "madoguchi-authority",
            "madoguchi-casework",
            "madoguchi-core",
            "madoguchi-cli",
        ]),
    },
    Group {
        name: "screens",
        about: "journey, shift, link, widgets and the kiosk's screens",
        work: Work::Rooms(&[
            "madoguchi-journey",
            "madoguchi-link",
            "madoguchi-shift",
            "madoguchi-widgets",
            "madoguchi-resident",
        ]),
    },
    Group {
        name: "bites",
        about: "safety tests bite: each rule is broken once and its test must fail",
        work: Work::Bites,
    },
    Group {
        name: "chain",
        about: "the whole office, from the card to the counter, in namespaces of its own",
        work: Work::Whole("madoguchi-stage", &["agent", "chain", "kills", "order", "parts"]),
    },
    Group {
        name: "clerk",
        about: "the counter's agent between its screen and the office; the office's own tests are in core",
        work: Work::Whole("madoguchi-stage", &["counter"]),
    },
    Group {
        name: "delivery",
        about: "ten thousand applications, each at the office once, whatever the network does; stick and drill",
        work: Work::Whole("madoguchi-stage", &["delivery", "operator"]),
    },
    Group {
        name: "visit",
        about: "every way out of a visit, with the shipped programs; what is left of it afterwards",
        work: Work::Whole(
            "madoguchi-stage",
            &["card", "device", "procedures", "successor", "trouble", "wiping"],
        ),
    },
];

/// Prints the groups.
pub fn list() {
    for group in GROUPS {
        eprintln!("{:<10} {}", group.name, group.about);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// A test program that no group names would never run.
    #[test]
    fn every_test_of_the_whole_is_in_one_group() {
        for room in ["madoguchi-stage"] {
            let mut named = Vec::new();
            for group in GROUPS {
                if let Work::Whole(whole, programs) = group.work
                    && whole == room
                {
                    named.extend(programs.iter().map(|name| (*name).to_owned()));
                }
            }
            named.sort();
            let files = std::fs::read_dir("../stage/tests").expect("the stage's tests");
            let files = files.map(|file| file.expect("a file").path());
            let mut there: Vec<String> = files
                .filter(|file| file.extension().is_some_and(|end| end == "rs"))
                .map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned())
                .collect();
            there.sort();
            assert_eq!(named, there);
        }
    }

    /// The build directory outlives a clone: what names one would lead the next one astray.
    #[test]
    fn no_clone_is_compiled_in() {
        let forbidden = ["env!(\"CARGO_MANIFEST", "_DIR\")"].concat();
        let list = std::process::Command::new("git").args(["ls-files", "../../*.rs"]).output();
        let names = String::from_utf8(list.expect("git").stdout).expect("names");
        assert!(names.lines().count() > 100, "the clone's files");
        let guilty: Vec<&str> = names
            .lines()
            .filter(|name| std::fs::read_to_string(name).is_ok_and(|t| t.contains(&forbidden)))
            .collect();
        assert!(guilty.is_empty(), "{guilty:?}");
    }

    #[test]
    fn every_room_of_the_workspace_is_in_a_group() {
        let root = Path::new("../..");
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the root manifest");
        let (_, members) = manifest.split_once("members = [").expect("members");
        let (members, _) = members.split_once(']').expect("an end of the members");
        let crates: BTreeSet<String> = members
            .split('"')
            .skip(1)
            .step_by(2)
            .map(|room| {
                let manifest = root.join(room).join("Cargo.toml");
                let text = std::fs::read_to_string(manifest).expect("a room's manifest");
                let name =
                    text.lines().find_map(|line| line.strip_prefix("name = ")).expect("a name");
                name.trim_matches('"').to_owned()
            })
            .collect();
        let grouped: BTreeSet<String> = GROUPS
            .iter()
            .flat_map(|group| match group.work {
                Work::Rooms(rooms) => rooms.to_vec(),
                Work::Fuzz(room) => vec![room],
                _ => Vec::new(),
            })
            .map(str::to_owned)
            .collect();
        assert_eq!(grouped, crates);
    }
}
