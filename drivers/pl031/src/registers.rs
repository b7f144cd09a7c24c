//! The registers (DDI 0224, chapter 3).

use libsys::window::Window;

/// A register, by its offset in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Register {
    /// The time in seconds (3.3.1).
    Data = 0x00,
    /// The time that interrupts (3.3.2).
    Match = 0x04,
    /// Sets the time (3.3.3).
    Load = 0x08,
    /// Bit 0: the clock runs (3.3.4).
    Control = 0x0c,
    /// Bit 0: the interrupt reaches its line (3.3.5).
    InterruptMask = 0x10,
    /// Bit 0: ends the interrupt (3.3.8).
    InterruptClear = 0x1c,
}

/// Access to registers of a clock.
pub trait Registers {
    /// Reads one.
    fn read(&self, register: Register) -> u32;

    /// Writes one.
    fn write(&self, register: Register, value: u32);
}

impl Registers for Window {
    fn read(&self, register: Register) -> u32 {
        self.read_register(register as u64)
    }

    fn write(&self, register: Register, value: u32) {
        self.write_register(register as u64, value);
    }
}
