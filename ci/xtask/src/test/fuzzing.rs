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

/// One for each target.
pub(super) fn steps() -> Vec<Step> {
    let targets = Workspace::locate().and_then(|workspace| fuzz::targets(&workspace));
    // Outside of a checkout there is nothing to fuzz; every step says so itself.
    let step = |name: String| {
        Step::alone(format!("fuzz {name}"), move |context: &Context| {
            run(context, &name).unwrap_or_else(|why| Outcome::failed("could not run", &why))
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
