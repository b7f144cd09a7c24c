//! What is in a directory.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EINVAL, ENOENT, ENOTDIR, Errno};
use crate::abi::structures::{DIRENT_HEADER, Stat};
use crate::files::Description;
use crate::files::directory::Named;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};

/// Most bytes of one answer.
const LIMIT: usize = 32 << 10;
/// Names that are looked at together.
const NAMES: usize = 64;
/// The position of the first that is neither `.` nor `..`.
const NAMED: u64 = 2;

impl<M: Machine> Linux<M> {
    /// `.` and `..` come first, at the positions 0 and 1, then the names in order. A description
    /// remembers the last one that it told, so that nothing is told twice or left out when others
    /// come and go; whoever sets its position counts names.
    pub(super) fn getdents64(
        &mut self,
        me: ThreadId,
        fd: Fd,
        buffer: Address,
        size: u64,
    ) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        let directory = file.node.directory().map_err(|_| ENOTDIR)?;
        let parent = directory.parent.borrow().upgrade();
        if parent.is_none() && !Rc::ptr_eq(&file.node, &self.root) {
            return Err(ENOENT.into());
        }
        let parent = parent.unwrap_or_else(|| Rc::clone(&file.node));
        let mut list = List::new(size);
        let mut position = file.position.get();
        let first = [(&b"."[..], &file.node), (&b".."[..], &parent)];
        for (name, node) in first.iter().skip(usize::try_from(position).unwrap_or(2)) {
            let named = Named { name: name.to_vec(), inode: node.inode, kind: node.kind() };
            if list.push(&named, position + 1) {
                position += 1;
            }
        }
        let mut last = last_name(&file, position)?;
        while position >= NAMED && !list.is_full {
            let names = file.node.names_behind(last.as_deref(), NAMES)?;
            if names.is_empty() {
                break;
            }
            for named in &names {
                if !list.push(named, position + 1) {
                    break;
                }
                position += 1;
                last = Some(named.name.clone());
            }
        }
        if list.bytes.is_empty() && list.is_full {
            return Err(EINVAL.into());
        }
        self.write_memory(me, buffer, &list.bytes)?;
        file.position.set(position);
        *file.listed.borrow_mut() = (position, last.unwrap_or_default());
        Ok(list.bytes.len() as u64)
    }
}

/// The name before a position: the one that was listed last, or found by counting.
fn last_name(file: &Description, position: u64) -> Result<Option<Vec<u8>>, Errno> {
    let listed = file.listed.borrow();
    if position <= NAMED {
        return Ok(None);
    }
    if listed.0 == position {
        return Ok(Some(listed.1.clone()));
    }
    let count = usize::try_from(position - NAMED).map_err(|_| EINVAL)?;
    let names = file.node.names_behind(None, count)?;
    Ok(names.last().map(|named| named.name.clone()))
}

/// Entries for a program.
struct List {
    bytes: Vec<u8>,
    limit: usize,
    /// Whether there was no room for one.
    is_full: bool,
}

impl List {
    fn new(size: u64) -> Self {
        let limit = usize::try_from(size).unwrap_or(LIMIT).min(LIMIT);
        Self { bytes: Vec::new(), limit, is_full: false }
    }

    /// Adds a `struct linux_dirent64` if there is room. `next`: the position behind it.
    fn push(&mut self, named: &Named, next: u64) -> bool {
        let length = (DIRENT_HEADER + named.name.len() + 1).next_multiple_of(8);
        if self.bytes.len() + length > self.limit {
            self.is_full = true;
            return false;
        }
        let end = self.bytes.len() + length;
        self.bytes.extend(named.inode.to_le_bytes());
        self.bytes.extend(next.to_le_bytes());
        self.bytes.extend((length as u16).to_le_bytes());
        self.bytes.push(Stat::directory_type(named.kind));
        self.bytes.extend(&named.name);
        self.bytes.resize(end, 0);
        true
    }
}
