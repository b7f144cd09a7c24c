//! The client's half.

use core::fmt;
use core::task::Waker;

use super::area::{COMPLETIONS, REQUESTS, rings};
use super::element::WORDS;
use super::{Alarm, Area, Geometry, Outcome, Refusal, Request, SLOTS, control};
use crate::ring::{Consumer, Memory, Part, Producer, RingError};
use crate::server::CallError;

/// Why there is no disk any more, or a request was not accepted.
///
/// ```
/// use libsys::service::block::DiskError;
///
/// assert_eq!(DiskError::Memory.to_string(), "too little memory is shared with the driver");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiskError {
    /// The driver refuses, or there is none.
    Control(CallError<Refusal>),
    /// The shared memory is too small.
    Memory,
    /// The driver breaks the rings in one session after the other.
    Driver,
    /// So many requests are in flight that there is no place for another.
    Full,
    /// What became of the request.
    Failed(Outcome),
}

impl From<CallError<Refusal>> for DiskError {
    fn from(error: CallError<Refusal>) -> Self {
        Self::Control(error)
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(error) => error.fmt(f),
            Self::Memory => f.write_str("too little memory is shared with the driver"),
            Self::Driver => f.write_str("the driver breaks the rings"),
            Self::Full => write!(f, "{SLOTS} requests are in flight"),
            Self::Failed(outcome) => write!(f, "the request failed: {outcome:?}"),
        }
    }
}

impl core::error::Error for DiskError {}

/// How a client reaches the driver: by calls, or within a test.
///
/// ```
/// use libsys::server::CallError;
/// use libsys::service::block::{Control, Geometry, Refusal};
///
/// /// There is no driver.
/// struct Nobody;
///
/// impl Control for Nobody {
///     fn open(&self, _: u64) -> Result<Geometry, CallError<Refusal>> {
///         Err(CallError::Abandoned)
///     }
///
///     fn check(&self, _: u64) -> Result<(), CallError<Refusal>> {
///         Err(CallError::Abandoned)
///     }
/// }
/// ```
pub trait Control {
    /// See [`control::Open`].
    ///
    /// # Errors
    /// The driver refuses, or does not answer.
    fn open(&self, session: u64) -> Result<Geometry, CallError<Refusal>>;

    /// See [`control::Check`].
    ///
    /// # Errors
    /// The driver refuses, or does not answer.
    fn check(&self, session: u64) -> Result<(), CallError<Refusal>>;
}

impl Control for control::Client {
    fn open(&self, session: u64) -> Result<Geometry, CallError<Refusal>> {
        Self::open(self, session)
    }

    fn check(&self, session: u64) -> Result<(), CallError<Refusal>> {
        Self::check(self, session)
    }
}

/// A request that was submitted. Each is asked for its outcome until it has one.
///
/// ```
/// use libsys::service::block::Ticket;
///
/// fn is_same(one: Ticket, other: Ticket) -> bool {
///     one == other
/// }
/// # let _ = is_same;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket(u32);

impl Ticket {
    const fn place(self) -> usize {
        self.0 as usize % SLOTS
    }
}

/// A request that nobody has been told the outcome of.
#[derive(Debug)]
struct Pending {
    ticket: Ticket,
    request: Request,
    /// Its place in the order of submission.
    number: u64,
    outcome: Option<Outcome>,
    /// Who waits for it.
    waker: Option<Waker>,
    /// Whether nobody will ask for its outcome.
    is_forgotten: bool,
}

/// A client's disk. It keeps what was not acknowledged, and submits that again when the driver was
/// started again; nobody else notices.
///
/// The layout must let the driver's restart tell the client (`tells`), through the bell that the
/// driver rings, too: then nothing can happen to the driver that does not end
/// [`wait`](Self::wait).
///
/// ```no_run
/// use libsys::layout::Component;
/// use libsys::service::block::{Disk, DiskError, Request, Restarts, Verb};
///
/// /// Writes a sector, and is sure that it outlives a loss of power.
/// fn save(component: &Component) -> Result<(), DiskError> {
///     let (driver, memory, bell) = Restarts::connect(component, "blk").expect("a disk");
///     let mut disk = Disk::open(driver, &memory, &bell)?;
///     let at = disk.data().start;
///     memory.write_bytes(at, b"all that was dear");
///     disk.run(Request { verb: Verb::Write, sector: 0, count: 1, at })?;
///     disk.run(Request::FLUSH)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Disk<C, M, B> {
    control: C,
    memory: M,
    bell: B,
    area: Area,
    session: u64,
    geometry: Geometry,
    requests: Producer<Part<M>, B>,
    completions: Consumer<Part<M>, B>,
    pending: [Option<Pending>; SLOTS],
    submitted: u64,
    /// How often the driver has broken the rings since something was acknowledged.
    broken: u32,
}

/// So many broken sessions in a row are enough.
const PATIENCE: u32 = 8;

impl<C: Control, M: Memory + Copy, B: Alarm + Copy> Disk<C, M, B> {
    /// Begins a session.
    ///
    /// # Errors
    /// [`DiskError::Control`], or [`DiskError::Memory`].
    pub fn open(control: C, memory: M, bell: B) -> Result<Self, DiskError> {
        let (area, [requests, completions]) = rings(memory).ok_or(DiskError::Memory)?;
        let small = |_: RingError| DiskError::Memory;
        let mut disk = Self {
            control,
            memory,
            bell,
            area,
            session: 0,
            geometry: Geometry { sectors: 0, most: 0, is_read_only: true, discards: false },
            requests: Producer::anew(requests, REQUESTS, bell).map_err(small)?,
            completions: Consumer::anew(completions, COMPLETIONS, bell).map_err(small)?,
            pending: [const { None }; SLOTS],
            submitted: 0,
            broken: 0,
        };
        disk.reopen()?;
        Ok(disk)
    }

    /// What the disk can do.
    #[must_use]
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Where data may lie in the shared memory.
    #[must_use]
    pub const fn data(&self) -> core::ops::Range<u64> {
        self.area.data()
    }

    /// The memory that is shared with the driver.
    pub const fn memory(&self) -> &M {
        &self.memory
    }

    /// How many requests have no outcome yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.pending.iter().flatten().filter(|pending| pending.outcome.is_none()).count()
    }

    /// Submits a request. The driver hears of it at the next [`flush`](Self::flush) or
    /// [`wait`](Self::wait). Until it has an outcome, its data belongs to the device.
    ///
    /// # Errors
    /// [`DiskError::Full`]: ask for the outcome of others first. Or there is no disk any more.
    pub fn submit(&mut self, request: Request) -> Result<Ticket, DiskError> {
        let free = self.pending.iter().position(Option::is_none).ok_or(DiskError::Full)?;
        self.submitted += 1;
        let number = self.submitted;
        // The same place again has another tag, so that an outcome from before shows.
        let tag = (number as u32).wrapping_mul(SLOTS as u32) + free as u32;
        let ticket = Ticket(tag);
        let (outcome, waker, is_forgotten) = (None, None, false);
        let pending = Pending { ticket, request, number, outcome, waker, is_forgotten };
        self.pending[free] = Some(pending);
        if self.push(tag, request).is_err() {
            self.recover_from(Broken)?;
        }
        Ok(ticket)
    }

    /// The outcome of a request; `None` if it has none yet. It is told once.
    pub fn outcome(&mut self, ticket: Ticket) -> Option<Outcome> {
        let place = self.pending.get_mut(ticket.place())?;
        let is_it = |pending: &mut Pending| pending.ticket == ticket && pending.outcome.is_some();
        place.take_if(is_it)?.outcome
    }

    /// Whoever waits for a request is woken when it has its outcome.
    pub(super) fn wake_for(&mut self, ticket: Ticket, waker: &Waker) {
        let place = self.pending.get_mut(ticket.place()).and_then(Option::as_mut);
        if let Some(pending) = place.filter(|pending| pending.ticket == ticket) {
            pending.waker = Some(waker.clone());
        }
    }

    /// Nobody wants the outcome of this request any more.
    pub(super) fn forget(&mut self, ticket: Ticket) {
        let Some(place) = self.pending.get_mut(ticket.place()) else { return };
        match place {
            Some(pending) if pending.ticket != ticket => {}
            Some(pending) if pending.outcome.is_none() => pending.is_forgotten = true,
            _ => *place = None,
        }
    }

    /// Takes what the driver has completed. Answers how many.
    ///
    /// # Errors
    /// There is no disk any more.
    pub fn progress(&mut self) -> Result<usize, DiskError> {
        let mut count = 0;
        loop {
            match self.take() {
                Ok(Some(())) => count += 1,
                Ok(None) => break,
                Err(broken) => {
                    self.recover_from(broken)?;
                    break;
                }
            }
        }
        if count > 0 {
            self.broken = 0;
        }
        Ok(count)
    }

    /// Takes one completion. What it says must be of a request in flight.
    fn take(&mut self) -> Result<Option<()>, Broken> {
        let Some(slot) = self.completions.peek()? else { return Ok(None) };
        let mut word = [0];
        slot.read_words(0, &mut word);
        slot.release();
        let (tag, outcome) = Outcome::decode(word[0]);
        let outcome = outcome.ok_or(Broken)?;
        let place = self.pending.get_mut(Ticket(tag).place()).ok_or(Broken)?;
        let is_it = |pending: &&mut Pending| pending.ticket.0 == tag && pending.outcome.is_none();
        let pending = place.as_mut().filter(is_it).ok_or(Broken)?;
        if pending.is_forgotten {
            *place = None;
            return Ok(Some(()));
        }
        pending.outcome = Some(outcome);
        if let Some(waker) = pending.waker.take() {
            waker.wake();
        }
        Ok(Some(()))
    }

    fn push(&mut self, tag: u32, request: Request) -> Result<(), Broken> {
        let words: [u64; WORDS] = request.encode(tag);
        // No more are in flight than there are slots, so a good driver has left room.
        let mut slot = self.requests.reserve()?.ok_or(Broken)?;
        slot.write_words(0, &words);
        slot.commit();
        Ok(())
    }

    /// Wakes the driver, if it sleeps.
    pub fn flush(&mut self) {
        self.requests.flush();
        self.completions.flush();
    }

    /// Sleeps, at most once, until the driver has completed something, and takes that. Woken for
    /// another reason, it looks whether the driver still knows the session, and else begins
    /// another.
    ///
    /// # Errors
    /// There is no disk any more.
    pub fn wait(&mut self) -> Result<(), DiskError> {
        self.flush();
        let woken = self.completions.wait();
        if self.bell.was_told() {
            // What the old instance has completed is as good as what the new one will.
            self.progress()?;
            return self.check();
        }
        match woken {
            Ok(0) => self.check(),
            Ok(_) => self.progress().map(drop),
            Err(error) => self.recover_from(error.into()),
        }
    }

    /// Announces that this side is going to sleep elsewhere than in [`wait`](Self::wait), after
    /// which [`woken`](Self::woken) follows. `false`: something is completed, do not.
    pub(super) fn fall_asleep(&mut self) -> bool {
        self.flush();
        // A broken ring is seen by `progress`.
        self.completions.fall_asleep().unwrap_or(false)
    }

    /// Ends what [`fall_asleep`](Self::fall_asleep) has begun, and takes what is completed.
    /// `is_told`: the driver was started again.
    pub(super) fn woken(&mut self, is_told: bool) -> Result<(), DiskError> {
        self.completions.wake_up();
        match self.progress()? {
            count if count == 0 || is_told => self.check(),
            _ => Ok(()),
        }
    }

    /// Looks whether the driver knows the session, and else begins another.
    fn check(&mut self) -> Result<(), DiskError> {
        match self.control.check(self.session) {
            Ok(()) => Ok(()),
            Err(CallError::Restarted | CallError::Refused(Refusal::Session)) => self.recover(),
            Err(error) => Err(error.into()),
        }
    }

    /// Submits a request, and waits for its outcome.
    ///
    /// # Errors
    /// [`DiskError::Failed`], or there is no disk any more.
    pub fn run(&mut self, request: Request) -> Result<(), DiskError> {
        let ticket = self.submit(request)?;
        loop {
            match self.outcome(ticket) {
                Some(Outcome::Done) => return Ok(()),
                Some(outcome) => return Err(DiskError::Failed(outcome)),
                None => self.wait()?,
            }
        }
    }

    /// The driver has broken the rings: a better one may be there in the next session. Not for
    /// ever.
    fn recover_from(&mut self, _: Broken) -> Result<(), DiskError> {
        self.broken += 1;
        if self.broken > PATIENCE {
            return Err(DiskError::Driver);
        }
        self.recover()
    }

    /// Begins another session, and submits again what has no outcome, in the old order.
    fn recover(&mut self) -> Result<(), DiskError> {
        self.reopen()?;
        match self.submit_again() {
            Ok(()) => {
                self.flush();
                Ok(())
            }
            Err(broken) => self.recover_from(broken),
        }
    }

    fn submit_again(&mut self) -> Result<(), Broken> {
        let mut last = 0;
        loop {
            let waiting = self
                .pending
                .iter()
                .flatten()
                .filter(|pending| pending.outcome.is_none() && pending.number > last);
            let Some(next) = waiting.min_by_key(|pending| pending.number) else { return Ok(()) };
            let (tag, request) = (next.ticket.0, next.request);
            last = next.number;
            self.push(tag, request)?;
        }
    }

    /// Begins another session. What the driver has not completed is forgotten by it.
    fn reopen(&mut self) -> Result<(), DiskError> {
        loop {
            let (_, [requests, completions]) = rings(self.memory).ok_or(DiskError::Memory)?;
            let small = |_: RingError| DiskError::Memory;
            self.requests = Producer::anew(requests, REQUESTS, self.bell).map_err(small)?;
            self.completions =
                Consumer::anew(completions, COMPLETIONS, self.bell).map_err(small)?;
            self.session += 1;
            match self.control.open(self.session) {
                Ok(geometry) => {
                    self.geometry = geometry;
                    return Ok(());
                }
                Err(CallError::Restarted) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The driver has broken a ring.
struct Broken;

impl From<RingError> for Broken {
    fn from(_: RingError) -> Self {
        Self
    }
}
