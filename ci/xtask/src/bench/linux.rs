//! What programs ask of Linux all the time: one program, `measure`, on the personality, and on
//! Debian's kernel in the same QEMU.
//!
//! | file | idea |
//! |---|---|
//! | `report` | the table with what is demanded, and JSON |

mod report;

use std::process::ExitCode;

use super::figure::Figure;
use super::meter::Meter;
use super::split::{Owners, Who};
use crate::artefacts::{self, Image};
use crate::cli::{BenchOptions, RunOptions};
use crate::console::Until;
use crate::linux::archive::Archive;
use crate::linux::{self, MEASURE};
use crate::peer::Peer;
use crate::process::Fallible;
use crate::qemu::Machine;
use crate::run;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use report::Row;

/// What stands for it instead of the beginning of an operation's name.
pub(super) const NAME: &str = "linux";
/// The system whose program measures, and the component that serves it.
const LAYOUT: &str = "capdl-loader/systems/measure/measure.layout.toml";
const SERVER: &str = "linux.elf";

/// Boots both, prints a table, and writes what is wanted besides.
pub(super) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &BenchOptions,
) -> Fallible<ExitCode> {
    let folder = workspace.output_folder("bench-linux")?;
    let meter = Meter::new(workspace, &folder)?;
    let program = linux::program(workspace, toolchain, MEASURE)?;
    let peer = match Peer::fetch(workspace) {
        Ok(peer) => Some(peer),
        Err(problem) if problem.starts_with(linux::NO_PACKAGES) => {
            eprintln!("without a peer: {problem}");
            None
        }
        Err(problem) => return Err(problem),
    };
    let ours = ours(workspace, toolchain, &meter, &program)?;
    let theirs = match &peer {
        Some(peer) => {
            let file = folder.join("measure.cpio");
            artefacts::write(&file, &peer.initramfs(&[], &program, Archive::default())?)?;
            let mut qemu = peer.boot(&counted(), &file, &["stay"]);
            meter.measure(&mut qemu, Until::Line(is_last), &Owners::all(Who::Client))?
        }
        None => Vec::new(),
    };
    let rows = Row::all(&ours, &theirs, options.of_linux.as_deref().unwrap_or_default());
    if rows.is_empty() {
        return Err("nothing has a name that begins so".into());
    }
    print!("{}", report::text(&rows, peer.as_ref().map(Peer::version)));
    if let Some(file) = &options.json {
        artefacts::write(file, report::json(&rows).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The program on the personality.
fn ours(
    workspace: &Workspace,
    toolchain: &Toolchain,
    meter: &Meter,
    program: &[u8],
) -> Fallible<Vec<Figure>> {
    let options = RunOptions {
        layout: Some(workspace.root.join(LAYOUT)),
        image: Image::Release,
        machine: Machine { append: vec!["tessera.export=vcounter".into()], ..counted() },
        ..RunOptions::default()
    };
    let (_, mut qemu) = run::prepare(workspace, toolchain, &options)?;
    let server = artefacts::read(&workspace.output_folder("images")?.join(SERVER))?;
    let mut owners = Owners::all(Who::Supervisor);
    owners.add(Who::Driver, &server)?;
    owners.add(Who::Client, program)?;
    meter.measure(&mut qemu, Until::Line(is_last), &owners)
}

/// Time goes by with instructions, for both.
fn counted() -> Machine {
    Machine { counted: true, ..Machine::default() }
}

/// Whether the program has nothing more to say.
fn is_last(line: &str) -> bool {
    line.trim_end().starts_with("measure: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_seen_if_something_fails_also() {
        assert!(is_last("measure: done\r") && is_last("measure: no such file"));
        assert!(!is_last("operation 0 200 0 null call"));
    }
}
