//! Making, removing, renaming; the working directory.

use alloc::rc::Rc;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EEXIST, EINVAL, ENOENT, EPERM, ERANGE, Errno};
use crate::abi::flags::{
    AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT,
    S_IFREG, S_IFSOCK,
};
use crate::files::node::PERMISSIONS;
use crate::files::path::Place;
use crate::files::volume::{New, Ownership};
use crate::files::{Last, Node, tree};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};

/// `renameat2`: fail if something is there.
const RENAME_NOREPLACE: u32 = 1;

impl<M: Machine> Linux<M> {
    pub(super) fn getcwd(&mut self, me: ThreadId, buffer: Address, size: u64) -> Answer {
        let directory = Rc::clone(&self.process(me)?.directory);
        let mut path = self.viewer(me)?.path_of(&directory)?;
        path.push(0);
        if path.len() as u64 > size {
            return Err(ERANGE.into());
        }
        self.write_memory(me, buffer, &path)?;
        Ok(path.len() as u64)
    }

    pub(super) fn chdir(&mut self, me: ThreadId, path: Address) -> Answer {
        let node = self.find(me, AT_FDCWD, path, Last::Follow)?;
        node.directory()?;
        self.process(me)?.directory = node;
        Ok(0)
    }

    pub(super) fn fchdir(&mut self, me: ThreadId, fd: Fd) -> Answer {
        let process = self.process(me)?;
        let node = Rc::clone(&process.descriptors.get(fd)?.node);
        node.directory()?;
        process.directory = node;
        Ok(0)
    }

    pub(super) fn mkdirat(&mut self, me: ThreadId, at: Fd, path: Address, mode: u32) -> Answer {
        let place = match self.place(me, at, path, Last::Keep) {
            Err(EINVAL) => return Err(EEXIST.into()),
            other => other?,
        };
        self.make(me, &place, New::Directory, mode)?;
        Ok(0)
    }

    /// Files, pipes and sockets; devices are those that there are.
    pub(super) fn mknodat(&mut self, me: ThreadId, at: Fd, path: Address, mode: u32) -> Answer {
        let new = match mode & S_IFMT {
            0 | S_IFREG => New::Regular,
            S_IFIFO => New::Pipe,
            S_IFSOCK => New::Socket,
            S_IFCHR | S_IFBLK => return Err(EPERM.into()),
            _ => return Err(EINVAL.into()),
        };
        let place = match self.place(me, at, path, Last::Keep) {
            Err(EINVAL) => return Err(EEXIST.into()),
            other => other?,
        };
        self.make(me, &place, new, mode)?;
        Ok(0)
    }

    /// Makes something for a thread, with what its mask leaves of the permissions.
    pub(super) fn make(
        &mut self,
        me: ThreadId,
        place: &Place,
        new: New<'_>,
        mode: u32,
    ) -> Result<Rc<Node>, Errno> {
        let mask = if matches!(new, New::Link(_)) { 0 } else { self.process(me)?.umask };
        let who = Ownership { permissions: mode & PERMISSIONS & !mask, owner: 0, group: 0 };
        tree::create(&self.nodes, place, new, who, self.now())
    }

    pub(super) fn unlinkat(&mut self, me: ThreadId, at: Fd, path: Address, flags: u32) -> Answer {
        let place = self.place(me, at, path, Last::Keep)?;
        match flags {
            0 => tree::unlink(&place, self.now())?,
            AT_REMOVEDIR => tree::remove_directory(&place, self.now())?,
            _ => return Err(EINVAL.into()),
        }
        Ok(0)
    }

    pub(super) fn symlinkat(
        &mut self,
        me: ThreadId,
        target: Address,
        at: Fd,
        path: Address,
    ) -> Answer {
        let target = self.path(me, target)?;
        if target.is_empty() {
            return Err(ENOENT.into());
        }
        let place = self.place(me, at, path, Last::Keep)?;
        self.make(me, &place, New::Link(&target), 0o777)?;
        Ok(0)
    }

    pub(super) fn linkat(
        &mut self,
        me: ThreadId,
        old_at: Fd,
        old: Address,
        new_at: Fd,
        new: Address,
        flags: u32,
    ) -> Answer {
        if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
            return Err(EINVAL.into());
        }
        let follows = flags & AT_SYMLINK_FOLLOW != 0;
        let node = self.find(me, old_at, old, if follows { Last::Follow } else { Last::Keep })?;
        let place = self.place(me, new_at, new, Last::Keep)?;
        tree::link(&node, &place, self.now())?;
        Ok(0)
    }

    pub(super) fn renameat(
        &mut self,
        me: ThreadId,
        old_at: Fd,
        old: Address,
        new_at: Fd,
        new: Address,
    ) -> Answer {
        self.renameat2(me, old_at, old, new_at, new, 0)
    }

    pub(super) fn renameat2(
        &mut self,
        me: ThreadId,
        old_at: Fd,
        old: Address,
        new_at: Fd,
        new: Address,
        flags: u32,
    ) -> Answer {
        if flags & !RENAME_NOREPLACE != 0 {
            return Err(EINVAL.into());
        }
        let from = self.place(me, old_at, old, Last::Keep)?;
        let to = self.place(me, new_at, new, Last::Keep)?;
        let viewer = self.viewer(me)?;
        tree::rename(&viewer, (&from, &to), flags & RENAME_NOREPLACE == 0, self.now())?;
        Ok(0)
    }
}
