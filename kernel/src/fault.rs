//! Faults: what stopped a thread, told to its handler, and what the handler answers.
//! (abi.md §8.4, §8.5)

use abi::fault::{
    UNKNOWN_SYSCALL_LENGTH, UNKNOWN_SYSCALL_REGISTERS, USER_EXCEPTION_LENGTH,
    USER_EXCEPTION_REGISTERS, VM_FAULT_LENGTH,
};
use abi::registers::{Register, TIMEOUT_REPLY_REGISTERS, USER_CONTEXT, sanitise_spsr};
use abi::{Fault, ForeignCall, MessageInfo, Rights, foreign};
use platform::address::PhysicalAddress;
use platform::context::Context;

use crate::cap::Cap;
use crate::endpoint::Sending;
use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::Obj;
use crate::options;
use crate::syscall::SVC_BYTES;
use crate::thread::{Holds, State, Thread};

/// Words of the longest fault message.
const LONGEST: usize = UNKNOWN_SYSCALL_LENGTH;

impl Kernel {
    /// Stops a thread with a fault and tells its handler.
    pub(crate) fn fault(&mut self, thread: Obj<Thread>, fault: Fault) {
        self.report(thread, fault, Holds::FaultHandler);
    }

    /// Stops a thread whose budget is exhausted and tells its timeout handler.
    pub(crate) fn timeout(&mut self, thread: Obj<Thread>) {
        let context = self[thread].sched_context;
        let badge = context.map_or(0, |context| self[context].badge);
        self.report(thread, Fault::Timeout { badge }, Holds::TimeoutHandler);
    }

    fn report(&mut self, thread: Obj<Thread>, fault: Fault, handler: Holds) {
        let Cap::Endpoint { rights, endpoint, badge } = self[self.thread_slot(thread, handler)].cap
        else {
            crate::debug::report_unhandled(self, thread, fault);
            self.dequeue(thread);
            self.set_state(thread, State::Inactive);
            return;
        };
        self[thread].fault = Maybe::Just(fault);
        self.dequeue(thread);
        let timeout = matches!(fault, Fault::Timeout { .. });
        let message = Sending {
            thread,
            badge,
            can_grant: rights.contains(Rights::GRANT),
            can_grant_reply: rights.contains(Rights::GRANT_REPLY),
            call: true,
            blocking: true,
            donate: !timeout && self[thread].sched_context.is_some(),
        };
        self.send(endpoint, message);
    }

    /// Writes the message of a fault into the receiver's registers and buffer.
    pub(crate) fn write_fault(
        &mut self,
        thread: Obj<Thread>,
        fault: Fault,
        receiver: Obj<Thread>,
        target: Option<PhysicalAddress>,
    ) -> MessageInfo {
        let mut words = [0; LONGEST];
        let length = self.fault_words(thread, fault, &mut words);
        let mut written = 0;
        for (index, word) in words.iter().enumerate().take(length) {
            if self.put_word(receiver, target, index, *word) {
                written = index + 1;
            }
        }
        MessageInfo::new(fault.label(), 0, written)
    }

    fn fault_words(
        &mut self,
        thread: Obj<Thread>,
        fault: Fault,
        words: &mut [u64; LONGEST],
    ) -> usize {
        let registers = self.registers(thread);
        match fault {
            Fault::Cap { address, receiving, failure } => {
                let (details, count) = failure.to_words();
                (words[0], words[1], words[2]) =
                    (registers.restart_pc, address, u64::from(receiving));
                words[3..3 + details.len()].copy_from_slice(&details);
                3 + count
            }
            Fault::UnknownSyscall { number } => {
                for (word, register) in words.iter_mut().zip(UNKNOWN_SYSCALL_REGISTERS) {
                    *word = match register {
                        Some(register) => read_register(registers, register),
                        None => registers.restart_pc.wrapping_add(SVC_BYTES),
                    };
                }
                words[UNKNOWN_SYSCALL_LENGTH - 1] = number;
                UNKNOWN_SYSCALL_LENGTH
            }
            Fault::ForeignSyscall { number } => {
                let arguments = core::array::from_fn(|index| registers.x[index]);
                let resume = registers.restart_pc.wrapping_add(SVC_BYTES);
                let call = ForeignCall { number, arguments, resume };
                words[..foreign::LENGTH].copy_from_slice(&call.to_words());
                foreign::LENGTH
            }
            Fault::UserException { number, code } => {
                for (word, register) in words.iter_mut().zip(USER_EXCEPTION_REGISTERS) {
                    *word = read_register(registers, register);
                }
                (words[3], words[4]) = (number, code);
                USER_EXCEPTION_LENGTH
            }
            Fault::Vm { address, prefetch, syndrome } => {
                words[..VM_FAULT_LENGTH].copy_from_slice(&[
                    registers.restart_pc,
                    address,
                    u64::from(prefetch),
                    syndrome,
                ]);
                VM_FAULT_LENGTH
            }
            Fault::Timeout { badge } => {
                words[0] = badge;
                let Some(context) = self[thread].sched_context else { return 1 };
                self.charge_if_current(context);
                words[1] = self.take_consumed(context);
                2
            }
        }
    }

    /// Applies the handler's answer to a faulted thread. Returns whether the thread goes on.
    pub(crate) fn answer_fault(
        &mut self,
        thread: Obj<Thread>,
        handler: Obj<Thread>,
        fault: Fault,
    ) -> bool {
        let info = MessageInfo(self.registers(handler).x[1]);
        match fault {
            Fault::Cap { .. } | Fault::Vm { .. } => return true,
            Fault::UnknownSyscall { .. } => {
                self.take_registers(thread, handler, info, UNKNOWN_SYSCALL_REGISTERS.into_iter());
            }
            Fault::ForeignSyscall { .. } => {
                // The first word is the result of a call that is thereby made.
                if info.length() > 0 {
                    let registers = self.registers_mut(thread);
                    registers.restart_pc = registers.restart_pc.wrapping_add(SVC_BYTES);
                }
                let registers = foreign::REPLY_REGISTERS.into_iter().map(Some);
                self.take_registers(thread, handler, info, registers);
            }
            Fault::UserException { .. } => {
                let registers = USER_EXCEPTION_REGISTERS.into_iter().map(Some);
                self.take_registers(thread, handler, info, registers);
            }
            Fault::Timeout { .. } => {
                let registers = USER_CONTEXT.into_iter().take(TIMEOUT_REPLY_REGISTERS).map(Some);
                self.take_registers(thread, handler, info, registers);
            }
        }
        info.label() == 0
    }

    /// Sets registers of a thread from the words of the handler's message, as many as it has.
    fn take_registers(
        &mut self,
        thread: Obj<Thread>,
        handler: Obj<Thread>,
        info: MessageInfo,
        registers: impl Iterator<Item = Option<Register>>,
    ) {
        let source = self.ipc_buffer(handler, false);
        let length = self.readable_length(info, source);
        for (index, register) in registers.enumerate().take(length) {
            let word = self.sent_word(handler, source, index);
            if let Some(register) = register {
                write_register(self.registers_mut(thread), register, word);
            }
        }
    }

    /// Words of a message that really are there.
    pub(crate) fn readable_length(
        &self,
        info: MessageInfo,
        source: Option<PhysicalAddress>,
    ) -> usize {
        let limit =
            if source.is_some() { abi::message::MAX_LENGTH } else { abi::message::REGISTER_WORDS };
        info.length().min(limit)
    }

    /// Message word `index` of a sender.
    pub(crate) fn sent_word(
        &self,
        sender: Obj<Thread>,
        source: Option<PhysicalAddress>,
        index: usize,
    ) -> u64 {
        if index < abi::message::REGISTER_WORDS {
            return self.registers(sender).x[crate::transfer::FIRST_WORD + index];
        }
        source.map_or(0, |source| self.buffer_word(source, abi::buffer::word(index)))
    }
}

/// The value of a register in a saved context.
pub(crate) fn read_register(context: &Context, register: Register) -> u64 {
    match register {
        Register::Pc => context.restart_pc,
        Register::Sp => context.sp,
        Register::Spsr => context.spsr,
        Register::X(index) => context.x.get(usize::from(index)).copied().unwrap_or(0),
        Register::Tpidr => context.tpidr,
        Register::Tpidrro => context.tpidrro,
    }
}

/// Sets a register of a saved context. An SPSR is reduced to what user level may choose.
pub(crate) fn write_register(context: &mut Context, register: Register, word: u64) {
    match register {
        Register::Pc => context.restart_pc = word,
        Register::Sp => context.sp = word,
        Register::Spsr => context.spsr = sanitise_spsr(word, options::FRESH_SPSR),
        Register::X(index) => {
            if let Some(register) = context.x.get_mut(usize::from(index)) {
                *register = word;
            }
        }
        Register::Tpidr => context.tpidr = word,
        Register::Tpidrro => context.tpidrro = word,
    }
}
