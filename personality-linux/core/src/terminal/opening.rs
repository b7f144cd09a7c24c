//! Which terminal a device in `/dev` stands for.

use alloc::format;
use alloc::rc::Rc;

use super::{MasterEnd, Terminal, TerminalEnd};
use crate::abi::errno::{EIO, ENOENT, ENOSPC, ENXIO, Errno};
use crate::abi::flags::O_NOCTTY;
use crate::files::{Content, Device, Node, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::object::Object;

impl<M: Machine> Linux<M> {
    /// What is opened with a device's node.
    ///
    /// # Errors
    /// `ENXIO`: there is no such terminal. `EIO`: it cannot be opened yet. `ENOSPC`.
    pub(crate) fn open_device(
        &mut self,
        me: ThreadId,
        device: Device,
        flags: u32,
    ) -> Result<Stream, Errno> {
        let object = match device {
            Device::Terminal => {
                let console = Rc::clone(&self.terminals.console);
                Object::Terminal(self.open_terminal(me, &console, flags))
            }
            Device::ControllingTerminal => {
                let session = self.process(me)?.session;
                Object::Terminal(self.terminals.of_session(session).ok_or(ENXIO)?.open())
            }
            Device::Master => Object::Master(self.open_master()?),
            Device::Pty(number) => {
                let terminal = Rc::clone(self.terminals.get(number + 1).ok_or(ENXIO)?);
                if terminal.is_hung_up() || terminal.pty().is_none_or(|pty| pty.is_locked.get()) {
                    return Err(EIO);
                }
                Object::Terminal(self.open_terminal(me, &terminal, flags))
            }
            _ => return Ok(Stream::Node),
        };
        Ok(Stream::Object(object))
    }

    /// Opens a terminal. A session without one, whose leader opens it, has it from then on.
    pub(super) fn open_terminal(
        &mut self,
        me: ThreadId,
        terminal: &Rc<Terminal>,
        flags: u32,
    ) -> TerminalEnd {
        let number = self.process_id(me);
        if let Some(process) = self.processes.get(&number)
            && flags & O_NOCTTY == 0
            && process.session == number
            && terminal.session.get() == 0
            && self.terminals.of_session(number).is_none()
        {
            terminal.session.set(number);
            terminal.foreground.set(process.group);
        }
        terminal.open()
    }

    /// `/dev/ptmx`: a new pseudo terminal, with a name.
    fn open_master(&mut self) -> Result<MasterEnd, Errno> {
        let directory = self.pts().ok_or(ENOENT)?;
        let terminal = self.terminals.create_pty().ok_or(ENOSPC)?;
        let index = terminal.number - 1;
        let node = self.nodes.create(Content::Device(Device::Pty(index)), 0o620, self.now());
        node.group.set(TTY_GROUP);
        // One of a former terminal was removed when that ended.
        let _ = directory.insert(format!("{index}").as_bytes(), &node);
        Ok(MasterEnd(terminal))
    }

    /// The directory of pseudo terminals.
    pub(super) fn pts(&self) -> Option<Rc<Node>> {
        self.root.child(b"dev").ok()??.child(b"pts").ok()?
    }

    /// Nobody plays the device of a terminal any more.
    pub(crate) fn hang_up(&mut self, number: u32) {
        let Some(terminal) = self.terminals.ptys.remove(&number) else { return };
        if let Some(directory) = self.pts() {
            directory.remove(format!("{}", number - 1).as_bytes());
        }
        terminal.discipline.borrow_mut().close();
        self.lose_terminal(&terminal);
        terminal.changed();
    }
}

/// The group of terminals in Debian's `/etc/group`.
const TTY_GROUP: u32 = 5;
