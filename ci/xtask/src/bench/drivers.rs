//! What drivers cost, beside the drivers of Debian's kernel: systems of the gallery, and a program
//! on that kernel, do the same work ([`ci/work`]) on the same devices of the same QEMU.
//!
//! Both machines take one nanosecond of their time for each instruction while they run; while they
//! wait for a device, time goes by as it does. A plugin, `ci/plugin/split.c`, counts.
//!
//! | file | idea |
//! |---|---|
//! | `report` | tables |
//! | `machines` | both sides are built and booted |
//!
//! [`ci/work`]: ../../../../work/src/lib.rs

mod machines;
mod report;

use std::process::ExitCode;

use super::figure::Figure;
use crate::linux;
use crate::peer::Peer;
use crate::process::Fallible;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use machines::{Bench, PAIRS};

/// What stands for it instead of the beginning of an operation's name.
pub(super) const NAME: &str = "drivers";

/// Boots all of them, and prints their figures.
pub(super) fn run(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<ExitCode> {
    let bench = Bench::new(workspace, toolchain)?;
    let peer = match Peer::fetch(workspace) {
        Ok(peer) => Some(peer),
        Err(problem) if problem.starts_with(linux::NO_PACKAGES) => {
            eprintln!("without a peer: {problem}");
            None
        }
        Err(problem) => return Err(problem),
    };
    let (mut ours, mut theirs): (Vec<Figure>, Vec<Figure>) = (Vec::new(), Vec::new());
    for pair in &PAIRS {
        ours.extend(bench.ours(pair)?);
        if let Some(peer) = &peer {
            theirs.extend(bench.theirs(pair, peer)?);
        }
    }
    print!("{}", report::text(&ours, &theirs, peer.as_ref().map(Peer::version)));
    println!("\n{}", bench.alarm()?);
    Ok(ExitCode::SUCCESS)
}
