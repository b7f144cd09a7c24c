//! Exceptions of user programs, told apart by their syndrome. (Arm ARM D17.2.37)

use abi::Fault;

use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

/// Use of floating point or SIMD while it traps.
const FLOATING_POINT: u64 = 0x07;
/// Instruction abort from a lower exception level.
const INSTRUCTION_ABORT: u64 = 0x20;
/// Data abort from a lower exception level.
const DATA_ABORT: u64 = 0x24;

/// What an exception of a thread means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exception {
    /// It used floating point, which it may have.
    FloatingPoint,
    /// It cannot go on by itself.
    Fault(Fault),
}

impl Kernel {
    /// Tells exceptions apart.
    #[inline(always)]
    pub(crate) fn classify(&self, thread: Obj<Thread>, syndrome: u64, address: u64) -> Exception {
        let low = syndrome & 0xffff_ffff;
        Exception::Fault(match syndrome >> 26 & 0x3f {
            FLOATING_POINT if !self[thread].fpu_disabled => return Exception::FloatingPoint,
            INSTRUCTION_ABORT => {
                let address = self.registers(thread).restart_pc;
                Fault::Vm { address, prefetch: true, syndrome: low }
            }
            DATA_ABORT => Fault::Vm { address, prefetch: false, syndrome: low },
            _ => Fault::UserException { number: low, code: 0 },
        })
    }

    /// An instruction of the current thread could not be executed.
    pub(crate) fn exception(&mut self, thread: Obj<Thread>, syndrome: u64, address: u64) {
        if !self.check_budget_or_restart() {
            return;
        }
        match self.classify(thread, syndrome, address) {
            Exception::FloatingPoint => self.grant_fpu(thread),
            Exception::Fault(fault) => self.fault(thread, fault),
        }
    }
}
