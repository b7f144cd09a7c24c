//! What drivers cost: systems of the gallery that measure themselves, on the kernel as shipped and
//! a machine that takes one nanosecond of its time for each instruction.

use std::process::ExitCode;
use std::time::Duration;

use crate::artefacts::{self, Image};
use crate::cli::RunOptions;
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::layouts::{self, System};
use crate::process::Fallible;
use crate::qemu::Machine;
use crate::run;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// What stands for it instead of the beginning of an operation's name.
pub(super) const NAME: &str = "drivers";
/// Systems, and how their lines with figures begin.
const MEASURING: [(&str, &str); 3] =
    [("alarm", "waker: "), ("console-rate", "meter: "), ("packet-rate", "meter: ")];
/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Boots all of them, and prints their figures.
pub(super) fn run(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<ExitCode> {
    for (name, beginning) in MEASURING {
        let system = layouts::SYSTEMS.iter().find(|system| system.name == name);
        let system = system.ok_or_else(|| format!("there is no system `{name}`"))?;
        let console = boot(workspace, toolchain, system)?;
        println!("{name}");
        figures(&console, beginning).iter().for_each(|figure| println!("  {figure}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a system up to its last expected line; answers what it has printed.
fn boot(workspace: &Workspace, toolchain: &Toolchain, system: &System) -> Fallible<String> {
    let expected = artefacts::read(&system.folder(workspace).join("expected.txt"))?;
    let expected = String::from_utf8_lossy(&expected).into_owned();
    let options = RunOptions {
        layout: Some(system.layout(workspace)),
        image: Image::Release,
        machine: Machine { counted: true, ..Machine::default() },
        ..RunOptions::default()
    };
    let (_, mut qemu) = run::prepare(workspace, toolchain, &options)?;
    let until = Until::Text(expected.lines().last().unwrap_or_default().into());
    let limits = Limits { time: Some(TIME_LIMIT), until };
    let ended = console::watch(&mut qemu, &limits, Audience::Nobody)?;
    match ended.reason {
        Reason::Seen(_) => Ok(ended.console),
        reason => Err(format!("{}: {reason}\n{}", system.name, ended.console)),
    }
}

/// What stands in the lines that begin so and tell of instructions.
fn figures<'a>(console: &'a str, beginning: &str) -> Vec<&'a str> {
    let lines = console.lines().filter_map(|line| line.trim_end().strip_prefix(beginning));
    lines.filter(|line| line.contains(" instructions ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_among_other_lines() {
        let console = "root-task: ready\r\nmeter: 5 instructions for x\r\nmeter: done\r\n";
        assert_eq!(figures(console, "meter: "), ["5 instructions for x"]);
    }

    #[test]
    fn what_measures_is_in_the_gallery() {
        for (name, _) in MEASURING {
            assert!(layouts::SYSTEMS.iter().any(|system| system.name == name), "{name}");
        }
    }
}
