//! The client's half.

use core::fmt;

use super::frame::{Checksum, Frame, MOST_BYTES, SLOT_BYTES, TAG_BYTES};
use super::{Address, Opened, Refusal, Statistics, Wants, control};
use crate::ring::{Bell, Consumer, Memory, Part, Producer, RingError, Shape};
use crate::server::CallError;
use crate::service::Alarm;

/// Why an operation failed. After all of them a new session may help: [`Link::open`].
///
/// ```
/// use libsys::service::packet::LinkError;
///
/// assert_eq!(LinkError::Length(9).to_string(), "no packet of 9 bytes is like this");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// The driver refuses, or did not answer.
    Control(CallError<Refusal>),
    /// The driver has broken a ring.
    Ring(RingError),
    /// What the driver has put into the ring is no packet. It is gone.
    Packet,
    /// No packet has so many bytes, or the places of its checksum are outside.
    Length(usize),
}

impl From<CallError<Refusal>> for LinkError {
    fn from(error: CallError<Refusal>) -> Self {
        Self::Control(error)
    }
}

impl From<RingError> for LinkError {
    fn from(error: RingError) -> Self {
        Self::Ring(error)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(error) => error.fmt(f),
            Self::Ring(error) => error.fmt(f),
            Self::Packet => f.write_str("the driver gives what is no packet"),
            Self::Length(bytes) => write!(f, "no packet of {bytes} bytes is like this"),
        }
    }
}

impl core::error::Error for LinkError {}

/// How a client reaches the driver: by calls, or within a test.
///
/// ```
/// use libsys::server::CallError;
/// use libsys::service::packet::{Control, Opened, Refusal, Statistics, Wants};
///
/// /// There is no driver.
/// struct Nobody;
///
/// impl Control for Nobody {
///     fn open(&self) -> Result<Opened, CallError<Refusal>> {
///         Err(CallError::Abandoned)
///     }
///
///     fn listen(&self, _: u64, _: Wants) -> Result<(), CallError<Refusal>> {
///         Err(CallError::Abandoned)
///     }
///
///     fn count(&self, _: u64) -> Result<Statistics, CallError<Refusal>> {
///         Err(CallError::Abandoned)
///     }
/// }
/// ```
pub trait Control {
    /// See [`control::Open`].
    ///
    /// # Errors
    /// The driver refuses, or does not answer.
    fn open(&self) -> Result<Opened, CallError<Refusal>>;

    /// See [`control::Listen`].
    ///
    /// # Errors
    /// The driver refuses, or does not answer.
    fn listen(&self, session: u64, wants: Wants) -> Result<(), CallError<Refusal>>;

    /// See [`control::Count`].
    ///
    /// # Errors
    /// The driver refuses, or does not answer.
    fn count(&self, session: u64) -> Result<Statistics, CallError<Refusal>>;
}

impl Control for control::Client {
    fn open(&self) -> Result<Opened, CallError<Refusal>> {
        Self::open(self)
    }

    fn listen(&self, session: u64, wants: Wants) -> Result<(), CallError<Refusal>> {
        Self::listen(self, session, wants)
    }

    fn count(&self, session: u64) -> Result<Statistics, CallError<Refusal>> {
        Self::count(self, session)
    }
}

/// A client's session with the driver of a network card. When the driver was started again, it
/// begins another by itself, at the next wait: what was under way then is lost, as on any wire,
/// and whoever has to know that counts [sessions](Self::sessions).
///
/// The layout must let the driver's restart tell the client (`tells`), through the bell that the
/// driver rings, too.
///
/// ```no_run
/// use libsys::layout::Component;
/// use libsys::service::Restarts;
/// use libsys::service::packet::{Checksum, Link, LinkError, MOST_BYTES, control};
///
/// /// Sends back whatever comes.
/// fn echo(component: &Component) -> Result<(), LinkError> {
///     let (memory, bell) = Restarts::listen(component, "net").expect("a card");
///     let driver = control::Client::new(component.endpoint("net").expect("its driver"));
///     let mut link = Link::open(driver, &memory, &bell)?;
///     let mut packet = [0; MOST_BYTES];
///     loop {
///         while let Some(frame) = link.receive(&mut packet)? {
///             link.send(&packet[..frame.length()], Checksum::Unknown)?;
///         }
///         link.flush();
///         link.wait()?;
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Link<C, M, B> {
    control: C,
    memory: M,
    bell: B,
    opened: Opened,
    /// What was chosen, for each session.
    wants: Option<Wants>,
    sessions: u64,
    sent: Producer<Part<M>, B>,
    received: Consumer<Part<M>, B>,
}

impl<C: Control, M: Memory + Copy, B: Alarm + Copy> Link<C, M, B> {
    /// Begins a session.
    ///
    /// # Errors
    /// [`LinkError::Control`], or [`LinkError::Ring`]: the memory is too small.
    pub fn open(control: C, memory: M, bell: B) -> Result<Self, LinkError> {
        let (sent, received, opened) = begin(&control, memory, bell)?;
        let (wants, sessions) = (None, 1);
        Ok(Self { control, memory, bell, opened, wants, sessions, sent, received })
    }

    /// Begins another session, after an error. What the driver has not sent yet is lost, and so is
    /// what was not received yet.
    ///
    /// # Errors
    /// As [`open`](Self::open). The old session may have ended even so.
    pub fn reopen(&mut self) -> Result<(), LinkError> {
        loop {
            (self.sent, self.received, self.opened) = begin(&self.control, self.memory, self.bell)?;
            self.sessions += 1;
            let Some(wants) = self.wants else { return Ok(()) };
            match self.control.listen(self.opened.session, wants) {
                Err(CallError::Restarted) => {}
                listens => return Ok(listens?),
            }
        }
    }

    /// How many sessions were begun. When there is another than before, what was sent or was to
    /// be received in the last one may be lost.
    #[must_use]
    pub const fn sessions(&self) -> u64 {
        self.sessions
    }

    /// The address of this client.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.opened.address
    }

    /// Whether the card had a connection when the session began.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.opened.is_connected
    }

    /// Chooses which packets come besides those for this client's address.
    ///
    /// # Errors
    /// [`LinkError::Control`].
    pub fn listen(&mut self, wants: Wants) -> Result<(), LinkError> {
        self.control.listen(self.opened.session, wants)?;
        self.wants = Some(wants);
        Ok(())
    }

    /// What became of this session's packets.
    ///
    /// # Errors
    /// [`LinkError::Control`]; above all, the driver does not know the session.
    pub fn count(&self) -> Result<Statistics, LinkError> {
        Ok(self.control.count(self.opened.session)?)
    }

    /// Puts in a packet, from its destination on. `false`: there is no room, see
    /// [`wait_room`](Self::wait_room). The driver looks at packets after [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`LinkError::Length`], or [`LinkError::Ring`].
    #[inline]
    pub fn send(&mut self, packet: &[u8], checksum: Checksum) -> Result<bool, LinkError> {
        let frame = Frame::new(packet.len(), checksum).ok_or(LinkError::Length(packet.len()))?;
        let Some(mut slot) = self.sent.reserve()? else { return Ok(false) };
        slot.write_words(0, &[frame.to_word()]);
        slot.write_bytes(TAG_BYTES, packet);
        slot.commit();
        Ok(true)
    }

    /// Takes the next packet: copies it to the start of `packet`. `None`: there is none.
    ///
    /// # Errors
    /// [`LinkError::Ring`], or [`LinkError::Packet`].
    #[inline]
    pub fn receive(&mut self, packet: &mut [u8; MOST_BYTES]) -> Result<Option<Frame>, LinkError> {
        let Some(slot) = self.received.peek()? else { return Ok(None) };
        let mut tag = [0];
        slot.read_words(0, &mut tag);
        let frame = Frame::from_word(tag[0]);
        if let Some(frame) = frame {
            slot.read_bytes(TAG_BYTES, &mut packet[..frame.length()]);
        }
        slot.release();
        frame.map(Some).ok_or(LinkError::Packet)
    }

    /// Wakes the driver, if it sleeps. Once after each batch of packets, and before waiting.
    pub fn flush(&mut self) {
        self.sent.flush();
        self.received.flush();
    }

    /// Sleeps, at most once, until there is a packet; perhaps shorter. Woken for another reason, it
    /// looks whether the driver still knows the session, and else begins another.
    ///
    /// # Errors
    /// [`LinkError::Ring`], or as [`open`](Self::open).
    pub fn wait(&mut self) -> Result<(), LinkError> {
        let woken = self.received.wait();
        self.woken(woken)
    }

    /// Sleeps, at most once, until there is room for a packet; perhaps shorter. Otherwise as
    /// [`wait`](Self::wait).
    ///
    /// # Errors
    /// As those of [`wait`](Self::wait).
    pub fn wait_room(&mut self) -> Result<(), LinkError> {
        let woken = self.sent.wait();
        self.woken(woken)
    }

    /// What a wait has come to.
    fn woken(&mut self, found: Result<u32, RingError>) -> Result<(), LinkError> {
        // First: an instance that died may have left anything in the rings.
        if self.bell.was_told() {
            return self.check();
        }
        match found? {
            0 => self.check(),
            _ => Ok(()),
        }
    }

    /// Looks whether the driver knows the session, and else begins another.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn check(&mut self) -> Result<(), LinkError> {
        match self.control.count(self.opened.session) {
            Ok(_) => Ok(()),
            Err(error) if is_over(&error) => self.reopen(),
            Err(error) => Err(error.into()),
        }
    }

    /// Announces that this side is going to sleep elsewhere than in [`wait`](Self::wait).
    /// `false`: there are packets, do not.
    ///
    /// # Errors
    /// [`LinkError::Ring`].
    pub fn fall_asleep(&mut self) -> Result<bool, LinkError> {
        Ok(self.received.fall_asleep()?)
    }

    /// Ends what [`fall_asleep`](Self::fall_asleep) has begun.
    pub fn wake_up(&mut self) {
        self.received.wake_up();
    }
}

/// Whether another session helps: the driver was started again, or has ended this one.
const fn is_over(error: &CallError<Refusal>) -> bool {
    matches!(error, CallError::Restarted | CallError::Refused(Refusal::Session))
}

/// Both rings of a session, and what the driver says to it.
type Session<M, B> = (Producer<Part<M>, B>, Consumer<Part<M>, B>, Opened);

/// Begins a session: makes this side's words of both rings zero, and says so.
fn begin<C: Control, M: Memory + Copy, B: Bell + Copy>(
    control: &C,
    memory: M,
    bell: B,
) -> Result<Session<M, B>, LinkError> {
    let small = RingError::Memory { needed: 2 * SLOT_BYTES as usize, found: memory.bytes() };
    loop {
        let [sent, received] = Part::halves(memory).ok_or(small)?;
        let shape = Shape::filling(sent.bytes(), SLOT_BYTES).ok_or(small)?;
        let sent = Producer::anew(sent, shape, bell)?;
        let received = Consumer::anew(received, shape, bell)?;
        match control.open() {
            Ok(opened) => return Ok((sent, received, opened)),
            Err(CallError::Restarted) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
