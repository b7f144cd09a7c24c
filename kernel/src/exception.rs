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

impl Kernel {
    /// An instruction of the current thread could not be executed.
    pub(crate) fn exception(&mut self, thread: Obj<Thread>, syndrome: u64, address: u64) {
        let class = syndrome >> 26 & 0x3f;
        if class == FLOATING_POINT && self.grant_fpu(thread) {
            return;
        }
        if !self.check_budget_or_restart() {
            return;
        }
        let low = syndrome & 0xffff_ffff;
        let fault = match class {
            INSTRUCTION_ABORT => {
                let address = self.registers(thread).restart_pc;
                Fault::Vm { address, prefetch: true, syndrome: low }
            }
            DATA_ABORT => Fault::Vm { address, prefetch: false, syndrome: low },
            _ => Fault::UserException { number: low, code: 0 },
        };
        self.fault(thread, fault);
    }
}
