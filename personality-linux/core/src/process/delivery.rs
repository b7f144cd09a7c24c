//! Which signal acts next, and what it does.

use super::jobs::is_stopping;
use super::signals::{Return, UNBLOCKABLE, is_ignored};
use super::state::{Action, Info, ThreadState};
use crate::abi::errno::EINTR;
use crate::abi::signals::{
    SA_NODEFER, SA_RESETHAND, SA_RESTART, SI_KERNEL, SIG_DFL, SIGSTOP, Signal,
};
use crate::linux::Linux;
use crate::machine::{Machine, Registers, ThreadId};

/// Bytes of an `svc`.
const SVC_BYTES: u64 = 4;
/// In a status: the memory would have been kept.
const CORE: u32 = 0x80;

/// Signals that leave the memory of their victim to be looked at.
fn dumps_core(signal: Signal) -> bool {
    matches!(signal.number(), 3 | 4 | 5 | 6 | 7 | 8 | 11 | 24 | 25 | 31)
}

impl<M: Machine> Linux<M> {
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
        if self.is_halted(id) {
            return self.park(id, how);
        }
        if !self.has_signal(id) {
            self.restore_mask(id);
            return self.go_on(id, how);
        }
        let mut acted: Option<Registers> = None;
        while let Some((signal, info, action)) = self.next_signal(id) {
            if action.handler == SIG_DFL && is_stopping(signal) {
                let number = self.process_id(id);
                let group = self.processes.get(&number).map_or(0, |process| process.group);
                if signal != SIGSTOP && self.is_orphaned(group) {
                    continue;
                }
                self.stop_process(number, signal, id);
                return self.park(id, acted.map_or(how, Return::Registers));
            }
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
        self.go_on(id, acted.map_or(how, Return::Registers));
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

    /// Lets a thread go on, or try its call again if nothing has acted that it could notice.
    fn go_on(&mut self, id: ThreadId, how: Return) {
        if let Return::Interrupted = how {
            return self.attempt(id);
        }
        self.set_state(id, ThreadState::Running);
        let machine = &mut self.frames.machine;
        match how {
            Return::Answer(result) => machine.answer(id, result),
            Return::Retry => machine.retry(id),
            Return::Registers(registers) => machine.resume(id, &registers),
            Return::Interrupted => {}
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
