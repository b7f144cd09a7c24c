//! Checks and builds the systems of the gallery, boots them, and compares what they print.
//!
//! `capdl-loader/systems/NAME/expected.txt` has the lines that must appear, in this order; `*` in
//! them stands for any text. `input.txt`, if there is one, is what somebody types
//! ([`script`](crate::script)). A layout gives the same image each time. A system may be another
//! one with an overlay, `NAME.overlay.toml`: the same with another device, for example.
//!
//! One of them is spoiled as well, fact by fact: the loader must find each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Step;
use super::context::Context;
use super::examples::judge;
use super::outcome::Outcome;
use crate::artefacts::{self, Image, Program};
use crate::console::{self, Audience, Ended, Limits, Until};
use crate::devices::{self, Root};
use crate::layouts::{SYSTEMS, System};
use crate::linux;
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Machine};
use crate::script::Script;

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// One for each system.
pub(super) fn steps() -> Vec<Step> {
    let step = |system: &'static System| {
        Step::emulator(format!("system {}", system.name), move |context: &Context| {
            match run(context, system) {
                Ok((ended, expected)) => judge(&ended, &expected),
                Err(problem) if problem.starts_with(linux::NO_PACKAGES) => {
                    Outcome::skipped(problem.lines().next().unwrap_or_default())
                }
                Err(problem) => Outcome::failed("could not run", &problem),
            }
        })
    };
    SYSTEMS.iter().map(step).chain([sabotage()]).collect()
}

/// Facts of a system are spoiled, and what the loader says of each is compared.
fn sabotage() -> Step {
    Step::emulator("sabotage", |context: &Context| {
        let system = SYSTEMS.iter().find(|system| system.name == "ping-pong");
        let run = || -> Fallible<(Ended, String)> {
            let expected = context.workspace.root.join("root-task/expected/sabotage.txt");
            let expected = artefacts::read(&expected)?;
            let expected = String::from_utf8_lossy(&expected).into_owned();
            let system = system.ok_or("there is no such system")?;
            Ok((boot(context, system, Program::Sabotage, &expected)?, expected))
        };
        match run() {
            Ok((ended, expected)) => judge(&ended, &expected),
            Err(problem) => Outcome::failed("could not run", &problem),
        }
    })
}

fn run(context: &Context, system: &System) -> Fallible<(Ended, String)> {
    let expected = artefacts::read(&system.file(context.workspace, "expected.txt"))?;
    let expected = String::from_utf8_lossy(&expected).into_owned();
    Ok((boot(context, system, Program::RootTask, &expected)?, expected))
}

/// Boots a system.
fn boot(context: &Context, system: &System, loader: Program, expected: &str) -> Fallible<Ended> {
    for component in system.components {
        context.program(Program::Component(component))?;
    }
    let layout = system.description(context.workspace);
    let devices = devices::of_layout(context.workspace, &layout, &Root::forgetful())?;
    let script = script(&system.file(context.workspace, "input.txt"))?;
    let typist = script.as_ref().map_or(Audience::Nobody, Audience::Typist);
    watch(context, &root_task(context, system, loader)?, &devices, expected, typist)
}

/// What somebody types while the system runs, if the file exists.
fn script(file: &Path) -> Fallible<Option<Script>> {
    if !file.is_file() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&artefacts::read(file)?).into_owned();
    Script::parse(&text).map(Some).map_err(|why| format!("{}: {why}", file.display()))
}

/// Boots a root task with a system, on a machine with more devices, until the last expected line.
pub(super) fn watch(
    context: &Context,
    file: &Path,
    devices: &[String],
    expected: &str,
    audience: Audience<'_>,
) -> Fallible<Ended> {
    watch_on(context, Machine::default(), file, devices, expected, audience)
}

/// Boots it on another machine than the usual one.
pub(super) fn watch_on(
    context: &Context,
    machine: Machine,
    file: &Path,
    devices: &[String],
    expected: &str,
    audience: Audience<'_>,
) -> Fallible<Ended> {
    let kernel = context.kernel(Image::Debug)?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(file), device_tree: None };
    // Nothing ends a system: its last expected line does.
    let last = expected.lines().last().unwrap_or_default();
    let limits = Limits { time: Some(TIME_LIMIT), until: Until::Text(last.into()) };
    let mut append = machine.append.clone();
    append.push("tessera.export=vcounter".into());
    // Who types does so in real time; and QEMU 7.2 that counts stands still at times when something
    // comes in at its serial line.
    // What devices do takes the host's time, too, from which counted time would run away.
    let counted = !matches!(audience, Audience::Typist(_)) && devices.is_empty();
    let machine = Machine { counted, append, ..machine };
    let mut qemu = machine.boot(boot);
    qemu.args(devices);
    console::watch(&mut qemu, &limits, audience)
}

/// A loader with a system in it; built twice, it must be the same.
fn root_task(context: &Context, system: &System, loader: Program) -> Fallible<PathBuf> {
    context.layout_tool()?;
    let layout = system.layout(context.workspace);
    linux::provide_files(context.workspace, &context.toolchain, &layout)?;
    let folder = context.workspace.output_folder("images")?;
    let file = |name: &str| folder.join(format!("{name}-of-{}.elf", system.name));
    let (one, other) = (file(loader.name()), file(&format!("{}-again", loader.name())));
    let loader = context.program(loader)?;
    let command = |verb| system.command(context.workspace, verb);
    process::answer(&mut command("check")?)?;
    let build = |output: &Path| -> Fallible<Vec<u8>> {
        let mut command = command("build")?;
        process::answer(command.arg("--root-task").arg(&loader).arg("--output").arg(output))?;
        artefacts::read(output)
    };
    if build(&one)? != build(&other)? {
        return Err("two builds of one layout differ".into());
    }
    Ok(one)
}
