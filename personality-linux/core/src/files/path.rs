//! From a name to a node.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::node::{Content, Link, Node};
use crate::abi::errno::{EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, Errno};

/// Most symbolic links on the way.
const LINKS: u32 = 40;
/// Longest name.
const NAME_BYTES: usize = 255;
/// Longest path, with its final zero.
pub(crate) const PATH_BYTES: usize = 4096;

/// What a symbolic link at the end of a path means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Last {
    /// What it leads to.
    Follow,
    /// The link itself.
    Keep,
}

/// Who looks: some links lead elsewhere for each process.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) root: Rc<Node>,
    /// The path of its program.
    pub(crate) executable: Vec<u8>,
}

/// A place in a directory, where something may be.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) directory: Rc<Node>,
    pub(crate) name: Vec<u8>,
    pub(crate) node: Option<Rc<Node>>,
    /// Whether the path ended with a slash, so that only a directory can be meant.
    pub(crate) is_directory: bool,
}

impl Viewer {
    /// Where a link leads.
    pub(crate) fn target(&self, link: &Link) -> Vec<u8> {
        match link {
            Link::Path(path) => path.clone(),
            Link::Executable => self.executable.clone(),
        }
    }

    /// The node that a path leads to.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `ELOOP`, `ENAMETOOLONG`.
    pub(crate) fn find(
        &self,
        start: &Rc<Node>,
        path: &[u8],
        last: Last,
    ) -> Result<Rc<Node>, Errno> {
        if path.iter().all(|byte| *byte == b'/') && !path.is_empty() {
            return Ok(Rc::clone(&self.root));
        }
        let place = self.place(start, path, last)?;
        let node = place.node.ok_or(ENOENT)?;
        if place.is_directory {
            node.directory()?;
        }
        Ok(node)
    }

    /// The place that a path leads to: everything before its last name exists.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `ELOOP`, `ENAMETOOLONG`. `EINVAL`: the path is the root.
    pub(crate) fn place(&self, start: &Rc<Node>, path: &[u8], last: Last) -> Result<Place, Errno> {
        let mut links = 0;
        let mut here = Rc::clone(start);
        let mut rest = path.to_vec();
        if rest.is_empty() {
            return Err(ENOENT);
        }
        loop {
            if rest.first() == Some(&b'/') {
                here = Rc::clone(&self.root);
            }
            let (name, behind) = first_name(&rest).ok_or(EINVAL)?;
            if name.len() > NAME_BYTES {
                return Err(ENAMETOOLONG);
            }
            here.directory()?;
            let node = self.step(&here, name)?;
            let more = first_name(behind).is_some();
            let is_directory = !behind.is_empty();
            let link = node.as_ref().and_then(|node| match &node.content {
                Content::Link(link) if more || is_directory || last == Last::Follow => Some(link),
                _ => None,
            });
            if let Some(link) = link {
                links += 1;
                if links > LINKS {
                    return Err(ELOOP);
                }
                let mut target = self.target(link);
                if target.is_empty() || target.len() + behind.len() > PATH_BYTES {
                    return Err(ENAMETOOLONG);
                }
                target.extend(behind);
                if target.iter().all(|byte| *byte == b'/') {
                    target.extend(b".");
                }
                rest = target;
                continue;
            }
            if !more {
                let name = name.to_vec();
                return Ok(Place { directory: here, name, node, is_directory });
            }
            here = node.ok_or(ENOENT)?;
            rest = behind.iter().copied().skip_while(|byte| *byte == b'/').collect();
        }
    }

    /// One name further.
    fn step(&self, here: &Rc<Node>, name: &[u8]) -> Result<Option<Rc<Node>>, Errno> {
        match name {
            b"." => Ok(Some(Rc::clone(here))),
            b".." if Rc::ptr_eq(here, &self.root) => Ok(Some(Rc::clone(here))),
            b".." => Ok(here.directory()?.parent.borrow().upgrade()),
            name => here.child(name),
        }
    }

    /// The path of a directory, from the root.
    ///
    /// # Errors
    /// `ENOENT`: it was removed.
    pub(crate) fn path_of(&self, directory: &Rc<Node>) -> Result<Vec<u8>, Errno> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let mut here = Rc::clone(directory);
        while !Rc::ptr_eq(&here, &self.root) {
            let parent = here.directory()?.parent.borrow().upgrade().ok_or(ENOENT)?;
            names.push(parent.directory()?.name_of(&here).ok_or(ENOENT)?);
            here = parent;
        }
        if names.is_empty() {
            return Ok(b"/".to_vec());
        }
        let parts = names.iter().rev().flat_map(|name| [b"/", name.as_slice()]);
        Ok(parts.flatten().copied().collect())
    }
}

impl Place {
    /// A name in a directory.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn of(directory: &Rc<Node>, name: &[u8]) -> Result<Self, Errno> {
        let (node, name) = (directory.child(name)?, name.to_vec());
        Ok(Self { directory: Rc::clone(directory), name, node, is_directory: false })
    }

    /// A name that something can be made or removed under.
    ///
    /// # Errors
    /// `EINVAL`: it is that of a directory from inside; `ENOTDIR`: a slash follows it.
    pub(crate) fn plain_name(&self) -> Result<&[u8], Errno> {
        match self.name.as_slice() {
            b"." | b".." => Err(EINVAL),
            _ if self.is_directory => Err(ENOTDIR),
            name => Ok(name),
        }
    }
}

/// The first name of a path, and what is behind it.
fn first_name(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|byte| *byte != b'/')?;
    let path = &path[start..];
    let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
    Some(path.split_at(end))
}
