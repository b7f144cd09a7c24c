//! Making, removing and renaming.

use alloc::rc::Rc;

use super::node::{Content, Node};
use super::path::{Place, Viewer};
use crate::abi::errno::{EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, Errno};

/// Gives a node a name where nothing is.
pub(crate) fn add(place: &Place, node: &Rc<Node>) -> Result<(), Errno> {
    let is_directory = matches!(node.content, Content::Directory(_));
    if place.node.is_some() {
        return Err(EEXIST);
    }
    if place.is_directory && !is_directory {
        return Err(ENOENT);
    }
    place.directory.insert(&place.name, node)
}

/// Takes a name from a file that is no directory.
pub(crate) fn unlink(place: &Place) -> Result<(), Errno> {
    let node = place.node.as_ref().ok_or(ENOENT)?;
    if node.directory().is_ok() {
        return Err(EISDIR);
    }
    place.directory.remove(place.plain_name()?).map(drop).ok_or(ENOENT)
}

/// Removes an empty directory.
pub(crate) fn remove_directory(place: &Place) -> Result<(), Errno> {
    let node = place.node.as_ref().ok_or(ENOENT)?;
    let directory = node.directory()?;
    match place.name.as_slice() {
        b"." => return Err(EINVAL),
        b".." => return Err(ENOTEMPTY),
        _ => {}
    }
    if !directory.entries.borrow().is_empty() {
        return Err(ENOTEMPTY);
    }
    place.directory.remove(&place.name).ok_or(EBUSY)?;
    *directory.parent.borrow_mut() = alloc::rc::Weak::new();
    Ok(())
}

/// Another name for a file.
pub(crate) fn link(node: &Rc<Node>, to: &Place) -> Result<(), Errno> {
    if node.directory().is_ok() {
        return Err(EPERM);
    }
    add(to, node)
}

/// Moves what has one name to another, instead of what is there.
pub(crate) fn rename(
    viewer: &Viewer,
    from: &Place,
    to: &Place,
    may_replace: bool,
) -> Result<(), Errno> {
    let node = from.node.clone().ok_or(ENOENT)?;
    let is_directory = node.directory().is_ok();
    for place in [from, to] {
        if matches!(place.name.as_slice(), b"." | b"..") {
            return Err(EBUSY);
        }
        if place.is_directory && !is_directory {
            return Err(ENOTDIR);
        }
    }
    if is_directory && is_inside(viewer, &to.directory, &node) {
        return Err(EINVAL);
    }
    if let Some(there) = &to.node {
        if Rc::ptr_eq(there, &node) {
            return Ok(());
        }
        match (is_directory, there.directory()) {
            _ if !may_replace => return Err(EEXIST),
            (true, Err(_)) => return Err(ENOTDIR),
            (false, Ok(_)) => return Err(EISDIR),
            (true, Ok(directory)) if !directory.entries.borrow().is_empty() => {
                return Err(ENOTEMPTY);
            }
            _ => {}
        }
        to.directory.remove(&to.name);
    }
    from.directory.remove(&from.name);
    to.directory.insert(&to.name, &node)
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
