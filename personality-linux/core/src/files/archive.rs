//! `cpio` archives in the "newc" format: the first content of the root.
//!
//! A header of 110 bytes (a magic number and thirteen numbers of eight hexadecimal digits), the
//! name with a final zero, padding to four bytes, the content, padding to four bytes; at the end an
//! entry called `TRAILER!!!`.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use super::node::{Content, Link, Node, Nodes};
use crate::abi::flags::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use crate::machine::Machine;
use crate::memory::{Frames, MemoryObject};

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
    /// There is no memory for its content.
    NoMemory,
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

/// Adds what an archive contains to a directory. Directories that it does not name are made.
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
        let modified = Duration::from_secs(entry.modified.into());
        let content = match entry.mode & S_IFMT {
            S_IFDIR => {
                if let Some(directory) = walk(nodes, &directory, &[last]) {
                    dress(&directory, &entry);
                }
                continue;
            }
            S_IFREG => {
                let object = MemoryObject::new(frames, 0);
                let count = object.write(frames, 0, entry.content);
                if count.map_err(|_| Damaged::NoMemory)? < entry.content.len() {
                    return Err(Damaged::NoMemory);
                }
                Content::Regular(object)
            }
            S_IFLNK => Content::Link(Link::Path(entry.content.to_vec())),
            // Devices are those that the personality has.
            _ => continue,
        };
        let node = nodes.create(content, entry.mode, modified);
        dress(&node, &entry);
        directory.remove(last);
        // The name is free now.
        let _ = directory.insert(last, &node);
    }
    Ok(())
}

/// Sets what an entry says besides type and content.
fn dress(node: &Node, entry: &Entry<'_>) {
    node.mode.set(entry.mode);
    node.owner.set(entry.owner);
    node.group.set(entry.group);
    node.modified.set(Duration::from_secs(entry.modified.into()));
}

/// The directory at the end of these names, made if it is missing; none if a file is in the way.
pub(crate) fn walk(nodes: &Nodes, start: &Rc<Node>, names: &[&[u8]]) -> Option<Rc<Node>> {
    let mut here = Rc::clone(start);
    for name in names {
        let next = match here.child(name).ok()? {
            Some(node) => node,
            None => {
                let node = nodes.directory(0o755, Duration::ZERO);
                here.insert(name, &node).ok()?;
                node
            }
        };
        next.directory().ok()?;
        here = next;
    }
    Some(here)
}
