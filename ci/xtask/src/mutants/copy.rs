//! A copy of the kernel and of what plays it, with a switch before each check.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Mutant, guards, planted};
use crate::process::Fallible;
use crate::toolchain::cargo;
use crate::workspace::{INVOCATIONS, Workspace};

/// The variable that says which mutant the copy is.
pub(super) const SWITCH: &str = "TESSERA_MUTANT";
/// The crates that it takes.
const MEMBERS: [&str; 5] = ["libsys/abi", "platform", "kernel", "ci/model", "ci/invocations"];
/// Files of the kernel without checks of system calls.
const OTHERS: [&str; 12] = [
    "boot/",
    "sim/",
    "simulation",
    "invariants",
    "shadow.rs",
    "testing.rs",
    "debug",
    "main.rs",
    "lib.rs",
    "entry.rs",
    "lock.rs",
    "utilisation.rs",
];
/// Numbers of planted bugs begin here.
const PLANTED: usize = 10_000;
/// The module with the switch, for the copy alone.
const MODULE: &str = r#"//! Which mutant this kernel is.
use std::sync::OnceLock;

static CHOSEN: OnceLock<usize> = OnceLock::new();

/// Whether a check is in its place.
#[must_use]
pub fn kept(number: usize) -> bool {
    let chosen = || std::env::var("TESSERA_MUTANT").ok().and_then(|text| text.parse().ok());
    *CHOSEN.get_or_init(|| chosen().unwrap_or(0)) != number
}
"#;

/// The copy.
pub(super) struct Copy {
    workspace: Workspace,
    /// One mutant for each check.
    pub(super) guards: Vec<Mutant>,
    /// Known bugs.
    pub(super) planted: Vec<Mutant>,
}

impl Copy {
    /// The command that builds its player.
    pub(super) fn build(&self) -> Command {
        let mut command = cargo(&self.workspace, "build");
        command.args(["--profile", "fuzz", "--package", INVOCATIONS]);
        // What is switched off leaves brackets behind.
        command.env("RUSTFLAGS", "-A unused");
        command
    }

    /// Where the player lies.
    pub(super) fn program(&self) -> PathBuf {
        self.workspace.target.join("fuzz/invocations")
    }
}

/// Makes the copy.
pub(super) fn make(workspace: &Workspace) -> Fallible<Copy> {
    let folder = workspace.output_folder("mutants")?;
    let (root, source) = (folder.join("fresh"), folder.join("source"));
    // An older copy may hold files that are gone.
    let _ = std::fs::remove_dir_all(&root);
    for member in MEMBERS {
        copy_folder(&workspace.root.join(member), &root.join(member))?;
    }
    for file in ["Cargo.lock", "Cargo.toml"] {
        write(&root.join(file), &read(&workspace.root.join(file))?)?;
    }
    write(&root.join("Cargo.toml"), &manifest(&read(&root.join("Cargo.toml"))?)?)?;
    let planted = planted::plant(workspace, &root, PLANTED)?;
    let guards = switch_checks(&workspace.root, &root)?;
    write(&root.join("kernel/src/mutants.rs"), MODULE)?;
    let lib = root.join("kernel/src/lib.rs");
    write(&lib, &(read(&lib)? + "\npub mod mutants;\n"))?;
    synchronise(&root, &source)?;
    let workspace = Workspace { root: source, target: folder.join("build") };
    Ok(Copy { workspace, guards, planted })
}

/// The root manifest with fewer members.
fn manifest(text: &str) -> Fallible<String> {
    let (before, rest) = text.split_once("members = [").ok_or("no members in the manifest")?;
    let (_, behind) = rest.split_once("[workspace.package]").ok_or("no package table")?;
    let members = MEMBERS.map(|member| format!("{member:?}")).join(", ");
    Ok(format!("{before}members = [{members}]\n\n[workspace.package]{behind}"))
}

/// Puts a switch before each check of the kernel.
fn switch_checks(original: &Path, root: &Path) -> Fallible<Vec<Mutant>> {
    let folder = root.join("kernel/src");
    let mut mutants = Vec::new();
    for file in files(&folder)? {
        let name = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().into_owned();
        if OTHERS.iter().any(|other| name.starts_with(other)) || name.ends_with("tests.rs") {
            continue;
        }
        let text = read(&file)?;
        let found = guards::find(&text);
        let first = mutants.len() + 1;
        write(&file, &guards::switched(&text, &found, first))?;
        // Planted bugs may stand in checks: names come from the text without them.
        let text = read(&original.join("kernel/src").join(&name))?;
        let named = guards::find(&text);
        if named.len() != found.len() {
            return Err(format!("a planted bug in {name} is a check of its own"));
        }
        mutants.extend((first..).zip(&named).map(|(number, guard)| {
            let check: Vec<&str> = text[guard.place.clone()].split_whitespace().collect();
            let header = text[..guard.place.start].rfind("fn ").map_or("", |at| &text[at + 3..]);
            let function = header.split(['(', '<']).next().unwrap_or_default();
            Mutant { number, name: format!("{name}: {function}: {}", check.join(" ")) }
        }));
    }
    Ok(mutants)
}

/// All Rust files in a folder, in the order of their names.
fn files(folder: &Path) -> Fallible<Vec<PathBuf>> {
    let entries = folder.read_dir().map_err(|error| format!("cannot list sources: {error}"))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

fn copy_folder(from: &Path, to: &Path) -> Fallible<()> {
    let failed = |error| format!("cannot copy {}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in from.read_dir().map_err(failed)?.flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(failed)?;
        }
    }
    Ok(())
}

/// Makes a folder equal to another, touching only what differs: the rest is built already.
fn synchronise(from: &Path, to: &Path) -> Fallible<()> {
    let failed = |error| format!("cannot write {}: {error}", to.display());
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in to.read_dir().map_err(failed)?.flatten() {
        if !from.join(entry.file_name()).exists() {
            let path = entry.path();
            let gone = match path.is_dir() {
                true => std::fs::remove_dir_all(&path),
                false => std::fs::remove_file(&path),
            };
            gone.map_err(failed)?;
        }
    }
    for entry in from.read_dir().map_err(failed)?.flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            synchronise(&path, &target)?;
        } else if std::fs::read(&path).ok() != std::fs::read(&target).ok() {
            std::fs::copy(&path, &target).map_err(failed)?;
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Fallible<String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

pub(super) fn write(path: &Path, text: &str) -> Fallible<()> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
