//! Names in a directory. Those of a disk are read when somebody looks for the first time; what they
//! stand for, when somebody wants it. A file system that is mounted on a name hides what is there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ops::Bound;

use super::node::{Content, Home, Node};
use crate::abi::errno::{EEXIST, Errno};

/// What a name stands for.
#[derive(Clone, Debug)]
enum Entry {
    Node(Rc<Node>),
    /// An inode of the directory's disk that nobody has looked at: number and type.
    Disk {
        inode: u32,
        kind: u32,
    },
}

/// Names in a directory.
#[derive(Debug)]
pub(crate) struct Directory {
    entries: RefCell<BTreeMap<Vec<u8>, Entry>>,
    /// Roots of what is mounted here.
    mounts: RefCell<BTreeMap<Vec<u8>, Rc<Node>>>,
    pub(crate) parent: RefCell<Weak<Node>>,
    /// Whether all names are known.
    is_read: Cell<bool>,
}

/// A name, as lists tell it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    pub(crate) name: Vec<u8>,
    pub(crate) inode: u64,
    /// The type, as in a mode.
    pub(crate) kind: u32,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            entries: RefCell::default(),
            mounts: RefCell::default(),
            parent: RefCell::default(),
            is_read: Cell::new(true),
        }
    }
}

impl Directory {
    /// One whose names a disk knows.
    pub(super) fn on_disk() -> Self {
        Self { is_read: Cell::new(false), ..Self::default() }
    }

    /// Forgets what nobody uses and the disk knows.
    pub(super) fn forget_unused(&self) {
        for entry in self.entries.borrow_mut().values_mut() {
            let Entry::Node(node) = entry else { continue };
            let is_used = Rc::strong_count(node) > 2
                || node.directory().is_ok_and(|directory| directory.has_nodes());
            if let (false, Home::Disk(inode)) = (is_used, &node.home) {
                *entry = Entry::Disk { inode: inode.number, kind: node.kind() };
            }
        }
    }

    fn has_nodes(&self) -> bool {
        let entries = self.entries.borrow();
        !self.mounts.borrow().is_empty()
            || entries.values().any(|entry| matches!(entry, Entry::Node(_)))
    }

    /// The name of what is in it.
    pub(crate) fn name_of(&self, node: &Rc<Node>) -> Option<Vec<u8>> {
        let is_mounted = |found: &Rc<Node>| Rc::ptr_eq(found, node);
        let is_it = |entry: &Entry| matches!(entry, Entry::Node(found) if Rc::ptr_eq(found, node));
        let mounts = self.mounts.borrow();
        let mounted = mounts.iter().find(|(_, found)| is_mounted(found)).map(|(name, _)| name);
        let entries = self.entries.borrow();
        let found = entries.iter().find(|(_, entry)| is_it(entry)).map(|(name, _)| name);
        mounted.or(found).cloned()
    }

    /// Whether something is mounted on a name.
    pub(crate) fn is_covered(&self, name: &[u8]) -> bool {
        self.mounts.borrow().contains_key(name)
    }
}

impl Node {
    /// Makes all names of a directory known.
    fn read_names(self: &Rc<Self>) -> Result<&Directory, Errno> {
        let directory = self.directory()?;
        if !directory.is_read.get() {
            let home = self.home.inode()?;
            let names = home.mounted.volume().list(home.number)?;
            let mut entries = directory.entries.borrow_mut();
            for listed in names {
                let entry = Entry::Disk { inode: listed.inode, kind: listed.kind };
                entries.entry(listed.name).or_insert(entry);
            }
            directory.is_read.set(true);
        }
        Ok(directory)
    }

    /// What a name in this directory stands for.
    ///
    /// # Errors
    /// `ENOTDIR`, or those of the disk.
    pub(crate) fn child(self: &Rc<Self>, name: &[u8]) -> Result<Option<Rc<Self>>, Errno> {
        let directory = self.directory()?;
        if let Some(root) = directory.mounts.borrow().get(name) {
            return Ok(Some(Rc::clone(root)));
        }
        let found = self.read_names()?.entries.borrow().get(name).cloned();
        let inode = match found {
            None => return Ok(None),
            Some(Entry::Node(node)) => return Ok(Some(node)),
            Some(Entry::Disk { inode, .. }) => inode,
        };
        let node = self.home.inode()?.mounted.node(inode)?;
        if let Content::Directory(child) = &node.content {
            *child.parent.borrow_mut() = Rc::downgrade(self);
        }
        directory.entries.borrow_mut().insert(name.to_vec(), Entry::Node(Rc::clone(&node)));
        Ok(Some(node))
    }

    /// Names behind one, or from the first on, until there are enough.
    ///
    /// # Errors
    /// `ENOTDIR`, or those of the disk.
    pub(crate) fn names_behind(
        self: &Rc<Self>,
        last: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<Named>, Errno> {
        let directory = self.read_names()?;
        let (entries, mounts) = (directory.entries.borrow(), directory.mounts.borrow());
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let range = (from, Bound::Unbounded);
        let mut names: BTreeSet<&Vec<u8>> =
            entries.range::<[u8], _>(range).take(most).map(|(name, _)| name).collect();
        names.extend(mounts.range::<[u8], _>(range).take(most).map(|(name, _)| name));
        let named = |name: &Vec<u8>| {
            let (inode, kind) = match (mounts.get(name), entries.get(name)) {
                (Some(node), _) | (None, Some(Entry::Node(node))) => (node.inode, node.kind()),
                (None, Some(Entry::Disk { inode, kind })) => (u64::from(*inode), *kind),
                (None, None) => return None,
            };
            Some(Named { name: name.clone(), inode, kind })
        };
        Ok(names.into_iter().take(most).filter_map(named).collect())
    }

    /// Whether a directory has no names.
    ///
    /// # Errors
    /// `ENOTDIR`, or those of the disk.
    pub(crate) fn is_empty(self: &Rc<Self>) -> Result<bool, Errno> {
        let directory = self.read_names()?;
        Ok(directory.entries.borrow().is_empty() && directory.mounts.borrow().is_empty())
    }

    /// Gives a node a name in this directory, in memory.
    ///
    /// # Errors
    /// `EEXIST`, `ENOTDIR`.
    pub(crate) fn insert(self: &Rc<Self>, name: &[u8], node: &Rc<Self>) -> Result<(), Errno> {
        let directory = self.read_names()?;
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
        entries.insert(name.to_vec(), Entry::Node(Rc::clone(node)));
        Ok(())
    }

    /// Takes a name out of this directory, in memory.
    pub(crate) fn remove(&self, name: &[u8]) -> bool {
        let Ok(directory) = self.directory() else { return false };
        let Some(entry) = directory.entries.borrow_mut().remove(name) else { return false };
        let Entry::Node(node) = entry else { return true };
        let is_directory = node.is_directory();
        node.links.set(node.links.get().saturating_sub(if is_directory { 2 } else { 1 }));
        if is_directory {
            self.links.set(self.links.get().saturating_sub(1));
        }
        true
    }

    /// Lets the root of a file system appear under a name.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub(crate) fn mount(self: &Rc<Self>, name: &[u8], root: &Rc<Self>) -> Result<(), Errno> {
        let directory = self.directory()?;
        *root.directory()?.parent.borrow_mut() = Rc::downgrade(self);
        directory.mounts.borrow_mut().insert(name.to_vec(), Rc::clone(root));
        Ok(())
    }
}
