//! `ioctl` of terminals and of the devices that programs play.

use alloc::rc::Rc;

use super::jobs::Wish;
use super::{Terminal, WindowSize};
use crate::abi::errno::{EINVAL, EIO, ENOTTY, EPERM, ESRCH};
use crate::abi::flags::{
    FIONREAD, O_ACCMODE, O_CLOEXEC, TCFLSH, TCGETS, TCSBRK, TCSBRKP, TCSETS, TCSETSF, TCSETSW,
    TCXONC, TIOCEXCL, TIOCGPGRP, TIOCGPTLCK, TIOCGPTN, TIOCGPTPEER, TIOCGSID, TIOCGWINSZ,
    TIOCNOTTY, TIOCNXCL, TIOCOUTQ, TIOCSCTTY, TIOCSPGRP, TIOCSPTLCK, TIOCSWINSZ,
};
use crate::abi::signals::{SI_KERNEL, SIGWINCH};
use crate::abi::termios::Termios;
use crate::calls::Answer;
use crate::files::{Content, Description, Descriptor, Device, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::object::Object;
use crate::process::state::Info;

impl<M: Machine> Linux<M> {
    /// What both sides can be asked.
    pub(crate) fn terminal_ioctl(
        &mut self,
        me: ThreadId,
        terminal: &Rc<Terminal>,
        command: u32,
        argument: u64,
    ) -> Answer {
        match command {
            TCGETS => {
                let bytes = terminal.discipline.borrow().modes().to_bytes();
                self.write_memory(me, argument, &bytes)?;
            }
            TCSETS | TCSETSW | TCSETSF => {
                self.check_foreground(me, terminal, Wish::Control)?;
                let modes = Termios::from_bytes(&self.read_array(me, argument)?);
                let mut discipline = terminal.discipline.borrow_mut();
                if command == TCSETSF {
                    discipline.flush();
                }
                discipline.set_modes(modes);
                drop(discipline);
                terminal.changed();
            }
            TCFLSH => self.flush_terminal(me, terminal, argument)?,
            TCXONC => {
                self.check_foreground(me, terminal, Wish::Control)?;
                if argument > 3 {
                    return Err(EINVAL.into());
                }
                // What is typed is never held back.
                if argument < 2 {
                    terminal.discipline.borrow_mut().stop(argument == 0);
                    terminal.changed();
                }
            }
            TCSBRK | TCSBRKP => self.check_foreground(me, terminal, Wish::Control)?,
            TIOCEXCL | TIOCNXCL => {}
            TIOCGWINSZ => {
                let bytes = terminal.size.get().map(u16::to_le_bytes).concat();
                self.write_memory(me, argument, &bytes)?;
            }
            TIOCSWINSZ => {
                let bytes: [u8; 8] = self.read_array(me, argument)?;
                let mut words = bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word));
                self.resize_window(terminal, core::array::from_fn(|_| words.next().unwrap_or(0)));
            }
            FIONREAD => {
                let count = terminal.discipline.borrow().waiting() as u32;
                self.write_memory(me, argument, &count.to_le_bytes())?;
            }
            TIOCOUTQ => {
                let count = terminal.pty().map_or(0, |pty| pty.output.borrow().len()) as u32;
                self.write_memory(me, argument, &count.to_le_bytes())?;
            }
            _ => return self.session_ioctl(me, terminal, command, argument),
        }
        Ok(0)
    }

    /// What is about sessions and groups.
    fn session_ioctl(
        &mut self,
        me: ThreadId,
        terminal: &Rc<Terminal>,
        command: u32,
        argument: u64,
    ) -> Answer {
        let session = self.process(me)?.session;
        let is_own = terminal.session.get() == session;
        match command {
            TIOCGPGRP if is_own || terminal.pty().is_some() => {
                let group = terminal.foreground.get();
                self.write_memory(me, argument, &group.to_le_bytes())?;
            }
            TIOCGSID if is_own || terminal.pty().is_some() => {
                let session = terminal.session.get();
                self.write_memory(me, argument, &session.to_le_bytes())?;
            }
            TIOCSPGRP if is_own => {
                self.check_foreground(me, terminal, Wish::Control)?;
                let group = u32::from_le_bytes(self.read_array(me, argument)?);
                let mut members = self.processes.values().filter(|process| process.group == group);
                match members.next() {
                    _ if i32::try_from(group).is_err() => return Err(EINVAL.into()),
                    None => return Err(ESRCH.into()),
                    Some(member) if member.session != session => return Err(EPERM.into()),
                    Some(_) => terminal.foreground.set(group),
                }
            }
            TIOCSCTTY => return self.take_terminal(me, terminal, argument),
            TIOCNOTTY if is_own => {
                let number = self.process_id(me);
                if number == session {
                    self.end_session(number);
                }
            }
            _ => return Err(ENOTTY.into()),
        }
        Ok(0)
    }

    /// The leader of a session without a terminal takes one, by force if it may.
    fn take_terminal(&mut self, me: ThreadId, terminal: &Rc<Terminal>, force: u64) -> Answer {
        let number = self.process_id(me);
        let (session, group) = (self.process(me)?.session, self.process(me)?.group);
        if terminal.session.get() == session && session == number {
            return Ok(0);
        }
        if session != number || self.terminals.of_session(session).is_some() {
            return Err(EPERM.into());
        }
        let is_root = self.process(me)?.credentials.is_privileged();
        if terminal.session.get() != 0 && !(force == 1 && is_root) {
            return Err(EPERM.into());
        }
        terminal.session.set(session);
        terminal.foreground.set(group);
        Ok(0)
    }

    fn flush_terminal(
        &mut self,
        me: ThreadId,
        terminal: &Rc<Terminal>,
        which: u64,
    ) -> Result<(), crate::calls::Stop> {
        self.check_foreground(me, terminal, Wish::Control)?;
        let (input, output) = match which {
            0 => (true, false),
            1 => (false, true),
            2 => (true, true),
            _ => return Err(EINVAL.into()),
        };
        if input {
            terminal.discipline.borrow_mut().flush();
        }
        if let Some(pty) = terminal.pty().filter(|_| output) {
            pty.output.borrow_mut().clear();
        }
        terminal.changed();
        Ok(())
    }

    /// Sets the size of a terminal's window; the foreground hears of it.
    pub(super) fn resize_window(&mut self, terminal: &Rc<Terminal>, size: WindowSize) {
        if terminal.size.replace(size) != size && terminal.foreground.get() != 0 {
            let info = Info { code: SI_KERNEL, ..Info::default() };
            self.signal_group(terminal.foreground.get(), SIGWINCH, info);
        }
    }

    /// What only who plays the device can ask.
    pub(crate) fn master_ioctl(
        &mut self,
        me: ThreadId,
        terminal: &Rc<Terminal>,
        command: u32,
        argument: u64,
    ) -> Answer {
        let pty = terminal.pty().ok_or(EIO)?;
        match command {
            TIOCGPTN => {
                let index = terminal.number - 1;
                self.write_memory(me, argument, &index.to_le_bytes())?;
            }
            TIOCSPTLCK => pty.is_locked.set(self.read_array::<4>(me, argument)? != [0; 4]),
            TIOCGPTLCK => {
                let locked = u32::from(pty.is_locked.get());
                self.write_memory(me, argument, &locked.to_le_bytes())?;
            }
            TIOCGPTPEER => return self.open_peer(me, terminal, argument as u32),
            FIONREAD => {
                let count = pty.output.borrow().len() as u32;
                self.write_memory(me, argument, &count.to_le_bytes())?;
            }
            _ => return self.terminal_ioctl(me, terminal, command, argument),
        }
        Ok(0)
    }

    /// Opens the terminal whose device this is, whatever its path has become.
    fn open_peer(&mut self, me: ThreadId, terminal: &Rc<Terminal>, flags: u32) -> Answer {
        let device = Content::Device(Device::Pty(terminal.number - 1));
        let name = alloc::format!("{}", terminal.number - 1);
        let node = self.pts().and_then(|pts| pts.child(name.as_bytes()).ok().flatten());
        let node = node.unwrap_or_else(|| self.nodes.create(device, 0o620, self.now()));
        let end = self.open_terminal(me, terminal, flags);
        let kept = flags & (O_ACCMODE | crate::abi::flags::O_NONBLOCK);
        let description = Description::new(node, Stream::Object(Object::Terminal(end)), kept);
        let closes_on_exec = flags & O_CLOEXEC != 0;
        let descriptor = Descriptor { description, closes_on_exec };
        Ok(self.process(me)?.descriptors.add(descriptor, 0)?)
    }
}
