//! The plugins, and QEMU with them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::counts::Log;
use super::library::Library;
use super::listing;
use super::measured::{Measurement, announcement};
use super::scenarios::Figures;
use super::wall::{self, Timed};
use super::why_slow::{self, Paths};
use crate::artefacts::KernelFiles;
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Machine, Mebibytes};
use crate::workspace::Workspace;
use program::elf::Elf;

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
    /// What the library does for programs.
    Library,
    /// Hostile work, and nobody who waits: the counts are those of the work alone.
    Scenarios,
    /// The same, while a thread of high priority waits for interrupts that come all the time.
    Watched,
    /// Operations among few and among many, and a thread that waits for interrupts in the end.
    Scale,
    /// The operations, by the clock.
    Clock,
    /// The operations, with the kernel saying which fast paths it took.
    WhySlow,
    /// The operations, with one lane of one of them written down.
    Path {
        /// The number that the root task gives it.
        operation: u64,
        /// Which part of it.
        lane: u64,
    },
}

/// What it takes to measure.
#[derive(Debug)]
pub(crate) struct Bench {
    kernel: KernelFiles,
    program: PathBuf,
    counter: PathBuf,
    clock: PathBuf,
    path: PathBuf,
}

/// Builds a plugin of `ci/plugin` into a folder.
pub(super) fn plugin(workspace: &Workspace, folder: &Path, name: &str) -> Fallible<PathBuf> {
    let plugin = folder.join(name).with_extension("so");
    let source = workspace.root.join("ci/plugin").join(name).with_extension("c");
    let mut command = Command::new(COMPILER);
    command.args(["-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"]).arg(&plugin);
    process::visibly(command.arg(source)).map(|()| plugin)
}

impl Bench {
    /// Builds the plugins in a folder of this name, which two who run at the same time must not
    /// share.
    pub(crate) fn new(
        workspace: &Workspace,
        folder: &str,
        kernel: KernelFiles,
        program: PathBuf,
    ) -> Fallible<Self> {
        let folder = workspace.output_folder(folder)?;
        let [counter, clock, path] =
            ["count", "clock", "path"].map(|name| plugin(workspace, &folder, name));
        Ok(Self { kernel, program, counter: counter?, clock: clock?, path: path? })
    }

    /// Runs all operations once.
    pub(crate) fn operations(&self) -> Fallible<Measurement> {
        let (console, log) = self.run(Work::Operations)?;
        Measurement::read(&console, &Log::read(&log)?, self.sections()?)
    }

    /// Runs what the library does once.
    pub(crate) fn library(&self, compiler: &str) -> Fallible<Library> {
        let (console, log) = self.run(Work::Library)?;
        Library::read(&console, &Log::read(&log)?, compiler)
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
        Figures::read(&console, &Log::read(&log)?)
    }

    /// Runs all operations once, by the clock.
    pub(super) fn times(&self) -> Fallible<Vec<Timed>> {
        let (console, log) = self.run(Work::Clock)?;
        wall::operations(&console, &log)
    }

    /// What the kernel executes in the operation of this name.
    pub(super) fn listing(&self, name: &str, sources: &Path) -> Fallible<String> {
        let (console, _) = self.run(Work::Clock)?;
        let mut announced = console.lines().filter_map(announcement);
        let found = announced.find(|(_, _, found)| *found == name);
        let (operation, lane, _) = found.ok_or_else(|| format!("`{name}` is not announced"))?;
        let (_, path) = self.run(Work::Path { operation, lane })?;
        listing::listing(name, &path, &self.kernel.elf, sources)
    }

    /// Runs all operations once on a kernel with benchmark calls, which says what paths it took.
    pub(super) fn paths(&self) -> Fallible<Vec<Paths>> {
        Ok(why_slow::read(&self.watch(&mut self.qemu(Work::WhySlow, false))?))
    }

    /// What the root task and the plugin said.
    fn run(&self, work: Work) -> Fallible<(String, String)> {
        let (plugin, arguments) = match work {
            Work::Operations | Work::WhySlow => (&self.counter, ",footprint=on".into()),
            Work::Library | Work::Scenarios | Work::Watched | Work::Scale => {
                (&self.counter, String::new())
            }
            Work::Clock => (&self.clock, String::new()),
            Work::Path { operation, lane } => {
                (&self.path, format!(",operation={operation},lane={lane}"))
            }
        };
        let file = plugin.with_extension("txt");
        let mut command = self.qemu(work, work != Work::Clock);
        command.arg("-plugin");
        command.arg(format!("{},out={}{arguments}", plugin.display(), file.display()));
        let console = self.watch(&mut command)?;
        let log = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Ok((console, log))
    }

    /// What the root task said until it was done.
    fn watch(&self, command: &mut Command) -> Fallible<String> {
        let limits = Limits { time: Some(TIME_LIMIT), until: Until::Line(|line| line == DONE) };
        let ended = console::watch(command, &limits, Audience::Nobody)?;
        if !matches!(ended.reason, Reason::Seen(_)) {
            let command = process::line(command);
            return Err(format!("{}\n`{command}`\n{}", ended.reason, ended.console));
        }
        Ok(ended.console)
    }

    /// QEMU with the benchmark and no plugin, its time counted in instructions or not.
    pub(super) fn qemu(&self, work: Work, counted: bool) -> Command {
        let (word, memory) = match work {
            Work::Operations | Work::Clock | Work::Path { .. } => {
                ("bench=operations", Machine::default().memory)
            }
            Work::WhySlow => ("bench=operations bench=why-slow", Machine::default().memory),
            Work::Library => ("bench=library", Machine::default().memory),
            Work::Scenarios => ("bench=scenarios", MUCH_MEMORY),
            Work::Watched => ("bench=scenarios tessera.export=pcounter,ptimer", MUCH_MEMORY),
            Work::Scale => (
                "bench=scale tessera.root_cnode_bits=16 tessera.export=pcounter,ptimer",
                Machine::default().memory,
            ),
        };
        let machine = Machine { memory, counted, append: vec![word.into()], ..Machine::default() };
        let boot =
            Boot { kernel: &self.kernel.image, root_task: Some(&self.program), device_tree: None };
        machine.boot(boot)
    }
}
