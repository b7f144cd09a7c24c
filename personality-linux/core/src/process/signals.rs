//! Sending signals: who gets one, and what it does before it acts.

use alloc::vec::Vec;

use super::jobs::{STOPPING, is_stopping};
use super::state::{Action, Info, Life, ThreadState};
use crate::abi::signals::{
    SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGURG, SIGWINCH, Signal,
};
use crate::linux::Linux;
use crate::machine::{Machine, Registers, ThreadId};
use crate::waiting::Key;

/// Signals that cannot wait.
pub(crate) const UNBLOCKABLE: u64 = SIGKILL.bit() | SIGSTOP.bit();

/// How a thread goes on that has waited.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "it lives on the stack of one call")]
pub(crate) enum Return {
    /// With the result of its call.
    Answer(u64),
    /// By trying again what faulted.
    Retry,
    /// Its call was interrupted.
    Interrupted,
    /// With these registers.
    Registers(Registers),
}

/// Whether a signal does nothing when it acts.
pub(super) fn is_ignored(action: Action, signal: Signal) -> bool {
    match action.handler {
        SIG_IGN => signal != SIGKILL && signal != SIGSTOP,
        SIG_DFL => [SIGCHLD, SIGURG, SIGWINCH, SIGCONT].contains(&signal),
        _ => false,
    }
}

impl<M: Machine> Linux<M> {
    /// Sends a signal to a process: one of its threads that does not block it will have it.
    pub(crate) fn signal_process(&mut self, number: u32, signal: Signal, info: Info) {
        if !self.processes.get(&number).is_some_and(|process| process.life == Life::Alive) {
            return;
        }
        self.contradict(number, signal);
        let Some(process) = self.processes.get_mut(&number) else { return };
        let threads: Vec<ThreadId> = process.threads.iter().copied().collect();
        let is_open = |thread: &ThreadId| {
            self.threads.get(thread).is_some_and(|thread| thread.mask & signal.bit() == 0)
        };
        let receiver = threads.iter().copied().find(is_open);
        if !is_ignored(process.action(signal), signal) || receiver.is_none() {
            process.pending.add(signal, info);
            self.wake(Key::Signals(number));
        }
        self.let_continue(number, signal);
        if let Some(thread) = receiver.filter(|thread| self.has_signal(*thread)) {
            self.disturb(thread);
        }
    }

    /// Sends a signal to one thread.
    pub(crate) fn signal_thread(&mut self, id: ThreadId, signal: Signal, info: Info) {
        let number = self.process_id(id);
        let Ok(action) = self.process(id).map(|process| process.action(signal)) else { return };
        self.contradict(number, signal);
        let Some(thread) = self.threads.get_mut(&id) else { return };
        let is_blocked = thread.mask & signal.bit() != 0;
        if !is_ignored(action, signal) || is_blocked {
            thread.pending.add(signal, info);
            self.wake(Key::Signals(number));
        }
        self.let_continue(number, signal);
        if self.has_signal(id) {
            self.disturb(id);
        }
    }

    /// Sends a signal to all processes of a group.
    pub(crate) fn signal_group(&mut self, group: u32, signal: Signal, info: Info) {
        for member in self.members(group) {
            self.signal_process(member, signal, info);
        }
    }

    /// Sends a signal to all processes of a group because of what one of its threads does: that one
    /// has it for its own process, as no other thread's having it would end its call.
    pub(crate) fn signal_group_from(
        &mut self,
        thread: ThreadId,
        group: u32,
        signal: Signal,
        info: Info,
    ) {
        let own = self.process_id(thread);
        self.signal_thread(thread, signal, info);
        for member in self.members(group).into_iter().filter(|member| *member != own) {
            self.signal_process(member, signal, info);
        }
    }

    fn members(&self, group: u32) -> Vec<u32> {
        let members = self.processes.iter().filter(|(_, process)| process.group == group);
        members.map(|(number, _)| *number).collect()
    }

    /// Sends a thread a signal that it cannot ignore or block: it has caused it itself.
    pub(crate) fn force(&mut self, id: ThreadId, signal: Signal, info: Info) {
        let Ok(process) = self.process(id) else { return };
        let handler = process.action(signal).handler;
        let is_blocked = self.threads.get(&id).is_some_and(|t| t.mask & signal.bit() != 0);
        if handler == SIG_IGN || is_blocked {
            if let Ok(process) = self.process(id) {
                process.actions[signal.index()] = Action::default();
            }
            if let Some(thread) = self.threads.get_mut(&id) {
                thread.mask &= !signal.bit();
            }
        }
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.pending.add(signal, info);
        }
    }

    /// Signals that stop and the one that continues undo each other while they wait.
    fn contradict(&mut self, number: u32, signal: Signal) {
        let undone = match signal {
            SIGCONT => STOPPING,
            signal if is_stopping(signal) => SIGCONT.bit(),
            _ => return,
        };
        let Some(process) = self.processes.get_mut(&number) else { return };
        process.pending.discard(undone);
        for id in &process.threads {
            if let Some(thread) = self.threads.get_mut(id) {
                thread.pending.discard(undone);
            }
        }
    }

    /// Lets a thread notice its signals, if it does not return from a call anyway.
    fn disturb(&mut self, id: ThreadId) {
        let Some(thread) = self.threads.get(&id) else { return };
        match thread.state {
            ThreadState::InCall(_) => {
                // One that does not wait is making its call just now, or its process is stopped.
                if self.waiters.remove(id) {
                    self.leave(id, Return::Interrupted);
                }
            }
            ThreadState::Running if thread.parked.is_none() => {
                let registers = self.frames.machine.stop(id);
                self.leave(id, Return::Registers(registers));
            }
            // It will leave that soon.
            ThreadState::Running | ThreadState::Detour => {}
        }
    }
}
