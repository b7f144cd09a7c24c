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
        let recorded = Recorded::load(context.workspace);
        match recorded.and_then(|recorded| Ok(recorded.compare(&measure(context)?))) {
            Ok(comparison) => judge(&comparison),
            Err(problem) => Outcome::failed("could not compare", &problem),
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
