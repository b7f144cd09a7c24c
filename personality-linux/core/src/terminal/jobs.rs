//! Who is in the foreground of a terminal, and what happens to the others.

use alloc::rc::Rc;

use super::Terminal;
use crate::abi::errno::{EIO, Errno};
use crate::abi::signals::{SI_KERNEL, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, Signal};
use crate::abi::termios::TOSTOP;
use crate::calls::Stop;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::state::Info;
use crate::waiting::Wait;

/// What somebody in the background wants of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    Read,
    /// Printing, which is often permitted.
    Write,
    /// Changing how it works.
    Control,
}

impl<M: Machine> Linux<M> {
    /// Lets only the foreground of a session's terminal go on. The others are stopped by a signal;
    /// after that they try again.
    ///
    /// # Errors
    /// `EIO`: nobody could let them go on again, or they do not want the signal. A wait: the signal
    /// acts first, on this thread, which therefore does not wait for anything.
    pub(super) fn check_foreground(
        &mut self,
        me: ThreadId,
        terminal: &Rc<Terminal>,
        wish: Wish,
    ) -> Result<(), Stop> {
        let process = self.process(me)?;
        let (session, group) = (process.session, process.group);
        let is_free =
            wish == Wish::Write && terminal.discipline.borrow().modes().local & TOSTOP == 0;
        if terminal.session.get() != session || terminal.foreground.get() == group || is_free {
            return Ok(());
        }
        let signal = if wish == Wish::Read { SIGTTIN } else { SIGTTOU };
        if self.is_unwanted(me, signal)? {
            return if wish == Wish::Read { Err(EIO.into()) } else { Ok(()) };
        }
        if self.is_orphaned(group) {
            return Err(EIO.into());
        }
        self.signal_group_from(me, group, signal, Info { code: SI_KERNEL, ..Info::default() });
        Err(Stop::Wait(Wait::default()))
    }

    /// Whether a thread blocks or ignores a signal.
    fn is_unwanted(&mut self, me: ThreadId, signal: Signal) -> Result<bool, Errno> {
        let is_blocked = self.thread(me)?.mask & signal.bit() != 0;
        let is_ignored = self.process(me)?.action(signal).handler == crate::abi::signals::SIG_IGN;
        Ok(is_blocked || is_ignored)
    }

    /// A session loses its terminal: its leader and the foreground hear of it.
    pub(crate) fn lose_terminal(&mut self, terminal: &Rc<Terminal>) {
        let (leader, foreground) = (terminal.session.get(), terminal.foreground.get());
        terminal.release();
        let info = Info { code: SI_KERNEL, ..Info::default() };
        for signal in [SIGHUP, SIGCONT] {
            let leads = self.processes.get(&leader).map(|process| process.group);
            if leads.is_some_and(|group| group != foreground) {
                self.signal_process(leader, signal, info);
            }
            if foreground != 0 {
                self.signal_group(foreground, signal, info);
            }
        }
    }

    /// The leader of a session ends: its terminal is free.
    pub(crate) fn end_session(&mut self, leader: u32) {
        if let Some(terminal) = self.terminals.of_session(leader).cloned() {
            self.lose_terminal(&terminal);
            terminal.changed();
        }
    }
}
