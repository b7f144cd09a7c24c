//! What a device does for the terminal.

use libsys::service::terminal::{Refusal, Settings};

/// A line to a person. It never waits.
pub trait Line {
    /// Sends as many of these bytes as there is room for; answers how many. If that is not all,
    /// the device interrupts when there is room again.
    fn send(&mut self, bytes: &[u8]) -> usize;

    /// What has come in next; `None`: nothing, and the device interrupts when there is something.
    fn receive(&mut self) -> Option<Arrival>;

    /// Whether the device is of no use any more. Then nothing is sent, and the driver ends, to be
    /// started again, rather than to acknowledge text that nobody sees.
    fn is_lost(&self) -> bool {
        false
    }

    /// How characters travel.
    fn settings(&self) -> Settings;

    /// Lets them travel otherwise.
    ///
    /// # Errors
    /// `Impossible`; `Busy` while characters are on their way. Nothing has changed.
    fn configure(&mut self, settings: Settings) -> Result<(), Refusal>;
}

/// A character that has come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The character, or how it was damaged.
    pub character: Result<u8, Damage>,
    /// Whether the device has lost characters at this place.
    pub overrun: bool,
}

/// How a character was damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// Its parity bit is wrong.
    Parity,
    /// It has no stop bit.
    Framing,
    /// The line was held low for longer than a character.
    Break,
}
