//! What descriptors stand for that is neither a file nor a pipe.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::calls::Answer;
use crate::files::Description;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::terminal::{MasterEnd, TerminalEnd};
use crate::waiting::Key;

/// Such a thing. Dropped, it is closed.
#[derive(Debug)]
pub(crate) enum Object {
    /// A terminal.
    Terminal(TerminalEnd),
    /// The device of a pseudo terminal.
    Master(MasterEnd),
}

impl<M: Machine> Linux<M> {
    /// Reads into `bytes`, and what came into memory at an address.
    pub(crate) fn read_object(
        &mut self,
        me: ThreadId,
        (file, object): (&Description, &Object),
        address: u64,
        bytes: &mut [u8],
    ) -> Answer {
        match object {
            Object::Terminal(end) => {
                let terminal = Rc::clone(&end.0);
                self.read_terminal(me, file, &terminal, address, bytes)
            }
            Object::Master(end) => {
                let terminal = Rc::clone(&end.0);
                self.read_master(me, file, &terminal, address, bytes)
            }
        }
    }

    /// Writes bytes; answers how many.
    pub(crate) fn write_object(
        &mut self,
        me: ThreadId,
        (file, object): (&Description, &Object),
        bytes: &[u8],
    ) -> Answer {
        match object {
            Object::Terminal(end) => {
                let terminal = Rc::clone(&end.0);
                self.write_terminal(me, file, &terminal, bytes)
            }
            Object::Master(end) => {
                let terminal = Rc::clone(&end.0);
                self.write_master(file, &terminal, bytes)
            }
        }
    }

    /// What could be done now; `keys` gets what to wait for.
    pub(crate) fn poll_object(&self, object: &Object, keys: &mut Vec<Key>) -> u16 {
        match object {
            Object::Terminal(end) => {
                keys.push(end.0.key());
                self.poll_terminal(&end.0)
            }
            Object::Master(end) => {
                keys.push(end.0.key());
                end.0.poll_master()
            }
        }
    }

    /// `ioctl`.
    pub(crate) fn object_ioctl(
        &mut self,
        me: ThreadId,
        object: &Object,
        command: u32,
        argument: u64,
    ) -> Answer {
        match object {
            Object::Terminal(end) => {
                let terminal = Rc::clone(&end.0);
                self.terminal_ioctl(me, &terminal, command, argument)
            }
            Object::Master(end) => {
                let terminal = Rc::clone(&end.0);
                self.master_ioctl(me, &terminal, command, argument)
            }
        }
    }
}
