//! What names stand for.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use super::directory::Directory;
use super::mounted::Inode;
use super::volume::{Attributes, Change};
use crate::abi::errno::{ENOTDIR, Errno};
use crate::abi::flags::{S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};
use crate::abi::structures::Stat;
use crate::memory::{Discarded, MemoryObject};

/// Permissions in a mode.
pub(crate) const PERMISSIONS: u32 = 0o7777;
/// The number of the file system in memory.
pub(crate) const MEMORY_DEVICE: u64 = 1;

/// A device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
    Random,
    /// The terminal that the system is used through.
    Terminal,
    /// The terminal of the session of whoever opens it.
    ControllingTerminal,
    /// A new pseudo terminal for whoever opens it.
    Master,
    /// The terminal of a pair.
    Pty(u32),
}

impl Device {
    /// Major and minor number.
    const fn numbers(self) -> (u32, u32) {
        match self {
            Self::Null => (1, 3),
            Self::Zero => (1, 5),
            Self::Full => (1, 7),
            Self::Random => (1, 9),
            Self::ControllingTerminal => (5, 0),
            Self::Terminal => (5, 1),
            Self::Master => (5, 2),
            Self::Pty(number) => (136, number),
        }
    }

    /// Its number as `stat` tells it.
    const fn number(self) -> u64 {
        let (major, minor) = self.numbers();
        (major as u64) << 8 | minor as u64
    }

    /// The device with these numbers.
    pub(crate) fn of(numbers: (u32, u32)) -> Option<Self> {
        let all = [
            Self::Null,
            Self::Zero,
            Self::Full,
            Self::Random,
            Self::ControllingTerminal,
            Self::Terminal,
            Self::Master,
        ];
        all.into_iter().find(|device| device.numbers() == numbers)
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
    /// The same in more words.
    MountInfo,
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
    /// Of a disk: a device that there is not here, or a socket or pipe with a name.
    Special,
    /// No name: something that is no file.
    Anonymous,
}

/// Where a node is kept.
#[derive(Debug)]
pub(crate) enum Home {
    /// Here only.
    Memory,
    /// On a disk.
    Disk(Rc<Inode>),
}

/// A file of any kind.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) inode: u64,
    pub(crate) home: Home,
    pub(crate) content: Content,
    /// Type and permissions.
    pub(crate) mode: Cell<u32>,
    pub(crate) owner: Cell<u32>,
    pub(crate) group: Cell<u32>,
    /// Names that stand for it.
    pub(crate) links: Cell<u32>,
    pub(crate) accessed: Cell<Duration>,
    pub(crate) modified: Cell<Duration>,
    pub(crate) changed: Cell<Duration>,
}

/// Numbers nodes.
#[derive(Debug)]
pub(crate) struct Nodes {
    last: Cell<u64>,
    discarded: Discarded,
}

impl Nodes {
    /// `discarded`: where frames of files go that nobody uses any more.
    pub(crate) fn new(discarded: Discarded) -> Self {
        Self { last: Cell::new(0), discarded }
    }

    /// A node in memory without a name.
    pub(crate) fn create(&self, content: Content, permissions: u32, now: Duration) -> Rc<Node> {
        self.last.set(self.last.get() + 1);
        let kind = match &content {
            Content::Directory(_) => S_IFDIR,
            Content::Regular(_) | Content::Generated(_) => S_IFREG,
            Content::Link(_) => S_IFLNK,
            Content::Device(_) => S_IFCHR,
            Content::Pipe | Content::Special => S_IFIFO,
            Content::Anonymous => S_IFREG,
        };
        Rc::new(Node {
            inode: self.last.get(),
            home: Home::Memory,
            content,
            mode: Cell::new(kind | permissions & PERMISSIONS),
            owner: Cell::new(0),
            group: Cell::new(0),
            links: Cell::new(0),
            accessed: Cell::new(now),
            modified: Cell::new(now),
            changed: Cell::new(now),
        })
    }

    /// An empty file in memory without a name.
    pub(crate) fn file(&self, permissions: u32, now: Duration) -> Rc<Node> {
        let object = MemoryObject::anonymous(Rc::clone(&self.discarded), 0);
        self.create(Content::Regular(object), permissions, now)
    }

    /// An empty directory in memory without a name.
    pub(crate) fn directory(&self, permissions: u32, now: Duration) -> Rc<Node> {
        self.create(Content::Directory(Directory::default()), permissions, now)
    }
}

impl Node {
    /// The node of an inode on a disk.
    pub(super) fn of_disk(inode: Rc<Inode>, content: Content, attributes: &Attributes) -> Self {
        Self {
            inode: inode.number.into(),
            home: Home::Disk(inode),
            content,
            mode: Cell::new(attributes.mode),
            owner: Cell::new(attributes.owner),
            group: Cell::new(attributes.group),
            links: Cell::new(attributes.links),
            accessed: Cell::new(attributes.accessed),
            modified: Cell::new(attributes.modified),
            changed: Cell::new(attributes.changed),
        }
    }

    /// The directory that it is.
    pub(crate) fn directory(&self) -> Result<&Directory, Errno> {
        match &self.content {
            Content::Directory(directory) => Ok(directory),
            _ => Err(ENOTDIR),
        }
    }

    /// Whether it is one.
    pub(crate) const fn is_directory(&self) -> bool {
        matches!(self.content, Content::Directory(_))
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

    /// The number of its file system.
    pub(crate) fn device(&self) -> u64 {
        match &self.home {
            Home::Memory => MEMORY_DEVICE,
            Home::Disk(inode) => inode.mounted.device,
        }
    }

    /// What `stat` tells.
    pub(crate) fn stat(&self) -> Stat {
        let special = if let Content::Device(device) = self.content { device.number() } else { 0 };
        Stat {
            device: self.device(),
            inode: self.inode,
            mode: self.mode.get(),
            links: self.links.get().max(1),
            owner: self.owner.get(),
            group: self.group.get(),
            special,
            size: self.size(),
            accessed: self.accessed.get(),
            modified: self.modified.get(),
            changed: self.changed.get(),
        }
    }

    /// Takes over what the disk says after a name has come or gone.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn refresh(&self) -> Result<(), Errno> {
        if let Home::Disk(inode) = &self.home {
            let attributes = inode.mounted.volume().attributes(inode.number)?;
            self.links.set(attributes.links);
            self.changed.set(attributes.changed);
            if self.is_directory() {
                self.modified.set(attributes.modified);
            }
        }
        Ok(())
    }

    /// Changes what there is besides the content.
    ///
    /// # Errors
    /// Those of the disk; nothing has changed then.
    pub(crate) fn change(&self, change: Change, now: Duration) -> Result<(), Errno> {
        if let Home::Disk(inode) = &self.home {
            let mut volume = inode.mounted.volume();
            volume.set_time(now);
            volume.change(inode.number, change)?;
        }
        if let Some(permissions) = change.permissions {
            self.mode.set(self.kind() | permissions & PERMISSIONS);
        }
        if let Some((owner, group)) = change.owners {
            self.owner.set(owner);
            self.group.set(group);
        }
        for (cell, time) in [(&self.accessed, change.accessed), (&self.modified, change.modified)] {
            cell.set(time.unwrap_or(cell.get()));
        }
        self.changed.set(now);
        Ok(())
    }

    /// A program has written content.
    pub(crate) fn wrote(&self, now: Duration) {
        self.modified.set(now);
        self.changed.set(now);
        if let Some(object) = self.object() {
            object.wrote(Some(now));
        }
    }
}
