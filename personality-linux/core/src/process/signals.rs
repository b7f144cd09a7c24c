//! Which signal acts next, and what it does.

use alloc::vec::Vec;

use super::state::{Action, Info, Life, ThreadState};
use crate::abi::errno::EINTR;
use crate::abi::signals::{
    SA_NODEFER, SA_RESETHAND, SA_RESTART, SI_KERNEL, SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGKILL,
    SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH, Signal,
};
use crate::linux::Linux;
use crate::machine::{Machine, Registers, ThreadId};

/// Signals that cannot wait.
pub(crate) const UNBLOCKABLE: u64 = SIGKILL.bit() | SIGSTOP.bit();
/// Bytes of an `svc`.
const SVC_BYTES: u64 = 4;
/// In a status: the memory would have been kept.
const CORE: u32 = 0x80;

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

/// What a signal does by itself.
fn is_ignored_by_default(signal: Signal) -> bool {
    // Stopping is not supported: what would stop a process is ignored.
    const IGNORED: [Signal; 7] = [SIGCHLD, SIGURG, SIGWINCH, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU];
    IGNORED.contains(&signal) || signal == SIGSTOP
}

fn is_ignored(action: Action, signal: Signal) -> bool {
    match action.handler {
        SIG_IGN => signal != SIGKILL,
        SIG_DFL => is_ignored_by_default(signal),
        _ => false,
    }
}

/// Signals that leave the memory of their victim to be looked at.
fn dumps_core(signal: Signal) -> bool {
    matches!(signal.number(), 3 | 4 | 5 | 6 | 7 | 8 | 11 | 24 | 25 | 31)
}

impl<M: Machine> Linux<M> {
    /// Sends a signal to a process: one of its threads that does not block it will have it.
    pub(crate) fn signal_process(&mut self, number: u32, signal: Signal, info: Info) {
        let Some(process) = self.processes.get_mut(&number) else { return };
        if process.life != Life::Alive {
            return;
        }
        let threads: Vec<ThreadId> = process.threads.iter().copied().collect();
        let is_open = |thread: &ThreadId| {
            self.threads.get(thread).is_some_and(|thread| thread.mask & signal.bit() == 0)
        };
        let receiver = threads.iter().copied().find(is_open);
        if is_ignored(process.action(signal), signal) && receiver.is_some() {
            return;
        }
        process.pending.add(signal, info);
        if let Some(thread) = receiver {
            self.disturb(thread);
        }
    }

    /// Sends a signal to one thread.
    pub(crate) fn signal_thread(&mut self, id: ThreadId, signal: Signal, info: Info) {
        let Ok(action) = self.process(id).map(|process| process.action(signal)) else { return };
        let Some(thread) = self.threads.get_mut(&id) else { return };
        let is_blocked = thread.mask & signal.bit() != 0;
        if is_ignored(action, signal) && !is_blocked {
            return;
        }
        thread.pending.add(signal, info);
        if !is_blocked {
            self.disturb(id);
        }
    }

    /// Sends a signal to all processes of a group.
    pub(crate) fn signal_group(&mut self, group: u32, signal: Signal, info: Info) {
        let members = self.processes.iter().filter(|(_, process)| process.group == group);
        let members: Vec<u32> = members.map(|(number, _)| *number).collect();
        for member in members {
            self.signal_process(member, signal, info);
        }
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

    /// Lets a thread notice its signals, if it does not return from a call anyway.
    fn disturb(&mut self, id: ThreadId) {
        let Some(thread) = self.threads.get(&id) else { return };
        match thread.state {
            ThreadState::InCall(_) => {
                // One that does not wait is making its call just now.
                if self.waiters.remove(id) {
                    self.leave(id, Return::Interrupted);
                }
            }
            ThreadState::Running => {
                let registers = self.frames.machine.stop(id);
                self.leave(id, Return::Registers(registers));
            }
        }
    }

    /// Whether a thread has a signal that would act now.
    pub(crate) fn has_signal(&self, id: ThreadId) -> bool {
        let Some(thread) = self.threads.get(&id) else { return false };
        let process = self.processes.get(&thread.process).map_or(0, |process| process.pending.set);
        (thread.pending.set | process) & !(thread.mask & !UNBLOCKABLE) != 0
    }

    /// The next signal that acts, and what is to be done.
    fn next_signal(&mut self, id: ThreadId) -> Option<(Signal, Info, Action)> {
        loop {
            let thread = self.threads.get_mut(&id)?;
            let open = !(thread.mask & !UNBLOCKABLE);
            let process = self.processes.get_mut(&thread.process)?;
            let taken = thread.pending.take(open).or_else(|| process.pending.take(open));
            let (signal, info) = taken?;
            let action = process.action(signal);
            if !is_ignored(action, signal) {
                return Some((signal, info, action));
            }
        }
    }

    /// Lets a thread go on, after its signals have acted.
    pub(crate) fn leave(&mut self, id: ThreadId, how: Return) {
        if !self.threads.contains_key(&id) {
            return;
        }
        let (how, restartable) = self.resolve(id, how);
        self.set_state(id, ThreadState::Running);
        if !self.has_signal(id) {
            self.restore_mask(id);
            return self.go_on(id, how, restartable);
        }
        let mut acted: Option<Registers> = None;
        while let Some((signal, info, action)) = self.next_signal(id) {
            if action.handler == SIG_DFL {
                let core = if dumps_core(signal) { CORE } else { 0 };
                let number = self.process_id(id);
                self.report_crash(id, signal, info);
                return self.end_process(number, u32::from(signal.number()) | core);
            }
            let restarts = restartable && action.flags & SA_RESTART != 0;
            let registers = match acted {
                Some(registers) => registers,
                None => self.interrupted_registers(id, how, restarts),
            };
            match self.enter_handler(id, (signal, info), action, registers) {
                Ok(registers) => acted = Some(registers),
                // There is no room on the stack.
                Err(_) => {
                    let number = self.process_id(id);
                    return self.end_process(number, 11 | CORE);
                }
            }
            self.note_entered(id, signal, action);
        }
        self.restore_mask(id);
        match acted {
            Some(registers) => self.frames.machine.resume(id, &registers),
            None => self.go_on(id, how, restartable),
        }
    }

    /// What an interrupted call has come to, and whether it may be made again.
    fn resolve(&mut self, id: ThreadId, how: Return) -> (Return, bool) {
        let Return::Interrupted = how else { return (how, false) };
        match self.flight(id).map(|flight| *flight) {
            Some(flight) if flight.done > 0 && flight.call.counts_bytes() => {
                (Return::Answer(flight.done), false)
            }
            Some(flight) => (how, flight.call.is_restartable()),
            None => (how, false),
        }
    }

    /// Without a handler.
    fn go_on(&mut self, id: ThreadId, how: Return, restartable: bool) {
        let machine = &mut self.frames.machine;
        match how {
            Return::Answer(result) => machine.answer(id, result),
            Return::Retry => machine.retry(id),
            Return::Registers(registers) => machine.resume(id, &registers),
            // Nothing has acted that the program could notice.
            Return::Interrupted if restartable => {
                let mut registers = machine.registers(id);
                registers.program_counter = registers.program_counter.wrapping_sub(SVC_BYTES);
                machine.resume(id, &registers);
            }
            Return::Interrupted => machine.answer(id, EINTR.result()),
        }
    }

    /// The registers that a handler returns to.
    fn interrupted_registers(&mut self, id: ThreadId, how: Return, restarts: bool) -> Registers {
        if let Return::Registers(registers) = how {
            return registers;
        }
        let mut registers = self.frames.machine.registers(id);
        match how {
            Return::Answer(result) => registers.general[0] = result,
            Return::Interrupted if restarts => {
                registers.program_counter = registers.program_counter.wrapping_sub(SVC_BYTES);
            }
            Return::Interrupted => registers.general[0] = EINTR.result(),
            Return::Retry | Return::Registers(_) => {}
        }
        registers
    }

    /// What is different while a handler runs.
    fn note_entered(&mut self, id: ThreadId, signal: Signal, action: Action) {
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.mask_before = None;
            thread.mask |= action.mask;
            if action.flags & SA_NODEFER == 0 {
                thread.mask |= signal.bit();
            }
            thread.mask &= !UNBLOCKABLE;
        }
        if action.flags & SA_RESETHAND != 0
            && let Ok(process) = self.process(id)
        {
            process.actions[signal.index()] = Action::default();
        }
    }

    /// Ends the mask that held for one call.
    fn restore_mask(&mut self, id: ThreadId) {
        if let Some(thread) = self.threads.get_mut(&id)
            && let Some(mask) = thread.mask_before.take()
        {
            thread.mask = mask;
        }
    }

    /// Says on the console why a process ends that had better not.
    fn report_crash(&mut self, id: ThreadId, signal: Signal, info: Info) {
        // What others have sent, or the process itself, is no crash.
        let is_fault = info.code > 0 && info.code < SI_KERNEL;
        if !dumps_core(signal) || !is_fault {
            return;
        }
        let registers = self.frames.machine.registers(id);
        let number = self.process_id(id);
        let name = self.processes.get(&number).map(|process| process.executable.clone());
        let name = name.unwrap_or_default();
        let text = alloc::format!(
            "linux: process {number} ({}) ends by signal {}: address {:#x}, pc {:#x}, sp {:#x}\n",
            alloc::string::String::from_utf8_lossy(&name),
            signal.number(),
            info.address,
            registers.program_counter,
            registers.stack,
        );
        self.print(text.as_bytes());
    }
}
