//! Reading and writing of terminals, and of the devices that programs play.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::discipline::{LONGEST, Readiness};
use super::jobs::Wish;
use super::{Device, PTY_OUTPUT, Terminal};
use crate::abi::errno::{EAGAIN, EIO};
use crate::abi::flags::{O_NONBLOCK, POLLHUP, POLLIN, POLLOUT};
use crate::abi::signals::SI_KERNEL;
use crate::calls::{Answer, Stop};
use crate::files::Description;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::state::Info;
use crate::waiting::Wait;

impl<M: Machine> Linux<M> {
    pub(crate) fn read_terminal(
        &mut self,
        me: ThreadId,
        file: &Description,
        terminal: &Rc<Terminal>,
        address: u64,
        bytes: &mut [u8],
    ) -> Answer {
        self.check_foreground(me, terminal, Wish::Read)?;
        let until = self.flight(me).and_then(|flight| flight.deadline);
        let now = self.now();
        let ready = terminal.discipline.borrow().readiness(bytes.len(), until, now);
        let count = match ready {
            Readiness::Now(count) => count,
            Readiness::Later(_) if file.is(O_NONBLOCK) => return Err(EAGAIN.into()),
            Readiness::Later(until) => {
                if let Some(flight) = self.flight(me) {
                    flight.deadline = until;
                }
                return Err(Stop::Wait(Wait { keys: alloc::vec![terminal.key()], until }));
            }
        };
        // Nothing is taken that cannot be delivered.
        self.touch(me, address, count)?;
        let count = terminal.discipline.borrow_mut().read(&mut bytes[..count]);
        terminal.changed();
        self.write_memory(me, address, &bytes[..count])?;
        Ok(count as u64)
    }

    pub(crate) fn write_terminal(
        &mut self,
        me: ThreadId,
        file: &Description,
        terminal: &Rc<Terminal>,
        bytes: &[u8],
    ) -> Answer {
        if terminal.is_hung_up() {
            return Err(EIO.into());
        }
        self.check_foreground(me, terminal, Wish::Write)?;
        let mut printed = Vec::new();
        let count = {
            let discipline = terminal.discipline.borrow();
            let room = if discipline.is_stopped() { 0 } else { self.room(terminal) };
            discipline.output(bytes, room, &mut printed)
        };
        if count == 0 {
            return Err(match file.is(O_NONBLOCK) {
                true => EAGAIN.into(),
                false => Stop::Wait(Wait::on(terminal.key())),
            });
        }
        self.put_out(terminal, &printed);
        Ok(count as u64)
    }

    /// Bytes that the device of a terminal has room for.
    fn room(&self, terminal: &Terminal) -> usize {
        match &terminal.device {
            Device::Console => self.frames.machine.room(),
            Device::Program(pty) => PTY_OUTPUT.saturating_sub(pty.output.borrow().len()),
        }
    }

    /// Gives bytes to the device, whether there is room or not.
    fn put_out(&mut self, terminal: &Terminal, bytes: &[u8]) {
        match &terminal.device {
            Device::Console => self.frames.machine.print(bytes),
            Device::Program(pty) if !bytes.is_empty() => {
                pty.output.borrow_mut().extend(bytes);
                terminal.changed();
            }
            Device::Program(_) => {}
        }
    }

    /// What is typed at a terminal.
    pub(crate) fn type_at(&mut self, terminal: &Rc<Terminal>, bytes: &[u8]) {
        let now = self.now();
        let typed = terminal.discipline.borrow_mut().input(bytes, now);
        let mut echo = Vec::new();
        // An echo that the device has no room for is lost.
        let room = self.room(terminal);
        terminal.discipline.borrow().output(&typed.echo, room, &mut echo);
        self.put_out(terminal, &echo);
        let foreground = terminal.foreground.get();
        for signal in typed.signals.into_iter().filter(|_| foreground != 0) {
            self.signal_group(foreground, signal, Info { code: SI_KERNEL, ..Info::default() });
        }
        terminal.changed();
    }

    /// Prints on the console what the system itself has to say.
    pub(crate) fn print(&mut self, bytes: &[u8]) {
        let console = Rc::clone(&self.terminals.console);
        let mut printed = Vec::new();
        console.discipline.borrow().output(bytes, usize::MAX / 2, &mut printed);
        self.put_out(&console, &printed);
    }

    /// Reads what was printed at a pseudo terminal.
    pub(crate) fn read_master(
        &mut self,
        me: ThreadId,
        file: &Description,
        terminal: &Rc<Terminal>,
        address: u64,
        bytes: &mut [u8],
    ) -> Answer {
        let pty = terminal.pty().ok_or(EIO)?;
        let length = pty.output.borrow().len().min(bytes.len());
        if length == 0 {
            return Err(match terminal.opened.get() {
                0 if terminal.was_opened() => EIO.into(),
                _ if file.is(O_NONBLOCK) => EAGAIN.into(),
                _ => Stop::Wait(Wait::on(terminal.key())),
            });
        }
        self.touch(me, address, length)?;
        for (place, byte) in bytes.iter_mut().zip(pty.output.borrow_mut().drain(..length)) {
            *place = byte;
        }
        terminal.changed();
        self.write_memory(me, address, &bytes[..length])?;
        Ok(length as u64)
    }

    /// Types at a pseudo terminal.
    pub(crate) fn write_master(
        &mut self,
        file: &Description,
        terminal: &Rc<Terminal>,
        bytes: &[u8],
    ) -> Answer {
        let count = terminal.discipline.borrow().room().min(bytes.len());
        // A full line is still edited, or ended.
        let count = if terminal.discipline.borrow().is_readable() { count } else { bytes.len() };
        if count == 0 {
            return Err(match file.is(O_NONBLOCK) {
                true => EAGAIN.into(),
                false => Stop::Wait(Wait::on(terminal.key())),
            });
        }
        self.type_at(terminal, &bytes[..count]);
        Ok(count as u64)
    }

    /// What could be done with a terminal now.
    pub(crate) fn poll_terminal(&self, terminal: &Terminal) -> u16 {
        let discipline = terminal.discipline.borrow();
        let is_readable = discipline.is_readable();
        let has_room = !discipline.is_stopped() && self.room(terminal) >= LONGEST;
        let flag = |set, flag| if set { flag } else { 0 };
        flag(is_readable, POLLIN) | flag(has_room, POLLOUT) | flag(terminal.is_hung_up(), POLLHUP)
    }
}

impl Terminal {
    /// Whether somebody has opened it since it was made.
    fn was_opened(&self) -> bool {
        self.pty().is_some_and(|pty| pty.was_opened.get())
    }

    /// What could be done with the device of a pseudo terminal now.
    pub(crate) fn poll_master(&self) -> u16 {
        let Some(pty) = self.pty() else { return 0 };
        let flag = |set, flag| if set { flag } else { 0 };
        flag(!pty.output.borrow().is_empty(), POLLIN)
            | flag(self.discipline.borrow().room() > 0, POLLOUT)
            | flag(self.opened.get() == 0 && self.was_opened(), POLLHUP)
    }
}
