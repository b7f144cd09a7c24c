//! Runs the on-target suite on the machines and images that matter.

use std::time::Duration;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use super::transcript::{self, Transcript};
use crate::artefacts::{Image, Program};
use crate::console::{self, Audience, Ended, Limits, Until};
use crate::process::Fallible;
use crate::qemu::{Boot, Gic, Machine};

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(240);

/// Debug and release images, both interrupt controllers, one and four cores; several domains; and
/// other options.
pub(super) fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for image in [Image::Debug, Image::Release] {
        for gic in [Gic::V2, Gic::V3] {
            for cores in [1, 4] {
                let machine = Machine { gic, cores, ..Machine::default() };
                steps.push(step(image, machine.summary(), machine));
            }
        }
        let append = vec!["tessera.domains=4".into(), "tessera.cores=1".into()];
        steps.push(step(image, "domains".into(), Machine { append, ..Machine::default() }));
    }
    steps.push(step(Image::Debug, "options".into(), with_options()));
    steps
}

/// More cores than the kernel may use, a larger CNode, and everything exported to EL0.
fn with_options() -> Machine {
    let exports = "tessera.export=vcounter,pcounter,vtimer,ptimer,pmu";
    let append = [exports, "tessera.cores=2", "tessera.root_cnode_bits=14"].map(String::from);
    Machine { cores: 4, append: append.into(), ..Machine::default() }
}

fn step(image: Image, name: String, machine: Machine) -> Step {
    let name = format!("suite {} {name}", image.name());
    Step::emulator(name, move |context: &Context| match run(context, image, &machine) {
        Ok(ended) => judge(&ended),
        Err(problem) => Outcome::failed("could not run", &problem),
    })
}

fn run(context: &Context, image: Image, machine: &Machine) -> Fallible<Ended> {
    let kernel = context.kernel(image)?;
    let suite = context.program(Program::Suite)?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(&suite), device_tree: None };
    let limits = Limits { time: Some(TIME_LIMIT), until: Until::Line(transcript::is_closing) };
    console::watch(&mut machine.boot(boot), &limits, Audience::Nobody)
}

/// Every test counts. No closing line, or one that does not agree with the lines before, is a
/// failure of its own.
fn judge(ended: &Ended) -> Outcome {
    let transcript = Transcript::read(&ended.console);
    let mut details: Vec<String> =
        transcript.failures.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    let tests = details.len();
    if let Some(name) = &transcript.unfinished {
        details.push(format!("{name}: did not end ({})", ended.reason));
    }
    match transcript.closing {
        None if transcript.unfinished.is_none() => {
            details.push(format!("no closing line ({})", ended.reason));
        }
        Some(closing) if closing != transcript.counts => {
            let counted = transcript.counts;
            details.push(format!("the closing line says {closing:?}, counted {counted:?}"));
        }
        _ => {}
    }
    if details.len() > tests {
        details.insert(0, tail(&ended.console));
    }
    let counts = transcript.counts;
    let extra = usize::from(details.len() > tests);
    let remark = format!(
        "{} passed, {} failed, {} skipped",
        counts.passed,
        counts.failed + extra,
        counts.skipped
    );
    let mut outcome =
        Outcome::of_counts(counts.passed, counts.failed + extra, remark, &details.join("\n"));
    outcome.skipped = transcript.skipped.iter().map(|(n, why)| format!("{n}: {why}")).collect();
    outcome
}

/// The end of a console.
fn tail(console: &str) -> String {
    let lines: Vec<&str> = console.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Reason;

    fn judged(console: &str) -> Outcome {
        let reason = Reason::TimeLimit(TIME_LIMIT);
        judge(&Ended { reason, console: console.into(), awaits: None })
    }

    #[test]
    fn every_test_counts() {
        let outcome = judged(
            "test a ... ok\ntest b ... FAILED: why\ntest c ... skipped: no\n\
             1 passed, 1 failed, 1 skipped\n",
        );
        assert_eq!((outcome.passed, outcome.failed), (1, 1));
        assert_eq!(outcome.details, "b: why");
        assert_eq!(outcome.skipped, ["c: no"]);
    }

    #[test]
    fn a_hang_is_a_failure_that_names_the_test() {
        let outcome = judged("test a ... ok\ntest b ... ");
        assert_eq!((outcome.passed, outcome.failed), (1, 1));
        assert!(outcome.details.contains("b: did not end (ended: time limit"));
    }

    #[test]
    fn silence_and_wrong_sums_are_failures() {
        let outcome = judged("");
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
        let outcome = judged("test a ... ok\n2 passed, 0 failed, 0 skipped\n");
        assert_eq!((outcome.passed, outcome.failed), (1, 1));
    }
}
