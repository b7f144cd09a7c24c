//! Processes that are stopped, and go on.

use alloc::vec::Vec;

use super::signals::Return;
use super::state::{Info, Life, Notice, Process, ThreadState};
use crate::abi::signals::{
    CLD_CONTINUED, CLD_STOPPED, SA_NOCLDSTOP, SI_KERNEL, SIGCHLD, SIGCONT, SIGHUP, SIGKILL,
    SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, Signal,
};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::waiting::Key;

/// The signals that stop a process, as a set.
pub(super) const STOPPING: u64 = SIGSTOP.bit() | SIGTSTP.bit() | SIGTTIN.bit() | SIGTTOU.bit();

/// Whether a signal stops a process by itself.
pub(super) const fn is_stopping(signal: Signal) -> bool {
    signal.bit() & STOPPING != 0
}

impl<M: Machine> Linux<M> {
    /// Stops a process with all of its threads but the one that has noticed the signal, which is
    /// about to be parked.
    pub(super) fn stop_process(&mut self, number: u32, signal: Signal, noticed_by: ThreadId) {
        let Some(process) = self.processes.get_mut(&number) else { return };
        process.stop = Some(signal);
        process.notice = Some(Notice::Stopped(signal));
        let others: Vec<ThreadId> =
            process.threads.iter().copied().filter(|thread| *thread != noticed_by).collect();
        for other in others {
            self.halt(other);
        }
        self.tell_parent(number, CLD_STOPPED, signal.number().into());
    }

    /// Keeps a thread from going on, wherever it is.
    fn halt(&mut self, id: ThreadId) {
        let Some(thread) = self.threads.get(&id) else { return };
        let how = match thread.state {
            _ if thread.parked.is_some() => return,
            ThreadState::InCall(_) if self.waiters.remove(id) => Return::Interrupted,
            // It is making its call just now, and is parked when it leaves that.
            ThreadState::InCall(_) | ThreadState::Detour => return,
            ThreadState::Running => Return::Registers(self.frames.machine.stop(id)),
        };
        self.park(id, how);
    }

    /// A thread goes on in this way when its process does.
    pub(super) fn park(&mut self, id: ThreadId, how: Return) {
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.parked = Some(how);
        }
    }

    /// Whether a thread may not go on: its process is stopped, and is not about to end.
    pub(super) fn is_halted(&self, id: ThreadId) -> bool {
        let Some(thread) = self.threads.get(&id) else { return false };
        let Some(process) = self.processes.get(&thread.process) else { return false };
        process.stop.is_some() && (thread.pending.set | process.pending.set) & SIGKILL.bit() == 0
    }

    /// Lets a stopped process go on if this signal, which it was just sent, asks for that.
    pub(super) fn let_continue(&mut self, number: u32, signal: Signal) {
        if signal != SIGCONT && signal != SIGKILL {
            return;
        }
        let Some(process) = self.processes.get_mut(&number) else { return };
        if process.stop.take().is_none() {
            return;
        }
        let threads: Vec<ThreadId> = process.threads.iter().copied().collect();
        process.notice = if signal == SIGCONT { Some(Notice::Continued) } else { None };
        if signal == SIGCONT {
            self.tell_parent(number, CLD_CONTINUED, SIGCONT.number().into());
        }
        for id in threads {
            match self.threads.get_mut(&id).and_then(|thread| thread.parked.take()) {
                Some(Return::Interrupted) => self.attempt(id),
                Some(how) => self.leave(id, how),
                None => {}
            }
        }
    }

    /// Tells the parent of a process that it was stopped or goes on.
    fn tell_parent(&mut self, number: u32, code: i32, status: u32) {
        let Some(process) = self.processes.get(&number) else { return };
        let (parent, user) = (process.parent, process.credentials.user.real);
        let Some(process) = self.processes.get(&parent) else { return };
        if process.action(SIGCHLD).flags & SA_NOCLDSTOP == 0 {
            let info = Info { code, words: [number, user, status, 0], address: 0 };
            self.signal_process(parent, SIGCHLD, info);
        }
        self.wake(Key::Children(parent));
    }

    /// Whether nobody outside of a group, but in its session, could let it go on.
    pub(crate) fn is_orphaned(&self, group: u32) -> bool {
        let is_looked_after = |process: &Process| {
            let parent = self.processes.get(&process.parent);
            parent.is_some_and(|parent| {
                parent.group != process.group
                    && parent.session == process.session
                    && parent.life == Life::Alive
            })
        };
        let mut members = self.processes.values().filter(|process| process.group == group);
        !members.any(|member| member.life == Life::Alive && is_looked_after(member))
    }

    /// Groups of a process and of its children that somebody looks after now.
    pub(super) fn groups_around(&self, number: u32) -> Vec<u32> {
        let is_near = |(id, process): &(&u32, &Process)| **id == number || process.parent == number;
        let near = self.processes.iter().filter(is_near);
        let mut groups: Vec<u32> = near.map(|(_, process)| process.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.retain(|group| !self.is_orphaned(*group));
        groups
    }

    /// Lets groups end or go on that are stopped and that nobody looks after any more.
    pub(super) fn release_orphans(&mut self, groups: &[u32]) {
        for group in groups {
            let mut members = self.processes.values().filter(|process| process.group == *group);
            if members.any(|member| member.stop.is_some()) && self.is_orphaned(*group) {
                let info = Info { code: SI_KERNEL, ..Info::default() };
                self.signal_group(*group, SIGHUP, info);
                self.signal_group(*group, SIGCONT, info);
            }
        }
    }
}
