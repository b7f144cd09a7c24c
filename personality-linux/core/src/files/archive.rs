//! `cpio` archives in the "newc" format: the first content of the root.
//!
//! A header of 110 bytes (a magic number and thirteen numbers of eight hexadecimal digits), the
//! name with a final zero, padding to four bytes, the content, padding to four bytes; at the end an
//! entry called `TRAILER!!!`.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use super::node::{Node, Nodes, PERMISSIONS};
use super::path::Place;
use super::tree;
use super::volume::{Change, New, Ownership};
use crate::abi::errno::{ENOMEM, ENOSPC, Errno};
use crate::abi::flags::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use crate::machine::Machine;
use crate::memory::Frames;

const HEADER: usize = 110;
const MAGIC: &[u8] = b"070701";
const END: &[u8] = b"TRAILER!!!";

/// Why an archive cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damaged {
    /// It ends in the middle of an entry.
    Truncated,
    /// An entry does not begin like one.
    Header,
    /// There is no memory, or no room on the disk, for its content.
    NoMemory,
    /// Something in it cannot be made.
    Refused(Errno),
}

/// An entry.
struct Entry<'a> {
    mode: u32,
    owner: u32,
    group: u32,
    modified: u32,
    name: &'a [u8],
    content: &'a [u8],
}

/// Reads entries one after the other.
struct Reader<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl<'a> Reader<'a> {
    /// The next entry; none behind the last.
    fn entry(&mut self) -> Result<Option<Entry<'a>>, Damaged> {
        let header = self.take(HEADER)?;
        if !header.starts_with(MAGIC) {
            return Err(Damaged::Header);
        }
        let number = |index: usize| {
            let digits = &header[6 + index * 8..14 + index * 8];
            let digits = core::str::from_utf8(digits).map_err(|_| Damaged::Header)?;
            u32::from_str_radix(digits, 16).map_err(|_| Damaged::Header)
        };
        let name = self.take(number(11)? as usize)?;
        let name = name.strip_suffix(b"\0").ok_or(Damaged::Header)?;
        self.align();
        let content = self.take(number(6)? as usize)?;
        self.align();
        let (mode, owner, group) = (number(1)?, number(2)?, number(3)?);
        let entry = Entry { mode, owner, group, modified: number(5)?, name, content };
        Ok((name != END).then_some(entry))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let end = self.next.checked_add(count).ok_or(Damaged::Truncated)?;
        let part = self.bytes.get(self.next..end).ok_or(Damaged::Truncated)?;
        self.next = end;
        Ok(part)
    }

    fn align(&mut self) {
        self.next = self.next.next_multiple_of(4);
    }
}

/// Adds what an archive contains to a directory. Directories that it does not name are made; a file
/// that is there is replaced.
pub(crate) fn unpack<M: Machine>(
    frames: &mut Frames<M>,
    nodes: &Nodes,
    root: &Rc<Node>,
    bytes: &[u8],
) -> Result<(), Damaged> {
    let mut reader = Reader { bytes, next: 0 };
    while let Some(entry) = reader.entry()? {
        let names: Vec<&[u8]> = entry
            .name
            .split(|byte| *byte == b'/')
            .filter(|name| !matches!(*name, b"" | b"." | b".."))
            .collect();
        let Some((last, above)) = names.split_last() else { continue };
        let Some(directory) = walk(nodes, root, above) else { continue };
        add(frames, nodes, &directory, last, &entry).map_err(|errno| match errno {
            ENOSPC | ENOMEM => Damaged::NoMemory,
            errno => Damaged::Refused(errno),
        })?;
    }
    Ok(())
}

/// Makes what one entry says.
fn add<M: Machine>(
    frames: &mut Frames<M>,
    nodes: &Nodes,
    directory: &Rc<Node>,
    name: &[u8],
    entry: &Entry<'_>,
) -> Result<(), Errno> {
    let modified = Duration::from_secs(entry.modified.into());
    let who =
        Ownership { permissions: entry.mode & PERMISSIONS, owner: entry.owner, group: entry.group };
    let new = match entry.mode & S_IFMT {
        S_IFDIR => {
            let Some(directory) = walk(nodes, directory, &[name]) else { return Ok(()) };
            let permissions = Some(who.permissions);
            let owners = Some((entry.owner, entry.group));
            let change = Change { permissions, owners, ..Change::default() };
            return directory.change(change, modified);
        }
        S_IFREG => New::Regular,
        S_IFLNK => New::Link(entry.content),
        // Devices are those that the personality has.
        _ => return Ok(()),
    };
    let mut place = Place::of(directory, name)?;
    if place.node.is_some() {
        tree::unlink(&place, modified)?;
        place.node = None;
    }
    let node = tree::create(nodes, &place, new, who, modified)?;
    if let Some(object) = node.object() {
        if object.write(frames, 0, entry.content)? < entry.content.len() {
            return Err(ENOSPC);
        }
        node.wrote(modified);
    }
    Ok(())
}

/// The directory at the end of these names, made if it is missing; none if a file is in the way.
pub(crate) fn walk(nodes: &Nodes, start: &Rc<Node>, names: &[&[u8]]) -> Option<Rc<Node>> {
    let who = Ownership { permissions: 0o755, owner: 0, group: 0 };
    let mut here = Rc::clone(start);
    for name in names {
        let place = Place::of(&here, name).ok()?;
        let next = match &place.node {
            Some(node) => Rc::clone(node),
            None => tree::create(nodes, &place, New::Directory, who, Duration::ZERO).ok()?,
        };
        next.directory().ok()?;
        here = next;
    }
    Some(here)
}
