//! Both sides are built and booted.

use std::path::PathBuf;
use std::process::Command;

use crate::artefacts::{self, Image};
use crate::bench::figure::Figure;
use crate::bench::meter::{self, Meter};
use crate::bench::split::{Owners, Who};
use crate::cli::RunOptions;
use crate::console::Until;
use crate::devices::{self, Root};
use crate::layouts::{self, DRIVERS, System};
use crate::linux;
use crate::linux::archive::Archive;
use crate::peer::Peer;
use crate::process::Fallible;
use crate::qemu::Machine;
use crate::run;
use crate::toolchain::Toolchain;
use crate::workspace::{PEER, Workspace};

/// One instruction to the nanosecond, and while the core sleeps as much time as goes by: devices
/// that need the host's time must not find that it was skipped.
const COUNTED: [&str; 2] = ["-icount", "shift=0,sleep=on"];
/// The peer's program.
const PROGRAM: &str = "peer-devices";
/// A system that measures itself, by the clock.
const ALARM: (&str, &str) = ("alarm", "waker: ");

/// A system of the gallery, and what the peer's program does instead.
pub(super) struct Pair {
    system: &'static str,
    /// The word for the peer's program; `None`: it has nothing like that.
    word: Option<&'static str>,
    modules: &'static [&'static str],
}

/// All of them. They have the same devices.
pub(super) const PAIRS: [Pair; 4] = [
    Pair { system: "block-rate", word: Some("disk"), modules: &["virtio_mmio", "virtio_blk"] },
    Pair { system: "block-copied", word: None, modules: &[] },
    Pair {
        system: "packet-rate",
        word: Some("packets"),
        modules: &[
            "virtio_pci_legacy_dev",
            "virtio_pci_modern_dev",
            "virtio_pci",
            "failover",
            "net_failover",
            "virtio_net",
        ],
    },
    Pair { system: "console-rate", word: Some("console"), modules: &[] },
];

/// What it takes to measure.
pub(super) struct Bench<'a> {
    workspace: &'a Workspace,
    toolchain: &'a Toolchain,
    folder: PathBuf,
    meter: Meter,
}

impl<'a> Bench<'a> {
    /// Builds the plugin.
    pub(super) fn new(workspace: &'a Workspace, toolchain: &'a Toolchain) -> Fallible<Self> {
        let folder = workspace.output_folder("bench-drivers")?;
        let meter = Meter::new(workspace, &folder)?;
        Ok(Self { workspace, toolchain, folder, meter })
    }

    /// A system of ours measures.
    pub(super) fn ours(&self, pair: &Pair) -> Fallible<Vec<Figure>> {
        let system = named(pair.system)?;
        let (mut qemu, last) = self.prepare(system, Machine::default())?;
        qemu.args(COUNTED);
        let mut owners = Owners::all(Who::Supervisor);
        for component in system.components {
            let is_driver = DRIVERS.iter().any(|(driver, _)| driver == component);
            let who = if is_driver { Who::Driver } else { Who::Client };
            let file = self.workspace.output_folder("images")?.join(format!("{component}.elf"));
            owners.add(who, &artefacts::read(&file)?)?;
        }
        self.meter.measure(&mut qemu, Until::Text(last), &owners)
    }

    /// The peer's program measures, on the same devices.
    pub(super) fn theirs(&self, pair: &Pair, peer: &Peer) -> Fallible<Vec<Figure>> {
        let Some(word) = pair.word else { return Ok(Vec::new()) };
        let program = linux::build(self.workspace, self.toolchain, PEER, PROGRAM)?;
        let files = peer.initramfs(pair.modules, &program, Archive::default())?;
        let file = self.folder.join(format!("{word}.cpio"));
        artefacts::write(&file, &files)?;
        let mut qemu = peer.boot(&Machine::default(), &file, &[word]);
        let layout = named(pair.system)?.layout(self.workspace);
        qemu.args(devices::of_layout(self.workspace, &layout, &Root::forgetful())?).args(COUNTED);
        let until = Until::Line(|line| line == meter::PEER_DONE);
        self.meter.measure(&mut qemu, until, &Owners::all(Who::Client))
    }

    /// What the alarm clock measures itself, by the clock of its machine.
    pub(super) fn alarm(&self) -> Fallible<String> {
        let (name, beginning) = ALARM;
        let machine = Machine { counted: true, ..Machine::default() };
        let (mut qemu, last) = self.prepare(named(name)?, machine)?;
        let console = meter::watch(&mut qemu, Until::Text(last))?;
        let lines = console.lines().filter_map(|line| line.trim_end().strip_prefix(beginning));
        let line = lines.into_iter().find(|line| line.contains(" instructions "));
        line.map(|line| format!("{name}: {line}")).ok_or_else(|| format!("{name}: no figure"))
    }

    /// QEMU with a system on the kernel as shipped, and the last line that it prints.
    fn prepare(&self, system: &System, machine: Machine) -> Fallible<(Command, String)> {
        let expected = artefacts::read(&system.folder(self.workspace).join("expected.txt"))?;
        let expected = String::from_utf8_lossy(&expected).into_owned();
        let options = RunOptions {
            layout: Some(system.layout(self.workspace)),
            image: Image::Release,
            machine,
            ..RunOptions::default()
        };
        let (_, qemu) = run::prepare(self.workspace, self.toolchain, &options)?;
        Ok((qemu, expected.lines().last().unwrap_or_default().into()))
    }
}

fn named(name: &str) -> Fallible<&'static System> {
    let system = layouts::SYSTEMS.iter().find(|system| system.name == name);
    system.ok_or_else(|| format!("there is no system `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_measures_is_in_the_gallery() {
        for name in PAIRS.iter().map(|pair| pair.system).chain([ALARM.0]) {
            assert!(named(name).is_ok(), "{name}");
        }
    }
}
