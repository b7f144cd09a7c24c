//! The driver's half, for one client.

use super::frame::{Frame, MOST_BYTES, SLOT_BYTES, TAG_BYTES};
use super::{Refusal, Statistics};
use crate::ring::{Bell, Consumer, Memory, Part, Producer, RingError, Shape};

/// What a client has put into its ring is no packet. It is gone.
///
/// ```
/// use libsys::ring::{LocalMemory, Memory, Quiet};
/// use libsys::service::packet::{MOST_BYTES, Port, Rejected};
///
/// let memory = LocalMemory::<2048>::new();
/// let mut port = Port::new(&memory, Quiet);
/// port.open(7).expect("enough memory");
/// // The client puts in something of 9 bytes.
/// memory.write(128, 9);
/// memory.store(0, 1);
/// assert_eq!(port.take(&mut [0; MOST_BYTES]), Err(Rejected));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rejected;

/// The rings of a session.
#[derive(Debug)]
struct Session<M, B> {
    number: u64,
    sent: Consumer<Part<M>, B>,
    received: Producer<Part<M>, B>,
    counts: Statistics,
}

/// The driver's half of the memory that it shares with a client. Nothing that the client writes
/// there makes it panic, wait, or look elsewhere; a client that breaks a ring loses its session.
///
/// ```
/// use libsys::ring::{LocalMemory, Quiet};
/// use libsys::service::packet::Port;
///
/// let memory = LocalMemory::<2048>::new();
/// let mut port = Port::new(&memory, Quiet);
/// port.open(7).expect("enough memory");
/// assert_eq!(port.take(&mut [0; 1518]), Ok(None));
/// assert!(port.has_session(7) && !port.has_session(8));
/// ```
#[derive(Debug)]
pub struct Port<M, B> {
    memory: M,
    bell: B,
    session: Option<Session<M, B>>,
}

impl<M: Memory + Copy, B: Bell + Copy> Port<M, B> {
    /// Nobody has a session yet; the memory is not touched.
    pub const fn new(memory: M, bell: B) -> Self {
        Self { memory, bell, session: None }
    }

    /// Begins a session with this number; another one ends.
    ///
    /// # Errors
    /// [`Refusal::Memory`].
    pub fn open(&mut self, number: u64) -> Result<(), Refusal> {
        self.session = None;
        let [sent, received] = Part::halves(self.memory).ok_or(Refusal::Memory)?;
        let shape = Shape::filling(sent.bytes(), SLOT_BYTES).ok_or(Refusal::Memory)?;
        let ring = |_: RingError| Refusal::Memory;
        let sent = Consumer::anew(sent, shape, self.bell).map_err(ring)?;
        let received = Producer::anew(received, shape, self.bell).map_err(ring)?;
        self.session = Some(Session { number, sent, received, counts: Statistics::default() });
        Ok(())
    }

    /// Whether this is the number of the session.
    #[must_use]
    pub fn has_session(&self, number: u64) -> bool {
        self.session.as_ref().is_some_and(|session| session.number == number)
    }

    /// What became of the session's packets; nothing without one.
    #[must_use]
    pub fn counts(&self) -> Statistics {
        self.session.as_ref().map_or(Statistics::default(), |session| session.counts)
    }

    /// Takes the next packet of the client: copies it to the start of `packet`. `None`: there is
    /// none, or no session.
    ///
    /// # Errors
    /// [`Rejected`]: something else; there may be more behind it.
    pub fn take(&mut self, packet: &mut [u8; MOST_BYTES]) -> Result<Option<Frame>, Rejected> {
        let Some(session) = &mut self.session else { return Ok(None) };
        match session.sent.peek() {
            Ok(Some(slot)) => {
                let mut tag = [0];
                slot.read_words(0, &mut tag);
                let frame = Frame::from_word(tag[0]);
                if let Some(frame) = frame {
                    slot.read_bytes(TAG_BYTES, &mut packet[..frame.length()]);
                }
                slot.release();
                frame.map(Some).ok_or(Rejected)
            }
            Ok(None) => Ok(None),
            Err(_) => {
                self.session = None;
                Ok(None)
            }
        }
    }

    /// Counts a packet that was taken.
    pub(super) fn count(&mut self, is_sent: bool) {
        if let Some(session) = &mut self.session {
            session.counts.sent += u64::from(is_sent);
            session.counts.refused += u64::from(!is_sent);
        }
    }

    /// Gives the client a packet, or drops it if there is no room. `packet` has as many bytes as
    /// `frame` says.
    pub fn give(&mut self, frame: Frame, packet: &[u8]) {
        let Some(session) = &mut self.session else { return };
        match session.received.reserve() {
            Ok(Some(mut slot)) => {
                slot.write_words(0, &[frame.to_word()]);
                slot.write_bytes(TAG_BYTES, &packet[..frame.length().min(packet.len())]);
                slot.commit();
                session.counts.received += 1;
            }
            Ok(None) => session.counts.dropped += 1,
            Err(_) => self.session = None,
        }
    }

    /// Wakes the client, if it sleeps and there is something for it.
    pub fn flush(&mut self) {
        if let Some(session) = &mut self.session {
            session.sent.flush();
            session.received.flush();
        }
    }

    /// Says to the client that it has to wake the driver for its next packet. `false`: there is
    /// one already.
    pub fn fall_asleep(&mut self) -> bool {
        let Some(session) = &mut self.session else { return true };
        let sleeps = session.sent.fall_asleep();
        if sleeps.is_err() {
            self.session = None;
        }
        sleeps.unwrap_or(true)
    }

    /// Ends what [`fall_asleep`](Self::fall_asleep) has begun.
    pub fn wake_up(&mut self) {
        if let Some(session) = &mut self.session {
            session.sent.wake_up();
        }
    }
}
