//! Fault messages.
//!
//! The label of a fault message is the fault's number. "IP" words are the address of the
//! faulting instruction, for system calls that of the `svc`.

use crate::error::LookupFailure;
use crate::registers::Register::{self, Pc, Sp, Spsr, X};

/// Why a thread stopped.
///
/// ```
/// use abi::Fault;
/// use abi::fault::VM_FAULT;
///
/// let fault = Fault::Vm { address: 0, prefetch: false, syndrome: 0x9200_0046 };
/// assert_eq!(fault.label(), VM_FAULT);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A capability address did not resolve to what the call needs. Any reply restarts the call.
    Cap {
        /// The capability address.
        address: u64,
        /// Whether the receive phase failed.
        receiving: bool,
        /// Where the lookup ended.
        failure: LookupFailure,
    },
    /// A system call that this kernel does not have.
    UnknownSyscall {
        /// x7.
        number: u64,
    },
    /// A system call of a thread that runs a program of another system; see
    /// [`foreign`](crate::foreign).
    ForeignSyscall {
        /// x8.
        number: u64,
    },
    /// An exception that is neither a system call nor an abort.
    UserException {
        /// Low 32 bits of ESR_EL1.
        number: u64,
        /// Always 0.
        code: u64,
    },
    /// A budget ran out.
    Timeout {
        /// Badge of the exhausted scheduling context.
        badge: u64,
    },
    /// A data or instruction abort.
    Vm {
        /// The address that was accessed.
        address: u64,
        /// Whether an instruction fetch failed.
        prefetch: bool,
        /// Low 32 bits of ESR_EL1.
        syndrome: u64,
    },
}

/// Label of a capability fault.
pub const CAP_FAULT: u64 = 1;
/// Label of an unknown system call.
pub const UNKNOWN_SYSCALL: u64 = 2;
/// Label of a user exception.
pub const USER_EXCEPTION: u64 = 3;
/// Label of a timeout fault.
pub const TIMEOUT: u64 = 5;
/// Label of a memory fault.
pub const VM_FAULT: u64 = 6;

impl Fault {
    /// The label of the message.
    #[must_use]
    pub const fn label(&self) -> u64 {
        match self {
            Self::Cap { .. } => CAP_FAULT,
            Self::UnknownSyscall { .. } => UNKNOWN_SYSCALL,
            Self::ForeignSyscall { .. } => crate::foreign::LABEL,
            Self::UserException { .. } => USER_EXCEPTION,
            Self::Timeout { .. } => TIMEOUT,
            Self::Vm { .. } => VM_FAULT,
        }
    }
}

/// Words 0 to 11 of an unknown-syscall message and of its reply. Word 8 is the address of the
/// `svc`; word 10 is reported as the saved return address (the one behind the `svc`), and a
/// value written there is lost. Word 12 is the number.
pub const UNKNOWN_SYSCALL_REGISTERS: [Option<Register>; 12] = [
    Some(X(0)),
    Some(X(1)),
    Some(X(2)),
    Some(X(3)),
    Some(X(4)),
    Some(X(5)),
    Some(X(6)),
    Some(X(7)),
    Some(Pc),
    Some(Sp),
    None,
    Some(Spsr),
];
/// Length of an unknown-syscall message in words.
pub const UNKNOWN_SYSCALL_LENGTH: usize = 13;
/// Words 0 to 2 of a user-exception message and of its reply; 3 is the number, 4 the code.
pub const USER_EXCEPTION_REGISTERS: [Register; 3] = [Pc, Sp, Spsr];
/// Length of a user-exception message in words.
pub const USER_EXCEPTION_LENGTH: usize = 5;
/// Length of a memory-fault message in words: IP, address, prefetch, syndrome.
pub const VM_FAULT_LENGTH: usize = 4;
