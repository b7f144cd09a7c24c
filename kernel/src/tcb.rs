//! Operations on threads: registers, running, priorities, bindings. (objects.md §5)

use abi::registers::{FRAME_REGISTERS, Register, USER_CONTEXT};
use abi::rights::THREAD_FLAG_FPU_DISABLED;
use abi::{Error, Invocation, MessageInfo, Rights, SystemCalls};
use platform::address::PhysicalAddress;

use crate::call::{Call, Outcome};
use crate::cap::Cap;
use crate::fault::{read_register, write_register};
use crate::invoke;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::notification::{Notification, Signals};
use crate::slot::Slot;
use crate::thread::Thread;

/// An operation on a thread that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    target: Obj<Thread>,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Read { suspend: bool, count: usize, answer: bool },
    Write { resume: bool, count: usize, source: Option<PhysicalAddress> },
    Copy { source: Obj<Thread>, flags: CopyFlags },
    Suspend,
    Resume,
    BindNotification(Obj<Notification>),
    UnbindNotification,
    SetTlsBase(u64),
    SetFlags { clear: u64, set: u64 },
    SetSystemCalls(SystemCalls),
}

/// The flag byte of CopyRegisters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct CopyFlags {
    suspend_source: bool,
    resume_target: bool,
    frame: bool,
    integer: bool,
}

/// Checks a message to a thread.
///
/// # Errors
/// As objects.md §5 lists them, in that order.
pub(crate) fn decode(
    kernel: &Kernel,
    call: &Call,
    target: Obj<Thread>,
) -> Result<invoke::Operation, Error> {
    let label = Invocation::from_label(call.info.label()).ok_or(Error::IllegalOperation)?;
    let action = match label {
        Invocation::ThreadReadRegisters => decode_read(kernel, call, target)?,
        Invocation::ThreadWriteRegisters => decode_write(kernel, call, target)?,
        Invocation::ThreadCopyRegisters => decode_copy(kernel, call)?,
        Invocation::ThreadSuspend => Action::Suspend,
        Invocation::ThreadResume => Action::Resume,
        Invocation::ThreadBindNotification => decode_bind(kernel, call, target)?,
        Invocation::ThreadUnbindNotification if kernel[target].notification.is_none() => {
            return Err(Error::IllegalOperation);
        }
        Invocation::ThreadUnbindNotification => Action::UnbindNotification,
        Invocation::ThreadSetTlsBase => {
            let [base] = call.words::<1>(kernel)?;
            Action::SetTlsBase(base)
        }
        Invocation::ThreadSetFlags => {
            let [clear, set] = call.words::<2>(kernel)?;
            Action::SetFlags { clear, set }
        }
        Invocation::ThreadSetSystemCalls => {
            let [word] = call.words::<1>(kernel)?;
            let range = Error::Range { min: 0, max: SystemCalls::LAST };
            Action::SetSystemCalls(SystemCalls::from_word(word).ok_or(range)?)
        }
        _ => {
            return crate::configure::decode(kernel, call, target, label)
                .map(invoke::Operation::Configure);
        }
    };
    Ok(invoke::Operation::Thread(Operation { target, action }))
}

/// Registers that one message names.
const ALL: u64 = USER_CONTEXT.len() as u64;

fn decode_read(kernel: &Kernel, call: &Call, target: Obj<Thread>) -> Result<Action, Error> {
    let [flags, count] = call.words::<2>(kernel)?;
    if !(1..=ALL).contains(&count) {
        return Err(Error::Range { min: 1, max: ALL });
    }
    if target == call.thread {
        return Err(Error::IllegalOperation);
    }
    let count = usize::try_from(count).unwrap_or(0);
    Ok(Action::Read { suspend: flags & 1 != 0, count, answer: call.manner.call })
}

/// The label of a message that reads registers.
pub(crate) const READ_REGISTERS: u64 = Invocation::ThreadReadRegisters.label();

/// How many registers such a message asks for, if it stops nobody.
///
/// # Errors
/// Those of [`decode`].
#[inline(always)]
pub(crate) fn decode_plain_read(
    kernel: &Kernel,
    call: &Call,
    target: Obj<Thread>,
) -> Option<Result<usize, Error>> {
    match decode_read(kernel, call, target) {
        Ok(Action::Read { suspend: false, count, answer: true }) => Some(Ok(count)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }
}

fn decode_write(kernel: &Kernel, call: &Call, target: Obj<Thread>) -> Result<Action, Error> {
    let [flags, count] = call.words::<2>(kernel)?;
    let sent = call.length - 2;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if sent < count {
        return Err(Error::TruncatedMessage);
    }
    if target == call.thread {
        return Err(Error::IllegalOperation);
    }
    let count = count.min(USER_CONTEXT.len());
    Ok(Action::Write { resume: flags & 1 != 0, count, source: call.buffer })
}

fn decode_copy(kernel: &Kernel, call: &Call) -> Result<Action, Error> {
    let [flags] = call.words::<1>(kernel)?;
    let [source] = call.caps::<1>()?;
    let Cap::Thread { thread: source } = kernel[source].cap else {
        return Err(Error::InvalidCapability(1));
    };
    let flags = CopyFlags {
        suspend_source: flags & 1 != 0,
        resume_target: flags & 2 != 0,
        frame: flags & 4 != 0,
        integer: flags & 8 != 0,
    };
    Ok(Action::Copy { source, flags })
}

fn decode_bind(kernel: &Kernel, call: &Call, target: Obj<Thread>) -> Result<Action, Error> {
    let [slot]: [Obj<Slot>; 1] = call.caps::<1>()?;
    let Cap::Notification { rights, notification, .. } = kernel[slot].cap else {
        return Err(Error::IllegalOperation);
    };
    let object = &kernel[notification];
    let in_use = matches!(object.signals, Signals::Waiting(_)) || object.thread.is_some();
    if kernel[target].notification.is_some() || !rights.contains(Rights::READ) || in_use {
        return Err(Error::IllegalOperation);
    }
    Ok(Action::BindNotification(notification))
}

impl Kernel {
    /// Performs an operation on a thread for `caller`.
    pub(crate) fn perform_thread(&mut self, caller: Obj<Thread>, operation: Operation) -> Outcome {
        let Operation { target, action } = operation;
        match action {
            Action::Read { suspend, count, answer } => {
                if suspend {
                    self.suspend(target);
                }
                if answer {
                    self.read_registers(caller, target, count);
                    return Outcome::Answered;
                }
            }
            Action::Write { resume, count, source } => {
                self.write_registers(caller, source, target, count);
                if resume {
                    self.resume(target);
                }
            }
            Action::Copy { source, flags } => self.copy_registers(source, target, flags),
            Action::Suspend => self.suspend(target),
            Action::Resume => self.resume(target),
            Action::BindNotification(notification) => self.bind_notification(target, notification),
            Action::UnbindNotification => self.unbind_notification(target),
            Action::SetTlsBase(base) => {
                self.settle_registers(target);
                self.registers_mut(target).tpidr = base;
            }
            Action::SetFlags { clear, set } => {
                let old = if self[target].fpu_disabled { THREAD_FLAG_FPU_DISABLED } else { 0 };
                let flags = (old & !clear) | (set & THREAD_FLAG_FPU_DISABLED);
                self.stall(target);
                self.unload_fpu(target);
                self[target].fpu_disabled = flags != 0;
                return Outcome::Word(flags);
            }
            Action::SetSystemCalls(calls) => {
                self.forget_progress(target);
                self[target].system_calls = calls;
            }
        }
        Outcome::Done
    }

    /// Answers the first registers of a thread.
    pub(crate) fn read_registers(
        &mut self,
        caller: Obj<Thread>,
        target: Obj<Thread>,
        count: usize,
    ) {
        self.settle_registers(target);
        let buffer = self.ipc_buffer(caller, true);
        let mut length = 0;
        for (index, register) in USER_CONTEXT.into_iter().enumerate().take(count) {
            let word = read_register(self.registers(target), register);
            if self.put_word(caller, buffer, index, word) {
                length = index + 1;
            }
        }
        let registers = self.registers_mut(caller);
        registers.x[0] = 0;
        registers.x[1] = MessageInfo::new(abi::error::NO_ERROR, 0, length).0;
    }

    fn write_registers(
        &mut self,
        caller: Obj<Thread>,
        source: Option<PhysicalAddress>,
        target: Obj<Thread>,
        count: usize,
    ) {
        self.settle_registers(target);
        for (index, register) in USER_CONTEXT.into_iter().enumerate().take(count) {
            let word = self.sent_word(caller, source, index + 2);
            write_register(self.registers_mut(target), register, word);
        }
        self.continue_at_restart(target);
    }

    fn copy_registers(&mut self, source: Obj<Thread>, target: Obj<Thread>, flags: CopyFlags) {
        if flags.suspend_source {
            self.suspend(source);
        }
        if flags.resume_target {
            self.resume(target);
        }
        self.settle_registers(source);
        self.settle_registers(target);
        let (frame, integer) = USER_CONTEXT.split_at(FRAME_REGISTERS);
        if flags.frame {
            self.copy_listed(source, target, frame);
            self.continue_at_restart(target);
        }
        if flags.integer {
            self.copy_listed(source, target, integer);
        }
    }

    fn copy_listed(&mut self, source: Obj<Thread>, target: Obj<Thread>, registers: &[Register]) {
        for register in registers {
            let word = read_register(self.registers(source), *register);
            write_register(self.registers_mut(target), *register, word);
        }
    }

    fn continue_at_restart(&mut self, thread: Obj<Thread>) {
        self.registers_mut(thread).not_yet();
    }
}

#[cfg(test)]
mod tests {
    use abi::Invocation;
    use abi::bootinfo::slot;

    use crate::sim::System;

    #[test]
    fn a_thread_may_stop_and_start_itself_by_one_call() {
        let mut system = System::new();
        let root = system.root();
        let before = system.registers(root).next_pc;
        let copy = Invocation::ThreadCopyRegisters;
        assert_eq!(system.invoke(slot::THREAD, copy, &[3], &[slot::THREAD]), Ok([].into()));
        assert_eq!(system.current(), Some(root));
        assert_eq!(system.registers(root).next_pc, before + 4);
    }
}
