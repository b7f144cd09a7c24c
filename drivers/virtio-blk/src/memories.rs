//! Where the data of clients lies: in memory that the device reaches, or elsewhere. Data of the
//! latter is copied through pages of the driver's own, in requests of [`MOST_COPIED`] sectors.

use alloc::vec::Vec;

use dma::{Buffer, Piece, PoolError, Region, pool};
use libsys::service::block::{Job, SECTOR, Verb};
use libsys::window::Window;

/// Most sectors of a request whose data is copied.
pub const MOST_COPIED: u32 = 32;
/// Bytes of a place for such data.
const BYTES: u64 = MOST_COPIED as u64 * SECTOR;
/// Places, if the pool has so many pages; else half of them, and so on.
const PLACES: usize = 16;

/// The memory of one client.
#[derive(Debug)]
enum Memory {
    /// The device reaches it.
    Reached(Region),
    /// It does not.
    Copied(&'static Window),
}

/// Places for data that is copied.
#[derive(Debug)]
struct Places {
    buffer: Buffer,
    free: Vec<usize>,
}

impl Places {
    /// As many as the pool has pages for, but not none.
    fn new() -> Result<Self, PoolError> {
        let mut count = PLACES;
        loop {
            match Buffer::new(count * (BYTES / pool::PAGE) as usize) {
                Ok(buffer) => return Ok(Self { buffer, free: (0..count).collect() }),
                Err(_) if count > 1 => count /= 2,
                Err(full) => return Err(full),
            }
        }
    }
}

/// Data of a job as the device is told of it. Not dropped before the device is done with it, but
/// [given back](Memories::give_back).
#[derive(Clone, Copy, Debug)]
pub struct Data {
    /// Its bytes.
    pub piece: Piece,
    /// If it is a copy: which place it has, and what it is a copy of.
    copy: Option<(usize, Job)>,
}

/// The memories of all clients, by their places.
#[derive(Debug, Default)]
pub struct Memories {
    all: Vec<Memory>,
    /// If there is a client whose data is copied.
    places: Option<Places>,
}

impl Memories {
    /// That of the next client, which the device reaches.
    pub fn add(&mut self, memory: Region) {
        self.all.push(Memory::Reached(memory));
    }

    /// That of the next client, which the device does not reach.
    ///
    /// # Errors
    /// The pool has no pages for copies.
    pub fn add_copied(&mut self, memory: &'static Window) -> Result<(), PoolError> {
        if self.places.is_none() {
            self.places = Some(Places::new()?);
        }
        self.all.push(Memory::Copied(memory));
        Ok(())
    }

    /// Most sectors of a request of this client; `None`: as many as the device takes.
    #[must_use]
    pub fn most(&self, client: usize) -> Option<u32> {
        self.is_copied(client).then_some(MOST_COPIED)
    }

    /// Whether there is room for the data of one more request of this client.
    #[must_use]
    pub fn has_room(&self, client: usize) -> bool {
        let has_place = self.places.as_ref().is_some_and(|places| !places.free.is_empty());
        has_place || !self.is_copied(client)
    }

    fn is_copied(&self, client: usize) -> bool {
        matches!(self.all.get(client), Some(Memory::Copied(_)))
    }

    /// The data of a job that reads or writes. `None`: there is no such memory, or no place.
    pub fn take(&mut self, job: &Job) -> Option<Data> {
        let bytes = job.count.checked_mul(SECTOR as u32)?;
        let memory = match self.all.get(job.client)? {
            Memory::Reached(region) => {
                return Some(Data { piece: region.piece(job.at, bytes)?, copy: None });
            }
            Memory::Copied(memory) => memory,
        };
        let places = self.places.as_mut().filter(|_| job.count <= MOST_COPIED)?;
        let place = *places.free.last()?;
        let start = place as u64 * BYTES;
        let piece = places.buffer.piece(start, bytes)?;
        if job.verb == Verb::Write {
            places.buffer.window().copy_from(start, memory, job.at, bytes.into());
        }
        places.free.pop();
        Some(Data { piece, copy: Some((place, *job)) })
    }

    /// Gives a client what the device has read for it.
    pub fn deliver(&self, data: &Data) {
        let Some((place, job)) = data.copy.filter(|(_, job)| job.verb == Verb::Read) else {
            return;
        };
        if let (Some(Memory::Copied(memory)), Some(places)) =
            (self.all.get(job.client), &self.places)
        {
            let (start, bytes) = (place as u64 * BYTES, u64::from(job.count) * SECTOR);
            memory.copy_from(job.at, places.buffer.window(), start, bytes);
        }
    }

    /// The device does not reach this data any more.
    pub fn give_back(&mut self, data: Data) {
        if let (Some((place, _)), Some(places)) = (data.copy, &mut self.places) {
            places.free.push(place);
        }
    }
}
