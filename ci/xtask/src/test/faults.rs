//! A bounded number of faults in a driver that is used meanwhile.

use program::modules::{self, Module};

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{self, Image, Program};
use crate::console::{self, Audience};
use crate::faults::{self, Verdict};
use crate::layouts::{self, SYSTEMS};
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Machine};

/// Faults of the step.
const COUNT: u64 = 200;
/// Decides which.
const SEED: u64 = 7;

/// The step.
pub(super) fn steps() -> Vec<Step> {
    vec![Step::emulator("faults", |context: &Context| match run(context) {
        Ok(Ok(verdict)) => Outcome::passed(format!("{} faults, nothing lost", verdict.injected)),
        Ok(Err((problem, console))) => Outcome::failed(problem, &console),
        Err(problem) => Outcome::failed("could not run", &problem),
    })]
}

/// The verdict, or what is wrong and the console.
fn run(context: &Context) -> Fallible<Result<Verdict, (String, String)>> {
    let system = SYSTEMS.iter().find(|system| system.name == "faults");
    let system = system.ok_or("there is no such system")?;
    for component in system.components {
        context.program(Program::Component(component))?;
    }
    context.layout_tool()?;
    let loader = context.program(Program::Faults)?;
    let folder = context.workspace.output_folder("images")?;
    let [image, file] = ["step.layout", "faults-step.elf"].map(|name| folder.join(name));
    let mut build =
        layouts::command(context.workspace, "build", &system.layout(context.workspace))?;
    process::answer(build.arg("--output").arg(&image))?;
    let module = |name: &str, content| Module { name: name.into(), content };
    let more = vec![
        module(layouts::MODULE, artefacts::read(&image)?),
        module(faults::MODULE, faults::orders(SEED, COUNT).into_bytes()),
    ];
    artefacts::write(&file, &modules::add(&artefacts::read(&loader)?, more)?)?;
    let kernel = context.kernel(Image::Debug)?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(&file), device_tree: None };
    let append = vec!["tessera.export=vcounter".into()];
    let machine = Machine { counted: true, append, ..Machine::default() };
    let ended = console::watch(&mut machine.boot(boot), &faults::limits(COUNT), Audience::Nobody)?;
    Ok(faults::judge(&ended.console, COUNT).map_err(|problem| (problem, ended.console)))
}
