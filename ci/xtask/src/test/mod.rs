//! Everything that CI checks, as named steps.
//!
//! Steps about sources and host tests run one after the other, since cargo uses all cores by
//! itself; runs of QEMU go two at a time. A failure never keeps later steps from running. Programs
//! are built when the first step needs them.

mod boot;
mod context;
mod cost;
mod counts;
mod domains;
mod examples;
mod faults;
mod fuzzing;
mod host;
mod latency;
mod loading;
mod outcome;
mod products;
mod refusal;
mod signatures;
mod strict;
mod suite;
mod systems;
mod transcript;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cli::TestOptions;
use crate::process::Fallible;
use crate::setup::{self, Purpose};
use crate::workspace::Workspace;
use context::Context;
use outcome::{Outcome, Totals};

/// Runs of QEMU at the same time.
const EMULATORS: usize = 2;

/// What a step does.
type Action = Box<dyn Fn(&Context) -> Outcome + Send + Sync>;

/// One named part of the tests.
pub(crate) struct Step {
    name: String,
    /// Whether it spends its time in QEMU, beside another one.
    emulator: bool,
    action: Action,
}

impl Step {
    /// A step that wants the whole machine.
    fn alone(
        name: impl Into<String>,
        action: impl Fn(&Context) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), emulator: false, action: Box::new(action) }
    }

    /// A step that runs QEMU.
    fn emulator(
        name: impl Into<String>,
        action: impl Fn(&Context) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), emulator: true, action: Box::new(action) }
    }
}

/// All steps in their order.
fn steps() -> Vec<Step> {
    let groups = [
        host::steps(),
        fuzzing::steps(),
        products::steps(),
        boot::steps(),
        refusal::steps(),
        counts::steps(),
        latency::steps(),
        examples::steps(),
        systems::steps(),
        faults::steps(),
        signatures::steps(),
        loading::steps(),
        strict::steps(),
        domains::steps(),
        cost::steps(),
        suite::steps(),
    ];
    groups.into_iter().flatten().collect()
}

/// The verb: runs the chosen steps and prints the closing line.
pub(crate) fn run(workspace: &Workspace, options: &TestOptions) -> Fallible<ExitCode> {
    let wanted = |step: &Step| options.filter.as_ref().is_none_or(|part| step.name.contains(part));
    let steps: Vec<Step> = steps().into_iter().filter(wanted).collect();
    if options.list {
        for step in &steps {
            println!("{}", step.name);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if steps.is_empty() {
        return Err("no step has such a name; `cargo xtask test --list` prints them".into());
    }
    let toolchain = setup::ensure(Purpose::Test)?;
    let context = Context::new(workspace, toolchain);
    let start = Instant::now();
    let totals = perform(&context, &steps);
    let (passed, failed) = (totals.passed, totals.failed);
    println!("\n{} steps in {} s", steps.len(), start.elapsed().as_secs());
    for (why, steps) in &totals.skipped {
        println!("skipped: {why} (in {})", steps.join(", "));
    }
    for name in &totals.failures {
        println!("failed: {name}");
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the steps: first those that want the machine for themselves.
fn perform(context: &Context, steps: &[Step]) -> Totals {
    let totals = Mutex::new(Totals::default());
    let (emulators, alone): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|s| s.emulator);
    for step in alone {
        perform_one(context, step, &totals);
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..EMULATORS {
            scope.spawn(|| {
                while let Some(step) = emulators.get(next.fetch_add(1, Ordering::Relaxed)) {
                    perform_one(context, step, &totals);
                }
            });
        }
    });
    totals.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Runs a step, prints its line, and adds it up.
fn perform_one(context: &Context, step: &Step, totals: &Mutex<Totals>) {
    let start = Instant::now();
    let outcome = (step.action)(context);
    // Held while printing, so that the lines of two steps do not mix.
    let mut totals = totals.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    println!("{}", result_line(&step.name, &outcome, start.elapsed()));
    if outcome.failed > 0 {
        for line in outcome.details.lines() {
            println!("        {line}");
        }
    }
    totals.add(&step.name, &outcome);
}

fn result_line(name: &str, outcome: &Outcome, elapsed: Duration) -> String {
    let word = match outcome {
        _ if outcome.failed > 0 => "FAILED",
        _ if outcome.passed == 0 => "skip",
        _ => "ok",
    };
    let seconds = elapsed.as_secs_f64();
    format!("{word:<6} {seconds:>6.1} s  {name}: {}", outcome.remark)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_steps_differ() {
        let steps = steps();
        let names: BTreeSet<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names.len(), steps.len());
    }

    #[test]
    fn a_failed_step_does_not_keep_others_from_running() {
        let workspace = Workspace { root: ".".into(), target: "target".into() };
        let toolchain = crate::toolchain::Toolchain::discover().expect("rustc");
        let context = Context::new(&workspace, toolchain);
        let steps = [
            Step::emulator("c", |_| Outcome::of_counts(3, 1, "three of four", "why")),
            Step::alone("a", |_| Outcome::failed("broken", "")),
            Step::alone("b", |_| Outcome::passed("fine")),
            Step::emulator("d", |_| Outcome::skipped("no such machine")),
        ];
        let totals = perform(&context, &steps);
        assert_eq!((totals.passed, totals.failed), (4, 2));
        assert_eq!(totals.failures, ["a", "c"]);
        assert_eq!(totals.skipped["no such machine"], ["d"]);
    }

    #[test]
    fn result_lines_begin_with_the_verdict() {
        let second = Duration::from_secs(1);
        let line = |outcome| result_line("x", &outcome, second);
        assert_eq!(line(Outcome::passed("fine")), "ok        1.0 s  x: fine");
        assert!(line(Outcome::failed("bad", "")).starts_with("FAILED"));
        assert!(line(Outcome::skipped("why")).starts_with("skip "));
    }
}
