//! Spoils a component of a running system again and again, and judges what comes of it.
//!
//! The initial task `faults` (in `root-task/src/bin`) does the work, by a seed: with the counter in
//! instructions, a seed gives the same run again. Here is who starts it, and what must be true of
//! what it prints: everything was injected, no acknowledged block is lost, the neighbour's memory
//! is as it was, and the kernel says nothing.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::artefacts::{self, Image, Program};
use crate::cli::{FaultOptions, RunOptions};
use crate::console::{self, Audience, Limits, Until};
use crate::process::Fallible;
use crate::qemu::Machine;
use crate::run;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// The system whose driver is spoiled, if nobody names another.
pub(crate) const LAYOUT: &str = "capdl-loader/systems/faults/faults.layout.toml";
/// The module by which the initial task knows what to do.
pub(crate) const MODULE: &str = "faults";
/// The last line begins so.
const DONE: &str = "faults: done: ";
/// Beyond so many faults, their reports are short.
const REPORTED: u64 = 500;
/// What a run may take besides its faults ...
const START: Duration = Duration::from_secs(120);
/// ... and for each of them.
const EACH: Duration = Duration::from_millis(500);

/// What came of a run.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Faults that were injected.
    pub(crate) injected: u64,
    /// The lines that sum up.
    pub(crate) lines: Vec<String>,
}

/// What the initial task is told.
pub(crate) fn orders(seed: u64, count: u64) -> String {
    let terse = if count > REPORTED { " terse" } else { "" };
    format!("seed {seed} count {count}{terse}")
}

/// When a run ends.
pub(crate) fn limits(count: u64) -> Limits {
    let each = u32::try_from(count).unwrap_or(u32::MAX);
    let is_last = |line: &str| line.starts_with(DONE) || line.starts_with("faults: failed");
    Limits { time: Some(START + EACH.saturating_mul(each)), until: Until::Line(is_last) }
}

/// What a console says of a run of so many faults.
pub(crate) fn judge(console: &str, count: u64) -> Fallible<Verdict> {
    let lines = console.lines().map(str::trim_end);
    let lines = lines.skip_while(|line| !line.starts_with("faults: begin"));
    let mut lines: Vec<&str> = lines.collect();
    // The initial task then stops the machine, of which the kernel tells.
    let end = lines.iter().position(|line| line.starts_with(DONE));
    lines.truncate(end.map_or(lines.len(), |end| end + 1));
    if let Some(line) = lines.iter().find(|line| line.starts_with("kernel:")) {
        return Err(format!("the kernel says: {line}"));
    }
    let said = |start: &str| lines.iter().find_map(|line| line.strip_prefix(start));
    let done = said(DONE).ok_or("the run did not come to its end")?;
    let injected = number(done).ok_or("nobody says how many faults there were")?;
    if injected != count {
        return Err(format!("{injected} faults instead of {count}"));
    }
    if !done.ends_with(" 0 blocks lost") {
        return Err(format!("acknowledged blocks are lost: {done}"));
    }
    let neighbour = said("faults: neighbour: ").ok_or("nobody speaks of the neighbour")?;
    if number(neighbour) == Some(0) || !neighbour.ends_with(" 0 words changed") {
        return Err(format!("the neighbour is disturbed: {neighbour}"));
    }
    let lines = lines.iter().filter(|line| line.starts_with("faults: "));
    Ok(Verdict { injected, lines: lines.map(ToString::to_string).collect() })
}

/// The number with which a text begins.
fn number(text: &str) -> Option<u64> {
    text.split(' ').next()?.parse().ok()
}

/// The verb.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &FaultOptions,
) -> Fallible<ExitCode> {
    let FaultOptions { count, seed, layout, image } = options;
    let file = workspace.output_folder("images")?.join("faults.txt");
    artefacts::write(&file, orders(*seed, *count).as_bytes())?;
    let append = vec!["tessera.export=vcounter".into()];
    let options = RunOptions {
        root_task: Some(artefacts::build_program(workspace, toolchain, Program::Faults)?),
        modules: vec![(MODULE.into(), file)],
        layout: Some(layout.clone().unwrap_or_else(|| PathBuf::from(LAYOUT))),
        image: *image,
        machine: Machine { counted: true, append, ..Machine::default() },
        ..RunOptions::default()
    };
    let (_, mut qemu) = run::prepare(workspace, toolchain, &options)?;
    let start = Instant::now();
    let ended = console::watch(&mut qemu, &limits(*count), Audience::Nobody)?;
    let seconds = start.elapsed().as_secs_f64();
    let log = workspace.output_folder("images")?.join("faults.log");
    artefacts::write(&log, ended.console.as_bytes())?;
    eprintln!("{}; the console is in {}", ended.reason, log.display());
    match judge(&ended.console, *count) {
        Ok(verdict) => {
            verdict.lines.iter().for_each(|line| println!("{line}"));
            let rate = 60.0 * verdict.injected as f64 / seconds;
            println!("{} faults in {seconds:.1} s: {rate:.0} in a minute", verdict.injected);
            Ok(ExitCode::SUCCESS)
        }
        Err(problem) => {
            println!("{problem}");
            println!("again: cargo xtask faults --seed {seed} --count {count} --{}", image.name());
            Ok(ExitCode::FAILURE)
        }
    }
}

impl Default for FaultOptions {
    fn default() -> Self {
        Self { count: 100, seed: 1, layout: None, image: Image::Debug }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(kernel: &str, changed: u64, lost: u64) -> String {
        format!(
            "kernel: hello\r\nfaults: begin: 3 with seed 1\r\n{kernel}fault 1: kill: x\r\n\
             faults: neighbour: 7 rounds, {changed} words changed\r\n\
             faults: done: 3 injected, {lost} blocks lost\r\nkernel: halted\r\n"
        )
    }

    #[test]
    fn only_a_run_without_loss_passes() {
        let verdict = judge(&console("", 0, 0), 3).expect("all is well");
        assert_eq!((verdict.injected, verdict.lines.len()), (3, 3));
        let wrong = |console: &str, count| judge(console, count).expect_err("something is wrong");
        assert!(wrong(&console("", 0, 1), 3).contains("lost"));
        assert!(wrong(&console("", 1, 0), 3).contains("disturbed"));
        assert!(wrong(&console("", 0, 0), 4).contains("instead of 4"));
        assert!(wrong(&console("kernel: oh\r\n", 0, 0), 3).contains("kernel: oh"));
        assert!(wrong("faults: begin\r\n", 3).contains("end"));
        assert!(judge(&console("", 0, 10), 3).is_err());
    }

    #[test]
    fn long_runs_are_short_of_words() {
        assert_eq!(orders(7, 500), "seed 7 count 500");
        assert_eq!(orders(7, 501), "seed 7 count 501 terse");
    }
}
