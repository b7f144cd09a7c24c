//! A fixed number of executions of each fuzz target, after its corpus and its former crashes.
//!
//! The same numbers each time: CI tells whether a change broke something. To search for more, give
//! `cargo xtask fuzz` other seeds and more time.

use std::process::Command;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::fuzz;
use crate::process::{self, Fallible};
use crate::workspace::Workspace;

/// Executions of each target.
const RUNS: &str = "30000";
/// Games of system calls, of some three hundred steps each.
const GAMES: &str = "3000";

/// One for each target.
pub(super) fn steps() -> Vec<Step> {
    let targets = Workspace::locate().and_then(|workspace| fuzz::targets(&workspace));
    // Outside of a checkout there is nothing to fuzz; every step says so itself.
    let step = |name: String| {
        Step::alone(format!("fuzz {name}"), move |context: &Context| {
            let outcome = if name == fuzz::PLAYED { play(context) } else { run(context, &name) };
            outcome.unwrap_or_else(|why| Outcome::failed("could not run", &why))
        })
    };
    targets.unwrap_or_default().into_iter().map(step).collect()
}

fn run(context: &Context, name: &str) -> Fallible<Outcome> {
    let built = process::captured(&mut fuzz::build(context.workspace))?;
    if !built.status.success() {
        return Ok(Outcome::failed("does not build", &built.text()));
    }
    let mut command = Command::new(fuzz::program(context.workspace));
    let finished = process::captured(command.args([name, "--runs", RUNS]))?;
    if !finished.status.success() {
        return Ok(Outcome::failed("an execution did not come back", &finished.text()));
    }
    let said = finished.output.trim();
    let remark = said.strip_prefix(&format!("{name}: ")).unwrap_or(said);
    Ok(Outcome::passed(remark))
}

/// Plays system calls on the kernel and on its model.
fn play(context: &Context) -> Fallible<Outcome> {
    let built = process::captured(&mut fuzz::build_player(context.workspace))?;
    if !built.status.success() {
        return Ok(Outcome::failed("does not build", &built.text()));
    }
    let mut command = Command::new(fuzz::player(context.workspace));
    let finished = process::captured(command.args(["--runs", GAMES]))?;
    if !finished.status.success() {
        return Ok(Outcome::failed("kernel and model differ", &finished.text()));
    }
    Ok(Outcome::passed(finished.output.trim()))
}
