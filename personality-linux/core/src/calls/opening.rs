//! Opening, closing, duplicating, pipes.

use alloc::rc::Rc;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EEXIST, EINVAL, EISDIR, ELOOP, ENXIO, Errno};
use crate::abi::flags::{
    AT_FDCWD, O_ACCMODE, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_PATH,
    O_RDWR, O_TRUNC, O_WRONLY,
};
use crate::files::path::PATH_BYTES;
use crate::files::pipe::Side;
use crate::files::volume::New;
use crate::files::{
    Content, Description, Descriptor, Descriptors, Device, Last, Node, Pipe, Stream,
};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::object::Object;

/// What a description keeps of the flags it was opened with.
const KEPT: u32 = !(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);

impl<M: Machine> Linux<M> {
    /// The path at an address.
    pub(super) fn path(
        &mut self,
        me: ThreadId,
        address: Address,
    ) -> Result<alloc::vec::Vec<u8>, Errno> {
        self.read_text(me, address, PATH_BYTES)
    }

    /// Where a relative path begins.
    pub(super) fn start_of(&mut self, me: ThreadId, at: Fd) -> Result<Rc<Node>, Errno> {
        let process = self.process(me)?;
        match at {
            AT_FDCWD => Ok(Rc::clone(&process.directory)),
            fd => Ok(Rc::clone(&process.descriptors.get(fd)?.node)),
        }
    }

    /// The node that a path in memory leads to.
    pub(super) fn find(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        last: Last,
    ) -> Result<Rc<Node>, Errno> {
        let path = self.path(me, path)?;
        let start = match path.first() {
            Some(b'/') => Rc::clone(&self.root),
            _ => self.start_of(me, at)?,
        };
        self.viewer(me)?.find(&start, &path, last)
    }

    /// The place that a path in memory leads to.
    pub(super) fn place(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        last: Last,
    ) -> Result<crate::files::path::Place, Errno> {
        let path = self.path(me, path)?;
        let start = match path.first() {
            Some(b'/') => Rc::clone(&self.root),
            _ => self.start_of(me, at)?,
        };
        self.viewer(me)?.place(&start, &path, last)
    }

    pub(super) fn openat(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        flags: u32,
        mode: u32,
    ) -> Answer {
        let node = match flags & O_CREAT {
            0 => {
                let keep = flags & O_NOFOLLOW != 0;
                let node = self.find(me, at, path, if keep { Last::Keep } else { Last::Follow })?;
                if matches!(node.content, Content::Link(_)) && flags & O_PATH == 0 {
                    return Err(ELOOP.into());
                }
                node
            }
            _ => self.find_or_create(me, at, path, flags, mode)?,
        };
        let is_directory = node.directory().is_ok();
        if flags & O_DIRECTORY != 0 {
            node.directory()?;
        }
        let writes = matches!(flags & O_ACCMODE, O_WRONLY | O_RDWR) && flags & O_PATH == 0;
        if is_directory && (writes || flags & O_CREAT != 0) {
            return Err(EISDIR.into());
        }
        let stream = match &node.content {
            Content::Generated(text) if flags & O_PATH == 0 => {
                Stream::Text(self.generate(me, *text)?)
            }
            Content::Device(device) if flags & O_PATH == 0 => {
                self.open_device(me, *device, flags)?
            }
            Content::Pipe | Content::Special if flags & O_PATH == 0 => return Err(ENXIO.into()),
            _ => Stream::Node,
        };
        if writes
            && flags & O_TRUNC != 0
            && let Some(object) = node.object()
        {
            object.resize(&mut self.frames, 0)?;
            node.wrote(self.now());
        }
        let description = Description::new(node, stream, flags & KEPT);
        let closes_on_exec = flags & O_CLOEXEC != 0;
        let descriptor = Descriptor { description, closes_on_exec };
        Ok(self.process(me)?.descriptors.add(descriptor, 0)?)
    }

    fn find_or_create(
        &mut self,
        me: ThreadId,
        at: Fd,
        path: Address,
        flags: u32,
        mode: u32,
    ) -> Result<Rc<Node>, Errno> {
        let keep = flags & (O_NOFOLLOW | O_EXCL) != 0;
        let last = if keep { Last::Keep } else { Last::Follow };
        let place = match self.place(me, at, path, last) {
            // The root.
            Err(EINVAL) => return Err(EISDIR),
            other => other?,
        };
        if let Some(node) = place.node {
            return match node.content {
                _ if flags & O_EXCL != 0 => Err(EEXIST),
                Content::Link(_) => Err(ELOOP),
                _ => Ok(node),
            };
        }
        if place.is_directory {
            return Err(EISDIR);
        }
        self.make(me, &place, New::Regular, mode)
    }

    pub(super) fn close(&mut self, me: ThreadId, fd: Fd) -> Answer {
        let descriptors = &mut self.process(me)?.descriptors;
        let inode = descriptors.get(fd)?.node.inode;
        descriptors.close(fd)?;
        let process = self.process_id(me);
        self.forget_locks(inode, process);
        Ok(0)
    }

    pub(super) fn close_range(
        &mut self,
        me: ThreadId,
        first: u32,
        last: u32,
        flags: u32,
    ) -> Answer {
        const CLOEXEC: u32 = 4;
        if flags & !CLOEXEC != 0 || first > last {
            return Err(EINVAL.into());
        }
        let limit = crate::files::descriptors::LIMIT as u32;
        for fd in first..last.saturating_add(1).min(limit) {
            if flags & CLOEXEC == 0 {
                // What is not open need not be closed.
                let _ = self.close(me, fd as Fd);
            } else if let Ok(descriptor) = self.process(me)?.descriptors.descriptor_mut(fd as Fd) {
                descriptor.closes_on_exec = true;
            }
        }
        Ok(0)
    }

    pub(super) fn dup(&mut self, me: ThreadId, fd: Fd) -> Answer {
        let descriptors = &mut self.process(me)?.descriptors;
        let description = Rc::clone(descriptors.get(fd)?);
        Ok(descriptors.add(Descriptor { description, closes_on_exec: false }, 0)?)
    }

    pub(super) fn dup3(&mut self, me: ThreadId, old: Fd, new: Fd, flags: u32) -> Answer {
        let descriptors = &mut self.process(me)?.descriptors;
        if flags & !O_CLOEXEC != 0 || old == new {
            return Err(EINVAL.into());
        }
        let description = Rc::clone(descriptors.get(old)?);
        let closes_on_exec = flags & O_CLOEXEC != 0;
        Ok(descriptors.replace(new, Descriptor { description, closes_on_exec })?)
    }

    pub(super) fn pipe2(&mut self, me: ThreadId, pair: Address, flags: u32) -> Answer {
        if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
            return Err(EINVAL.into());
        }
        self.last_pipe += 1;
        let pipe = Pipe::new(self.last_pipe, &self.wakes);
        let node = self.nodes.create(Content::Pipe, 0o600, self.now());
        let closes_on_exec = flags & O_CLOEXEC != 0;
        let end = |side, access| {
            let stream = Stream::Pipe(pipe.open(side));
            let description = Description::new(Rc::clone(&node), stream, flags & KEPT | access);
            Descriptor { description, closes_on_exec }
        };
        let (read, write) = (end(Side::Read, 0), end(Side::Write, O_WRONLY));
        let descriptors = &mut self.process(me)?.descriptors;
        let first = descriptors.add(read, 0)? as Fd;
        let second = match descriptors.add(write, 0) {
            Ok(second) => second as Fd,
            Err(errno) => {
                descriptors.close(first)?;
                return Err(errno.into());
            }
        };
        let bytes = [first.to_le_bytes(), second.to_le_bytes()].concat();
        if let Err(errno) = self.write_memory(me, pair, &bytes) {
            let descriptors = &mut self.process(me)?.descriptors;
            descriptors.close(first)?;
            descriptors.close(second)?;
            return Err(errno.into());
        }
        Ok(0)
    }

    /// Input, output and errors of the first process: the terminal.
    pub(crate) fn first_descriptors(&self) -> Descriptors {
        let mut descriptors = Descriptors::default();
        let device = Content::Device(Device::Terminal);
        let find = |directory: &Rc<Node>, name: &[u8]| directory.child(name).ok().flatten();
        let node = find(&self.root, b"dev").and_then(|devices| find(&devices, b"console"));
        let node = node.unwrap_or_else(|| self.nodes.create(device, 0o600, self.now()));
        let stream = Stream::Object(Object::Terminal(self.terminals.console.open()));
        let description = Description::new(node, stream, O_RDWR);
        for number in 0..3 {
            let description = Rc::clone(&description);
            // There is room for three.
            let _ = descriptors.add(Descriptor { description, closes_on_exec: false }, number);
        }
        descriptors
    }
}
