//! The verbs `run` and `debug`: one machine, on our console.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::artefacts::{self, KernelFiles, Program};
use crate::cli::RunOptions;
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::devices;
use crate::layouts;
use crate::linux;
use crate::process::{self, Fallible};
use crate::qemu::Boot;
use crate::toolchain::Toolchain;
use crate::workspace::{ROOT_TASK_READY, Workspace};
use program::modules::{self, Module};

/// Status of a run that reached its time limit, as that of `timeout`.
const TIME_LIMIT_STATUS: u8 = 124;

/// Boots a root task and leaves QEMU's status.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &RunOptions,
) -> Fallible<ExitCode> {
    let options = &complete(workspace, options);
    let (_, mut qemu) = prepare(workspace, toolchain, options)?;
    watch(&mut qemu, options)
}

/// Who asks for nothing else gets the system that somebody can sit at.
fn complete(workspace: &Workspace, options: &RunOptions) -> RunOptions {
    let mut options = options.clone();
    let is_told =
        options.root_task.is_some() || !options.modules.is_empty() || options.is_inventory;
    if !is_told && options.layout.is_none() {
        options.layout = Some(workspace.root.join(linux::SYSTEM));
    }
    options
}

/// Boots a root task stopped at its first instruction, waiting for gdb.
pub(crate) fn debug(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &RunOptions,
) -> Fallible<ExitCode> {
    let options = &complete(workspace, options);
    let (kernel, mut qemu) = prepare(workspace, toolchain, options)?;
    qemu.args(["-s", "-S"]);
    eprintln!("QEMU waits for a debugger; in another terminal:");
    eprintln!("  gdb-multiarch {} -ex 'target remote :1234'", kernel.elf.display());
    watch(&mut qemu, options)
}

/// The boot option for what user space may read.
const EXPORT: &str = "tessera.export=";

/// Builds what is to be booted.
pub(crate) fn prepare(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &RunOptions,
) -> Fallible<(KernelFiles, Command)> {
    let root_task = root_task(workspace, toolchain, options)?;
    let root_task = with_modules(workspace, toolchain, root_task, options)?;
    let kernel = artefacts::build_kernel(workspace, toolchain, options.image)?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(&root_task), device_tree: None };
    let mut machine = options.machine.clone();
    if options.layout.is_some() && !machine.append.iter().any(|word| word.starts_with(EXPORT)) {
        // Limits of restarts are counted by it.
        machine.append.push(format!("{EXPORT}vcounter"));
    }
    let mut qemu = machine.boot(boot);
    if let Some(layout) = &options.layout {
        qemu.args(devices::of_layout(workspace, layout, &options.root)?);
    }
    Ok((kernel, qemu))
}

/// The given root task, or ours, built now.
fn root_task(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &RunOptions,
) -> Fallible<PathBuf> {
    match &options.root_task {
        Some(file) if file.is_file() => Ok(file.clone()),
        Some(file) => Err(format!("there is no file {}", file.display())),
        None => artefacts::build_program(workspace, toolchain, Program::RootTask),
    }
}

/// The root task with the given files in it, under a name of its own.
fn with_modules(
    workspace: &Workspace,
    toolchain: &Toolchain,
    root_task: PathBuf,
    options: &RunOptions,
) -> Fallible<PathBuf> {
    if options.modules.is_empty() && options.layout.is_none() {
        return Ok(root_task);
    }
    let module = |(name, file): &(String, PathBuf)| {
        Ok(Module { name: name.clone(), content: artefacts::read(file)? })
    };
    let mut modules = options.modules.iter().map(module).collect::<Fallible<Vec<_>>>()?;
    if let Some(layout) = &options.layout {
        let image = layouts::build(workspace, toolchain, layout)?;
        modules.push(Module { name: layouts::MODULE.into(), content: artefacts::read(&image)? });
    }
    let file = workspace.output_folder("images")?.join("with-modules.elf");
    artefacts::write(&file, &modules::add(&artefacts::read(&root_task)?, modules)?)?;
    Ok(file)
}

fn watch(qemu: &mut Command, options: &RunOptions) -> Fallible<ExitCode> {
    eprintln!("{}", process::line(qemu));
    let limits = Limits { time: options.timeout, until: until(options) };
    let ended = console::watch(qemu, &limits, Audience::Human)?;
    eprintln!("\n{}", ended.reason);
    Ok(status_of(&ended.reason))
}

/// Our own root task has nothing more to say after its last line. Somebody at a terminal may
/// still want to look around in QEMU's monitor; a script does not.
fn until(options: &RunOptions) -> Until {
    let ours =
        options.root_task.is_none() && options.layout.is_none() && !std::io::stdin().is_terminal();
    match &options.until {
        Some(text) => Until::Text(text.clone()),
        None if ours => Until::Line(|line| line == ROOT_TASK_READY),
        None if options.layout.as_ref().is_some_and(|layout| layout.ends_with(linux::SYSTEM)) => {
            Until::Line(|line| linux::status(line).is_some())
        }
        None => Until::Never,
    }
}

fn status_of(reason: &Reason) -> ExitCode {
    match reason {
        // A signal leaves no status; any failure will do.
        Reason::Exited(status) => {
            ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
        }
        Reason::TimeLimit(_) => ExitCode::from(TIME_LIMIT_STATUS),
        Reason::Seen(line) => linux::status(line).map_or(ExitCode::SUCCESS, ExitCode::from),
    }
}
