//! The driver's half, for one client.

use super::area::{COMPLETIONS, REQUESTS, rings};
use super::element::WORDS;
use super::{Area, Geometry, Outcome, Range, Refusal, Request, SLOTS, Verb};
use crate::ring::{Bell, Consumer, Memory, Part, Producer, RingError};

/// The rings of a session.
#[derive(Debug)]
struct Session<M, B> {
    number: u64,
    area: Area,
    requests: Consumer<Part<M>, B>,
    completions: Producer<Part<M>, B>,
}

/// A request that the device has.
#[derive(Clone, Copy, Debug)]
struct Flight {
    tag: u32,
    /// The session that it is of; its number may return.
    epoch: u64,
}

/// What a client wants of the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wish {
    /// Its place among the client's requests in flight.
    pub(super) place: usize,
    pub(super) verb: Verb,
    /// The first sector of the disk.
    pub(super) sector: u64,
    pub(super) count: u32,
    pub(super) at: u64,
}

/// The driver's half of the memory that it shares with a client. Nothing that the client writes
/// there makes it panic, wait, or look elsewhere; a client that breaks a ring loses its session.
#[derive(Debug)]
pub(super) struct Port<M, B> {
    memory: M,
    bell: B,
    range: Range,
    session: Option<Session<M, B>>,
    /// Counts sessions.
    epoch: u64,
    flights: [Option<Flight>; SLOTS],
    in_flight: usize,
}

impl<M: Memory + Copy, B: Bell + Copy> Port<M, B> {
    /// No session yet; the memory is not touched.
    pub(super) const fn new(memory: M, bell: B, range: Range) -> Self {
        let flights = [None; SLOTS];
        Self { memory, bell, range, session: None, epoch: 0, flights, in_flight: 0 }
    }

    /// Ends the session. What the device has of it goes on, and nobody hears of it.
    pub(super) fn close(&mut self) {
        self.session = None;
    }

    /// Begins a session with this number. The device has nothing of the client.
    pub(super) fn open(&mut self, number: u64, disk: Geometry) -> Result<Geometry, Refusal> {
        debug_assert!(self.is_drained(), "no device reaches the memory of a new session");
        self.session = None;
        let (area, [requests, completions]) = rings(self.memory).ok_or(Refusal::Memory)?;
        let small = |_: RingError| Refusal::Memory;
        let requests = Consumer::anew(requests, REQUESTS, self.bell).map_err(small)?;
        let completions = Producer::anew(completions, COMPLETIONS, self.bell).map_err(small)?;
        self.epoch += 1;
        self.session = Some(Session { number, area, requests, completions });
        Ok(self.range.geometry(disk))
    }

    /// Whether this is the number of the session.
    pub(super) fn has_session(&self, number: u64) -> bool {
        self.session.as_ref().is_some_and(|session| session.number == number)
    }

    /// Whether the device has nothing of the client.
    pub(super) const fn is_drained(&self) -> bool {
        self.in_flight == 0
    }

    /// Takes the next request that is for the device; completes those that are not.
    pub(super) fn take(&mut self, disk: Geometry) -> Option<Wish> {
        for _ in 0..SLOTS {
            let (tag, outcome) = match self.decode(disk)? {
                (tag, Ok(wish)) => match self.begin(tag) {
                    Some(place) => return Some(Wish { place, ..wish }),
                    None => {
                        // More in flight than there may be.
                        self.close();
                        return None;
                    }
                },
                (tag, Err(outcome)) => (tag, outcome),
            };
            self.complete(tag, outcome);
        }
        None
    }

    /// Reads the next request; `None` if there is none, or no session.
    fn decode(&mut self, disk: Geometry) -> Option<(u32, Result<Wish, Outcome>)> {
        let session = self.session.as_mut()?;
        let words = match session.requests.peek() {
            Ok(slot) => {
                let slot = slot?;
                let mut words = [0; WORDS];
                slot.read_words(0, &mut words);
                slot.release();
                words
            }
            Err(_) => {
                self.session = None;
                return None;
            }
        };
        let (tag, request) = Request::decode(words);
        let area = session.area;
        let wish = request.map_err(|_| Outcome::Malformed).and_then(|request| {
            let sector = self.range.place(&request, disk)?;
            let Request { verb, count, at, .. } = request;
            let has_data = matches!(verb, Verb::Read | Verb::Write);
            if has_data && !area.holds(at, count) {
                return Err(Outcome::Outside);
            }
            // Of a request that fits the geometry; those of no sectors may say anything.
            let count = if verb == Verb::Flush { 0 } else { count as u32 };
            Ok(Wish { place: 0, verb, sector, count, at })
        });
        Some((tag, wish))
    }

    /// A place for a request that goes to the device.
    fn begin(&mut self, tag: u32) -> Option<usize> {
        let place = self.flights.iter().position(Option::is_none)?;
        self.flights[place] = Some(Flight { tag, epoch: self.epoch });
        self.in_flight += 1;
        Some(place)
    }

    /// The device has done what is at this place. Sessions that have ended hear nothing of it.
    pub(super) fn done(&mut self, place: usize, outcome: Outcome) {
        let Some(flight) = self.flights.get_mut(place).and_then(Option::take) else { return };
        self.in_flight -= 1;
        if flight.epoch == self.epoch {
            self.complete(flight.tag, outcome);
        }
    }

    /// Puts a completion into the ring. A client that leaves no room has more requests in flight
    /// than it may.
    fn complete(&mut self, tag: u32, outcome: Outcome) {
        let Some(session) = &mut self.session else { return };
        match session.completions.reserve() {
            Ok(Some(mut slot)) => {
                slot.write_words(0, &[outcome.encode(tag)]);
                slot.commit();
            }
            _ => self.session = None,
        }
    }

    /// Wakes the client, if it sleeps and there is something for it.
    pub(super) fn flush(&mut self) {
        if let Some(session) = &mut self.session {
            session.requests.flush();
            session.completions.flush();
        }
    }

    /// Whether there are requests.
    pub(super) fn has_requests(&mut self) -> bool {
        let ready = self.session.as_mut().map_or(Ok(0), |session| session.requests.ready());
        if ready.is_err() {
            self.session = None;
        }
        ready.is_ok_and(|ready| ready > 0)
    }

    /// Says to the client that it has to wake the driver for its next request. `false`: there is
    /// one already.
    pub(super) fn fall_asleep(&mut self) -> bool {
        let Some(session) = &mut self.session else { return true };
        let sleeps = session.requests.fall_asleep();
        if sleeps.is_err() {
            self.session = None;
        }
        sleeps.unwrap_or(true)
    }

    /// Ends what [`fall_asleep`](Self::fall_asleep) has begun.
    pub(super) fn wake_up(&mut self) {
        if let Some(session) = &mut self.session {
            session.requests.wake_up();
        }
    }
}
