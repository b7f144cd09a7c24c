//! The registers, and what their bits mean (DDI 0183, chapter 3).

use libsys::window::Window;

/// A register, by its offset in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Register {
    /// Data (3.3.1): a character in bits 0 to 7, its errors above when it is read.
    Data = 0x00,
    /// Flags (3.3.3).
    Flags = 0x18,
    /// Baud rate divisor, whole part (3.3.5).
    BaudWhole = 0x24,
    /// Baud rate divisor, in sixty-fourths (3.3.6).
    BaudFraction = 0x28,
    /// Line control (3.3.7). Writing it takes over the divisor, too.
    LineControl = 0x2c,
    /// Control (3.3.8).
    Control = 0x30,
    /// FIFO levels that interrupt (3.3.9).
    FifoLevels = 0x34,
    /// Which interrupts reach the line (3.3.10).
    InterruptMask = 0x38,
    /// Which interrupts do (3.3.12).
    MaskedInterrupts = 0x40,
    /// Ends interrupts (3.3.13).
    InterruptClear = 0x44,
}

/// Bits of [`Register::Data`] that is read.
pub mod data {
    /// No stop bit.
    pub const FRAMING: u32 = 1 << 8;
    /// A wrong parity bit.
    pub const PARITY: u32 = 1 << 9;
    /// The line was low for longer than a character.
    pub const BREAK: u32 = 1 << 10;
    /// Characters were lost before this one.
    pub const OVERRUN: u32 = 1 << 11;
}

/// Bits of [`Register::Flags`].
pub mod flags {
    /// A character is being sent.
    pub const BUSY: u32 = 1 << 3;
    /// There is nothing to receive.
    pub const RECEIVE_EMPTY: u32 = 1 << 4;
    /// There is no room to send.
    pub const TRANSMIT_FULL: u32 = 1 << 5;
    /// There is all the room to send.
    pub const TRANSMIT_EMPTY: u32 = 1 << 7;
}

/// Bits of [`Register::LineControl`].
pub mod line {
    /// A parity bit.
    pub const PARITY: u32 = 1 << 1;
    /// An even number of ones.
    pub const EVEN: u32 = 1 << 2;
    /// Two stop bits.
    pub const TWO_STOP_BITS: u32 = 1 << 3;
    /// The FIFOs are used.
    pub const FIFOS: u32 = 1 << 4;
    /// Where the bits of a character begin: 0 means five.
    pub const LENGTH_SHIFT: u32 = 5;
    /// The parity bit is always the opposite of [`EVEN`].
    pub const STICK: u32 = 1 << 7;
}

/// Bits of [`Register::Control`].
pub mod control {
    /// The UART works.
    pub const ENABLE: u32 = 1;
    /// It sends.
    pub const TRANSMIT: u32 = 1 << 8;
    /// It receives.
    pub const RECEIVE: u32 = 1 << 9;
}

/// Bits of the registers of interrupts.
pub mod interrupt {
    /// The FIFO has received so many characters.
    pub const RECEIVE: u32 = 1 << 4;
    /// The FIFO has only so many characters left to send.
    pub const TRANSMIT: u32 = 1 << 5;
    /// Nothing has followed what was received.
    pub const TIMEOUT: u32 = 1 << 6;
    /// All of them.
    pub const ALL: u32 = 0x7ff;
}

/// [`Register::FifoLevels`]: half full interrupts when receiving, an eighth when sending.
pub const LEVELS: u32 = 0b010 << 3;
/// Characters that the FIFO holds at least (32 since revision 1.5).
pub const FIFO: usize = 16;

/// Access to registers of a UART.
pub trait Registers {
    /// Reads one, which may change the device.
    fn read(&self, register: Register) -> u32;

    /// Writes one.
    fn write(&self, register: Register, value: u32);
}

impl Registers for Window {
    #[inline]
    fn read(&self, register: Register) -> u32 {
        self.read_register(register as u64)
    }

    #[inline]
    fn write(&self, register: Register, value: u32) {
        self.write_register(register as u64, value);
    }
}
