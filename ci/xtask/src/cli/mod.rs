//! The command line, as data.

mod options;

pub(crate) use options::{
    BenchOptions, FaultOptions, FuzzOptions, LinuxOptions, RunOptions, TestOptions,
};
use options::{
    Words, bench_options, fault_options, fuzz_options, linux_options, mutant_options, run_options,
    test_options,
};

use crate::process::Fallible;

/// What `cargo xtask --help` prints.
pub(crate) const HELP: &str = include_str!("help.txt");

/// One verb with its options.
#[derive(Debug, PartialEq)]
pub(crate) enum Verb {
    /// Print the help text.
    Help,
    /// Install what is missing for every other verb.
    Setup,
    /// Build all kernel images and user programs.
    Build,
    /// Boot a root task in QEMU.
    Run(RunOptions),
    /// Boot a root task in QEMU, stopped, with a gdb server.
    Debug(RunOptions),
    /// Run everything that CI checks.
    Test(TestOptions),
    /// Measure what the kernel takes.
    Bench(BenchOptions),
    /// Feed readers with arbitrary bytes.
    Fuzz(FuzzOptions),
    /// Take checks out of the kernel and look who notices.
    Mutants(crate::mutants::Options),
    /// Spoil a component again and again.
    Faults(FaultOptions),
    /// Run a command line in a shell of Linux.
    Linux(LinuxOptions),
    /// Run the tool for layouts.
    Layout(Vec<String>),
    /// Check the source text and the dependency graph.
    Tidy,
    /// Measure how much of the kernel the host tests run.
    Coverage,
    /// List the panic sites of the release kernel.
    PanicSites {
        /// Rewrite the committed list instead of comparing with it.
        update: bool,
    },
}

/// Parses the words after `cargo xtask`. No word at all asks for help.
pub(crate) fn parse(words: &[String]) -> Fallible<Verb> {
    let Some((verb, rest)) = words.split_first() else { return Ok(Verb::Help) };
    // The tool for layouts has a help of its own, and commands have options of theirs.
    let is_ours = verb != "layout" && verb != "linux";
    if is_ours && rest.iter().any(|word| word == "--help" || word == "-h") {
        return Ok(Verb::Help);
    }
    let mut rest = Words::new(rest);
    let parsed = match verb.as_str() {
        "help" | "--help" | "-h" => Verb::Help,
        "setup" => Verb::Setup,
        "build" => Verb::Build,
        "run" => Verb::Run(run_options(&mut rest)?),
        "debug" => Verb::Debug(run_options(&mut rest)?),
        "test" => Verb::Test(test_options(&mut rest)?),
        "bench" => Verb::Bench(bench_options(&mut rest)?),
        "fuzz" => Verb::Fuzz(fuzz_options(&mut rest)),
        "mutants" => Verb::Mutants(mutant_options(&mut rest)?),
        "layout" => Verb::Layout(std::iter::from_fn(|| rest.next()).collect()),
        "faults" => Verb::Faults(fault_options(&mut rest)?),
        "linux" => Verb::Linux(linux_options(&mut rest)?),
        "tidy" => Verb::Tidy,
        "coverage" => Verb::Coverage,
        "panic-sites" => Verb::PanicSites { update: rest.flag("--update") },
        other => return Err(format!("unknown verb `{other}`; `cargo xtask --help` lists them")),
    };
    match rest.next() {
        None => Ok(parsed),
        Some(word) => Err(format!("`{verb}` takes no `{word}`; see `cargo xtask --help`")),
    }
}

#[cfg(test)]
mod tests;
