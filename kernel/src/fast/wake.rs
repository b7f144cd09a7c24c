//! A signal to a thread that waits alone and is not better than the current one: it becomes ready.
//!
//! The wide path covers more of these signals, see [`super::signal`]. This one calls no function.

use super::{Miss, Narrow};
use crate::endpoint::Endpoint;
use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::Obj;
use crate::notification::{Notification, Signals};
use crate::ready::ReadyQueues;
use crate::reply::Reply;
use crate::thread::{Links, Queued, State, Thread};

/// A signal that finds a thread waiting whose priority is not above that of the current one.
pub(crate) struct Wake {
    pub(crate) notification: Obj<Notification>,
    pub(crate) waiter: Obj<Thread>,
    pub(crate) badge: u64,
}

/// Where a thread waits alone.
enum Place {
    /// At the notification.
    Notification,
    /// At an endpoint, bound to the notification; with what it reserved for the next caller.
    Endpoint(Obj<Endpoint>, Option<Obj<Reply>>),
}

impl Kernel {
    /// Signals, on the only core.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(crate) fn narrow_wake(&mut self, wake: &Wake) -> Result<Obj<Thread>, Miss> {
        let current = self.undisturbed::<Narrow>()?;
        let place = self.check_lone_waiter(wake.waiter)?;
        let queues = self.check_readiness(current, wake.waiter)?;
        self.leave_place(wake, &place);
        let waiter = &mut self[wake.waiter];
        waiter.wait.class_last = None;
        waiter.state = State::Running;
        self.registers_mut(wake.waiter).x[0] = wake.badge;
        if self[wake.waiter].priority == self[current].priority {
            self.append(queues, wake.waiter);
        } else {
            self.prepend(queues, wake.waiter);
        }
        Ok(self.perform_stay(current))
    }

    /// Looks where a thread waits, and whether alone.
    #[inline(always)]
    fn check_lone_waiter(&self, waiter: Obj<Thread>) -> Result<Place, Miss> {
        let thread = &self[waiter];
        if thread.wait.all != Links::default() || thread.queued != Queued::No {
            return Err(Miss::Narrow);
        }
        match thread.state {
            State::Waiting { .. } => Ok(Place::Notification),
            State::Receiving { endpoint, reply } => Ok(Place::Endpoint(endpoint, reply)),
            _ => Err(Miss::Narrow),
        }
    }

    /// Looks whether `waiter`, which does not displace `current`, has time now. Returns the queues
    /// that it will be in.
    #[inline(always)]
    fn check_readiness(
        &self,
        current: Obj<Thread>,
        waiter: Obj<Thread>,
    ) -> Result<Obj<ReadyQueues>, Miss> {
        let (old, new) = (&self[current], &self[waiter]);
        if new.domain != old.domain {
            return Err(Miss::Narrow);
        }
        let moment = self.check_rest::<Narrow>()?;
        let context = self.check_time(waiter, moment.now)?;
        if self[context].sporadic {
            return Err(Miss::Sporadic);
        }
        let Some(queues) = self.ready else { return Err(Miss::Narrow) };
        Ok(queues.nth(u32::from(new.domain)))
    }

    /// Takes the only waiter out.
    #[inline(always)]
    fn leave_place(&mut self, wake: &Wake, place: &Place) {
        match *place {
            Place::Notification => self[wake.notification].signals = Signals::Idle,
            Place::Endpoint(endpoint, reply) => {
                self.leave_as_only_waiter(endpoint, wake.waiter);
                self[wake.waiter].fault = Maybe::Nothing;
                if let Some(reply) = reply {
                    self[reply].thread = None;
                }
            }
        }
    }
}
