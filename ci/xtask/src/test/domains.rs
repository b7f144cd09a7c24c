//! A system of two domains starts on a kernel that has them, and on no other: the loader asks the
//! kernel before it makes anything.

use std::path::PathBuf;

use super::Step;
use super::context::Context;
use super::examples::judge;
use super::outcome::Outcome;
use super::systems;
use crate::artefacts::{self, Program};
use crate::console::Audience;
use crate::layouts;
use crate::process::{self, Fallible};
use crate::qemu::Machine;

/// The program that is in both domains.
const PROGRAM: &str = "greeter";
/// The system.
const LAYOUT: &str = r#"layout = 1
board = "qemu-virt-aarch64"
kernel = { cores = 1, domains = 2 }
schedule = { start = 0, turn = [{ domain = 0, ticks = 62500 }, { domain = 1, ticks = 62500 }] }
[component.one]
image = "greeter.elf"
prio = 100
sched = { budget_us = 1000, period_us = 10000 }
[component.other]
image = "greeter.elf"
prio = 100
domain = 1
sched = { budget_us = 1000, period_us = 10000 }
"#;

/// What is said by a loader on a kernel with so many domains.
const CASES: [(u32, &str); 2] = [
    (1, "root-task: stopped: the machine is another one: it has fewer domains"),
    (2, "root-task: ready"),
];

/// One step for each kernel.
pub(super) fn steps() -> Vec<Step> {
    let step = |(domains, says): (u32, &'static str)| {
        let name = format!("system of two domains on a kernel with {domains}");
        Step::emulator(name, move |context: &Context| {
            let run = || -> Fallible<Outcome> {
                let file = root_task(context, domains)?;
                let append = vec![format!("tessera.domains={domains}")];
                let machine = Machine { append, ..Machine::default() };
                let nobody = Audience::Nobody;
                let ended = systems::watch_on(context, machine, &file, &[], says, nobody)?;
                Ok(judge(&ended, says))
            };
            run().unwrap_or_else(|problem| Outcome::failed("could not run", &problem))
        })
    };
    CASES.map(step).into()
}

/// The root task with the system; each step writes its own.
fn root_task(context: &Context, domains: u32) -> Fallible<PathBuf> {
    context.layout_tool()?;
    context.program(Program::Component(PROGRAM))?;
    let folder = context.workspace.output_folder("domains")?;
    let layout = folder.join(format!("{domains}.layout.toml"));
    artefacts::write(&layout, LAYOUT.as_bytes())?;
    let file = layout.with_extension("elf");
    let mut command = layouts::command(context.workspace, "build", &layout)?;
    command.arg("--root-task").arg(context.program(Program::RootTask)?);
    process::answer(command.arg("--output").arg(&file))?;
    Ok(file)
}
