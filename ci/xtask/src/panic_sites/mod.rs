//! Lists the places of the release kernel that can panic, and compares them with the agreed list.
//!
//! A panic site is a branch instruction to one of core's panic functions. Nothing is trusted but
//! the linked file: what the optimiser proved impossible is gone, what it could not is listed.

mod branches;
mod list;

pub(crate) use list::compare;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::artefacts::{self, Image};
use crate::process::{self, Fallible};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use branches::{Branch, branches, places};
use list::render;
use program::elf::Elf;

/// Who panics and how; the number of branches.
pub(crate) type Sites = BTreeMap<(String, String), usize>;

/// The verb: prints, compares, or updates.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    update: bool,
) -> Fallible<ExitCode> {
    let kernel = artefacts::build_kernel(workspace, toolchain, Image::Release)?;
    let branches = branches_of(&kernel.elf)?;
    show_places(toolchain, &kernel.elf, &branches)?;
    let sites = count(branches);
    let path = list_file(workspace);
    let list = std::fs::read_to_string(&path).unwrap_or_default();
    if update {
        artefacts::write(&path, render(&sites, &list).as_bytes())?;
    }
    print!("{}", render(&sites, &list));
    let differences = if update { Vec::new() } else { compare(&sites, &list) };
    for difference in &differences {
        eprintln!("{difference}");
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The agreed list.
pub(crate) fn list_file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ci/panic-sites.txt")
}

/// The panic sites of a linked kernel.
pub(crate) fn read(elf: &Path) -> Fallible<Sites> {
    branches_of(elf).map(count)
}

fn branches_of(elf: &Path) -> Fallible<Vec<Branch>> {
    let bytes =
        std::fs::read(elf).map_err(|error| format!("cannot read {}: {error}", elf.display()))?;
    branches(Elf::new(&bytes)?)
}

fn count(branches: Vec<Branch>) -> Sites {
    let mut sites = Sites::new();
    for branch in branches {
        *sites.entry((branch.caller, branch.panic)).or_default() += 1;
    }
    sites
}

/// Prints the source line of every branch, for whoever wants to remove one. The list does not
/// have them, since they change with every edit.
fn show_places(toolchain: &Toolchain, elf: &Path, branches: &[Branch]) -> Fallible<()> {
    let mut command = Command::new(toolchain.llvm_tool("llvm-objdump"));
    let listing = process::answer(command.args(["-d", "-l", "--no-show-raw-insn"]).arg(elf))?;
    let places = places(&listing);
    for branch in branches {
        let place = places.get(&branch.address).map_or("?", String::as_str);
        eprintln!("{place}: {} in {}", branch.panic, branch.caller);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_of_one_function_to_one_panic_are_counted() {
        let branch =
            |address, caller: &str| Branch { address, caller: caller.into(), panic: "p".into() };
        let sites = count(vec![branch(4, "a"), branch(8, "a"), branch(12, "b")]);
        let key = |caller: &str| (caller.to_string(), "p".to_string());
        assert_eq!(sites, Sites::from([(key("a"), 2), (key("b"), 1)]));
    }
}
