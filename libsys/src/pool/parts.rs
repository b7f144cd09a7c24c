//! The kernel objects of a pool.

use alloc::vec::Vec;

use super::Limits;
use crate::bootstrap::AllocationError;
use crate::cap::{Badge, Cap};
use crate::exit::Parent;
use crate::memory::{Memory, Objects, Space};
use crate::object::{Endpoint, Notification, Reply};
use crate::worker::{Options, Worker};
use abi::Rights;

/// All of them but the supervisor.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Where ends and faults of threads are received.
    pub(super) ends: Option<Cap<Endpoint>>,
    /// For faults.
    pub(super) reply: Option<Cap<Reply>>,
    /// The threads' own capabilities to that endpoint, with their seats as badges.
    pub(super) parents: Vec<Cap<Endpoint>>,
    /// Those of the crew, then those for results.
    pub(super) bells: Vec<Cap<Notification>>,
    /// The threads.
    pub(super) workers: Vec<Worker>,
}

/// Notifications that every pool has.
pub(super) const FIXED_BELLS: usize = 4;

impl Parts {
    /// Makes them, all or none.
    pub(super) fn new(
        memory: &mut Memory,
        space: &mut Space,
        options: Options,
        limits: Limits,
    ) -> Result<Self, AllocationError> {
        let mut parts = Self::default();
        match parts.make(memory, space, options, limits) {
            Ok(()) => Ok(parts),
            Err(reason) => {
                parts.free(memory, space)?;
                Err(reason)
            }
        }
    }

    fn make(
        &mut self,
        memory: &mut Memory,
        space: &mut Space,
        options: Options,
        limits: Limits,
    ) -> Result<(), AllocationError> {
        for _ in 0..FIXED_BELLS + limits.waiters {
            self.bells.push(memory.create()?);
        }
        self.reply = Some(memory.create()?);
        let ends = *self.ends.insert(memory.create()?);
        for seat in 1..=limits.threads as u64 {
            let parent = memory.mint(ends, Rights::ALL, Badge(seat))?;
            self.parents.push(parent);
            let options =
                Options { parent: Parent::Endpoint(parent), fault_handler: parent, ..options };
            self.workers.push(Worker::create_in(memory, space, options)?);
        }
        Ok(())
    }

    /// Gives all back. Goes on after a failure, and tells the first.
    pub(super) fn free(
        self,
        memory: &mut Memory,
        space: &mut Space,
    ) -> Result<(), AllocationError> {
        let mut result = Ok(());
        for worker in self.workers {
            result = result.and(worker.free(memory, space));
        }
        for parent in self.parents {
            result = result.and(memory.free_slot(parent));
        }
        for bell in self.bells {
            result = result.and(memory.free(bell));
        }
        if let Some(ends) = self.ends {
            result = result.and(memory.free(ends));
        }
        if let Some(reply) = self.reply {
            result = result.and(memory.free(reply));
        }
        result
    }
}
