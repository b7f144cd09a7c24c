//! `fcntl` and `ioctl`.

use alloc::rc::Rc;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EINVAL, ENOTTY};
use crate::abi::flags::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLK, F_SETFD, F_SETFL, F_SETLK, F_SETLKW,
    FD_CLOEXEC, FIONBIO, FIONREAD, O_APPEND, O_NONBLOCK, TCGETS, TCSETS, TCSETSF, TCSETSW,
    TIOCGPGRP, TIOCGSID, TIOCGWINSZ, TIOCSCTTY, TIOCSPGRP, TIOCSWINSZ,
};
use crate::files::{Content, Descriptor, Device, Stream};
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
        if command == FIONBIO {
            let on = self.read_array::<4>(me, argument)? != [0; 4];
            let flags = file.flags.get() & !O_NONBLOCK;
            file.flags.set(if on { flags | O_NONBLOCK } else { flags });
            return Ok(0);
        }
        match (&file.stream, &file.node.content) {
            (Stream::Pipe(end), _) if command == FIONREAD => {
                let count = end.pipe.len() as u32;
                self.write_memory(me, argument, &count.to_le_bytes())?;
                Ok(0)
            }
            (_, Content::Device(Device::Terminal)) => self.terminal_ioctl(me, command, argument),
            _ => Err(ENOTTY.into()),
        }
    }

    fn terminal_ioctl(&mut self, me: ThreadId, command: u32, argument: Address) -> Answer {
        match command {
            TCGETS => {
                let termios = *self.terminal.termios();
                self.write_memory(me, argument, &termios)?;
            }
            TCSETS | TCSETSW | TCSETSF => {
                let termios = self.read_array(me, argument)?;
                if command == TCSETSF {
                    self.terminal.flush();
                }
                self.terminal.set_termios(termios);
                self.wake(crate::waiting::Key::Terminal);
            }
            TIOCGWINSZ => {
                let (rows, columns) = self.terminal.size;
                let words = [rows, columns, 0, 0].map(u16::to_le_bytes).concat();
                self.write_memory(me, argument, &words)?;
            }
            TIOCSWINSZ => {
                let [a, b, c, d, ..] = self.read_array::<8>(me, argument)?;
                self.terminal.size = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            }
            TIOCGPGRP => {
                let group = self.terminal.foreground.to_le_bytes();
                self.write_memory(me, argument, &group)?;
            }
            TIOCSPGRP => {
                self.terminal.foreground = u32::from_le_bytes(self.read_array(me, argument)?);
            }
            TIOCSCTTY => self.terminal.session = self.process(me)?.session,
            TIOCGSID => {
                let session = self.terminal.session.to_le_bytes();
                self.write_memory(me, argument, &session)?;
            }
            FIONREAD => {
                let count = self.terminal.waiting() as u32;
                self.write_memory(me, argument, &count.to_le_bytes())?;
            }
            _ => return Err(ENOTTY.into()),
        }
        Ok(0)
    }
}
