//! Text to and from a person.
//!
//! Many clients share a terminal. What they print comes out by whole lines: a line of one is never
//! torn by another's. What is typed goes to the client that has the *focus*; the person at the
//! terminal moves it with an escape key. The driver echoes and edits nothing: a line discipline
//! belongs to the client.
//!
//! ```no_run
//! use libsys::layout::{Component, Missing};
//! use libsys::service::terminal::Terminal;
//!
//! fn greet(component: &Component) -> Result<(), Missing<'static>> {
//!     let terminal = Terminal::new(component.endpoint("console")?);
//!     let _ = terminal.write_all(b"your name? ");
//!     if let Ok(input) = terminal.read() {
//!         libsys::println!("{} bytes, {} lost", input.bytes.len(), input.lost);
//!     }
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! [`print!`](crate::print) goes the same way; see [`console`](crate::console).

use super::again;
use crate::cap::Cap;
use crate::executor::{Clock, Reactor};
use crate::object::Endpoint;
use crate::server::{Buffer, Bytes, CallError, DecodeError, Decoder, Encoder, Field, Port};

/// Bytes of text that one message has at most.
pub const CHUNK: usize = 96;

crate::data! {
    /// Why a terminal does not do what it is asked to.
    ///
    /// ```
    /// use libsys::service::terminal::Refusal;
    ///
    /// assert_eq!(Refusal::try_from(3), Ok(Refusal::Busy));
    /// ```
    pub enum Refusal {
        /// The line cannot have such settings.
        Impossible = 1,
        /// The layout does not let this client do that.
        NotAllowed = 2,
        /// Somebody else is still at it: output that is on its way, or other readers, of which
        /// each client has one: the last that asked.
        Busy = 3,
        /// This console can only print.
        Unsupported = 4,
    }
}

crate::data! {
    /// A parity bit.
    ///
    /// ```
    /// use libsys::service::terminal::Parity;
    ///
    /// assert_eq!(Parity::try_from(2), Ok(Parity::Even));
    /// ```
    pub enum Parity {
        /// There is none.
        None = 0,
        /// An odd number of ones.
        Odd = 1,
        /// An even number of ones.
        Even = 2,
        /// Always one.
        Mark = 3,
        /// Always zero.
        Space = 4,
    }
}

crate::data! {
    /// How characters travel on the line.
    ///
    /// ```
    /// use libsys::service::terminal::{Parity, Settings};
    ///
    /// let slow = Settings { baud: 300, parity: Parity::Even, ..Settings::USUAL };
    /// assert_eq!((slow.data_bits, slow.stop_bits), (8, 1));
    /// ```
    pub struct Settings {
        /// Bits in a second.
        pub baud: u32,
        /// Bits of a character, 5 to 8.
        pub data_bits: u8,
        /// The parity bit.
        pub parity: Parity,
        /// Bits after each character, 1 or 2.
        pub stop_bits: u8,
    }
}

impl Settings {
    /// 115 200 baud, 8N1.
    pub const USUAL: Self =
        Self { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
}

crate::data! {
    /// What has happened on the line since the driver began.
    ///
    /// ```
    /// use libsys::service::terminal::Counts;
    ///
    /// let counts = Counts { overruns: 2, ..Counts::default() };
    /// assert_eq!(counts.sent, 0);
    /// ```
    #[derive(Default)]
    pub struct Counts {
        /// Bytes sent.
        pub sent: u64,
        /// Bytes received well.
        pub received: u64,
        /// Bytes received well that their client had no room for.
        pub dropped: u64,
        /// Times that the device lost bytes because the driver was late.
        pub overruns: u64,
        /// Characters with a wrong parity bit.
        pub parity: u64,
        /// Characters without a stop bit.
        pub framing: u64,
        /// Breaks.
        pub breaks: u64,
    }
}

/// What was typed.
///
/// ```
/// use libsys::service::terminal::Input;
///
/// assert!(Input::default().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Input {
    /// The bytes, in their order.
    pub bytes: Bytes<CHUNK>,
    /// Bytes that were lost before these: they were damaged, or there was no room for them.
    pub lost: u64,
}

impl Input {
    /// Whether there is nothing to be told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.lost == 0
    }
}

impl Field for Input {
    const WORDS: usize = 1 + Bytes::<CHUNK>::WORDS;
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        to.word(self.lost);
        self.bytes.encode(to);
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        Ok(Self { lost: from.word()?, bytes: Bytes::decode(from)? })
    }
}

crate::interface! {
    /// What a terminal can do for its clients.
    pub mod interface {
        type Error = Refusal;

        /// Prints text: UTF-8, perhaps cut inside of a character, with bare line feeds unless the
        /// client is raw. Answered once all of it has gone to the device.
        Print = 0xc0: fn print(text: Bytes<CHUNK>) -> ();

        /// What was typed for this client. Nothing was: waits if `waits`, else answers with
        /// nothing, and signals the client when there is something.
        Read = 0xc1: fn read(waits: bool) -> Input;

        /// How characters travel.
        Settings = 0xc2: fn settings() -> super::Settings;

        /// Lets them travel otherwise, for all clients.
        Configure = 0xc3: fn configure(settings: super::Settings) -> ();

        /// What has happened on the line.
        Counts = 0xc4: fn counts() -> super::Counts;

        /// Whether this client's line feeds go out as they are, without a carriage return.
        SetRaw = 0xc5: fn set_raw(raw: bool) -> ();
    }
}

/// Why a terminal did not do something.
///
/// ```
/// use libsys::service::terminal::{Error, Refusal};
///
/// let error = Error::Refused(Refusal::Busy);
/// assert_eq!(error.to_string(), "refused: Busy");
/// ```
pub type Error = CallError<Refusal>;

/// A terminal, for its client. A driver that was started again is asked again: text that it had
/// not acknowledged may come out twice, other text does not, and none is lost.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::service::terminal::{Settings, Terminal};
///
/// let terminal = Terminal::new(Cap::at(7));
/// let faster = Settings { baud: 460_800, ..Settings::USUAL };
/// if let Err(error) = terminal.configure(faster) {
///     libsys::println!("as slow as before: {error}");
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Terminal(interface::Client);

impl Terminal {
    /// The terminal behind this endpoint.
    #[must_use]
    pub const fn new(driver: Cap<Endpoint>) -> Self {
        Self(interface::Client::new(driver))
    }

    /// Prints all of it, and returns once it has gone to the device.
    ///
    /// # Errors
    /// The driver does not answer as the interface says.
    pub fn write_all(&self, bytes: &[u8]) -> Result<(), Error> {
        for chunk in bytes.chunks(CHUNK) {
            let text = Bytes::new(chunk).unwrap_or_default();
            again(|| self.0.print(text.clone()))?;
        }
        Ok(())
    }

    /// Waits until something is typed.
    ///
    /// # Errors
    /// `Busy`: another thread of this client waits now instead, or too many clients do.
    /// `Unsupported`.
    pub fn read(&self) -> Result<Input, Error> {
        again(|| self.0.read(true))
    }

    /// What has been typed so far, perhaps nothing.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn poll(&self) -> Result<Input, Error> {
        again(|| self.0.read(false))
    }

    /// Waits until something is typed, while other tasks of the executor run. `signals`: what
    /// the driver rings with, and the bit that says it was started again.
    ///
    /// # Errors
    /// `Unsupported`.
    pub async fn typed<P: Port, C: Clock, const N: usize>(
        &self,
        reactor: &Reactor<P, C, N>,
        signals: u64,
    ) -> Result<Input, Error> {
        loop {
            let input = self.poll()?;
            if !input.is_empty() {
                return Ok(input);
            }
            reactor.signalled(signals).await;
        }
    }

    /// How characters travel.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn settings(&self) -> Result<Settings, Error> {
        again(|| self.0.settings())
    }

    /// Lets characters travel otherwise, for all clients.
    ///
    /// # Errors
    /// `Impossible`, `NotAllowed`, `Busy`, `Unsupported`. Nothing has changed.
    pub fn configure(&self, settings: Settings) -> Result<(), Error> {
        again(|| self.0.configure(settings))
    }

    /// What has happened on the line.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn counts(&self) -> Result<Counts, Error> {
        again(|| self.0.counts())
    }

    /// Whether this client's line feeds go out as they are. A driver that was started again has
    /// forgotten it.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn set_raw(&self, raw: bool) -> Result<(), Error> {
        again(|| self.0.set_raw(raw))
    }
}
