//! Calls of the secure monitor, where the boot command line allows them. (objects.md §11)

use abi::{Error, Invocation, MessageInfo};
use platform::contract::Platform;

use crate::call::{Call, Outcome};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

/// Registers that go to the monitor and come back.
const REGISTERS: usize = 8;

/// A checked call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    registers: [u64; REGISTERS],
    answer: bool,
}

/// Checks a message to a secure-monitor capability with this badge.
///
/// # Errors
/// [`Error::IllegalOperation`] for another label, or a function other than the badge names;
/// [`Error::TruncatedMessage`].
pub(crate) fn decode(kernel: &Kernel, call: &Call, badge: u64) -> Result<Operation, Error> {
    if call.info.label() != Invocation::SmcCall.label() {
        return Err(Error::IllegalOperation);
    }
    let registers = call.words::<REGISTERS>(kernel)?;
    if badge != 0 && badge != registers[0] {
        return Err(Error::IllegalOperation);
    }
    Ok(Operation { registers, answer: call.manner.call })
}

impl Kernel {
    /// Calls the monitor for `caller`.
    pub(crate) fn perform_smc(&mut self, caller: Obj<Thread>, operation: Operation) -> Outcome {
        let words = self.machine.secure_monitor_call(operation.registers);
        if !operation.answer {
            return Outcome::Done;
        }
        let target = self.ipc_buffer(caller, true);
        let mut length = 0;
        for (index, word) in words.into_iter().enumerate() {
            if self.put_word(caller, target, index, word) {
                length = index + 1;
            }
        }
        let registers = self.registers_mut(caller);
        registers.x[0] = 0;
        registers.x[1] = MessageInfo::new(abi::error::NO_ERROR, 0, length).0;
        Outcome::Answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::Cap;
    use crate::testing::World;

    #[test]
    fn calls_are_checked_and_answered() {
        let mut world = World::new(1);
        let slot = world.place(Cap::Smc { badge: 0 });
        let short = world.call(slot, Invocation::SmcCall, &[1, 2, 3, 4], &[]);
        assert_eq!(decode(&world.kernel, &short, 0), Err(Error::TruncatedMessage));
        let other = world.call(slot, Invocation::PageMap, &[1, 2, 3, 4], &[]);
        assert_eq!(decode(&world.kernel, &other, 0), Err(Error::IllegalOperation));

        let full = Call { length: REGISTERS, ..short };
        assert_eq!(decode(&world.kernel, &full, 7), Err(Error::IllegalOperation));
        let operation = decode(&world.kernel, &full, 1).expect("the badge names function 1");
        assert_eq!(operation.registers, [1, 2, 3, 4, 0, 0, 0, 0]);
        assert_eq!(world.kernel.perform_smc(world.thread, operation), Outcome::Answered);
        // Without a buffer only the words in registers arrive.
        let registers = world.kernel.registers(world.thread);
        assert_eq!(registers.x[..6], [0, 4, !1, !2, !3, !4]);
    }
}
