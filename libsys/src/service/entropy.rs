//! Random bytes.
//!
//! ```no_run
//! use libsys::layout::{Component, Missing};
//! use libsys::service::entropy::Entropy;
//!
//! fn seed(component: &Component) -> Result<[u8; 32], Missing<'static>> {
//!     let source = Entropy::new(component.endpoint("rng")?);
//!     let mut seed = [0; 32];
//!     if let Err(error) = source.fill(&mut seed) {
//!         libsys::println!("no entropy: {error}");
//!     }
//!     Ok(seed)
//! }
//! # fn main() {}
//! ```

use core::fmt;
use heapless::Deque;

use crate::cap::Cap;
use crate::object::Endpoint;
use crate::server::{Asked, Bytes, CallError, Request, Responder};

/// Bytes that one call brings at most.
pub const CHUNK: usize = 96;

crate::data! {
    /// Why a source gives nothing.
    ///
    /// ```
    /// use libsys::service::entropy::Refusal;
    ///
    /// assert_eq!(Refusal::try_from(1), Ok(Refusal::Count));
    /// ```
    pub enum Refusal {
        /// None were asked for, or more than [`CHUNK`].
        Count = 1,
        /// More calls wait than the source can remember.
        Busy = 2,
        /// The device gives nothing more.
        Failed = 3,
    }
}

crate::interface! {
    /// What a source can do for its clients.
    pub mod interface {
        type Error = Refusal;

        /// So many random bytes that nobody else gets, 1 to [`CHUNK`].
        Draw = 0xd0: fn draw(count: u64) -> Bytes<CHUNK>;
    }
}

/// A source of random bytes, for its client.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::service::entropy::Entropy;
///
/// let mut key = [0; 16];
/// let drawn = Entropy::new(Cap::at(7)).fill(&mut key);
/// # let _ = drawn;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Entropy(interface::Client);

impl Entropy {
    /// The source behind this endpoint.
    #[must_use]
    pub const fn new(source: Cap<Endpoint>) -> Self {
        Self(interface::Client::new(source))
    }

    /// Fills all of it. A source that was started again is asked again.
    ///
    /// # Errors
    /// Why there are no more. What was filled before is random, the rest as it was.
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), DrawError> {
        for part in bytes.chunks_mut(CHUNK) {
            let count = part.len() as u64;
            let drawn = super::again(|| self.0.draw(count)).map_err(DrawError::Call)?;
            if drawn.len() != part.len() {
                return Err(DrawError::Short { wanted: part.len(), found: drawn.len() });
            }
            part.copy_from_slice(&drawn);
        }
        Ok(())
    }
}

/// Why there are no random bytes.
///
/// ```
/// use libsys::service::entropy::DrawError;
///
/// let error = DrawError::Short { wanted: 16, found: 3 };
/// assert_eq!(error.to_string(), "3 random bytes instead of 16");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DrawError {
    /// The call failed.
    Call(CallError<Refusal>),
    /// The source does not keep to the interface.
    Short {
        /// Bytes that were asked for.
        wanted: usize,
        /// Bytes that came.
        found: usize,
    },
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Short { wanted, found } => write!(f, "{found} random bytes instead of {wanted}"),
        }
    }
}

impl core::error::Error for DrawError {}

/// Calls that wait for random bytes: the driver's half. Bytes go to calls in the order of these;
/// no byte goes to two.
///
/// ```
/// use libsys::server::Recorded;
/// use libsys::service::entropy::{Drawing, interface::Draw};
///
/// let mut drawing = Drawing::<Recorded, 4>::new();
/// let caller = Recorded::new();
/// drawing.ask(&caller.ask(1, &Draw { count: 8 }), caller.clone());
/// assert_eq!(drawing.wanted(), 8);
/// assert_eq!(drawing.supply(b"not random bytes"), 8, "nobody wants the rest");
/// assert!(caller.is_answered());
/// ```
#[derive(Debug)]
pub struct Drawing<R: Responder, const N: usize> {
    calls: Deque<Call<R>, N>,
}

/// A call, and what has been collected for it.
#[derive(Debug)]
struct Call<R: Responder> {
    asked: Asked<interface::Draw, R>,
    count: usize,
    bytes: heapless::Vec<u8, CHUNK>,
}

impl<R: Responder, const N: usize> Drawing<R, N> {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { calls: Deque::new() }
    }

    /// A message has come. It is answered at once if it asks for nothing that can be given.
    pub fn ask(&mut self, request: &Request, responder: R) {
        let Some(interface::Call::Draw(asked)) = interface::Call::accept(request, responder) else {
            return;
        };
        let count = usize::try_from(asked.count).ok().filter(|count| (1..=CHUNK).contains(count));
        let refusal = match count {
            None => Refusal::Count,
            Some(_) if self.calls.is_full() => Refusal::Busy,
            Some(count) => {
                let call = Call { asked, count, bytes: heapless::Vec::new() };
                // There was room.
                let _ = self.calls.push_back(call);
                return;
            }
        };
        asked.answer(Err(refusal));
    }

    /// Bytes that calls still wait for.
    #[must_use]
    pub fn wanted(&self) -> usize {
        self.calls.iter().map(|call| call.count - call.bytes.len()).sum()
    }

    /// Gives random bytes to who waits, and answers who has all. Answers how many were used;
    /// the others may be used again.
    pub fn supply(&mut self, mut bytes: &[u8]) -> usize {
        let offered = bytes.len();
        while let Some(mut call) = self.calls.pop_front() {
            let (part, rest) = bytes.split_at(bytes.len().min(call.count - call.bytes.len()));
            bytes = rest;
            // Never more than was asked for, which is no more than there is room for.
            let _ = call.bytes.extend_from_slice(part);
            if call.bytes.len() < call.count {
                // It came from there.
                let _ = self.calls.push_front(call);
                break;
            }
            let whole = Bytes::new(&call.bytes).unwrap_or_default();
            call.asked.answer(Ok(whole));
        }
        offered - bytes.len()
    }

    /// The device gives nothing more: tells all who wait.
    pub fn fail(&mut self) {
        while let Some(call) = self.calls.pop_front() {
            call.asked.answer(Err(Refusal::Failed));
        }
    }
}

impl<R: Responder, const N: usize> Default for Drawing<R, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{RESTARTED, Recorded};
    use interface::Draw;

    fn draw(drawing: &mut Drawing<Recorded, 2>, count: u64) -> Recorded {
        let caller = Recorded::new();
        drawing.ask(&caller.ask(1, &Draw { count }), caller.clone());
        caller
    }

    #[test]
    fn bytes_go_to_calls_in_their_order_and_to_one_only() {
        let mut drawing = Drawing::new();
        let (one, other) = (draw(&mut drawing, 3), draw(&mut drawing, 2));
        assert_eq!((drawing.wanted(), drawing.supply(&[1, 2])), (5, 2));
        assert!(!one.is_answered(), "not all of its bytes");
        assert_eq!(drawing.supply(&[3, 4, 5, 6]), 3);
        assert_eq!(one.answer::<Draw>(), Some(Ok(Bytes::new(&[1, 2, 3]).expect("few"))));
        assert_eq!(other.answer::<Draw>(), Some(Ok(Bytes::new(&[4, 5]).expect("few"))));
        assert_eq!(drawing.supply(&[7]), 0, "nobody wants it");
    }

    #[test]
    fn what_cannot_be_given_is_refused_at_once() {
        let mut drawing = Drawing::new();
        let refused = |refusal| Some(Err(CallError::Refused(refusal)));
        for count in [0, CHUNK as u64 + 1, u64::MAX] {
            assert_eq!(draw(&mut drawing, count).answer::<Draw>(), refused(Refusal::Count));
        }
        let waiting: [Recorded; 2] = core::array::from_fn(|_| draw(&mut drawing, 1));
        assert_eq!(draw(&mut drawing, 1).answer::<Draw>(), refused(Refusal::Busy));
        drawing.fail();
        for caller in waiting {
            assert_eq!(caller.answer::<Draw>(), refused(Refusal::Failed));
        }
        assert_eq!(drawing.wanted(), 0);
    }

    #[test]
    fn nonsense_is_complained_about() {
        let (mut drawing, caller) = (Drawing::<_, 2>::new(), Recorded::new());
        drawing.ask(&caller.say(1, RESTARTED, &[1]), caller.clone());
        let answer = caller.answer::<Draw>();
        assert!(matches!(answer, Some(Err(CallError::Malformed(_)))), "{answer:?}");
    }
}
