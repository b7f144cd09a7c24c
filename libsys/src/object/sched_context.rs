//! Scheduling contexts: time as a resource.

use abi::rights::SCHED_CONTEXT_FLAG_SPORADIC;
use abi::{Error, Invocation, ObjectType};
use core::time::Duration;

use super::{ChosenSize, Notification, Object, Thread};
use crate::cap::{Badge, Cap};
use crate::invoke::{invoke, perform};

/// A budget of processor time per period, on one core.
///
/// ```no_run
/// use core::time::Duration;
/// use libsys::object::{Budget, SchedContext, SchedControl, Thread};
/// use libsys::{Cap, Error};
///
/// /// Gives a thread a tenth of a core.
/// fn limit(
///     core: Cap<SchedControl>,
///     context: Cap<SchedContext>,
///     thread: Cap<Thread>,
/// ) -> Result<(), Error> {
///     let tenth = Budget::periodic(Duration::from_millis(1), Duration::from_millis(10));
///     core.configure(context, tenth)?;
///     context.bind(thread)
/// }
/// # fn main() {}
/// ```
pub enum SchedContext {}

impl Object for SchedContext {
    const TYPE: ObjectType = ObjectType::SchedContext;
}

impl ChosenSize for SchedContext {}

/// Authority over the time of one core.
///
/// ```no_run
/// use core::time::Duration;
/// use libsys::object::{Budget, SchedContext};
/// use libsys::{BootInfo, Cap, Error, initial};
///
/// /// Moves the thread that runs on a scheduling context to another core.
/// fn move_to(boot: &BootInfo, core: u64, context: Cap<SchedContext>) -> Result<(), Error> {
///     match initial::sched_control(boot, core) {
///         Some(core) => core.configure(context, Budget::round_robin(Duration::from_millis(5))),
///         None => Err(Error::InvalidCapability(0)),
///     }
/// }
/// # fn main() {}
/// ```
pub enum SchedControl {}

/// How much time a scheduling context gives.
///
/// ```
/// use core::time::Duration;
/// use libsys::object::Budget;
///
/// let slice = Budget::round_robin(Duration::from_millis(5));
/// assert_eq!(slice.budget, slice.period);
/// let control = Budget::periodic(Duration::from_micros(200), Duration::from_millis(1));
/// let control = Budget { sporadic: true, ..control };
/// assert!(control.budget < control.period);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Processor time in each period, at least 20 µs. Counted in whole microseconds.
    pub budget: Duration,
    /// The period. Equal to the budget: round robin with that time slice.
    pub period: Duration,
    /// Refills beyond the two that every context has.
    pub extra_refills: u64,
    /// What a timeout handler finds in the first word of its message.
    pub badge: Badge,
    /// Keep unused budget until the thread becomes ready (else the period starts when it runs).
    pub sporadic: bool,
}

impl Budget {
    /// Round robin with this time slice.
    #[must_use]
    pub const fn round_robin(slice: Duration) -> Self {
        Self::periodic(slice, slice)
    }

    /// `budget` in every `period`.
    #[must_use]
    pub const fn periodic(budget: Duration, period: Duration) -> Self {
        Self { budget, period, extra_refills: 0, badge: Badge(0), sporadic: false }
    }

    fn words(self) -> [u64; 5] {
        let flags = if self.sporadic { SCHED_CONTEXT_FLAG_SPORADIC } else { 0 };
        let times = [microseconds(self.budget), microseconds(self.period)];
        [times[0], times[1], self.extra_refills, self.badge.0, flags]
    }
}

/// Whole microseconds, at most `u64::MAX` of them.
fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Cap<SchedControl> {
    /// Configures a scheduling context for this core; the thread that runs on it moves there.
    ///
    /// # Errors
    /// - `Range(20, max)`: budget or period are too short or too long, in microseconds.
    /// - `Range(20, period)`: the budget exceeds the period.
    /// - `InvalidCapability(1)`: no scheduling context.
    /// - `Range(0, max)`: it has room for so many extra refills only.
    #[inline]
    pub fn configure(self, context: Cap<SchedContext>, time: Budget) -> Result<(), Error> {
        let caps = [context.pointer()];
        perform(self.pointer(), Invocation::SchedControlConfigureFlags, &time.words(), &caps)
    }
}

/// What a scheduling context can be bound to: a thread or a notification.
///
/// ```no_run
/// use libsys::object::{Bindable, SchedContext};
/// use libsys::{Cap, Error};
///
/// /// Takes time from one object and gives it to another.
/// fn hand_on<A: Bindable, B: Bindable>(
///     context: Cap<SchedContext>,
///     from: Cap<A>,
///     to: Cap<B>,
/// ) -> Result<(), Error> {
///     context.unbind_object(from)?;
///     context.bind(to)
/// }
/// # fn main() {}
/// ```
pub trait Bindable {}

impl Bindable for Thread {}
impl Bindable for Notification {}

impl Cap<SchedContext> {
    /// Gives the context to a thread, or to a notification for the threads that it wakes.
    ///
    /// # Errors
    /// - `IllegalOperation`: either side is bound already, or the thread is blocked and the
    ///   context has no time to give now.
    /// - `InvalidCapability(1)`: neither thread nor notification.
    #[inline]
    pub fn bind<T: Bindable>(self, object: Cap<T>) -> Result<(), Error> {
        perform(self.pointer(), Invocation::SchedContextBind, &[], &[object.pointer()])
    }

    /// Takes the context from everything that it is bound to.
    ///
    /// # Errors
    /// - `IllegalOperation`: it is the caller's own.
    #[inline]
    pub fn unbind(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::SchedContextUnbind, &[], &[])
    }

    /// Takes the context from this thread (its present holder) or notification.
    ///
    /// # Errors
    /// - `IllegalOperation`: the object is not bound to the context, or is the caller.
    /// - `InvalidCapability(1)`: neither thread nor notification.
    #[inline]
    pub fn unbind_object<T: Bindable>(self, object: Cap<T>) -> Result<(), Error> {
        perform(self.pointer(), Invocation::SchedContextUnbindObject, &[], &[object.pointer()])
    }

    /// The time used since the last such question, in whole microseconds.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn consumed(self) -> Result<Duration, Error> {
        let reply = invoke(self.pointer(), Invocation::SchedContextConsumed, &[], &[])?;
        Ok(Duration::from_micros(reply.word(0)))
    }

    /// Lets the context's thread run now, if its priority is not below the caller's. Answers
    /// the time that it used, when the caller runs again.
    ///
    /// # Errors
    /// - `IllegalOperation`: no thread, the caller itself, or a priority above the caller's
    ///   maximum.
    #[inline]
    pub fn yield_to(self) -> Result<Duration, Error> {
        let reply = invoke(self.pointer(), Invocation::SchedContextYieldTo, &[], &[])?;
        Ok(Duration::from_micros(reply.word(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_counted_in_microseconds() {
        let time = Budget::periodic(Duration::from_millis(2), Duration::from_nanos(10_000_999));
        let time = Budget { sporadic: true, badge: Badge(9), extra_refills: 3, ..time };
        assert_eq!(time.words(), [2_000, 10_000, 3, 9, 1]);
        assert_eq!(Budget::round_robin(Duration::from_micros(50)).words(), [50, 50, 0, 0, 0]);
        assert_eq!(microseconds(Duration::MAX), u64::MAX);
        assert_eq!(microseconds(Duration::from_micros(u64::MAX)), u64::MAX);
    }
}
