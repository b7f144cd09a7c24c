//! The order of registers in messages.

/// One register of a thread as user level names it.
///
/// ```
/// use abi::registers::{Register, USER_CONTEXT};
///
/// let place = USER_CONTEXT.iter().position(|register| *register == Register::X(0));
/// assert_eq!(place, Some(3));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Register {
    /// The restart address ("FaultIP").
    Pc,
    /// SP_EL0.
    Sp,
    /// SPSR: condition flags and mode.
    Spsr,
    /// A general register, 0 to 30.
    X(u8),
    /// TPIDR_EL0.
    Tpidr,
    /// TPIDRRO_EL0.
    Tpidrro,
}

use Register::{Pc, Sp, Spsr, Tpidr, Tpidrro, X};

/// The user context: the order of ReadRegisters and WriteRegisters. The first
/// [`FRAME_REGISTERS`] are the "frame" registers of CopyRegisters, the rest the "integer" ones.
/// A reply to a timeout fault carries the first [`TIMEOUT_REPLY_REGISTERS`].
pub const USER_CONTEXT: [Register; 36] = [
    Pc,
    Sp,
    Spsr,
    X(0),
    X(1),
    X(2),
    X(3),
    X(4),
    X(5),
    X(6),
    X(7),
    X(8),
    X(16),
    X(17),
    X(18),
    X(29),
    X(30),
    X(9),
    X(10),
    X(11),
    X(12),
    X(13),
    X(14),
    X(15),
    X(19),
    X(20),
    X(21),
    X(22),
    X(23),
    X(24),
    X(25),
    X(26),
    X(27),
    X(28),
    Tpidr,
    Tpidrro,
];

/// Frame registers at the start of [`USER_CONTEXT`].
pub const FRAME_REGISTERS: usize = 17;
/// Registers that a reply to a timeout fault may set: all but the thread-ID registers.
pub const TIMEOUT_REPLY_REGISTERS: usize = 34;

/// SPSR of a new thread in a release image: EL0t, FIQ and SError masked.
pub const SPSR_RELEASE: u64 = 0x140;
/// SPSR of a new thread in a debug image: EL0t, FIQ masked.
pub const SPSR_DEBUG: u64 = 0x40;
/// The condition flags of an SPSR.
pub const SPSR_FLAGS: u64 = 0xf000_0000;

/// An SPSR as the kernel lets user level have it: only the condition flags of `wished`, the rest
/// from `fresh` ([`SPSR_RELEASE`] or [`SPSR_DEBUG`]).
#[must_use]
pub const fn sanitise_spsr(wished: u64, fresh: u64) -> u64 {
    wished & SPSR_FLAGS | fresh
}
