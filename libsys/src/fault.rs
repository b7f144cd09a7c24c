//! Fault messages, as a fault handler receives them.

use abi::fault::{CAP_FAULT, TIMEOUT, UNKNOWN_SYSCALL, USER_EXCEPTION, VM_FAULT};
use abi::foreign::LABEL as FOREIGN_SYSCALL;
use abi::{Fault, LookupFailure};

use crate::syscall::Received;

/// Word of an unknown-syscall message with the address of the `svc`.
const SYSCALL_IP: usize = 8;
/// Word of a foreign call's message with the address behind the `svc`.
const FOREIGN_RESUME: usize = abi::foreign::LENGTH - 1;
/// Word of an unknown-syscall message with the number.
const SYSCALL_NUMBER: usize = 12;

impl Received {
    /// The fault that this message to a fault handler reports; `None` for other messages. Reads
    /// the IPC buffer, so ask before the next system call.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        decode(self.info.label(), |index| self.word(index))
    }

    /// The address of the faulting instruction (of the `svc` for system calls); `None` for
    /// timeouts and for messages that are no fault.
    #[must_use]
    pub fn fault_address(&self) -> Option<u64> {
        match self.info.label() {
            CAP_FAULT | USER_EXCEPTION | VM_FAULT => Some(self.word(0)),
            UNKNOWN_SYSCALL => Some(self.word(SYSCALL_IP)),
            FOREIGN_SYSCALL => Some(self.word(FOREIGN_RESUME).wrapping_sub(4)),
            _ => None,
        }
    }
}

/// The fault with this label and these words.
fn decode(label: u64, word: impl Fn(usize) -> u64) -> Option<Fault> {
    Some(match label {
        CAP_FAULT => Fault::Cap {
            address: word(1),
            receiving: word(2) != 0,
            failure: LookupFailure::from_words([word(3), word(4), word(5), word(6)])?,
        },
        UNKNOWN_SYSCALL => Fault::UnknownSyscall { number: word(SYSCALL_NUMBER) },
        FOREIGN_SYSCALL => Fault::ForeignSyscall { number: word(0) },
        USER_EXCEPTION => Fault::UserException { number: word(3), code: word(4) },
        TIMEOUT => Fault::Timeout { badge: word(0) },
        VM_FAULT => Fault::Vm { address: word(1), prefetch: word(2) != 0, syndrome: word(3) },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(label: u64, words: &[u64]) -> Option<Fault> {
        decode(label, |index| words.get(index).copied().unwrap_or(0))
    }

    #[test]
    fn every_fault_is_recognised() {
        let failure = LookupFailure::GuardMismatch { bits_left: 64, guard: 3, guard_bits: 2 };
        let cap = Fault::Cap { address: 0x77, receiving: true, failure };
        assert_eq!(fault(1, &[0x20_0000, 0x77, 1, 4, 64, 3, 2]), Some(cap));
        let mut words = [0; 13];
        words[12] = 99;
        assert_eq!(fault(2, &words), Some(Fault::UnknownSyscall { number: 99 }));
        let foreign = [64, 1, 2, 3, 4, 5, 6, 0x40_0004];
        let expected = Fault::ForeignSyscall { number: 64 };
        assert_eq!(fault(FOREIGN_SYSCALL, &foreign), Some(expected));
        let exception = Fault::UserException { number: 0x0200_0000, code: 0 };
        assert_eq!(fault(3, &[1, 2, 3, 0x0200_0000, 0]), Some(exception));
        assert_eq!(fault(5, &[9, 100]), Some(Fault::Timeout { badge: 9 }));
        let memory = Fault::Vm { address: 0x1000, prefetch: false, syndrome: 0x9200_0046 };
        assert_eq!(fault(6, &[4, 0x1000, 0, 0x9200_0046]), Some(memory));
    }

    #[test]
    fn other_messages_are_no_fault() {
        assert_eq!(fault(0, &[]), None);
        assert_eq!(fault(4, &[1, 2]), None);
        assert_eq!(fault(1, &[0, 0, 0, 9]), None);
    }
}
