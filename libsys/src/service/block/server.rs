//! The driver's half, for all clients.

use alloc::vec::Vec;

use super::port::{Port, Wish};
use super::{Geometry, Outcome, Range, Refusal, SLOTS, Verb, control};
use crate::cap::Badge;
use crate::ring::{Bell, Memory};
use crate::server::{Asked, Request as Message, Responder};

/// Requests of a client that are taken before the next one has its turn.
const TURN: usize = 8;

/// What the device is to do.
///
/// ```
/// use libsys::service::block::{Job, Verb};
///
/// /// Bytes that go through memory.
/// fn bytes(job: &Job) -> u64 {
///     match job.verb {
///         Verb::Read | Verb::Write => 512 * u64::from(job.count),
///         Verb::Flush | Verb::Discard => 0,
///     }
/// }
/// # let job = Job { ticket: 0, client: 0, verb: Verb::Read, sector: 0, count: 2, at: 4096 };
/// # assert_eq!(bytes(&job), 1024);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    /// What [`Done`] says of it; no two in flight have the same.
    pub ticket: usize,
    /// Whose memory has the data: its place among the clients.
    pub client: usize,
    /// What is to be done.
    pub verb: Verb,
    /// First sector of the disk.
    pub sector: u64,
    /// How many; no more than the device's geometry says.
    pub count: u32,
    /// Where the data is in the memory of the client: all of it is inside.
    pub at: u64,
}

/// What the device has done.
///
/// ```
/// use libsys::service::block::{Done, Outcome};
///
/// let done = Done { ticket: 3, outcome: Outcome::Done };
/// assert_ne!(done.outcome, Outcome::Device);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// That of the job.
    pub ticket: usize,
    /// What became of it.
    pub outcome: Outcome,
}

/// A disk below all clients. The virtio driver is one, so is the model of tests.
///
/// ```
/// use libsys::service::block::{Device, Done, Geometry, Job, Outcome};
///
/// /// A disk that fails, one job at a time.
/// struct Broken(Option<usize>);
///
/// impl Device for Broken {
///     fn geometry(&self) -> Geometry {
///         Geometry { sectors: 8, most: 8, is_read_only: true, discards: false }
///     }
///
///     fn has_room(&self) -> bool {
///         self.0.is_none()
///     }
///
///     fn submit(&mut self, job: Job) {
///         self.0 = Some(job.ticket);
///     }
///
///     fn announce(&mut self) {}
///
///     fn take_done(&mut self) -> Option<Done> {
///         Some(Done { ticket: self.0.take()?, outcome: Outcome::Device })
///     }
/// }
/// ```
pub trait Device {
    /// What it can do.
    fn geometry(&self) -> Geometry;

    /// What it can do for a client, by its place: perhaps less.
    fn geometry_for(&self, client: usize) -> Geometry {
        let _ = client;
        self.geometry()
    }

    /// Whether it takes one more job.
    fn has_room(&self) -> bool;

    /// Whether it takes one more job of this client.
    fn has_room_for(&self, client: usize) -> bool {
        let _ = client;
        self.has_room()
    }

    /// Takes a job. It need not begin before [`announce`](Self::announce).
    fn submit(&mut self, job: Job);

    /// Begins what was submitted.
    fn announce(&mut self);

    /// What it has done next; from then on it does not reach the memory of that job. It answers
    /// `None` after as many answers as it has jobs, at the latest.
    fn take_done(&mut self) -> Option<Done>;
}

/// A client as the driver knows it.
#[derive(Debug)]
struct Client<M, B, R> {
    badge: Badge,
    port: Port<M, B>,
    /// Waits for the end of its last session.
    opening: Option<Asked<control::Open, R>>,
}

/// The driver of a disk, whatever the device.
///
/// Its owner calls [`called`](Self::called) for each message, then [`round`](Self::round) until
/// there is no more to do, and sleeps only after [`fall_asleep`](Self::fall_asleep) has agreed.
///
/// ```
/// use libsys::Badge;
/// use libsys::ring::{LocalMemory, Quiet};
/// use libsys::server::Recorded;
/// use libsys::service::block::{Device, Range, Server, control};
///
/// fn serve(disk: impl Device, memory: &LocalMemory<4096>) {
///     let range = Range::whole(disk.geometry());
///     let mut server = Server::new(disk);
///     server.add(Badge(1), memory, Quiet, range);
///     let caller = Recorded::new();
///     let request = caller.ask(1, &control::Open { session: 1 });
///     server.called(&request, caller.clone());
///     server.round();
///     assert!(caller.answer::<control::Open>().is_some_and(|answer| answer.is_ok()));
///     assert!(server.fall_asleep(), "nobody wants anything");
/// }
/// ```
#[derive(Debug)]
pub struct Server<D, M, B, R> {
    device: D,
    clients: Vec<Client<M, B, R>>,
    /// Who has the first turn.
    first: usize,
}

impl<D: Device, M: Memory + Copy, B: Bell + Copy, R: Responder> Server<D, M, B, R> {
    /// A driver without clients.
    pub const fn new(device: D) -> Self {
        Self { device, clients: Vec::new(), first: 0 }
    }

    /// A client that calls with this badge. Answers its place.
    pub fn add(&mut self, badge: Badge, memory: M, bell: B, range: Range) -> usize {
        let port = Port::new(memory, bell, range);
        self.clients.push(Client { badge, port, opening: None });
        self.clients.len() - 1
    }

    /// The device.
    pub const fn device(&mut self) -> &mut D {
        &mut self.device
    }

    /// The device, to be driven otherwise.
    pub fn into_device(self) -> D {
        self.device
    }

    /// A client calls.
    pub fn called(&mut self, message: &Message, responder: R) {
        let Some(call) = control::Call::accept(message, responder) else { return };
        let badge = message.client;
        let client = self.clients.iter_mut().find(|client| client.badge == badge);
        match (call, client) {
            (control::Call::Open(asked), None) => asked.answer(Err(Refusal::Stranger)),
            (control::Call::Check(asked), None) => asked.answer(Err(Refusal::Stranger)),
            (control::Call::Open(asked), Some(client)) => {
                client.port.close();
                // Of two threads of one client, the later one has it.
                if let Some(earlier) = client.opening.replace(asked) {
                    earlier.answer(Err(Refusal::Session));
                }
            }
            (control::Call::Check(asked), Some(client)) => {
                let is_known = client.port.has_session(asked.session);
                asked.answer(if is_known { Ok(()) } else { Err(Refusal::Session) });
            }
        }
    }

    /// Does a bounded piece of work: passes on what the device has done and what the clients
    /// want. Answers whether there is more to do at once.
    pub fn round(&mut self) -> bool {
        self.deliver();
        let count = self.clients.len();
        for turn in 0..count {
            self.turn((self.first + turn) % count);
        }
        self.first = if count == 0 { 0 } else { (self.first + 1) % count };
        self.device.announce();
        // What has failed at once is done already, and no interrupt will tell of it.
        self.deliver();
        for (place, client) in self.clients.iter_mut().enumerate() {
            if client.port.is_drained()
                && let Some(asked) = client.opening.take()
            {
                let opened = client.port.open(asked.session, self.device.geometry_for(place));
                asked.answer(opened);
            }
            client.port.flush();
        }
        let mut clients = self.clients.iter_mut().enumerate();
        clients.any(|(place, client)| self.device.has_room_for(place) && client.port.has_requests())
    }

    /// Tells the clients what the device has done.
    fn deliver(&mut self) {
        while let Some(Done { ticket, outcome }) = self.device.take_done() {
            if let Some(client) = self.clients.get_mut(ticket / SLOTS) {
                client.port.done(ticket % SLOTS, outcome);
            }
        }
    }

    /// Passes on what one client wants.
    fn turn(&mut self, place: usize) {
        let disk = self.device.geometry_for(place);
        for _ in 0..TURN {
            if !self.device.has_room_for(place) {
                return;
            }
            let Some(client) = self.clients.get_mut(place) else { return };
            let Some(wish) = client.port.take(disk) else { return };
            let Wish { place: flight, verb, sector, count, at } = wish;
            let ticket = place * SLOTS + flight;
            self.device.submit(Job { ticket, client: place, verb, sector, count, at });
        }
    }

    /// Announces to the clients that they have to wake the driver. `false`: there is something to
    /// do. After waking up, [`wake_up`](Self::wake_up).
    pub fn fall_asleep(&mut self) -> bool {
        // What waits for room in the device goes on when that has done something.
        let mut clients = self.clients.iter_mut().enumerate();
        clients.all(|(place, client)| !self.device.has_room_for(place) || client.port.fall_asleep())
    }

    /// Ends what [`fall_asleep`](Self::fall_asleep) has begun.
    pub fn wake_up(&mut self) {
        for client in &mut self.clients {
            client.port.wake_up();
        }
    }
}
