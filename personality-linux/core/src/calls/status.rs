//! What files are; owners, permissions, times, lengths.

use alloc::rc::Rc;
use core::time::Duration;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EACCES, EFAULT, EINVAL, EISDIR, Errno};
use crate::abi::flags::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, S_IFDIR};
use crate::abi::structures::{pair, statfs};
use crate::files::node::{Home, PERMISSIONS};
use crate::files::volume::Change;
use crate::files::{Content, Last, Node};
use crate::linux::Linux;
use crate::machine::{Machine, PAGE, ThreadId};

/// In `struct statfs`: a file system in memory.
const TMPFS_MAGIC: u64 = 0x0102_1994;
/// And one on a disk.
const EXT4_MAGIC: u64 = 0xef53;
/// In a `timespec`: the time now, and leave it.
const UTIME_NOW: u64 = 0x3fff_ffff;
const UTIME_OMIT: u64 = 0x3fff_fffe;
/// "Leave the owner as it is."
const UNCHANGED: u32 = u32::MAX;
/// `faccessat`: may it be executed.
const X_OK: u32 = 1;

/// What the flags say about a link at the end.
const fn last(flags: u32) -> Last {
    if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::Keep } else { Last::Follow }
}

impl<M: Machine> Linux<M> {
    /// The node of a path, or of the descriptor if the path is empty and the flags permit that.
    fn node_at(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        flags: u32,
    ) -> Result<Rc<Node>, Errno> {
        if flags & AT_EMPTY_PATH != 0 {
            let is_empty = path == 0 || self.read_array::<1>(me, path)? == [0];
            if is_empty {
                return self.start_of(me, at);
            }
        }
        self.find(me, at, path, last(flags))
    }

    pub(super) fn newfstatat(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        buffer: Address,
        flags: u32,
    ) -> Answer {
        let stat = self.node_at(me, at, path, flags)?.stat().to_bytes();
        self.write_memory(me, buffer, &stat)?;
        Ok(0)
    }

    pub(super) fn fstat(&mut self, me: ThreadId, fd: Fd, buffer: Address) -> Answer {
        let stat = self.process(me)?.descriptors.get(fd)?.node.stat().to_bytes();
        self.write_memory(me, buffer, &stat)?;
        Ok(0)
    }

    pub(super) fn statx(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        flags: u32,
        _mask: u32,
        buffer: Address,
    ) -> Answer {
        let stat = self.node_at(me, at, path, flags)?.stat().to_extended();
        self.write_memory(me, buffer, &stat)?;
        Ok(0)
    }

    pub(super) fn statfs(&mut self, me: ThreadId, path: Address, buffer: Address) -> Answer {
        let node = self.find(me, AT_FDCWD, path, Last::Follow)?;
        self.write_statfs(me, &node, buffer)
    }

    pub(super) fn fstatfs(&mut self, me: ThreadId, fd: Fd, buffer: Address) -> Answer {
        let node = Rc::clone(&self.process(me)?.descriptors.get(fd)?.node);
        self.write_statfs(me, &node, buffer)
    }

    fn write_statfs(&mut self, me: ThreadId, node: &Node, buffer: Address) -> Answer {
        let bytes = match &node.home {
            Home::Memory => {
                let (free, total) = self.frames.machine.frames();
                statfs(TMPFS_MAGIC, PAGE, [total, free], [total, free])
            }
            Home::Disk(inode) => {
                let room = inode.mounted.volume().room();
                let blocks = [room.blocks, room.free_blocks];
                let inodes = [room.inodes, room.free_inodes];
                statfs(EXT4_MAGIC, room.block_bytes, blocks, inodes)
            }
        };
        self.write_memory(me, buffer, &bytes)?;
        Ok(0)
    }

    pub(super) fn faccessat(&mut self, me: ThreadId, at: Fd, path: Address, mode: u32) -> Answer {
        self.faccessat2(me, at, path, mode, 0)
    }

    pub(super) fn faccessat2(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        mode: u32,
        flags: u32,
    ) -> Answer {
        if mode > 7 {
            return Err(EINVAL.into());
        }
        let node = self.node_at(me, at, path, flags)?;
        // Everybody is root, who may do everything but execute what nobody may.
        let executable = node.mode.get() & 0o111 != 0 || node.kind() == S_IFDIR;
        if mode & X_OK != 0 && !executable {
            return Err(EACCES.into());
        }
        Ok(0)
    }

    pub(super) fn readlinkat(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        buffer: Address,
        size: u64,
    ) -> Answer {
        let node = self.find(me, at, path, Last::Keep)?;
        let Content::Link(link) = &node.content else { return Err(EINVAL.into()) };
        let target = self.viewer(me)?.target(link);
        let count = target.len().min(usize::try_from(size).map_err(|_| EINVAL)?);
        if count == 0 {
            return Err(EINVAL.into());
        }
        self.write_memory(me, buffer, &target[..count])?;
        Ok(count as u64)
    }

    pub(super) fn fchmod(&mut self, me: ThreadId, fd: Fd, mode: u32) -> Answer {
        let node = Rc::clone(&self.process(me)?.descriptors.get(fd)?.node);
        self.set_permissions(&node, mode)
    }

    pub(super) fn fchmodat(&mut self, me: ThreadId, at: Fd, path: Address, mode: u32) -> Answer {
        let node = self.find(me, at, path, Last::Follow)?;
        self.set_permissions(&node, mode)
    }

    pub(super) fn fchownat(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        owner: u32,
        group: u32,
        flags: u32,
    ) -> Answer {
        let node = self.node_at(me, at, path, flags)?;
        self.set_owner(&node, owner, group)
    }

    pub(super) fn fchown(&mut self, me: ThreadId, fd: Fd, owner: u32, group: u32) -> Answer {
        let node = Rc::clone(&self.process(me)?.descriptors.get(fd)?.node);
        self.set_owner(&node, owner, group)
    }

    pub(super) fn utimensat(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        times: Address,
        flags: u32,
    ) -> Answer {
        let node = match path {
            0 => self.start_of(me, at)?,
            path => self.find(me, at, path, last(flags))?,
        };
        let now = self.now();
        let [accessed, modified] = match times {
            0 => [Some(now); 2],
            times => {
                let second = times.checked_add(16).ok_or(EFAULT)?;
                let (one, other) = (self.read_array(me, times)?, self.read_array(me, second)?);
                [file_time(one, now)?, file_time(other, now)?]
            }
        };
        if accessed.is_some() || modified.is_some() {
            node.change(Change { accessed, modified, ..Change::default() }, now)?;
            if let (Some(modified), Some(object)) = (modified, node.object()) {
                object.dated(modified);
            }
        }
        Ok(0)
    }

    fn set_permissions(&mut self, node: &Node, mode: u32) -> Answer {
        let change = Change { permissions: Some(mode & PERMISSIONS), ..Change::default() };
        node.change(change, self.now())?;
        Ok(0)
    }

    fn set_owner(&mut self, node: &Node, owner: u32, group: u32) -> Answer {
        let keep = |wish, old| if wish == UNCHANGED { old } else { wish };
        let owners = (keep(owner, node.owner.get()), keep(group, node.group.get()));
        node.change(Change { owners: Some(owners), ..Change::default() }, self.now())?;
        Ok(0)
    }

    pub(super) fn truncate(&mut self, me: ThreadId, path: Address, length: u64) -> Answer {
        let node = self.find(me, AT_FDCWD, path, Last::Follow)?;
        self.resize(&node, length)
    }

    pub(super) fn ftruncate(&mut self, me: ThreadId, fd: Fd, length: u64) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        if !file.can_write() {
            return Err(EINVAL.into());
        }
        self.resize(&file.node, length)
    }

    fn resize(&mut self, node: &Node, length: u64) -> Answer {
        if node.directory().is_ok() {
            return Err(EISDIR.into());
        }
        let object = node.object().ok_or(EINVAL)?;
        if i64::try_from(length).is_err() {
            return Err(EINVAL.into());
        }
        object.resize(&mut self.frames, length)?;
        node.wrote(self.now());
        Ok(0)
    }

    /// Nobody is told that a disk fails: it is tried again.
    pub(super) fn sync(&mut self, _me: ThreadId) -> Answer {
        let _ = self.flush();
        Ok(0)
    }

    pub(super) fn fsync(&mut self, me: ThreadId, fd: Fd) -> Answer {
        let node = Rc::clone(&self.process(me)?.descriptors.get(fd)?.node);
        self.flush_node(&node)
    }

    /// What a file has in memory only is written, with its attributes and its name.
    pub(super) fn flush_node(&mut self, node: &Node) -> Answer {
        if let Home::Disk(inode) = &node.home {
            let now = self.now();
            inode.mounted.flush(&mut self.frames, Some(inode.number), now)?;
        }
        Ok(0)
    }

    /// All advice is about speed.
    pub(super) fn fadvise64(&mut self, me: ThreadId, fd: Fd) -> Answer {
        self.process(me)?.descriptors.get(fd)?;
        Ok(0)
    }
}

/// The time that a `timespec` asks for; none: as it was.
fn file_time(bytes: [u8; 16], now: Duration) -> Result<Option<Duration>, Errno> {
    Ok(match pair(bytes) {
        [_, UTIME_NOW] => Some(now),
        [_, UTIME_OMIT] => None,
        [seconds, nanoseconds @ ..1_000_000_000] => {
            Some(Duration::new(seconds, nanoseconds as u32))
        }
        _ => return Err(EINVAL),
    })
}
