//! What is in a directory.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EINVAL, ENOENT, ENOTDIR};
use crate::abi::structures::{DIRENT_HEADER, Stat};
use crate::files::Node;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};

impl<M: Machine> Linux<M> {
    /// The position of a directory is that of the next name: `.`, `..`, then the names in order. A
    /// name that comes or goes meanwhile moves those behind it by one.
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
        let entries = directory.entries.borrow();
        let first = [(&b"."[..], &file.node), (&b".."[..], &parent)];
        let named = entries.iter().map(|(name, node)| (name.as_slice(), node));
        let skipped = usize::try_from(file.position.get()).map_err(|_| EINVAL)?;
        let limit = usize::try_from(size).unwrap_or(usize::MAX).min(32 << 10);
        let mut bytes = Vec::new();
        let mut position = file.position.get();
        for (name, node) in first.into_iter().chain(named).skip(skipped) {
            if !push(&mut bytes, limit, name, node, position + 1) {
                break;
            }
            position += 1;
        }
        if bytes.is_empty() && position < entries.len() as u64 + 2 {
            return Err(EINVAL.into());
        }
        self.write_memory(me, buffer, &bytes)?;
        file.position.set(position);
        Ok(bytes.len() as u64)
    }
}

/// Adds a `struct linux_dirent64` if there is room.
fn push(bytes: &mut Vec<u8>, limit: usize, name: &[u8], node: &Node, next: u64) -> bool {
    let length = (DIRENT_HEADER + name.len() + 1).next_multiple_of(8);
    if bytes.len() + length > limit {
        return false;
    }
    let end = bytes.len() + length;
    bytes.extend(node.inode.to_le_bytes());
    bytes.extend(next.to_le_bytes());
    bytes.extend((length as u16).to_le_bytes());
    bytes.push(Stat::directory_type(node.mode.get()));
    bytes.extend(name);
    bytes.resize(end, 0);
    true
}
