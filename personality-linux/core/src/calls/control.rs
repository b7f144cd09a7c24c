//! `fcntl` and `ioctl`.

use alloc::rc::Rc;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EINVAL, ENOTTY};
use crate::abi::flags::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLK, F_SETFD, F_SETFL, F_SETLK, F_SETLKW,
    FD_CLOEXEC, FIOCLEX, FIONBIO, FIONCLEX, FIONREAD, O_APPEND, O_NONBLOCK,
};
use crate::files::{Descriptor, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};

/// Flags of a description that can be changed.
const CHANGEABLE: u32 = O_APPEND | O_NONBLOCK;

impl<M: Machine> Linux<M> {
    pub(super) fn fcntl(&mut self, me: ThreadId, fd: Fd, command: u32, argument: u64) -> Answer {
        if matches!(command, F_GETLK | F_SETLK | F_SETLKW) {
            return self.lock_file(me, fd, command, argument);
        }
        let descriptors = &mut self.process(me)?.descriptors;
        let descriptor = descriptors.descriptor_mut(fd)?;
        match command {
            F_DUPFD | F_DUPFD_CLOEXEC => {
                let description = Rc::clone(&descriptor.description);
                let closes_on_exec = command == F_DUPFD_CLOEXEC;
                if argument >= crate::files::descriptors::LIMIT as u64 {
                    return Err(EINVAL.into());
                }
                let copy = Descriptor { description, closes_on_exec };
                Ok(descriptors.add(copy, argument)?)
            }
            F_GETFD => Ok(u64::from(descriptor.closes_on_exec)),
            F_SETFD => {
                descriptor.closes_on_exec = argument as u32 & FD_CLOEXEC != 0;
                Ok(0)
            }
            F_GETFL => Ok(descriptor.description.flags.get().into()),
            F_SETFL => {
                let flags = &descriptor.description.flags;
                flags.set(flags.get() & !CHANGEABLE | argument as u32 & CHANGEABLE);
                Ok(0)
            }
            _ => Err(EINVAL.into()),
        }
    }

    pub(super) fn ioctl(
        &mut self,
        me: ThreadId,
        fd: Fd,
        command: u32,
        argument: Address,
    ) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        if matches!(command, FIOCLEX | FIONCLEX) {
            self.process(me)?.descriptors.descriptor_mut(fd)?.closes_on_exec = command == FIOCLEX;
            return Ok(0);
        }
        if command == FIONBIO {
            let on = self.read_array::<4>(me, argument)? != [0; 4];
            let flags = file.flags.get() & !O_NONBLOCK;
            file.flags.set(if on { flags | O_NONBLOCK } else { flags });
            return Ok(0);
        }
        match &file.stream {
            Stream::Pipe(end) if command == FIONREAD => {
                let count = end.pipe.len() as u32;
                self.write_memory(me, argument, &count.to_le_bytes())?;
                Ok(0)
            }
            Stream::Object(object) => self.object_ioctl(me, object, command, argument),
            _ => Err(ENOTTY.into()),
        }
    }
}
