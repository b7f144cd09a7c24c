//! The machine that QEMU plays: its `virt` board.

use std::path::Path;
use std::process::Command;

/// The emulator.
pub(crate) const PROGRAM: &str = "qemu-system-aarch64";

/// An amount of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mebibytes(pub(crate) u64);

/// The interrupt controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gic {
    /// Memory-mapped CPU interface, at most 8 cores.
    V2,
    /// CPU interface in system registers.
    V3,
}

impl Gic {
    /// The version as QEMU and our options write it.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// The properties of a machine. The default is the reference configuration of the ABI.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    /// Number of cores.
    pub(crate) cores: u32,
    /// RAM.
    pub(crate) memory: Mebibytes,
    /// QEMU's name of the core.
    pub(crate) cpu: String,
    /// The interrupt controller.
    pub(crate) gic: Gic,
    /// Whether the kernel is entered at EL2 instead of EL1.
    pub(crate) el2: bool,
    /// Whether time is counted in instructions, one for each nanosecond: then equal runs are
    /// equal. For one core.
    pub(crate) counted: bool,
    /// Words for the kernel's command line.
    pub(crate) append: Vec<String>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            cores: 1,
            memory: Mebibytes(1024),
            cpu: "cortex-a53".into(),
            gic: Gic::V2,
            el2: false,
            counted: false,
            append: Vec::new(),
        }
    }
}

/// What the machine boots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Boot<'a> {
    /// The flat image of the kernel.
    pub(crate) kernel: &'a Path,
    /// The root task.
    pub(crate) root_task: Option<&'a Path>,
    /// A device tree instead of QEMU's own.
    pub(crate) device_tree: Option<&'a Path>,
}

/// How QEMU runs the cores: each in a thread of its own if the host has as many. Else in turns in
/// one thread, for a core that waits for the kernel's lock would keep the host from the one that
/// holds it.
fn accelerator(cores: u32, host: usize) -> &'static str {
    match usize::try_from(cores) {
        // Instruction counting, for one core only, refuses to hear of threads.
        Ok(0 | 1) => "tcg",
        Ok(cores) if cores <= host => "tcg,thread=multi",
        _ => "tcg,thread=single",
    }
}

impl Machine {
    /// QEMU with this machine and nothing to boot; the serial line is on standard input and
    /// output, together with QEMU's monitor behind Ctrl-A.
    fn command(&self, extra_property: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        let el2 = if self.el2 { ",virtualization=on" } else { "" };
        let gic = self.gic.number();
        let machine = format!("virt,gic-version={gic}{el2},memory-backend=ram{extra_property}");
        // Memory is reserved when touched, so that a guest may have more than the host.
        let size = self.memory.0;
        let memory = format!("memory-backend-ram,id=ram,size={size}M,reserve=off");
        command.args(["-machine", &machine, "-object", &memory]);
        command.args(["-m", &format!("{size}M"), "-cpu", &self.cpu]);
        command.args(["-smp", &self.cores.to_string()]);
        let host = std::thread::available_parallelism().map_or(1, usize::from);
        command.args(["-accel", accelerator(self.cores, host)]);
        if self.counted {
            command.args(["-icount", "shift=0,sleep=off"]);
        }
        // No network: QEMU would look for the option ROM of its default card, which is a package
        // of its own. No reboot: a reset ends the run.
        command.args(["-nographic", "-nic", "none", "-no-reboot"]);
        command
    }

    /// QEMU that boots something on this machine.
    pub(crate) fn boot(&self, boot: Boot) -> Command {
        let mut command = self.command("");
        command.arg("-kernel").arg(boot.kernel);
        if let Some(root_task) = boot.root_task {
            command.arg("-initrd").arg(root_task);
        }
        if let Some(device_tree) = boot.device_tree {
            command.arg("-dtb").arg(device_tree);
        }
        if !self.append.is_empty() {
            command.arg("-append").arg(self.append.join(" "));
        }
        command
    }

    /// QEMU that writes this machine's device tree to a file and ends.
    pub(crate) fn dump_device_tree(&self, file: &Path) -> Command {
        self.command(&format!(",dumpdtb={}", file.display()))
    }

    /// The machine in a few words, as in names of tests.
    pub(crate) fn summary(&self) -> String {
        let memory = match self.memory.0 {
            size if size % 1024 == 0 => format!("{}G", size / 1024),
            size => format!("{size}M"),
        };
        let el2 = if self.el2 { " el2" } else { "" };
        format!("gic{} {} x{} {memory}{el2}", self.gic.number(), self.cpu, self.cores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::line;

    #[test]
    fn the_reference_machine_boots_kernel_and_root_task() {
        let boot = Boot {
            kernel: Path::new("kernel.bin"),
            root_task: Some(Path::new("task")),
            device_tree: None,
        };
        assert_eq!(
            line(&Machine::default().boot(boot)),
            "qemu-system-aarch64 -machine virt,gic-version=2,memory-backend=ram \
             -object memory-backend-ram,id=ram,size=1024M,reserve=off -m 1024M -cpu cortex-a53 \
             -smp 1 -accel tcg -nographic -nic none -no-reboot -kernel kernel.bin -initrd task"
        );
    }

    #[test]
    fn more_cores_than_the_host_has_take_turns() {
        assert_eq!(accelerator(1, 8), "tcg");
        assert_eq!(accelerator(2, 2), "tcg,thread=multi");
        assert_eq!(accelerator(3, 2), "tcg,thread=single");
    }

    #[test]
    fn options_reach_the_command_line() {
        let machine = Machine {
            gic: Gic::V3,
            el2: true,
            append: vec!["one".into(), "two".into()],
            ..Machine::default()
        };
        let boot = Boot {
            kernel: Path::new("k"),
            root_task: None,
            device_tree: Some(Path::new("tree.dtb")),
        };
        let line = line(&machine.boot(boot));
        assert!(line.contains("gic-version=3,virtualization=on"), "{line}");
        assert!(line.ends_with("-kernel k -dtb tree.dtb -append 'one two'"), "{line}");
        assert!(!line.contains("-icount"), "{line}");
        let counted = Machine { counted: true, ..Machine::default() };
        let line = crate::process::line(&counted.boot(boot));
        assert!(line.contains(" -icount shift=0,sleep=off "), "{line}");
    }

    #[test]
    fn a_summary_tells_machines_apart() {
        let mut machine = Machine::default();
        assert_eq!(machine.summary(), "gic2 cortex-a53 x1 1G");
        machine.el2 = true;
        machine.memory = Mebibytes(128);
        assert_eq!(machine.summary(), "gic2 cortex-a53 x1 128M el2");
    }
}
