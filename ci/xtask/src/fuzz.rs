//! Fuzzing: builds the crate `ci/fuzz` and lets it run.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::cli::FuzzOptions;
use crate::process::{self, Fallible};
use crate::toolchain::cargo;
use crate::workspace::{FUZZ, INVOCATIONS, Workspace};

/// The profile with optimisation and with every check.
const PROFILE: &str = "fuzz";

/// The target with a program of its own, which keeps its state between games and tells how far it
/// is.
pub(crate) const PLAYED: &str = "invocations";

/// The verb.
pub(crate) fn run(workspace: &Workspace, options: &FuzzOptions) -> Fallible<ExitCode> {
    let (mut command, words) = match options.words.split_first() {
        Some((first, rest)) if first == PLAYED => {
            process::visibly(&mut build_player(workspace))?;
            (Command::new(player(workspace)), rest)
        }
        _ => {
            process::visibly(&mut build(workspace))?;
            (Command::new(program(workspace)), options.words.as_slice())
        }
    };
    let status = command.args(words).status();
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

/// The command that builds the program that plays system calls.
pub(crate) fn build_player(workspace: &Workspace) -> Command {
    let mut command = cargo(workspace, "build");
    command.args(["--profile", PROFILE, "--package", INVOCATIONS, "--bin", PLAYED]);
    command
}

/// Where that program lies.
pub(crate) fn player(workspace: &Workspace) -> PathBuf {
    workspace.target.join(PROFILE).join(PLAYED)
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
