//! Requests in flight.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use dma::{Piece, PoolError, Region};
use libsys::service::block::{Device, Done, Geometry, Job, Outcome, Verb};
use libsys::window::Window;
use virtio::{DeviceType, Misbehaviour, Queue, StartError, Token, Transport, Used};

use crate::features::{self, FLUSH, WANTED};
use crate::header::Frames;
use crate::memories::{Data, Memories};

/// Descriptors of the queue: as many as QEMU's disks have on PCI; on MMIO they have more.
const DESCRIPTORS: usize = 256;
/// Of a request, at most.
const PIECES: usize = 3;
/// Requests in flight.
const FLIGHTS: usize = DESCRIPTORS / PIECES;

/// A job that the device has.
#[derive(Clone, Copy, Debug)]
struct Flight {
    ticket: usize,
    /// Its place among the frames.
    frame: usize,
    /// Bytes that the device has to write before the status.
    answer: u32,
    /// What it reads or writes.
    data: Option<Data>,
    /// Beats before it.
    since: u32,
}

/// A disk.
///
/// ```
/// use virtio::fake::{Device, Setup};
/// use virtio_blk::Disk;
///
/// # use libsys::service::block::Device as _;
/// let mut config = vec![0; 60];
/// config[..8].copy_from_slice(&2048_u64.to_le_bytes());
/// let (_device, transport) = Device::new(Setup { config, ..Setup::BLOCK });
/// let disk = Disk::start(transport)?;
/// assert_eq!(disk.geometry().sectors, 2048);
/// # Ok::<(), virtio::StartError>(())
/// ```
#[derive(Debug)]
pub struct Disk<T> {
    transport: T,
    /// `None`: the device is of no use any more.
    queue: Option<Queue<DESCRIPTORS>>,
    features: u64,
    geometry: Geometry,
    frames: Frames,
    /// Places of frames.
    free: Vec<usize>,
    /// By the numbers of their first descriptors.
    flights: Vec<Option<Flight>>,
    /// Those of the clients.
    memories: Memories,
    /// Jobs that never got to the device, or that it never will do.
    ended: VecDeque<Done>,
    /// What the device did wrong last, until somebody asks.
    complaint: Option<Misbehaviour>,
    /// The rhythm in which somebody asks whether it is stuck: beats, and the number of the last.
    beats: u32,
    last: u64,
}

/// A job that outlives so many beats is never done.
const PATIENCE: u32 = 4;

impl<T: Transport> Disk<T> {
    /// Resets the device and starts it.
    ///
    /// # Errors
    /// It is no disk, or does not start.
    pub fn start(mut transport: T) -> Result<Self, StartError> {
        if transport.device_type() != DeviceType::Block {
            return Err(StartError::Kind);
        }
        let (queue, features) = begin(&mut transport)?;
        let geometry = features::geometry(&transport, features)?;
        virtio::finish(&mut transport);
        let frames = Frames::new(FLIGHTS).map_err(|_| StartError::Memory)?;
        Ok(Self {
            transport,
            queue: Some(queue),
            features,
            geometry,
            frames,
            free: (0..FLIGHTS).collect(),
            flights: vec![None; DESCRIPTORS],
            memories: Memories::default(),
            ended: VecDeque::new(),
            complaint: None,
            beats: 0,
            last: 0,
        })
    }

    /// The memory of the next client, which the device reaches.
    pub fn add_memory(&mut self, memory: Region) {
        self.memories.add(memory);
    }

    /// The memory of the next client, which the device does not reach: its data is copied.
    ///
    /// # Errors
    /// The pool has no pages for copies.
    pub fn add_copied(&mut self, memory: &'static Window) -> Result<(), PoolError> {
        self.memories.add_copied(memory)
    }

    /// Takes back the device's interrupt.
    pub fn acknowledge(&mut self) {
        let _ = self.transport.ack_interrupt();
    }

    /// What the device did wrong since the last question.
    pub const fn complaint(&mut self) -> Option<Misbehaviour> {
        self.complaint.take()
    }

    /// Whether the device has lost a job. Asked again and again, in a rhythm slower than a disk,
    /// with another number in each beat: a device that wants to be reset does not say so by itself.
    #[must_use]
    pub fn is_stuck(&mut self, beat: u64) -> bool {
        if core::mem::replace(&mut self.last, beat) != beat {
            self.beats = self.beats.wrapping_add(1);
        }
        let age = |flight: &Flight| self.beats.wrapping_sub(flight.since);
        self.flights.iter().flatten().any(|flight| age(flight) > PATIENCE)
    }

    /// Whether the device can be used. If not, it takes no jobs, and those that it had may never
    /// end: the driver has to, so that the device is silenced before anybody has their memory.
    #[must_use]
    pub const fn is_alive(&self) -> bool {
        self.queue.is_some()
    }

    /// Hands a job to the device.
    fn pass(&mut self, job: &Job) -> Option<()> {
        let frame = *self.free.last()?;
        let data = match job.verb {
            _ if !self.is_alive() => return None,
            Verb::Read | Verb::Write => Some(self.memories.take(job)?),
            Verb::Flush | Verb::Discard => None,
        };
        let Some(token) = self.describe(job, frame, data.map(|data| data.piece)) else {
            data.into_iter().for_each(|data| self.memories.give_back(data));
            return None;
        };
        let read = data.filter(|_| job.verb == Verb::Read);
        let answer = read.map_or(0, |data| data.piece.bytes());
        let (ticket, since) = (job.ticket, self.beats);
        *self.flights.get_mut(usize::from(token.0))? =
            Some(Flight { ticket, frame, answer, data, since });
        self.free.pop();
        Some(())
    }

    /// Puts a job into the queue.
    fn describe(&mut self, job: &Job, frame: usize, data: Option<Piece>) -> Option<Token> {
        let queue = self.queue.as_mut()?;
        self.frames.write(frame, job);
        let (header, status) = (self.frames.header(frame)?, self.frames.status(frame)?);
        let segment = self.frames.segment(frame)?;
        let added = match (job.verb, data) {
            (Verb::Read, Some(data)) => queue.add(&[header], &[data, status]),
            (Verb::Write, Some(data)) => queue.add(&[header, data], &[status]),
            (Verb::Discard, _) => queue.add(&[header, segment], &[status]),
            _ => queue.add(&[header], &[status]),
        };
        added.ok()
    }

    /// What the device says of something that it used.
    fn done(&mut self, used: Used) -> Option<Done> {
        let Flight { ticket, frame, answer, data, .. } =
            self.flights.get_mut(usize::from(used.token.0))?.take()?;
        let mut outcome = self.frames.outcome(frame);
        self.free.push(frame);
        if outcome == Outcome::Done && used.written <= answer {
            // It did not write all that was asked for, and the status.
            outcome = Outcome::Device;
        }
        if let Some(data) = data {
            if outcome == Outcome::Done {
                self.memories.deliver(&data);
            }
            self.memories.give_back(data);
        }
        Some(Done { ticket, outcome })
    }

    /// Resets a device that misbehaves, which takes all memory from it, and starts it again. Of
    /// one that does not stop no job has ended: it may still reach the memory of each.
    fn recover(&mut self, complaint: Misbehaviour) {
        self.complaint = Some(complaint);
        if !virtio::retire(&mut self.transport, self.queue.take()) {
            return;
        }
        let restarted = begin(&mut self.transport).ok();
        for flight in self.flights.iter_mut().filter_map(Option::take) {
            self.free.push(flight.frame);
            flight.data.into_iter().for_each(|data| self.memories.give_back(data));
            self.ended.push_back(Done { ticket: flight.ticket, outcome: Outcome::Device });
        }
        let Some((queue, features)) = restarted else { return };
        // Another device than before is none that clients know.
        let is_same = features::geometry(&self.transport, features) == Ok(self.geometry);
        if features == self.features && is_same {
            virtio::finish(&mut self.transport);
            self.queue = Some(queue);
        }
    }
}

/// Negotiates, and sets up the queue.
fn begin<T: Transport>(transport: &mut T) -> Result<(Queue<DESCRIPTORS>, u64), StartError> {
    let features = virtio::begin(transport, WANTED)?;
    Ok((Queue::new(transport, 0)?, features))
}

impl<T: Transport> Device for Disk<T> {
    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn has_room(&self) -> bool {
        match &self.queue {
            Some(queue) => !self.free.is_empty() && queue.has_room(PIECES),
            None => false,
        }
    }

    fn geometry_for(&self, client: usize) -> Geometry {
        let most = self
            .memories
            .most(client)
            .map_or(self.geometry.most, |most| most.min(self.geometry.most));
        Geometry { most, ..self.geometry }
    }

    fn has_room_for(&self, client: usize) -> bool {
        self.has_room() && self.memories.has_room(client)
    }

    fn submit(&mut self, job: Job) {
        let (ticket, done) = (job.ticket, Outcome::Done);
        if job.verb == Verb::Flush && self.features & FLUSH == 0 && self.is_alive() {
            // There is no cache: what is done is done.
            self.ended.push_back(Done { ticket, outcome: done });
        } else if self.pass(&job).is_none() {
            self.ended.push_back(Done { ticket, outcome: Outcome::Device });
        }
    }

    fn announce(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.announce(&mut self.transport);
        }
    }

    fn take_done(&mut self) -> Option<Done> {
        if let Some(ended) = self.ended.pop_front() {
            return Some(ended);
        }
        match self.queue.as_mut()?.take_used() {
            Ok(None) => return None,
            Ok(Some(used)) => match self.done(used) {
                Some(done) => return Some(done),
                None => self.recover(Misbehaviour::Unknown { token: used.token.0 }),
            },
            Err(complaint) => self.recover(complaint),
        }
        // Once each time: a device that misbehaves again at once shall not keep us.
        self.ended.pop_front()
    }
}
