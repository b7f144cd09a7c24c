//! A bounded number of faults in a driver that is used meanwhile.

use program::modules::{self, Module};

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{self, Image, Program};
use crate::console::{self, Audience};
use crate::devices::{self, Root};
use crate::faults::verdict::{Verdict, judge};
use crate::faults::{Bench, Orders};
use crate::layouts::{self, SYSTEMS};
use crate::process::{self, Fallible};

/// Decides which faults.
const SEED: u64 = 7;

/// The systems that are spoiled.
const SPOILED: &[(&str, u64)] = &[("faults", 200), ("faults-disk", 60)];

/// A step for each.
pub(super) fn steps() -> Vec<Step> {
    let step = |(name, count): &'static (&str, u64)| {
        Step::emulator(*name, move |context: &Context| match run(context, name, *count) {
            Ok(Ok(verdict)) => {
                Outcome::passed(format!("{} faults, nothing lost", verdict.injected))
            }
            Ok(Err((problem, console))) => Outcome::failed(problem, &console),
            Err(problem) => Outcome::failed("could not run", &problem),
        })
    };
    SPOILED.iter().map(step).collect()
}

/// The verdict, or what is wrong and the console.
fn run(context: &Context, name: &str, count: u64) -> Fallible<Result<Verdict, (String, String)>> {
    let system = SYSTEMS.iter().find(|system| system.name == name);
    let system = system.ok_or("there is no such system")?;
    for component in system.components {
        context.program(Program::Component(component))?;
    }
    context.layout_tool()?;
    let loader = context.program(Program::Faults)?;
    let folder = context.workspace.output_folder("images")?.join(name);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (layout, image) = (system.layout(context.workspace), folder.join("step.layout"));
    let mut build = layouts::command(context.workspace, "build", &layout)?;
    process::answer(build.arg("--output").arg(&image))?;
    let module = Module { name: layouts::MODULE.into(), content: artefacts::read(&image)? };
    let bench = Bench {
        kernel: context.kernel(Image::Debug)?.image.clone(),
        loader: modules::add(&artefacts::read(&loader)?, vec![module])?,
        folder,
        devices: devices::of_layout(context.workspace, &layout, &Root::forgetful())?,
    };
    let orders = Orders { seed: SEED, count, victim: None, kinds: None };
    let mut qemu = bench.boot(&orders, 0)?;
    let ended = console::watch(&mut qemu, &orders.limits(), Audience::Nobody)?;
    Ok(judge(&ended.console, count, false).map_err(|problem| (problem, ended.console)))
}
