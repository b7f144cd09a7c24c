//! The device: a line for a terminal.

use libsys::service::terminal::{Refusal, Settings};
use terminal::{Arrival, Damage, Line};

use crate::framing::Framing;
use crate::registers::{FIFO, LEVELS, Register, Registers, control, data, flags, interrupt};

/// Looks at a device that still sends, before its settings are changed nevertheless: more than a
/// full FIFO takes at any usual rate.
const PATIENCE: u32 = 1 << 20;
/// What the control register holds while the device is driven.
const RUNNING: u32 = control::ENABLE | control::TRANSMIT | control::RECEIVE;

/// A UART that is driven.
#[derive(Debug)]
pub struct Uart<R> {
    registers: R,
    /// Hertz.
    clock: u32,
    settings: Settings,
    /// Whether the device interrupts when there is room to send.
    awaits_room: bool,
}

impl<R: Registers> Uart<R> {
    /// Takes over a device whose clock has so many hertz, in whatever state it is. If its settings
    /// are these already, what an earlier driver has sent still goes out.
    ///
    /// # Errors
    /// `Impossible`.
    pub fn start(registers: R, clock: u32, settings: Settings) -> Result<Self, Refusal> {
        let framing = Framing::new(&settings, clock)?;
        let uart = Self { registers, clock, settings, awaits_room: false };
        uart.registers.write(Register::InterruptMask, 0);
        if !uart.has(framing) {
            for _ in 0..PATIENCE {
                if !uart.is_busy() {
                    break;
                }
            }
            uart.apply(framing);
        }
        uart.registers.write(Register::FifoLevels, LEVELS);
        uart.registers.write(Register::InterruptClear, interrupt::ALL);
        uart.mask();
        Ok(uart)
    }

    /// Whether the device works and is set up so.
    fn has(&self, framing: Framing) -> bool {
        let Framing { whole, fraction, line } = framing;
        self.registers.read(Register::Control) & RUNNING == RUNNING
            && self.registers.read(Register::BaudWhole) == whole
            && self.registers.read(Register::BaudFraction) == fraction
            && self.registers.read(Register::LineControl) == line
    }

    /// Sets the device up, in the order that the manual demands (3.3.8): it stops, its FIFOs are
    /// emptied, and the line control register takes over the divisor.
    fn apply(&self, framing: Framing) {
        let writes = [
            (Register::Control, 0),
            (Register::LineControl, 0),
            (Register::BaudWhole, framing.whole),
            (Register::BaudFraction, framing.fraction),
            (Register::LineControl, framing.line),
            (Register::Control, RUNNING),
        ];
        for (register, value) in writes {
            self.registers.write(register, value);
        }
    }

    fn is_busy(&self) -> bool {
        self.registers.read(Register::Flags) & flags::BUSY != 0
    }

    /// Lets those interrupts through that are of use.
    fn mask(&self) {
        let room = if self.awaits_room { interrupt::TRANSMIT } else { 0 };
        let mask = interrupt::RECEIVE | interrupt::TIMEOUT | room;
        self.registers.write(Register::InterruptMask, mask);
    }

    fn await_room(&mut self, awaits: bool) {
        if self.awaits_room != awaits {
            self.awaits_room = awaits;
            self.mask();
        }
    }

    /// Sends as many bytes as there is room for.
    fn fill(&self, bytes: &[u8]) -> usize {
        let mut sent = 0;
        while sent < bytes.len() {
            let flags = self.registers.read(Register::Flags);
            let room = match flags {
                _ if flags & flags::TRANSMIT_FULL != 0 => break,
                _ if flags & flags::TRANSMIT_EMPTY != 0 => FIFO,
                _ => 1,
            };
            for byte in bytes[sent..].iter().take(room) {
                self.registers.write(Register::Data, u32::from(*byte));
            }
            sent += room.min(bytes.len() - sent);
        }
        sent
    }
}

impl<R: Registers> Line for Uart<R> {
    fn send(&mut self, bytes: &[u8]) -> usize {
        // Before the FIFO is filled: from then on, its falling below the level is news.
        self.registers.write(Register::InterruptClear, interrupt::TRANSMIT);
        let sent = self.fill(bytes);
        self.await_room(sent < bytes.len());
        sent
    }

    fn receive(&mut self) -> Option<Arrival> {
        if self.registers.read(Register::Flags) & flags::RECEIVE_EMPTY != 0 {
            return None;
        }
        let word = self.registers.read(Register::Data);
        let character = match word {
            // A break has the other errors, too.
            _ if word & data::BREAK != 0 => Err(Damage::Break),
            _ if word & data::FRAMING != 0 => Err(Damage::Framing),
            _ if word & data::PARITY != 0 => Err(Damage::Parity),
            _ => Ok((word & 0xff) as u8),
        };
        Some(Arrival { character, overrun: word & data::OVERRUN != 0 })
    }

    fn settings(&self) -> Settings {
        self.settings
    }

    fn configure(&mut self, settings: Settings) -> Result<(), Refusal> {
        let framing = Framing::new(&settings, self.clock)?;
        if self.is_busy() {
            return Err(Refusal::Busy);
        }
        self.apply(framing);
        self.settings = settings;
        Ok(())
    }
}
