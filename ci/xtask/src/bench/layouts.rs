//! How long the layout tool takes, for generated systems of several sizes.

use std::process::ExitCode;

use crate::process::{self, Fallible};
use crate::toolchain::cargo;
use crate::workspace::{CAPDL, Workspace};

/// What stands for it instead of the beginning of an operation's name.
pub(super) const NAME: &str = "layouts";

/// Prints the table: see `capdl-loader/examples/measure.rs`.
pub(super) fn run(workspace: &Workspace) -> Fallible<ExitCode> {
    let mut command = cargo(workspace, "run");
    command.args(["--quiet", "--release", "--package", CAPDL, "--example", "measure"]);
    process::visibly(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
