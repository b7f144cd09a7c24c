//! The plugin, and QEMU with it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::counts::Log;
use super::measured::Measurement;
use super::scenarios::Figures;
use crate::artefacts::KernelFiles;
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::elf::Elf;
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Machine, Mebibytes};
use crate::workspace::Workspace;

/// The C compiler that the plugin needs.
pub(crate) const COMPILER: &str = "cc";
/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// What the root task prints last. It cannot switch the machine off: release images have no call
/// for that.
const DONE: &str = "bench: done";
/// RAM with an untyped of 1 GiB in it.
const MUCH_MEMORY: Mebibytes = Mebibytes(2560);

/// What the root task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Everything that there is a row for in [`super::operations`].
    Operations,
    /// Hostile work, and nobody who waits: the counts are those of the work alone.
    Scenarios,
    /// The same, while a thread of high priority waits for interrupts that come all the time.
    Watched,
}

/// What it takes to measure.
#[derive(Debug)]
pub(crate) struct Bench {
    kernel: KernelFiles,
    program: PathBuf,
    plugin: PathBuf,
    folder: PathBuf,
}

impl Bench {
    /// Builds the plugin.
    pub(crate) fn new(
        workspace: &Workspace,
        kernel: KernelFiles,
        program: PathBuf,
    ) -> Fallible<Self> {
        let folder = workspace.output_folder("bench")?;
        let plugin = folder.join("count.so");
        let mut command = Command::new(COMPILER);
        command.args(["-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"]).arg(&plugin);
        process::visibly(command.arg(workspace.root.join("ci/plugin/count.c")))?;
        Ok(Self { kernel, program, plugin, folder })
    }

    /// Runs all operations once.
    pub(crate) fn operations(&self) -> Fallible<Measurement> {
        let (console, log) = self.run(Work::Operations)?;
        Measurement::read(&console, &log, self.sections()?)
    }

    /// Sections of the kernel that take memory, and their bytes.
    fn sections(&self) -> Fallible<Vec<(String, u64)>> {
        let file = &self.kernel.elf;
        let bytes = std::fs::read(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let sizes = Elf::new(&bytes)?.sizes()?;
        Ok(sizes.into_iter().map(|(name, size)| (name.into(), size)).collect())
    }

    /// Runs all scenarios once.
    pub(crate) fn scenarios(&self, work: Work) -> Fallible<Figures> {
        let (console, log) = self.run(work)?;
        Figures::read(&console, &log)
    }

    /// What the root task and the plugin said.
    fn run(&self, work: Work) -> Fallible<(String, Log)> {
        let file = self.folder.join(format!("{work:?}.txt").to_lowercase());
        let mut command = self.qemu(work);
        command.args(["-icount", "shift=0,sleep=off", "-plugin"]);
        let footprint = if work == Work::Operations { "on" } else { "off" };
        let plugin = self.plugin.display();
        command.arg(format!("{plugin},out={},footprint={footprint}", file.display()));
        let limits = Limits { time: Some(TIME_LIMIT), until: Until::Line(|line| line == DONE) };
        let ended = console::watch(&mut command, &limits, Audience::Nobody)?;
        if !matches!(ended.reason, Reason::Seen(_)) {
            let command = process::line(&command);
            return Err(format!("{}\n`{command}`\n{}", ended.reason, ended.console));
        }
        let log = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Ok((ended.console, Log::read(&log)?))
    }

    /// QEMU with the benchmark, not yet counting anything.
    pub(super) fn qemu(&self, work: Work) -> Command {
        let (word, memory) = match work {
            Work::Operations => ("bench=operations", Machine::default().memory),
            Work::Scenarios => ("bench=scenarios", MUCH_MEMORY),
            Work::Watched => ("bench=scenarios tessera.export=pcounter,ptimer", MUCH_MEMORY),
        };
        let machine = Machine { memory, append: vec![word.into()], ..Machine::default() };
        let boot =
            Boot { kernel: &self.kernel.image, root_task: Some(&self.program), device_tree: None };
        machine.boot(boot)
    }
}
