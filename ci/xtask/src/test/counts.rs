//! Operations take no more than recorded.

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{Image, Program};
use crate::bench::{Bench, Comparison, Measurement, Recorded};
use crate::process::Fallible;

/// All of them.
pub(super) fn steps() -> Vec<Step> {
    vec![Step::emulator("counts", |context: &Context| {
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
    })]
}

fn measure(context: &Context) -> Fallible<Measurement> {
    let kernel = context.kernel(Image::Release)?;
    let program = context.program(Program::Bench)?;
    Bench::new(context.workspace, "bench-counts", kernel, program)?.operations()
}

fn judge(comparison: &Comparison) -> Outcome {
    let Comparison { kept, findings, fallen } = comparison;
    let remark = match fallen {
        0 => format!("{kept} as recorded"),
        _ => format!("{kept} not above the record, {fallen} below: `cargo xtask bench --record`"),
    };
    Outcome::of_counts(*kept, findings.len(), remark, &findings.join("\n"))
}
