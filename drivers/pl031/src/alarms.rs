//! Who waits for which time.

use alloc::vec::Vec;

use libsys::Badge;

/// What a client waits with.
#[derive(Debug)]
struct Waiting<T> {
    time: u32,
    client: Badge,
    /// How many came before it.
    number: u64,
    value: T,
}

/// Values of clients that wait for times, the earliest last.
#[derive(Debug)]
pub struct Alarms<T> {
    waiting: Vec<Waiting<T>>,
    most: usize,
    /// Of one client.
    share: usize,
    /// How many have come.
    count: u64,
}

impl<T> Alarms<T> {
    /// Nobody; `most` can wait at the same time, for so many clients.
    #[must_use]
    pub fn new(most: usize, clients: usize) -> Self {
        let share = (most / clients.max(1)).max(1);
        Self { waiting: Vec::new(), most, share, count: 0 }
    }

    /// Adds somebody. A client that has its share of the places gives up its oldest one, whose
    /// value comes back: an instance of it that is dead may have left that.
    ///
    /// # Errors
    /// There is no room: the value comes back.
    pub fn add(&mut self, client: Badge, time: u32, value: T) -> Result<Option<T>, T> {
        let oldest = self.oldest_beyond_share(client);
        if oldest.is_none() && self.waiting.len() >= self.most {
            return Err(value);
        }
        let oldest = oldest.map(|place| self.waiting.remove(place).value);
        let place = self.waiting.partition_point(|other| other.time > time);
        self.waiting.insert(place, Waiting { time, client, number: self.count, value });
        self.count += 1;
        Ok(oldest)
    }

    /// The place of a client's oldest value, if it has as many as it may have.
    fn oldest_beyond_share(&self, client: Badge) -> Option<usize> {
        let of_client = || self.waiting.iter().enumerate().filter(|(_, one)| one.client == client);
        let oldest = of_client().min_by_key(|(_, one)| one.number);
        oldest.filter(|_| of_client().count() >= self.share).map(|(place, _)| place)
    }

    /// The earliest time that somebody waits for.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.waiting.last().map(|one| one.time)
    }

    /// Removes somebody whose time has come.
    pub fn due(&mut self, now: u32) -> Option<T> {
        self.first().filter(|first| *first <= now)?;
        self.waiting.pop().map(|one| one.value)
    }
}
