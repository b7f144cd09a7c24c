//! Making, removing, renaming; the working directory.

use alloc::rc::Rc;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EINVAL, ENOENT, ERANGE};
use crate::abi::flags::{AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW};
use crate::files::node::Directory;
use crate::files::{Content, Last, Link, tree};
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
            Err(EINVAL) => return Err(crate::abi::errno::EEXIST.into()),
            other => other?,
        };
        let mode = mode & !self.process(me)?.umask;
        let content = Content::Directory(Directory::default());
        let node = self.nodes.create(content, mode, self.now());
        tree::add(&place, &node)?;
        Ok(0)
    }

    pub(super) fn unlinkat(&mut self, me: ThreadId, at: Fd, path: Address, flags: u32) -> Answer {
        let place = self.place(me, at, path, Last::Keep)?;
        match flags {
            0 => tree::unlink(&place)?,
            AT_REMOVEDIR => tree::remove_directory(&place)?,
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
        let content = Content::Link(Link::Path(target));
        let node = self.nodes.create(content, 0o777, self.now());
        tree::add(&place, &node)?;
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
        tree::link(&node, &place)?;
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
        tree::rename(&viewer, &from, &to, flags & RENAME_NOREPLACE == 0)?;
        Ok(0)
    }
}
