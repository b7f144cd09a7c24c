//! Operations of the kernel, and what the library does, take no more than recorded.

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{Image, Program};
use crate::bench::{Bench, Comparison, Library, Measurement, Recorded};
use crate::process::Fallible;

/// All of them.
pub(super) fn steps() -> Vec<Step> {
    vec![kernel(), library()]
}

fn kernel() -> Step {
    Step::emulator("counts", |context: &Context| {
        let recorded = match Recorded::load(context.workspace) {
            Ok(recorded) => recorded,
            Err(problem) => return Outcome::failed("no record", &problem),
        };
        if recorded.compiler != context.toolchain.release() {
            return Outcome::skipped("counts are recorded with another compiler");
        }
        match measure(context) {
            Ok(measurement) => judge(&recorded.compare(&measurement)),
            Err(problem) => Outcome::failed("could not run", &problem),
        }
    })
}

fn library() -> Step {
    Step::emulator("library counts", |context: &Context| match compare(context) {
        Ok(outcome) => outcome,
        Err(problem) => Outcome::failed("could not run", &problem),
    })
}

fn compare(context: &Context) -> Fallible<Outcome> {
    let recorded = Library::load(context.workspace)?;
    let compiler = context.toolchain.release();
    if recorded.compiler != compiler {
        return Ok(Outcome::skipped("counts are recorded with another compiler"));
    }
    let measured = bench(context, "bench-library")?.library(compiler)?;
    let findings = measured.findings(&recorded);
    let kept = measured.len().saturating_sub(findings.len());
    let remark = format!("{kept} not above the record");
    Ok(Outcome::of_counts(kept, findings.len(), remark, &findings.join("\n")))
}

fn measure(context: &Context) -> Fallible<Measurement> {
    bench(context, "bench-counts")?.operations()
}

fn bench(context: &Context, folder: &str) -> Fallible<Bench> {
    let kernel = context.kernel(Image::Release)?;
    let program = context.program(Program::Bench)?;
    Bench::new(context.workspace, folder, kernel, program)
}

fn judge(comparison: &Comparison) -> Outcome {
    let Comparison { kept, findings, fallen } = comparison;
    let remark = match fallen {
        0 => format!("{kept} as recorded"),
        _ => format!("{kept} not above the record, {fallen} below: `cargo xtask bench --record`"),
    };
    Outcome::of_counts(*kept, findings.len(), remark, &findings.join("\n"))
}
