//! Who waits for which time.

use alloc::vec::Vec;

/// Values that wait for times, the earliest last.
#[derive(Debug)]
pub struct Alarms<T> {
    waiting: Vec<(u32, T)>,
    most: usize,
}

impl<T> Alarms<T> {
    /// Nobody; `most` can wait at the same time.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { waiting: Vec::new(), most }
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// There is no room: the value comes back.
    pub fn add(&mut self, time: u32, value: T) -> Result<(), T> {
        if self.waiting.len() >= self.most {
            return Err(value);
        }
        let place = self.waiting.partition_point(|(other, _)| *other > time);
        self.waiting.insert(place, (time, value));
        Ok(())
    }

    /// The earliest time that somebody waits for.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.waiting.last().map(|(time, _)| *time)
    }

    /// Removes somebody whose time has come.
    pub fn due(&mut self, now: u32) -> Option<T> {
        self.first().filter(|first| *first <= now)?;
        self.waiting.pop().map(|(_, value)| value)
    }
}
