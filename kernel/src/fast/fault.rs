//! Faults: delivery to a handler that waits with its reply object, and what its answer changes.

use abi::fault::{USER_EXCEPTION_LENGTH, VM_FAULT_LENGTH};
use abi::message::REGISTER_WORDS;
use abi::registers::sanitise_spsr;
use abi::{Fault, MessageInfo, foreign};
use platform::address::PhysicalAddress;
use platform::contract::Arguments;

use super::deliver::Delivery;
use super::{Answer, Miss, Width};
use crate::exception::Exception;
use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::Obj;
use crate::options;
use crate::syscall::SVC_BYTES;
use crate::thread::{Holds, Thread};
use crate::transfer::FIRST_WORD;

/// A fault and the handler that hears of it.
pub(super) struct Report {
    fault: Fault,
    delivery: Delivery,
}

impl Kernel {
    /// Performs an exception of the current thread on a fast path.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(super) fn fast_exception<W: Width>(
        &mut self,
        syndrome: u64,
        address: u64,
    ) -> Result<Obj<Thread>, Miss> {
        let thread = self.undisturbed::<W>()?;
        match self.classify(thread, syndrome, address) {
            Exception::FloatingPoint => {
                self.grant_fpu(thread);
                Ok(thread)
            }
            Exception::Fault(fault) => {
                let report = self.check_fault::<W>(thread, fault)?;
                Ok(self.perform_fault::<W>(&report))
            }
        }
    }

    /// Performs an `svc` of a thread whose calls are another system's.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(super) fn fast_foreign_call<W: Width>(&mut self) -> Result<Obj<Thread>, Miss> {
        let thread = self.undisturbed::<W>()?;
        let number = self.registers(thread).x[foreign::NUMBER_REGISTER];
        self.fast_call_fault::<W>(thread, Fault::ForeignSyscall { number })
    }

    /// Performs an `svc` that is a fault.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(super) fn fast_call_fault<W: Width>(
        &mut self,
        thread: Obj<Thread>,
        fault: Fault,
    ) -> Result<Obj<Thread>, Miss> {
        let report = self.check_fault::<W>(thread, fault)?;
        self.registers_mut(thread).not_yet();
        Ok(self.perform_fault::<W>(&report))
    }

    #[inline(always)]
    fn check_fault<W: Width>(&self, thread: Obj<Thread>, fault: Fault) -> Result<Report, Miss> {
        let is_short = matches!(
            fault,
            Fault::Vm { .. } | Fault::UserException { .. } | Fault::ForeignSyscall { .. }
        );
        if !W::WIDE && !is_short {
            return Err(Miss::Narrow);
        }
        let handler = self[thread].held(Holds::FaultHandler);
        let delivery = self.check_delivery::<W>(thread, handler)?;
        Ok(Report { fault, delivery })
    }

    #[inline(always)]
    fn perform_fault<W: Width>(&mut self, report: &Report) -> Obj<Thread> {
        let Report { fault, ref delivery } = *report;
        let (thread, handler) = (delivery.sender, delivery.switch.to);
        self[thread].fault = Maybe::Just(fault);
        let info = match fault {
            Fault::Vm { address, prefetch, syndrome } => {
                let at = self.registers(thread).restart_pc;
                let words = [at, address, u64::from(prefetch), syndrome];
                self.put_register_words(handler, words);
                MessageInfo::new(fault.label(), 0, VM_FAULT_LENGTH)
            }
            Fault::UserException { number, code } => {
                let registers = self.registers(thread);
                let words = [registers.restart_pc, registers.sp, registers.spsr, number];
                self.put_register_words(handler, words);
                let target = self.ipc_buffer(handler, true);
                let whole = self.put_word(handler, target, REGISTER_WORDS, code);
                let length = if whole { USER_EXCEPTION_LENGTH } else { REGISTER_WORDS };
                MessageInfo::new(fault.label(), 0, length)
            }
            Fault::ForeignSyscall { number } => {
                let length = self.write_foreign_call(thread, number, handler);
                MessageInfo::new(fault.label(), 0, length)
            }
            _ if W::WIDE => {
                let target = self.ipc_buffer(handler, true);
                self.write_fault(thread, fault, handler, target)
            }
            _ => MessageInfo::default(),
        };
        let x = &mut self.registers_mut(handler).x;
        x[0] = delivery.badge;
        x[1] = info.0;
        self.perform_delivery::<W>(delivery)
    }

    /// Writes the message of a foreign call. Returns its length.
    #[inline(always)]
    fn write_foreign_call(
        &mut self,
        thread: Obj<Thread>,
        number: u64,
        handler: Obj<Thread>,
    ) -> usize {
        let registers = self.registers(thread);
        let [x0, x1, x2, x3, x4, x5, ..] = registers.x;
        let resume = registers.restart_pc.wrapping_add(SVC_BYTES);
        self.put_register_words(handler, [number, x0, x1, x2]);
        let Some(target) = self.ipc_buffer(handler, true) else { return REGISTER_WORDS };
        let rest = PhysicalAddress(target.0 + abi::buffer::word(REGISTER_WORDS));
        self.mem.write_user_words(rest, [x3, x4, x5, resume]);
        foreign::LENGTH
    }

    #[inline(always)]
    fn put_register_words(&mut self, thread: Obj<Thread>, words: [u64; REGISTER_WORDS]) {
        let x = &mut self.registers_mut(thread).x;
        x[FIRST_WORD..FIRST_WORD + REGISTER_WORDS].copy_from_slice(&words);
    }

    /// Answers a fault.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(super) fn perform_fault_answer<W: Width>(
        &mut self,
        answer: &Answer,
        arguments: &Arguments,
    ) -> Result<Obj<Thread>, Miss> {
        let caller = answer.switch.to;
        let fault = self[caller].fault.get().ok_or(Miss::FaultStays)?;
        Self::check_fault_answer::<W>(fault, arguments)?;
        self.apply_fault_answer::<W>(caller, answer.server, fault, arguments);
        Ok(self.return_to_caller::<W>(answer))
    }

    /// Looks whether an answer lets a thread with this fault go on, and a path can apply it.
    #[inline(always)]
    fn check_fault_answer<W: Width>(fault: Fault, arguments: &Arguments) -> Result<(), Miss> {
        let lets_go_on = MessageInfo(arguments.0[1]).label() == 0;
        match fault {
            Fault::Cap { .. } | Fault::Vm { .. } => Ok(()),
            Fault::Timeout { .. } => Err(Miss::FaultStays),
            _ if !lets_go_on => Err(Miss::FaultStays),
            Fault::UserException { .. } => Ok(()),
            Fault::ForeignSyscall { .. } if MessageInfo(arguments.0[1]).lengths() <= 1 => Ok(()),
            _ if W::WIDE => Ok(()),
            _ => Err(Miss::Narrow),
        }
    }

    /// Applies an answer to a faulted thread, which then repeats what it did last.
    #[inline(always)]
    fn apply_fault_answer<W: Width>(
        &mut self,
        thread: Obj<Thread>,
        handler: Obj<Thread>,
        fault: Fault,
        arguments: &Arguments,
    ) {
        self[thread].fault = Maybe::Nothing;
        match fault {
            Fault::Cap { .. } | Fault::Vm { .. } => {}
            Fault::ForeignSyscall { .. }
                if !W::WIDE && MessageInfo(arguments.0[1]).lengths() == 1 =>
            {
                let registers = self.registers_mut(thread);
                registers.x[0] = arguments.0[FIRST_WORD];
                registers.restart_pc = registers.restart_pc.wrapping_add(SVC_BYTES);
            }
            Fault::UserException { .. } if !W::WIDE => {
                let length = MessageInfo(arguments.0[1]).lengths();
                let words = &arguments.0[FIRST_WORD..];
                let registers = self.registers_mut(thread);
                if length > 0 {
                    registers.restart_pc = words[0];
                }
                if length > 1 {
                    registers.sp = words[1];
                }
                if length > 2 {
                    registers.spsr = sanitise_spsr(words[2], options::FRESH_SPSR);
                }
            }
            _ if W::WIDE => {
                self.answer_fault(thread, handler, fault);
            }
            _ => {}
        }
        self.registers_mut(thread).not_yet();
    }
}
