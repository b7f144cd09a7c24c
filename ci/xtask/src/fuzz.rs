//! Fuzzing: builds the crate `ci/fuzz` and lets it run.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::cli::FuzzOptions;
use crate::process::{self, Fallible};
use crate::toolchain::cargo;
use crate::workspace::{FUZZ, Workspace};

/// The profile with optimisation and with every check.
const PROFILE: &str = "fuzz";

/// The verb.
pub(crate) fn run(workspace: &Workspace, options: &FuzzOptions) -> Fallible<ExitCode> {
    process::visibly(&mut build(workspace))?;
    let mut command = Command::new(program(workspace));
    let status = command.args(&options.words).status();
    let status = status.map_err(|error| format!("cannot start the fuzzer: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The command that builds the fuzzer.
pub(crate) fn build(workspace: &Workspace) -> Command {
    let mut command = cargo(workspace, "build");
    command.args(["--profile", PROFILE, "--package", FUZZ, "--bin", "fuzz"]);
    command
}

/// Where the built fuzzer lies.
pub(crate) fn program(workspace: &Workspace) -> PathBuf {
    workspace.target.join(PROFILE).join("fuzz")
}

/// The names of the targets: each has a corpus, as a test of the crate checks.
pub(crate) fn targets(workspace: &Workspace) -> Fallible<Vec<String>> {
    let folder = workspace.root.join("ci/fuzz/corpus");
    let entries = folder.read_dir().map_err(|error| format!("cannot list targets: {error}"))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}
