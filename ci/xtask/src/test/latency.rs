//! Bounded latency and determinism: the benchmark under instruction counting.

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{Image, Program};
use crate::bench::{Bench, Figures, Growth, Limits, Metric, Verdict, Work};
use crate::process::Fallible;

/// All of them.
pub(super) fn steps() -> Vec<Step> {
    vec![
        Step::emulator("latency", |context: &Context| match measure(context) {
            Ok([first, second, watched]) => match Limits::load(context.workspace) {
                Ok(limits) => judge(&limits, &first, &second, &watched),
                Err(problem) => Outcome::failed("no limits", &problem),
            },
            Err(problem) => Outcome::failed("could not run", &problem),
        }),
        Step::emulator("scale", |context: &Context| match grow(context) {
            Ok(growth) => judge_growth(&growth),
            Err(problem) => Outcome::failed("could not run", &problem),
        }),
    ]
}

/// What operations take in a large system.
fn grow(context: &Context) -> Fallible<Vec<Growth>> {
    let kernel = context.kernel(Image::Release)?;
    let program = context.program(Program::Bench)?;
    let bench = Bench::new(context.workspace, "scale", kernel, program)?;
    Growth::all(&bench.scenarios(Work::Scale)?)
}

/// No operation takes longer because there are many threads, waiters or capabilities.
fn judge_growth(growth: &[Growth]) -> Outcome {
    let findings: Vec<String> = growth.iter().filter_map(Growth::finding).collect();
    let kept = growth.len() - findings.len();
    Outcome::of_counts(kept, findings.len(), String::new(), &findings.join("\n"))
}

/// The same run twice, and one with a thread that waits for interrupts.
fn measure(context: &Context) -> Fallible<[Figures; 3]> {
    let kernel = context.kernel(Image::Release)?;
    let program = context.program(Program::Bench)?;
    let bench = Bench::new(context.workspace, "bench-latency", kernel, program)?;
    Ok([
        bench.scenarios(Work::Scenarios)?,
        bench.scenarios(Work::Scenarios)?,
        bench.scenarios(Work::Watched)?,
    ])
}

/// Each scenario keeps its limit, with interrupts or without, and the same run is the same.
fn judge(limits: &Limits, first: &Figures, second: &Figures, watched: &Figures) -> Outcome {
    let Verdict { mut kept, mut findings } = limits.judge(first);
    let interrupted = limits.judge(watched);
    kept += interrupted.kept;
    findings.extend(interrupted.findings.iter().map(|finding| format!("watched: {finding}")));
    let silent = watched.scenarios.iter().filter(|scenario| scenario.delay.is_none());
    findings.extend(silent.map(|scenario| format!("watched: {}: no delay", scenario.name)));
    if first == second {
        kept += 1;
    } else {
        findings.push(format!("two runs differ: traces {} and {}", first.trace, second.trace));
    }
    let longest =
        first.scenarios.iter().max_by_key(|scenario| scenario.counts.get(Metric::Longest));
    let longest = longest.map_or(String::new(), |scenario| {
        format!("longest stretch {} ({})", scenario.counts.get(Metric::Longest), scenario.name)
    });
    Outcome::of_counts(kept, findings.len(), longest, &findings.join("\n"))
}
