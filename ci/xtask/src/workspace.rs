//! Where things are, and what the crates are called.

use std::path::{Path, PathBuf};

use crate::process::Fallible;

/// The kernel: library and `kernel` binary.
pub(crate) const KERNEL: &str = "tessera-kernel";
/// The machine below the kernel.
pub(crate) const PLATFORM: &str = "tessera-platform";
/// What user programs link.
pub(crate) const LIBSYS: &str = "tessera-libsys";
/// The model of layouts.
pub(crate) const LAYOUT: &str = "tessera-layout";
/// Which memory the objects of a layout are made of.
pub(crate) const PLAN: &str = "tessera-plan";
/// A system as bytes, for the loader.
pub(crate) const PACKED: &str = "tessera-packed";
/// Reads and completes files of programs.
pub(crate) const PROGRAM: &str = "tessera-program";
/// Signs systems, and checks that.
pub(crate) const SIGNING: &str = "tessera-signing";
/// Checks proofs about the authority in layouts.
pub(crate) const CERTIFICATE: &str = "tessera-certificate";
/// The host tool for layouts.
pub(crate) const CAPDL: &str = "capdl-loader";
/// The initial task of our own system.
pub(crate) const ROOT_TASK: &str = "tessera-root-task";
/// The line that our root task prints last; afterwards it switches the machine off if it can.
pub(crate) const ROOT_TASK_READY: &str = "root-task: ready";
/// The on-target test suite, a root task.
pub(crate) const SUITE: &str = "tessera-suite";
/// What the benchmark boots, a root task.
pub(crate) const BENCH: &str = "tessera-bench";

/// Invocations, and the same by hand.
pub(crate) const COST: &str = "tessera-cost";
/// Readers and arbitrary bytes for them.
pub(crate) const FUZZ: &str = "tessera-fuzz";
/// What the kernel does, as a specification.
pub(crate) const MODEL: &str = "tessera-model";
/// Plays on the kernel and on its model.
pub(crate) const INVOCATIONS: &str = "tessera-invocations";
/// What Linux programs expect of their kernel, without a machine below it.
pub(crate) const LINUX: &str = "tessera-linux";
/// The Linux server.
pub(crate) const PERSONALITY_LINUX: &str = "tessera-personality-linux";
/// Linux programs of our own.
pub(crate) const LINUX_PROGRAMS: &str = "tessera-linux-programs";
/// What drivers are measured with.
pub(crate) const WORK: &str = "tessera-work";
/// The peer's half of benchmarks.
pub(crate) const PEER: &str = "tessera-peer";
/// The programs of the gallery of layouts.
pub(crate) const SYSTEMS: &str = "tessera-systems";
/// Small programs that show the library.
pub(crate) const EXAMPLES: &str = "tessera-examples";
/// Programs whose memory a pager keeps.
pub(crate) const PAGER_EXAMPLES: &str = "tessera-pager-examples";

/// Memory that devices reach.
pub(crate) const DMA: &str = "tessera-dma";
/// A terminal that many clients share.
pub(crate) const TERMINAL: &str = "tessera-terminal";
/// The driver of the UART PL011.
pub(crate) const PL011: &str = "tessera-pl011";
/// The driver of the clock PL031.
pub(crate) const PL031: &str = "tessera-pl031";
/// What all virtio drivers need.
pub(crate) const VIRTIO: &str = "tessera-virtio";
/// Drives disks.
pub(crate) const VIRTIO_BLK: &str = "tessera-virtio-blk";
/// Drives network cards.
pub(crate) const VIRTIO_NET: &str = "tessera-virtio-net";
/// Drives consoles of virtio.
pub(crate) const VIRTIO_CONSOLE: &str = "tessera-virtio-console";
/// Drives sources of random bytes.
pub(crate) const VIRTIO_RNG: &str = "tessera-virtio-rng";

/// The crates whose tests run on the development machine, in the order of their dependencies.
pub(crate) const HOST_CRATES: [&str; 27] = [
    "tessera-abi",
    PLATFORM,
    MODEL,
    KERNEL,
    INVOCATIONS,
    LIBSYS,
    LAYOUT,
    PLAN,
    PACKED,
    PROGRAM,
    SIGNING,
    CERTIFICATE,
    CAPDL,
    ROOT_TASK,
    PAGER_EXAMPLES,
    DMA,
    VIRTIO,
    VIRTIO_BLK,
    LINUX,
    TERMINAL,
    PL011,
    PL031,
    VIRTIO_NET,
    VIRTIO_RNG,
    VIRTIO_CONSOLE,
    FUZZ,
    "xtask",
];

/// The checkout and the folder for everything that is built.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root manifest.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, absolute.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the checkout from the place where this tool was compiled.
    pub(crate) fn locate() -> Fallible<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.ancestors().nth(2).map(Path::to_path_buf);
        let root = root.filter(|root| root.join("Cargo.toml").is_file()).ok_or_else(|| {
            format!("no workspace above {}: was the checkout moved?", manifest.display())
        })?;
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => std::path::absolute(folder)
                .map_err(|error| format!("CARGO_TARGET_DIR is of no use: {error}"))?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A folder below the target folder, created if missing.
    pub(crate) fn output_folder(&self, name: &str) -> Fallible<PathBuf> {
        let folder = self.target.join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        Ok(folder)
    }
}
