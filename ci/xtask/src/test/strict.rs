//! Boots a system that is built for exactly the memory of its board: it boots only if the tool
//! foresaw all of the memory that the kernel lists. On another machine it stops and says where the
//! memory differs.

use std::path::{Path, PathBuf};

use super::Step;
use super::context::Context;
use super::examples::judge;
use super::outcome::Outcome;
use super::systems;
use crate::artefacts::{self, Image, Program};
use crate::console::Audience;
use crate::layouts::{self, SYSTEMS, System};
use crate::process::{self, Fallible};
use crate::qemu::{Gic, Machine, Mebibytes};

/// The system that is built.
const SYSTEM: &str = "hello";
/// The board that its layout names.
const BOARD: &str = "qemu-virt-aarch64";

/// Boards of the tool and the machines that they are.
fn machines() -> [(&'static str, Machine); 4] {
    let memory = |size: u64| Machine { memory: Mebibytes(size), ..Machine::default() };
    [
        (BOARD, Machine::default()),
        ("qemu-virt-aarch64-256m", memory(256)),
        ("qemu-virt-aarch64-4g", memory(4096)),
        ("qemu-virt-aarch64-gic3", Machine { gic: Gic::V3, ..Machine::default() }),
    ]
}

/// One for each board; the first one's root task is booted on another machine as well.
pub(super) fn steps() -> Vec<Step> {
    let step = |(board, machine): (&'static str, Machine)| {
        Step::emulator(format!("memory of {board}"), move |context: &Context| {
            let run = || -> Fallible<Outcome> {
                let file = root_task(context, board)?;
                let boot = |machine: &Machine, says: &str| -> Fallible<Outcome> {
                    let machine = machine.clone();
                    let nobody = Audience::Nobody;
                    let ended = systems::watch_on(context, machine, &file, &[], says, nobody)?;
                    Ok(judge(&ended, says))
                };
                let expected = boot(&machine, "root-task: ready")?;
                if expected.failed > 0 || board != BOARD {
                    return Ok(expected);
                }
                boot(&Machine { memory: Mebibytes(512), ..machine.clone() }, STOPPED)
            };
            run().unwrap_or_else(|problem| Outcome::failed("could not run", &problem))
        })
    };
    machines().map(step).into()
}

/// What is said where the memory differs.
const STOPPED: &str = "root-task: stopped: the memory is not as planned: 2^* bytes at 0x* was \
                       planned, found is 2^* bytes at 0x*";

/// The root task with the system for this board.
fn root_task(context: &Context, board: &str) -> Fallible<PathBuf> {
    context.layout_tool()?;
    let system = SYSTEMS.iter().find(|system| system.name == SYSTEM);
    let system = system.ok_or("there is no such system")?;
    for component in system.components {
        context.program(Program::Component(component))?;
    }
    let layout = layout(context, system, board)?;
    let file = layout.with_extension("elf");
    let mut command = layouts::command(context.workspace, "build", &layout)?;
    command.arg("--search").arg(system.folder(context.workspace));
    command.arg("--strict").arg(context.kernel(Image::Debug)?.image);
    command.arg("--root-task").arg(context.program(Program::RootTask)?);
    process::answer(command.arg("--output").arg(&file))?;
    Ok(file)
}

/// The layout of the system, for this board instead of its own.
fn layout(context: &Context, system: &System, board: &str) -> Fallible<PathBuf> {
    let text = artefacts::read(&system.layout(context.workspace))?;
    let (text, own) = (String::from_utf8_lossy(&text), format!("\"{BOARD}\""));
    if !text.contains(&own) {
        return Err(format!("{SYSTEM} is not for {BOARD}"));
    }
    let folder = context.workspace.output_folder("memory")?;
    let file = folder.join(Path::new(board).with_extension("layout.toml"));
    artefacts::write(&file, text.replace(&own, &format!("\"{board}\"")).as_bytes())?;
    Ok(file)
}
