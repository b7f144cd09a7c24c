//! Sleeping and waking.

use crate::cap::Cap;
use crate::heartbeat;
use crate::object::Notification;

/// How one side of a ring wakes the other, and how it sleeps until it is woken itself.
///
/// ```
/// use core::cell::Cell;
/// use libsys::ring::Bell;
///
/// /// Counts instead.
/// struct Counter(Cell<u32>);
///
/// impl Bell for Counter {
///     fn ring(&self) {
///         self.0.set(self.0.get() + 1);
///     }
///     fn sleep(&self) {}
/// }
/// ```
pub trait Bell {
    /// Wakes the peer, now or when it falls asleep next.
    fn ring(&self);

    /// Returns once the peer has rung since the last time; may return earlier.
    fn sleep(&self);
}

/// Two notifications, one for each side.
///
/// ```
/// use libsys::Cap;
/// use libsys::ring::Doorbell;
///
/// // What the layout of the system put into our slots 5 and 6.
/// let bell = Doorbell { peer: Cap::at(5), own: Cap::at(6) };
/// # let _ = bell;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Doorbell {
    /// Wakes the peer; needs Write.
    pub peer: Cap<Notification>,
    /// Where we wait; needs Read.
    pub own: Cap<Notification>,
}

impl Bell for Doorbell {
    #[inline]
    fn ring(&self) {
        self.peer.signal();
    }

    #[inline]
    fn sleep(&self) {
        let _ = heartbeat::answer(self.own.wait());
    }
}

/// The bell of a side that is never waited for and never waits, but polls; or that waits in an
/// executor, where others share the notification.
///
/// ```
/// use libsys::ring::{Bell, Quiet};
///
/// Quiet.ring(); // Nobody hears it.
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Bell for Quiet {
    fn ring(&self) {}

    fn sleep(&self) {}
}

/// The bell of a side that waits elsewhere: it only wakes the peer.
impl Bell for Cap<Notification> {
    #[inline]
    fn ring(&self) {
        self.signal();
    }

    fn sleep(&self) {}
}
