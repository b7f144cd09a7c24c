//! Rules about the manifests: lints, versions, and who may depend on whom.

use std::process::Command;

use super::files::{File, Tree};
use crate::json::{self, Value};
use crate::process::{self, Fallible};

/// Which crates of ours, and for the lowest ones which others, a crate may use. Dependencies
/// point one way: a crate may only name what is listed before it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("tessera-abi", &[]),
    ("tessera-model", &["tessera-abi"]),
    ("tessera-platform", &["tessera-abi"]),
    // The kernel of host programs only: it can be compared with its model.
    ("tessera-kernel", &["tessera-abi", "tessera-platform", "tessera-model"]),
    (
        "tessera-invocations",
        &["tessera-abi", "tessera-platform", "tessera-kernel", "tessera-model"],
    ),
    ("tessera-macros", &[]),
    ("tessera-work", &[]),
    ("tessera-peer", &["tessera-work"]),
    ("tessera-libsys", &["tessera-abi", "tessera-macros"]),
    ("tessera-layout", &["tessera-abi"]),
    ("tessera-certificate", &["tessera-abi"]),
    ("tessera-plan", &["tessera-abi"]),
    ("tessera-packed", &["tessera-abi", "tessera-plan"]),
    ("tessera-program", &[]),
    ("tessera-signing", &[]),
    (
        "capdl-loader",
        &[
            "tessera-abi",
            "tessera-platform",
            "tessera-kernel",
            "tessera-layout",
            "tessera-plan",
            "tessera-packed",
            "tessera-certificate",
            "tessera-program",
            "tessera-signing",
        ],
    ),
    ("tessera-cost", &["tessera-libsys"]),
    ("tessera-dma", &["tessera-libsys"]),
    ("tessera-virtio", &["tessera-libsys", "tessera-dma"]),
    ("tessera-terminal", &["tessera-libsys"]),
    ("tessera-pl011", &["tessera-libsys", "tessera-terminal"]),
    ("tessera-pl031", &["tessera-libsys"]),
    ("tessera-virtio-net", &["tessera-libsys", "tessera-dma", "tessera-virtio"]),
    ("tessera-virtio-rng", &["tessera-libsys", "tessera-dma", "tessera-virtio"]),
    (
        "tessera-virtio-console",
        &["tessera-libsys", "tessera-dma", "tessera-virtio", "tessera-terminal"],
    ),
    ("tessera-virtio-blk", &["tessera-libsys", "tessera-dma", "tessera-virtio"]),
    ("tessera-examples", &["tessera-abi", "tessera-libsys"]),
    ("tessera-systems", &["tessera-abi", "tessera-work", "tessera-libsys"]),
    (
        "tessera-root-task",
        &["tessera-abi", "tessera-plan", "tessera-packed", "tessera-signing", "tessera-libsys"],
    ),
    ("tessera-pager-examples", &["tessera-abi", "tessera-libsys", "tessera-root-task"]),
    ("tessera-linux", &[]),
    ("tessera-personality-linux", &["tessera-abi", "tessera-libsys", "tessera-linux"]),
    ("tessera-linux-programs", &["tessera-work"]),
    ("tessera-suite", &["tessera-abi", "tessera-libsys"]),
    ("tessera-bench", &["tessera-abi", "tessera-work", "tessera-libsys"]),
    (
        "tessera-fuzz",
        &[
            "tessera-abi",
            "tessera-platform",
            "tessera-kernel",
            "tessera-invocations",
            "tessera-libsys",
            "tessera-linux",
            "tessera-layout",
            "tessera-plan",
            "tessera-packed",
            "tessera-terminal",
            "tessera-pl011",
            "tessera-pl031",
            "capdl-loader",
            "tessera-dma",
            "tessera-virtio",
            "tessera-virtio-blk",
            "tessera-virtio-console",
            "tessera-virtio-net",
            "tessera-virtio-rng",
        ],
    ),
    ("xtask", &["tessera-program"]),
];

/// Crates that may use nothing of others but this. Development dependencies are free.
const MAY_USE_OF_OTHERS: [(&str, &[&str]); 8] = [
    ("tessera-abi", &[]),
    ("tessera-work", &[]),
    ("tessera-peer", &["libc"]),
    ("tessera-linux-programs", &["libc"]),
    ("tessera-kernel", &["heapless", "elf"]),
    ("tessera-macros", &[]),
    ("tessera-program", &[]),
    ("xtask", &[]),
];

/// Members that do not take the lints of the workspace.
pub(super) fn lints(tree: &Tree) -> Fallible<Vec<String>> {
    let without = members(tree).filter(|file| {
        let lints = section(&file.text, "lints");
        !lints.iter().any(|(_, line)| line.replace(' ', "") == "workspace=true")
    });
    Ok(without.map(|file| format!("{}: no `[lints] workspace = true`", file.path)).collect())
}

/// Dependencies whose version is not in the table of the root manifest.
pub(super) fn versions(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings = Vec::new();
    for file in members(tree) {
        for name in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let lines = section(&file.text, name);
            let own = lines.iter().filter(|(_, line)| {
                let line = line.replace(' ', "");
                !line.contains("workspace=true")
            });
            findings.extend(own.map(|(number, line)| format!("{}:{number}: {line}", file.path)));
        }
    }
    Ok(findings)
}

/// Dependencies that point the wrong way.
pub(super) fn direction(tree: &Tree) -> Fallible<Vec<String>> {
    let metadata = metadata(tree)?;
    let members = metadata.list("workspace_members");
    let packages = metadata.list("packages").iter();
    let ours = packages.filter(|package| package.member("id").is_some_and(|i| members.contains(i)));
    Ok(ours.flat_map(wrong_dependencies).collect())
}

/// What cargo knows about all packages. The committed lock file has to fit the manifests.
pub(super) fn metadata(tree: &Tree) -> Fallible<Value> {
    let mut command = Command::new("cargo");
    command.current_dir(&tree.root).args(["metadata", "--format-version", "1", "--locked"]);
    json::parse(&process::answer(&mut command)?)
}

/// The dependencies of one of our packages that it may not have.
fn wrong_dependencies(package: &Value) -> Vec<String> {
    let name = package.text("name").unwrap_or_default();
    let Some((_, ours)) = MAY_USE.iter().find(|(user, _)| *user == name) else {
        return vec![format!("{name}: not in the table of who may depend on whom")];
    };
    let others = MAY_USE_OF_OTHERS.iter().find(|(user, _)| *user == name).map(|(_, list)| *list);
    let is_ours = |used: &str| MAY_USE.iter().any(|(ours, _)| *ours == used);
    let dependencies = package.list("dependencies").iter();
    let real = dependencies.filter(|dependency| dependency.text("kind") != Some("dev"));
    let wrong = real.filter_map(|dependency| {
        let used = dependency.text("name")?;
        let allowed = match others {
            _ if is_ours(used) => ours.contains(&used),
            Some(list) => list.contains(&used),
            None => true,
        };
        (!allowed).then(|| format!("{name} may not depend on {used}"))
    });
    wrong.collect()
}

/// The manifests of packages.
fn members(tree: &Tree) -> impl Iterator<Item = &File> {
    let manifests = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    manifests.filter(|file| !section(&file.text, "package").is_empty())
}

/// The lines of one table with their numbers, without comments and blank ones.
fn section<'a>(text: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_end_matches(']') == name;
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            lines.push((index + 1, line));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n\
                        [dependencies]\n# why\nabi.workspace = true\nelf = { workspace = true }\n";

    #[test]
    fn a_good_manifest_has_no_findings() {
        let tree = Tree::of(&[("a/Cargo.toml", GOOD), ("Cargo.toml", "[workspace]\n")]);
        assert_eq!(lints(&tree), Ok(Vec::new()));
        assert_eq!(versions(&tree), Ok(Vec::new()));
    }

    #[test]
    fn own_lints_and_versions_are_found() {
        let bad = GOOD.replace("[lints]\nworkspace = true\n", "") + "heapless = \"1\"\n";
        let tree = Tree::of(&[("a/Cargo.toml", &bad)]);
        assert_eq!(lints(&tree).expect("no input or output").len(), 1);
        assert_eq!(versions(&tree), Ok(vec!["a/Cargo.toml:7: heapless = \"1\"".into()]));
    }

    fn package(name: &str, dependencies: &[(&str, &str)]) -> Value {
        let dependency =
            |(used, kind): &(&str, &str)| format!("{{\"name\": \"{used}\", \"kind\": {kind}}}");
        let dependencies: Vec<String> = dependencies.iter().map(dependency).collect();
        let list = dependencies.join(",");
        json::parse(&format!("{{\"name\": \"{name}\", \"dependencies\": [{list}]}}")).expect("good")
    }

    #[test]
    fn dependencies_point_one_way() {
        let good = package("tessera-kernel", &[("tessera-abi", "null"), ("heapless", "null")]);
        assert!(wrong_dependencies(&good).is_empty());
        let up = package("tessera-platform", &[("tessera-kernel", "null"), ("smccc", "null")]);
        assert_eq!(wrong_dependencies(&up), ["tessera-platform may not depend on tessera-kernel"]);
        let other = package("tessera-kernel", &[("serde", "null"), ("proptest", "\"dev\"")]);
        assert_eq!(wrong_dependencies(&other), ["tessera-kernel may not depend on serde"]);
        assert_eq!(wrong_dependencies(&package("new", &[])).len(), 1);
    }

    #[test]
    fn the_table_itself_points_one_way() {
        for (index, (_, used)) in MAY_USE.iter().enumerate() {
            let before = &MAY_USE[..index];
            assert!(used.iter().all(|name| before.iter().any(|(listed, _)| listed == name)));
        }
    }
}
