//! What names stand for.

use alloc::collections::BTreeMap;
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::time::Duration;

use crate::abi::errno::{EEXIST, ENOTDIR, Errno};
use crate::abi::flags::{S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use crate::abi::structures::Stat;
use crate::memory::MemoryObject;

/// Permissions in a mode.
pub(crate) const PERMISSIONS: u32 = 0o7777;

/// A device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
    Random,
    /// The terminal that the system is used through.
    Terminal,
}

impl Device {
    /// Its number: major and minor.
    const fn number(self) -> u64 {
        let (major, minor) = match self {
            Self::Null => (1, 3),
            Self::Zero => (1, 5),
            Self::Full => (1, 7),
            Self::Random => (1, 9),
            Self::Terminal => (5, 1),
        };
        major << 8 | minor
    }
}

/// A text that is made when somebody opens it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Generated {
    /// Calls that are not implemented, and how often each was made.
    Unimplemented,
    /// The memory there is.
    Memory,
    /// What is mounted.
    Mounts,
    /// File systems there are.
    FileSystems,
    /// Seconds since the start.
    Uptime,
    /// The version.
    Version,
    /// The memory map of the process that asks.
    Maps,
}

/// Where a symbolic link leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Link {
    /// To this path.
    Path(Vec<u8>),
    /// To the program of the process that asks.
    Executable,
}

/// Names in a directory.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) entries: RefCell<BTreeMap<Vec<u8>, Rc<Node>>>,
    pub(crate) parent: RefCell<Weak<Node>>,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Content {
    Directory(Directory),
    Regular(Rc<MemoryObject>),
    Link(Link),
    Device(Device),
    Generated(Generated),
    /// No name: a pipe.
    Pipe,
}

/// A file of any kind.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) inode: u64,
    pub(crate) content: Content,
    /// Type and permissions.
    pub(crate) mode: Cell<u32>,
    pub(crate) owner: Cell<u32>,
    pub(crate) group: Cell<u32>,
    /// Names that stand for it.
    pub(crate) links: Cell<u32>,
    pub(crate) modified: Cell<Duration>,
}

/// Numbers nodes.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    last: Cell<u64>,
}

impl Nodes {
    /// A node without a name.
    pub(crate) fn create(&self, content: Content, permissions: u32, now: Duration) -> Rc<Node> {
        self.last.set(self.last.get() + 1);
        let kind = match &content {
            Content::Directory(_) => S_IFDIR,
            Content::Regular(_) | Content::Generated(_) => S_IFREG,
            Content::Link(_) => S_IFLNK,
            Content::Device(_) => S_IFCHR,
            Content::Pipe => crate::abi::flags::S_IFIFO,
        };
        Rc::new(Node {
            inode: self.last.get(),
            content,
            mode: Cell::new(kind | permissions & PERMISSIONS),
            owner: Cell::new(0),
            group: Cell::new(0),
            links: Cell::new(0),
            modified: Cell::new(now),
        })
    }
}

impl Node {
    /// The directory that it is.
    pub(crate) fn directory(&self) -> Result<&Directory, Errno> {
        match &self.content {
            Content::Directory(directory) => Ok(directory),
            _ => Err(ENOTDIR),
        }
    }

    /// The bytes that it consists of, if it is a regular file.
    pub(crate) fn object(&self) -> Option<&Rc<MemoryObject>> {
        match &self.content {
            Content::Regular(object) => Some(object),
            _ => None,
        }
    }

    /// The type in its mode.
    pub(crate) fn kind(&self) -> u32 {
        self.mode.get() & S_IFMT
    }

    /// Bytes.
    pub(crate) fn size(&self) -> u64 {
        match &self.content {
            Content::Regular(object) => object.length(),
            Content::Link(Link::Path(path)) => path.len() as u64,
            Content::Directory(_) => 4096,
            _ => 0,
        }
    }

    /// What `stat` tells.
    pub(crate) fn stat(&self) -> Stat {
        let special = if let Content::Device(device) = self.content { device.number() } else { 0 };
        Stat {
            device: 1,
            inode: self.inode,
            mode: self.mode.get(),
            links: self.links.get().max(1),
            owner: self.owner.get(),
            group: self.group.get(),
            special,
            size: self.size(),
            modified: self.modified.get(),
        }
    }

    /// Gives a node a name in this directory.
    ///
    /// # Errors
    /// `EEXIST`, `ENOTDIR`.
    pub(crate) fn insert(self: &Rc<Self>, name: &[u8], node: &Rc<Self>) -> Result<(), Errno> {
        let directory = self.directory()?;
        let mut entries = directory.entries.borrow_mut();
        if entries.contains_key(name) {
            return Err(EEXIST);
        }
        if let Content::Directory(child) = &node.content {
            *child.parent.borrow_mut() = Rc::downgrade(self);
            self.links.set(self.links.get() + 1);
            node.links.set(node.links.get() + 1);
        }
        node.links.set(node.links.get() + 1);
        entries.insert(name.to_vec(), Rc::clone(node));
        Ok(())
    }

    /// Takes a name out of this directory.
    pub(crate) fn remove(&self, name: &[u8]) -> Option<Rc<Self>> {
        let node = self.directory().ok()?.entries.borrow_mut().remove(name)?;
        let is_directory = matches!(node.content, Content::Directory(_));
        node.links.set(node.links.get().saturating_sub(if is_directory { 2 } else { 1 }));
        if is_directory {
            self.links.set(self.links.get().saturating_sub(1));
        }
        Some(node)
    }

    /// What a name in this directory stands for.
    pub(crate) fn child(&self, name: &[u8]) -> Option<Rc<Self>> {
        self.directory().ok()?.entries.borrow().get(name).cloned()
    }
}

/// A root with the devices and the generated texts that every system has.
pub(crate) fn root(nodes: &Nodes) -> Rc<Node> {
    const DEVICES: [(&[u8], Device); 8] = [
        (b"null", Device::Null),
        (b"zero", Device::Zero),
        (b"full", Device::Full),
        (b"random", Device::Random),
        (b"urandom", Device::Random),
        (b"console", Device::Terminal),
        (b"tty", Device::Terminal),
        (b"ttyAMA0", Device::Terminal),
    ];
    const TEXTS: [(&[u8], Generated); 6] = [
        (b"meminfo", Generated::Memory),
        (b"mounts", Generated::Mounts),
        (b"filesystems", Generated::FileSystems),
        (b"uptime", Generated::Uptime),
        (b"version", Generated::Version),
        (b"tessera/unimplemented", Generated::Unimplemented),
    ];
    let directory =
        |mode| nodes.create(Content::Directory(Directory::default()), mode, Duration::ZERO);
    let root = directory(0o755);
    let add = |path: &[u8], content: Content, permissions: u32| {
        let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let Some((name, above)) = names.split_last() else { return };
        let node = nodes.create(content, permissions, Duration::ZERO);
        if let Some(place) = super::archive::walk(nodes, &root, above) {
            // The names are different.
            let _ = place.insert(name, &node);
        }
    };
    for (name, device) in DEVICES {
        add(&[b"dev/", name].concat(), Content::Device(device), 0o666);
    }
    for (name, text) in TEXTS {
        add(&[b"proc/", name].concat(), Content::Generated(text), 0o444);
    }
    add(b"proc/self/exe", Content::Link(Link::Executable), 0o777);
    add(b"proc/self/maps", Content::Generated(Generated::Maps), 0o444);
    let temporary = directory(0o1777);
    let _ = root.insert(b"tmp", &temporary);
    root
}
