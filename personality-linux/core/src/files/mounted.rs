//! A disk that is mounted: its inodes as nodes, and what of their content is in memory only.
//!
//! Names and attributes go to the volume at once, and outlive a loss of power once somebody asks
//! for that ([`Mounted::flush`]) or some time has passed; content is written then too, or when
//! there is much of it. An inode has one node and one memory object at a time, as long as anybody
//! uses them.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::time::Duration;

use super::directory::Directory;
use super::node::{Content, Device, Home, Link, Node};
use super::volume::{Attributes, Change, Volume};
use crate::abi::errno::{EIO, Errno};
use crate::abi::flags::{S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use crate::machine::{Disk, Machine, PAGE, PAGE_BYTES};
use crate::memory::{Discarded, Frames, MemoryObject, Source};

/// Pages that are written together.
const TOGETHER: usize = 64;

/// Content that the disk does not have yet.
#[derive(Clone, Debug)]
struct Unwritten {
    object: Rc<MemoryObject>,
    /// When a program wrote it; unknown of what was written through mapped memory.
    modified: Option<Duration>,
}

/// A file system on a disk, and what is known of it.
#[derive(Debug)]
pub(crate) struct Mounted {
    volume: RefCell<Volume>,
    nodes: RefCell<BTreeMap<u32, Weak<Node>>>,
    objects: RefCell<BTreeMap<u32, Weak<MemoryObject>>>,
    inodes: RefCell<BTreeMap<u32, Weak<Inode>>>,
    unwritten: RefCell<BTreeMap<u32, Unwritten>>,
    /// Those among them that have no name any more: nobody will read what nobody has open.
    nameless: RefCell<BTreeSet<u32>>,
    /// Inodes without names that nobody uses any more.
    orphans: RefCell<Vec<u32>>,
    discarded: Discarded,
    /// The number that tells it from others.
    pub(crate) device: u64,
}

/// An inode that somebody uses. Without a name, it is freed when the last of them goes.
#[derive(Debug)]
pub(crate) struct Inode {
    pub(crate) mounted: Rc<Mounted>,
    pub(crate) number: u32,
    has_name: Cell<bool>,
}

impl Inode {
    /// Says whether there is still a name for it.
    pub(crate) fn set_named(&self, has_name: bool) {
        self.has_name.set(has_name);
        let mut nameless = self.mounted.nameless.borrow_mut();
        match has_name {
            true => nameless.remove(&self.number),
            false => nameless.insert(self.number),
        };
    }
}

impl Drop for Inode {
    fn drop(&mut self) {
        if !self.has_name.get() {
            self.mounted.orphans.borrow_mut().push(self.number);
        }
    }
}

impl Source for Inode {
    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.mounted.volume.borrow_mut().read(self.number, offset, bytes)
    }

    fn resize(&self, length: u64) -> Result<(), Errno> {
        self.mounted.volume.borrow_mut().resize(self.number, length)
    }

    fn wrote(&self, modified: Option<Duration>) {
        let mounted = &self.mounted;
        let mut unwritten = mounted.unwritten.borrow_mut();
        if let Some(known) = unwritten.get_mut(&self.number) {
            known.modified = modified.or(known.modified);
            return;
        }
        let object = mounted.objects.borrow().get(&self.number).and_then(Weak::upgrade);
        if let Some(object) = object {
            unwritten.insert(self.number, Unwritten { object, modified });
        }
    }

    fn has_room(&self, pages: u64) -> bool {
        let room = self.mounted.volume.borrow().room();
        let unwritten = self.mounted.unwritten_pages() + pages;
        unwritten.saturating_mul(PAGE) < room.free_blocks.saturating_mul(room.block_bytes)
    }
}

impl Mounted {
    /// Mounts a disk.
    ///
    /// # Errors
    /// Those of [`Volume::mount`].
    pub(crate) fn new(
        disk: Box<dyn Disk>,
        discarded: Discarded,
        device: u64,
    ) -> Result<Rc<Self>, Errno> {
        Ok(Rc::new(Self {
            volume: RefCell::new(Volume::mount(disk)?),
            nodes: RefCell::default(),
            objects: RefCell::default(),
            inodes: RefCell::default(),
            unwritten: RefCell::default(),
            nameless: RefCell::default(),
            orphans: RefCell::default(),
            discarded,
            device,
        }))
    }

    /// Does something with the volume.
    pub(crate) fn volume(&self) -> core::cell::RefMut<'_, Volume> {
        self.volume.borrow_mut()
    }

    /// The root.
    pub(crate) fn root(self: &Rc<Self>) -> Result<Rc<Node>, Errno> {
        let attributes = self.volume().root()?;
        self.node_of(&attributes)
    }

    /// The node of an inode.
    pub(crate) fn node(self: &Rc<Self>, inode: u32) -> Result<Rc<Node>, Errno> {
        let known = self.nodes.borrow().get(&inode).and_then(Weak::upgrade);
        if let Some(node) = known {
            return Ok(node);
        }
        let attributes = self.volume().attributes(inode)?;
        self.node_of(&attributes)
    }

    /// The node of an inode with these attributes.
    pub(crate) fn node_of(self: &Rc<Self>, attributes: &Attributes) -> Result<Rc<Node>, Errno> {
        let number = attributes.inode;
        let known = self.nodes.borrow().get(&number).and_then(Weak::upgrade);
        if let Some(node) = known {
            return Ok(node);
        }
        let inode = self.inode(number, attributes.links > 0);
        let content = match attributes.mode & S_IFMT {
            S_IFDIR => Content::Directory(Directory::on_disk()),
            S_IFREG => Content::Regular(self.object(&inode, attributes.size)),
            S_IFLNK => Content::Link(Link::Path(self.volume().target(attributes)?)),
            S_IFCHR => {
                attributes.device.and_then(Device::of).map_or(Content::Special, Content::Device)
            }
            _ => Content::Special,
        };
        let node = Rc::new(Node::of_disk(inode, content, attributes));
        self.nodes.borrow_mut().insert(number, Rc::downgrade(&node));
        Ok(node)
    }

    /// The inode with this number: the one that is in use, if there is one.
    fn inode(self: &Rc<Self>, number: u32, has_name: bool) -> Rc<Inode> {
        let known = self.inodes.borrow().get(&number).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let mounted = Rc::clone(self);
            let inode = Rc::new(Inode { mounted, number, has_name: Cell::new(has_name) });
            self.inodes.borrow_mut().insert(number, Rc::downgrade(&inode));
            inode
        })
    }

    /// The content of a file, which may be mapped still although nobody has it open.
    fn object(&self, inode: &Rc<Inode>, length: u64) -> Rc<MemoryObject> {
        let mut objects = self.objects.borrow_mut();
        if let Some(object) = objects.get(&inode.number).and_then(Weak::upgrade) {
            return object;
        }
        let source: Rc<dyn Source> = Rc::<Inode>::clone(inode);
        let object = MemoryObject::of(Rc::clone(&self.discarded), source, length);
        objects.insert(inode.number, Rc::downgrade(&object));
        object
    }

    /// Whether a loss of power would take anything back.
    pub(crate) fn is_behind(&self) -> bool {
        !self.unwritten.borrow().is_empty() || self.volume.borrow().is_changed()
    }

    /// Pages that the disk does not have yet.
    pub(crate) fn unwritten_pages(&self) -> u64 {
        self.unwritten.borrow().values().map(|file| file.object.unwritten()).sum()
    }

    /// Writes the content of one inode, or of all.
    ///
    /// # Errors
    /// The disk fails or is full; what was not written is still to be written.
    pub(crate) fn write_back<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        which: Option<u32>,
        now: Duration,
    ) -> Result<(), Errno> {
        let numbers: Vec<u32> = match which {
            Some(inode) => alloc::vec![inode],
            None => self.unwritten.borrow().keys().copied().collect(),
        };
        let mut result = Ok(());
        for number in numbers {
            let Some(file) = self.unwritten.borrow_mut().remove(&number) else { continue };
            let written = self.write_object(frames, number, &file, now);
            if written.is_err() || file.object.unwritten() > 0 {
                // With the time of the last write, which marking pages again does not know.
                self.unwritten.borrow_mut().insert(number, file);
            }
            result = result.and(written);
        }
        result
    }

    fn write_object<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        number: u32,
        file: &Unwritten,
        now: Duration,
    ) -> Result<(), Errno> {
        let length = file.object.length();
        while let Some((first, bytes)) = file.object.take_unwritten(frames, TOGETHER) {
            let offset = first * PAGE;
            let end = (bytes.len() as u64).min(length.saturating_sub(offset));
            let part = &bytes[..end as usize];
            let written = match part {
                [] => Ok(()),
                part => self.volume().write(number, offset, part),
            };
            if let Err(errno) = written {
                let pages = first..first + bytes.len().div_ceil(PAGE_BYTES) as u64;
                file.object.mark_unwritten(pages);
                return Err(errno);
            }
        }
        file.object.keep_mapped(frames);
        let mut volume = self.volume();
        if volume.attributes(number)?.size != length {
            volume.resize(number, length)?;
        }
        let modified = Some(file.modified.unwrap_or(now));
        volume.change(number, Change { modified, ..Change::default() })
    }

    /// Makes the content of one inode, or of all, and all names and attributes outlive a loss of
    /// power.
    ///
    /// # Errors
    /// The disk fails or is full.
    pub(crate) fn flush<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        which: Option<u32>,
        now: Duration,
    ) -> Result<(), Errno> {
        let written = self.write_back(frames, which, now);
        self.volume().sync().and(written)
    }

    /// Frees inodes that lost their last name and user.
    pub(crate) fn sweep(&self) {
        self.drop_content_of_nameless();
        let orphans = core::mem::take(&mut *self.orphans.borrow_mut());
        for number in orphans {
            self.nodes.borrow_mut().remove(&number);
            self.objects.borrow_mut().remove(&number);
            self.inodes.borrow_mut().remove(&number);
            // The next mount tries it again: the volume lists such inodes.
            let _ = self.volume().reap(number);
        }
    }

    /// Content without a name that only waits for being written is not written: it holds the inode,
    /// which is freed when it goes.
    fn drop_content_of_nameless(&self) {
        if self.nameless.borrow().is_empty() {
            return;
        }
        let mut unused = Vec::new();
        self.nameless.borrow_mut().retain(|number| {
            let mut unwritten = self.unwritten.borrow_mut();
            let is_used =
                unwritten.get(number).is_some_and(|file| Rc::strong_count(&file.object) > 1)
                    || self.is_open(*number);
            if !is_used {
                unused.extend(unwritten.remove(number));
            }
            is_used
        });
        // Inodes go with it, which makes them orphans: nothing is borrowed here.
        drop(unused);
    }

    /// Whether anybody has an inode open.
    fn is_open(&self, inode: u32) -> bool {
        self.nodes.borrow().get(&inode).is_some_and(|node| node.strong_count() > 0)
    }

    /// Forgets content that the disk has and that nobody uses, then nodes that nobody uses.
    pub(crate) fn forget<M: Machine>(&self, frames: &mut Frames<M>) {
        let objects: Vec<_> = self.objects.borrow().values().filter_map(Weak::upgrade).collect();
        for object in objects {
            object.forget_clean(frames);
        }
        let nodes: Vec<_> = self.nodes.borrow().values().filter_map(Weak::upgrade).collect();
        for node in nodes.iter().rev() {
            if let Content::Directory(directory) = &node.content {
                directory.forget_unused();
            }
        }
        drop(nodes);
        self.nodes.borrow_mut().retain(|_, node| node.strong_count() > 0);
        self.objects.borrow_mut().retain(|_, object| object.strong_count() > 0);
        self.inodes.borrow_mut().retain(|_, inode| inode.strong_count() > 0);
    }
}

impl Home {
    /// The inode, if it is on a disk.
    pub(crate) fn inode(&self) -> Result<&Rc<Inode>, Errno> {
        match self {
            Self::Disk(inode) => Ok(inode),
            Self::Memory => Err(EIO),
        }
    }
}
