//! The arrows between the rooms: who may know whom. Read from the graph that cargo builds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::cargo;
use crate::workspace::Workspace;

/// The floors of the house, lowest first. A room knows only rooms of lower floors: so services
/// do not know each other. Its tests may know rooms of its own floor.
const FLOORS: &[&[&str]] = &[
    &["agent/protocol", "agent/durable", "agent/program"],
    &["agent/procedure", "agent/envelope"],
    &["agent/paper"],
    &[
        "agent/card",
        "agent/printing",
        "agent/store",
        "agent/identity",
        "agent/uplink",
        "agent/simulators/mynumber-card",
        "kiosk-ui/journey",
        "kiosk-ui/link",
        "kiosk-ui/shift",
        "kiosk-ui/widgets",
        "provisioning/authority",
        "provisioning/casework",
    ],
    &["agent/daemon", "kiosk-ui/resident", "provisioning/core", "provisioning/cli"],
    &["cross/fuzz", "cross/stage", "cross/xtask"],
];

/// What must not be linked into a room, directly or through others: rooms by folder, crates by
/// name.
const WALLS: &[(&str, &[&str])] = &[
    ("agent/protocol", &["tokio", "reqwest", "sled", "pcsc"]),
    ("agent/procedure", &["tokio", "reqwest", "sled", "pcsc"]),
    ("agent/daemon", &["slint"]),
    ("kiosk-ui/journey", &["slint", "tokio"]),
    ("kiosk-ui/shift", &["slint", "tokio"]),
    ("provisioning/casework", &["tokio", "reqwest", "sqlx"]),
    (
        "kiosk-ui/resident",
        &["agent/store", "agent/card", "agent/uplink", "pcsc", "reqwest", "sled"],
    ),
];

/// Runs the check.
pub fn check(workspace: &Workspace) -> Result<()> {
    let output = cargo::plain(workspace)
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .context("start cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let graph: Graph = serde_json::from_slice(&output.stdout).context("read cargo's metadata")?;
    let wrong = graph.wrong_arrows();
    if wrong.is_empty() {
        eprintln!("arrows: {} rooms, every arrow points down", graph.workspace_members.len());
        return Ok(());
    }
    bail!("{} wrong arrow(s):\n  {}", wrong.len(), wrong.join("\n  "))
}

#[derive(Deserialize)]
struct Graph {
    workspace_root: String,
    workspace_members: BTreeSet<String>,
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
    links: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Arrow>,
}

#[derive(Deserialize)]
struct Arrow {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// Absent for what is linked; `build` or `dev`.
    kind: Option<String>,
}

impl Arrow {
    fn only_for_tests(&self) -> bool {
        self.dep_kinds.iter().all(|kind| kind.kind.as_deref() == Some("dev"))
    }

    fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

impl Graph {
    fn wrong_arrows(&self) -> Vec<String> {
        let names = self.names();
        let floors: BTreeMap<&str, usize> = FLOORS
            .iter()
            .enumerate()
            .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
            .collect();
        let mut wrong = Vec::new();
        for node in self.resolve.nodes.iter().filter(|node| self.is_room(&node.id)) {
            let from = names[node.id.as_str()].as_str();
            let Some(floor) = floors.get(from) else {
                wrong.push(format!("{from} has no floor yet: give it one in {}", file!()));
                continue;
            };
            for arrow in node.deps.iter().filter(|arrow| self.is_room(&arrow.pkg)) {
                let to = names[arrow.pkg.as_str()].as_str();
                let allowed = floors.get(to).is_some_and(|below| {
                    below < floor || (below == floor && arrow.only_for_tests())
                });
                if !allowed {
                    wrong.push(format!("{from} must not know {to}"));
                }
            }
            wrong.extend(self.broken_walls(&node.id, from, &names));
        }
        wrong
    }

    fn broken_walls(&self, id: &str, room: &str, names: &BTreeMap<&str, String>) -> Vec<String> {
        let linked = self.linked(id);
        let mut broken: Vec<String> = WALLS
            .iter()
            .filter(|(walled, _)| *walled == room)
            .flat_map(|(_, forbidden)| forbidden.iter())
            .filter(|forbidden| linked.iter().any(|id| names[id].as_str() == **forbidden))
            .map(|forbidden| format!("{room} must not link {forbidden}"))
            .collect();
        if room == "cross/xtask" {
            let native =
                self.packages.iter().filter(|package| linked.contains(package.id.as_str()));
            broken.extend(native.filter_map(|package| package.links.as_ref()).map(|library| {
                format!("{room} must build without native libraries, not with {library}")
            }));
        }
        broken
    }

    /// Everything linked into a package.
    fn linked(&self, id: &str) -> BTreeSet<&str> {
        let nodes: BTreeMap<&str, &Node> =
            self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut seen = BTreeSet::new();
        let mut open = vec![id];
        while let Some(node) = open.pop().and_then(|id| nodes.get(id)) {
            for arrow in node.deps.iter().filter(|arrow| arrow.is_linked()) {
                if seen.insert(arrow.pkg.as_str()) {
                    open.push(&arrow.pkg);
                }
            }
        }
        seen
    }

    fn is_room(&self, id: &str) -> bool {
        self.workspace_members.contains(id)
    }

    /// Rooms by their folder, other crates by their name.
    fn names(&self) -> BTreeMap<&str, String> {
        let name = |package: &Package| {
            let folder = package
                .manifest_path
                .strip_prefix(&self.workspace_root)
                .and_then(|path| path.strip_suffix("/Cargo.toml"))
                .filter(|_| self.is_room(&package.id));
            folder.map_or_else(|| package.name.clone(), |f| f.trim_start_matches('/').to_owned())
        };
        self.packages.iter().map(|package| (package.id.as_str(), name(package))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A house of the given rooms and crates, with arrows `(from, to, kind)`.
    fn house(rooms: &[&str], crates: &[&str], arrows: &[(&str, &str, Option<&str>)]) -> Graph {
        let package = |id: &&str, manifest_path: String| Package {
            id: (*id).to_owned(),
            name: (*id).to_owned(),
            manifest_path,
            links: id.ends_with("-sys").then(|| "native".to_owned()),
        };
        let all = rooms.iter().chain(crates);
        Graph {
            workspace_root: "/house".to_owned(),
            workspace_members: rooms.iter().map(|room| (*room).to_owned()).collect(),
            packages: rooms
                .iter()
                .map(|room| package(room, format!("/house/{room}/Cargo.toml")))
                .chain(
                    crates.iter().map(|name| package(name, format!("/registry/{name}/Cargo.toml"))),
                )
                .collect(),
            resolve: Resolve {
                nodes: all
                    .map(|id| Node {
                        id: (*id).to_owned(),
                        deps: arrows
                            .iter()
                            .filter(|(from, ..)| from == id)
                            .map(|(_, to, kind)| Arrow {
                                pkg: (*to).to_owned(),
                                dep_kinds: vec![Kind { kind: kind.map(str::to_owned) }],
                            })
                            .collect(),
                    })
                    .collect(),
            },
        }
    }

    #[test]
    fn arrows_that_point_down_pass() {
        let graph = house(
            &["agent/protocol", "agent/card", "agent/daemon"],
            &["pcsc"],
            &[
                ("agent/card", "agent/protocol", None),
                ("agent/card", "pcsc", None),
                ("agent/daemon", "agent/card", None),
            ],
        );
        assert_eq!(graph.wrong_arrows(), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let rooms = ["agent/protocol", "agent/card"];
        let graph = house(&rooms, &[], &[("agent/protocol", "agent/card", None)]);
        assert_eq!(graph.wrong_arrows(), ["agent/protocol must not know agent/card"]);
    }

    #[test]
    fn services_do_not_know_each_other_but_their_tests_may() {
        let rooms = ["agent/store", "agent/uplink"];
        let knows =
            |kind| house(&rooms, &[], &[("agent/uplink", "agent/store", kind)]).wrong_arrows();
        assert_eq!(knows(None), ["agent/uplink must not know agent/store"]);
        assert_eq!(knows(Some("build")), ["agent/uplink must not know agent/store"]);
        assert_eq!(knows(Some("dev")), Vec::<String>::new());
    }

    #[test]
    fn nothing_depends_on_the_stage_not_even_a_test() {
        let rooms = ["agent/daemon", "cross/stage"];
        let graph = house(&rooms, &[], &[("agent/daemon", "cross/stage", Some("dev"))]);
        assert_eq!(graph.wrong_arrows(), ["agent/daemon must not know cross/stage"]);
    }

    #[test]
    fn a_wall_holds_through_a_third_crate() {
        let graph = house(
            &["agent/daemon"],
            &["theme", "slint"],
            &[("agent/daemon", "theme", None), ("theme", "slint", None)],
        );
        assert_eq!(graph.wrong_arrows(), ["agent/daemon must not link slint"]);
    }

    #[test]
    fn a_native_library_in_xtask_is_found() {
        let graph = house(&["cross/xtask"], &["z-sys"], &[("cross/xtask", "z-sys", None)]);
        let wrong = "cross/xtask must build without native libraries, not with native";
        assert_eq!(graph.wrong_arrows(), [wrong]);
    }

    #[test]
    fn a_room_without_a_floor_is_found() {
        assert_eq!(house(&["attic/new"], &[], &[]).wrong_arrows().len(), 1);
    }
}
