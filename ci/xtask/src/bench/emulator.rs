//! The plugin, and QEMU with it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::figures::Figures;
use crate::console::{self, Audience, Limits, Reason, Until};
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
const MEMORY: Mebibytes = Mebibytes(2560);

/// Whether a thread of high priority waits for interrupts while the kernel is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Nobody does: the counts are those of the work alone.
    Alone,
    /// One does, and is interrupted all the time.
    Watched,
}

/// What it takes to measure.
#[derive(Debug)]
pub(crate) struct Bench {
    kernel: PathBuf,
    program: PathBuf,
    plugin: PathBuf,
    folder: PathBuf,
}

impl Bench {
    /// Builds the plugin.
    pub(crate) fn new(workspace: &Workspace, kernel: PathBuf, program: PathBuf) -> Fallible<Self> {
        let folder = workspace.output_folder("bench")?;
        let plugin = folder.join("stretch.so");
        let mut command = Command::new(COMPILER);
        command.args(["-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"]).arg(&plugin);
        process::visibly(command.arg(workspace.root.join("ci/plugin/stretch.c")))?;
        Ok(Self { kernel, program, plugin, folder })
    }

    /// Runs all scenarios once.
    pub(crate) fn measure(&self, presence: Presence) -> Fallible<Figures> {
        let marks = self.folder.join("marks.txt");
        let mut command = self.qemu(presence);
        command.args(["-icount", "shift=0,sleep=off", "-plugin"]);
        command.arg(format!("{},out={}", self.plugin.display(), marks.display()));
        let limits = Limits { time: Some(TIME_LIMIT), until: Until::Line(|line| line == DONE) };
        let ended = console::watch(&mut command, &limits, Audience::Nobody)?;
        if !matches!(ended.reason, Reason::Seen(_)) {
            let command = process::line(&command);
            return Err(format!("{}\n`{command}`\n{}", ended.reason, ended.console));
        }
        let marks = std::fs::read_to_string(&marks)
            .map_err(|error| format!("cannot read {}: {error}", marks.display()))?;
        Figures::read(&ended.console, &marks)
    }

    /// QEMU with the benchmark, not yet counting anything.
    pub(super) fn qemu(&self, presence: Presence) -> Command {
        let append = match presence {
            Presence::Alone => Vec::new(),
            Presence::Watched => vec!["tessera.export=pcounter,ptimer".into()],
        };
        let machine = Machine { memory: MEMORY, append, ..Machine::default() };
        let boot = Boot { kernel: &self.kernel, root_task: Some(&self.program), device_tree: None };
        machine.boot(boot)
    }
}
