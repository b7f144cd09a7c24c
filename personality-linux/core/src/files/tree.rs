//! Making, removing and renaming. On a disk, the disk does it first; if it refuses, nothing has
//! changed.

use alloc::rc::Rc;
use core::time::Duration;

use super::mounted::Inode;
use super::node::{Content, Home, Link, Node, Nodes};
use super::path::{Place, Viewer};
use super::volume::{New, Ownership};
use crate::abi::errno::{
    EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV, Errno,
};
use crate::abi::flags::{S_IFIFO, S_IFSOCK};

/// Makes something where nothing is.
///
/// # Errors
/// `EEXIST`; `ENOENT`: the path ends with a slash and it is no directory, or the directory was
/// removed. Those of the disk.
pub(crate) fn create(
    nodes: &Nodes,
    place: &Place,
    new: New<'_>,
    who: Ownership,
    now: Duration,
) -> Result<Rc<Node>, Errno> {
    if place.node.is_some() {
        return Err(EEXIST);
    }
    let directory = &place.directory;
    let is_removed = directory.links.get() == 0;
    if place.is_directory && !matches!(new, New::Directory) || is_removed {
        return Err(ENOENT);
    }
    let node = match &directory.home {
        Home::Memory => in_memory(nodes, new, who, now),
        Home::Disk(inode) => {
            let made = {
                let mut volume = inode.mounted.volume();
                volume.set_time(now);
                volume.create(inode.number, &place.name, new, who)?
            };
            inode.mounted.node_of(&made)?
        }
    };
    directory.insert(&place.name, &node)?;
    touched(directory, now)?;
    node.refresh()?;
    Ok(node)
}

fn in_memory(nodes: &Nodes, new: New<'_>, who: Ownership, now: Duration) -> Rc<Node> {
    let node = match new {
        New::Directory => nodes.directory(who.permissions, now),
        New::Regular => nodes.file(who.permissions, now),
        New::Link(target) => {
            nodes.create(Content::Link(Link::Path(target.to_vec())), who.permissions, now)
        }
        New::Pipe | New::Socket => {
            let node = nodes.create(Content::Special, who.permissions, now);
            let kind = if new == New::Pipe { S_IFIFO } else { S_IFSOCK };
            node.mode.set(kind | who.permissions);
            node
        }
    };
    node.owner.set(who.owner);
    node.group.set(who.group);
    node
}

/// A name has come into a directory, or gone.
fn touched(directory: &Node, now: Duration) -> Result<(), Errno> {
    directory.modified.set(now);
    directory.changed.set(now);
    directory.refresh()
}

/// A name of a node has come or gone.
fn counted(node: &Node, now: Duration) -> Result<(), Errno> {
    node.changed.set(now);
    node.refresh()?;
    if let Home::Disk(inode) = &node.home {
        inode.set_named(node.links.get() > 0);
    }
    Ok(())
}

/// Both inodes, if they are on one disk; none, if both are in memory.
fn one_disk<'a>(one: &'a Node, other: &'a Node) -> Result<Option<[&'a Rc<Inode>; 2]>, Errno> {
    match (&one.home, &other.home) {
        _ if one.device() != other.device() => Err(EXDEV),
        (Home::Disk(one), Home::Disk(other)) => Ok(Some([one, other])),
        _ => Ok(None),
    }
}

/// Takes a name from a file that is no directory.
///
/// # Errors
/// `ENOENT`, `EISDIR`, those of [`Place::plain_name`] and of the disk.
pub(crate) fn unlink(place: &Place, now: Duration) -> Result<(), Errno> {
    let node = place.node.as_ref().ok_or(ENOENT)?;
    if node.is_directory() {
        return Err(EISDIR);
    }
    let name = place.plain_name()?;
    if let Home::Disk(inode) = &place.directory.home {
        let mut volume = inode.mounted.volume();
        volume.set_time(now);
        volume.unlink(inode.number, name)?;
    }
    place.directory.remove(name);
    counted(node, now)?;
    touched(&place.directory, now)
}

/// Removes an empty directory.
///
/// # Errors
/// `ENOENT`, `ENOTDIR`, `EINVAL`, `ENOTEMPTY`, `EBUSY`, those of the disk.
pub(crate) fn remove_directory(place: &Place, now: Duration) -> Result<(), Errno> {
    let node = place.node.as_ref().ok_or(ENOENT)?;
    let directory = node.directory()?;
    match place.name.as_slice() {
        b"." => return Err(EINVAL),
        b".." => return Err(ENOTEMPTY),
        _ => {}
    }
    if place.directory.directory()?.is_covered(&place.name) {
        return Err(EBUSY);
    }
    if !node.is_empty()? {
        return Err(ENOTEMPTY);
    }
    if let Home::Disk(inode) = &place.directory.home {
        let mut volume = inode.mounted.volume();
        volume.set_time(now);
        volume.remove_directory(inode.number, &place.name)?;
    }
    place.directory.remove(&place.name);
    *directory.parent.borrow_mut() = alloc::rc::Weak::new();
    counted(node, now)?;
    touched(&place.directory, now)
}

/// Another name for a file.
///
/// # Errors
/// `EPERM`: it is a directory; `EEXIST`, `ENOENT`, `EXDEV`, those of the disk.
pub(crate) fn link(node: &Rc<Node>, to: &Place, now: Duration) -> Result<(), Errno> {
    if node.is_directory() {
        return Err(EPERM);
    }
    if to.node.is_some() {
        return Err(EEXIST);
    }
    if to.is_directory || to.directory.links.get() == 0 {
        return Err(ENOENT);
    }
    if let Some([inode, directory]) = one_disk(node, &to.directory)? {
        if node.links.get() == 0 {
            return Err(ENOENT);
        }
        let mut volume = inode.mounted.volume();
        volume.set_time(now);
        volume.link(inode.number, directory.number, &to.name)?;
    }
    to.directory.insert(&to.name, node)?;
    counted(node, now)?;
    touched(&to.directory, now)
}

/// Moves what has one name to another, instead of what is there.
///
/// # Errors
/// Those that rename(2) lists.
pub(crate) fn rename(
    viewer: &Viewer,
    (from, to): (&Place, &Place),
    may_replace: bool,
    now: Duration,
) -> Result<(), Errno> {
    let node = from.node.clone().ok_or(ENOENT)?;
    check_rename(viewer, &node, from, to, may_replace)?;
    if to.node.as_ref().is_some_and(|there| Rc::ptr_eq(there, &node)) {
        return Ok(());
    }
    if let Some([old, new]) = one_disk(&from.directory, &to.directory)? {
        let mut volume = old.mounted.volume();
        volume.set_time(now);
        volume.rename((old.number, &from.name), (new.number, &to.name))?;
    }
    if let Some(there) = &to.node {
        to.directory.remove(&to.name);
        if let Content::Directory(directory) = &there.content {
            *directory.parent.borrow_mut() = alloc::rc::Weak::new();
        }
        counted(there, now)?;
    }
    from.directory.remove(&from.name);
    to.directory.insert(&to.name, &node)?;
    counted(&node, now)?;
    touched(&from.directory, now)?;
    touched(&to.directory, now)
}

fn check_rename(
    viewer: &Viewer,
    node: &Rc<Node>,
    from: &Place,
    to: &Place,
    may_replace: bool,
) -> Result<(), Errno> {
    let is_directory = node.is_directory();
    for place in [from, to] {
        let is_covered = place.directory.directory()?.is_covered(&place.name);
        if matches!(place.name.as_slice(), b"." | b"..") || is_covered {
            return Err(EBUSY);
        }
        if place.is_directory && !is_directory {
            return Err(ENOTDIR);
        }
    }
    if to.directory.links.get() == 0 {
        return Err(ENOENT);
    }
    one_disk(&from.directory, &to.directory)?;
    if is_directory && is_inside(viewer, &to.directory, node) {
        return Err(EINVAL);
    }
    let Some(there) = &to.node else { return Ok(()) };
    match (is_directory, there.is_directory()) {
        _ if Rc::ptr_eq(there, node) => Ok(()),
        _ if !may_replace => Err(EEXIST),
        (true, false) => Err(ENOTDIR),
        (false, true) => Err(EISDIR),
        (true, true) if !there.is_empty()? => Err(ENOTEMPTY),
        _ => Ok(()),
    }
}

/// Whether a directory is another, or below it.
fn is_inside(viewer: &Viewer, directory: &Rc<Node>, other: &Rc<Node>) -> bool {
    let mut here = Rc::clone(directory);
    loop {
        if Rc::ptr_eq(&here, other) {
            return true;
        }
        if Rc::ptr_eq(&here, &viewer.root) {
            return false;
        }
        let parent = here.directory().ok().and_then(|here| here.parent.borrow().upgrade());
        let Some(parent) = parent else { return false };
        here = parent;
    }
}
