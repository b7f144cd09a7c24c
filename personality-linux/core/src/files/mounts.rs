//! The file systems there are, and where.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use super::archive::walk;
use super::mounted::Mounted;
use super::node::{Content, Device, Generated, Link, MEMORY_DEVICE, Node, Nodes};
use crate::abi::errno::Errno;
use crate::machine::{Disk, Machine};
use crate::memory::{Discarded, Frames};

/// Numbers of disks begin here: major 254, as Linux has them for virtio.
const DISKS: u64 = 254 << 8;

/// What is mounted somewhere.
#[derive(Clone, Debug)]
pub(crate) enum FileSystem {
    /// Files in memory.
    Memory,
    /// Devices.
    Devices,
    /// What the system tells of itself.
    Processes,
    /// A disk.
    Disk(Rc<Mounted>),
}

impl FileSystem {
    /// The name of its kind.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Memory => "tmpfs",
            Self::Devices => "devtmpfs",
            Self::Processes => "proc",
            Self::Disk(_) => "ext4",
        }
    }

    /// Its number, as `stat` tells it of files.
    pub(crate) fn device(&self) -> u64 {
        match self {
            Self::Disk(mounted) => mounted.device,
            _ => MEMORY_DEVICE,
        }
    }

    /// The name of what it is on.
    pub(crate) const fn source(&self) -> &'static str {
        match self {
            Self::Disk(_) => "/dev/vda",
            other => other.kind(),
        }
    }
}

/// A file system in the tree.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// The path of its root.
    pub(crate) path: Vec<u8>,
    pub(crate) system: FileSystem,
}

/// All of them; a later one hides an earlier one in the same place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mounts {
    list: Vec<Mount>,
}

impl Mounts {
    /// A root in memory, with devices and what the system tells of itself.
    pub(crate) fn in_memory(nodes: &Nodes) -> (Self, Rc<Node>) {
        let root = empty_root(nodes, 0o755);
        let mut mounts = Self::default();
        mounts.add(b"/", FileSystem::Memory);
        let temporary = nodes.directory(0o1777, Duration::ZERO);
        // The root is empty.
        let _ = root.insert(b"tmp", &temporary);
        mounts.add_usual(nodes, &root);
        (mounts, root)
    }

    /// A disk as the root, with the same and with files in memory where programs expect them.
    ///
    /// # Errors
    /// The disk has no file system that is understood.
    pub(crate) fn on_disk(
        nodes: &Nodes,
        disk: Box<dyn Disk>,
        discarded: Discarded,
    ) -> Result<(Self, Rc<Node>), Errno> {
        let mounted = Mounted::new(disk, discarded, DISKS)?;
        let root = mounted.root()?;
        let mut mounts = Self::default();
        mounts.add(b"/", FileSystem::Disk(mounted));
        mounts.add_usual(nodes, &root);
        mounts.add_at(&root, b"run", FileSystem::Memory, &empty_root(nodes, 0o755));
        if let Ok(Some(devices)) = root.child(b"dev") {
            let shared = empty_root(nodes, 0o1777);
            mounts.add_below(&devices, b"shm", b"/dev/shm", FileSystem::Memory, &shared);
        }
        Ok((mounts, root))
    }

    fn add_usual(&mut self, nodes: &Nodes, root: &Rc<Node>) {
        self.add_at(root, b"dev", FileSystem::Devices, &devices(nodes));
        self.add_at(root, b"proc", FileSystem::Processes, &processes(nodes));
    }

    /// Mounts something on a name in the root directory.
    fn add_at(&mut self, root: &Rc<Node>, name: &[u8], system: FileSystem, of: &Rc<Node>) {
        self.add_below(root, name, &[b"/", name].concat(), system, of);
    }

    fn add_below(
        &mut self,
        directory: &Rc<Node>,
        name: &[u8],
        path: &[u8],
        system: FileSystem,
        root: &Rc<Node>,
    ) {
        if directory.mount(name, root).is_ok() {
            self.add(path, system);
        }
    }

    fn add(&mut self, path: &[u8], system: FileSystem) {
        self.list.push(Mount { path: path.to_vec(), system });
    }

    /// All of them, in the order in which they were mounted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mount> {
        self.list.iter()
    }

    /// All disks.
    pub(crate) fn disks(&self) -> impl Iterator<Item = &Rc<Mounted>> {
        self.list.iter().filter_map(|mount| match &mount.system {
            FileSystem::Disk(mounted) => Some(mounted),
            _ => None,
        })
    }

    /// Writes all content that is in memory only, and makes everything outlive a loss of power.
    ///
    /// # Errors
    /// A disk fails or is full; the others have been written.
    pub(crate) fn flush<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        now: Duration,
    ) -> Result<(), Errno> {
        let mut result = Ok(());
        for disk in self.disks() {
            result = result.and(disk.flush(frames, None, now));
        }
        result
    }

    /// Whether a loss of power would take anything back.
    pub(crate) fn are_behind(&self) -> bool {
        self.disks().any(|disk| disk.is_behind())
    }

    /// Pages that are in memory only.
    pub(crate) fn unwritten_pages(&self) -> u64 {
        self.disks().map(|disk| disk.unwritten_pages()).sum()
    }

    /// Frees inodes of disks that nobody uses any more.
    pub(crate) fn sweep(&self) {
        self.disks().for_each(|disk| disk.sweep());
    }
}

/// The root of a file system in memory, which always has a name.
fn empty_root(nodes: &Nodes, permissions: u32) -> Rc<Node> {
    let root = nodes.directory(permissions, Duration::ZERO);
    root.links.set(2);
    root
}

/// Devices that every system has.
fn devices(nodes: &Nodes) -> Rc<Node> {
    const DEVICES: [(&[u8], Device); 9] = [
        (b"null", Device::Null),
        (b"zero", Device::Zero),
        (b"full", Device::Full),
        (b"random", Device::Random),
        (b"urandom", Device::Random),
        (b"console", Device::Terminal),
        (b"tty", Device::ControllingTerminal),
        (b"ptmx", Device::Master),
        (b"ttyAMA0", Device::Terminal),
    ];
    const LINKS: [(&[u8], &[u8]); 4] = [
        (b"fd", b"/proc/self/fd"),
        (b"stdin", b"/proc/self/fd/0"),
        (b"stdout", b"/proc/self/fd/1"),
        (b"stderr", b"/proc/self/fd/2"),
    ];
    let root = empty_root(nodes, 0o755);
    for (name, device) in DEVICES {
        place(nodes, &root, name, Content::Device(device), 0o666);
    }
    for (name, target) in LINKS {
        place(nodes, &root, name, Content::Link(Link::Path(target.to_vec())), 0o777);
    }
    // It is empty.
    let _ = root.insert(b"pts", &nodes.directory(0o755, Duration::ZERO));
    root
}

/// Texts that every system tells of itself.
fn processes(nodes: &Nodes) -> Rc<Node> {
    const TEXTS: [(&[u8], Generated); 9] = [
        (b"meminfo", Generated::Memory),
        (b"mounts", Generated::Mounts),
        (b"self/mounts", Generated::Mounts),
        (b"self/mountinfo", Generated::MountInfo),
        (b"filesystems", Generated::FileSystems),
        (b"uptime", Generated::Uptime),
        (b"version", Generated::Version),
        (b"tessera/unimplemented", Generated::Unimplemented),
        (b"self/maps", Generated::Maps),
    ];
    let root = empty_root(nodes, 0o555);
    for (name, text) in TEXTS {
        place(nodes, &root, name, Content::Generated(text), 0o444);
    }
    place(nodes, &root, b"self/exe", Content::Link(Link::Executable), 0o777);
    root
}

/// Puts something at a path in memory.
fn place(nodes: &Nodes, root: &Rc<Node>, path: &[u8], content: Content, permissions: u32) {
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let Some((name, above)) = names.split_last() else { return };
    let node = nodes.create(content, permissions, Duration::ZERO);
    if let Some(directory) = walk(nodes, root, above) {
        // The names are different.
        let _ = directory.insert(name, &node);
    }
}
