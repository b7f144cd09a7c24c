//! The time of day.
//!
//! ```no_run
//! use libsys::layout::{Component, Missing};
//! use libsys::service::clock::WallClock;
//!
//! fn tell(component: &Component) -> Result<(), Missing<'static>> {
//!     let clock = WallClock::new(component.endpoint("clock")?);
//!     match clock.now() {
//!         Ok(now) => libsys::println!("{now} seconds since 1970"),
//!         Err(error) => libsys::println!("nobody knows the time: {error}"),
//!     }
//!     Ok(())
//! }
//! # fn main() {}
//! ```

use crate::cap::Cap;
use crate::object::Endpoint;
use crate::server::CallError;

crate::data! {
    /// Why a clock does not do what it is asked to.
    ///
    /// ```
    /// use libsys::service::clock::Refusal;
    ///
    /// assert_eq!(Refusal::try_from(1), Ok(Refusal::NotAllowed));
    /// ```
    pub enum Refusal {
        /// The layout does not let this client set the clock.
        NotAllowed = 1,
        /// The clock cannot show such a time.
        Range = 2,
        /// More wait than the clock can remember; or later waits of this client took the place.
        Busy = 3,
    }
}

crate::interface! {
    /// What a clock can do for its clients. Times are seconds since 1970, without leap seconds.
    pub mod interface {
        type Error = Refusal;

        /// The time.
        Now = 0xd8: fn now() -> u64;

        /// Sets it. Who waits for a time that has come by that is answered.
        Set = 0xd9: fn set(time: u64) -> ();

        /// Waits until it is this time or later; answers the time then.
        Wait = 0xda: fn wait(until: u64) -> u64;
    }
}

/// A clock, for its client. One that was started again is asked again.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::service::clock::WallClock;
///
/// let clock = WallClock::new(Cap::at(7));
/// // Until the next full minute.
/// let minute = clock.now().and_then(|now| clock.wait_until(now - now % 60 + 60));
/// # let _ = minute;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WallClock(interface::Client);

impl WallClock {
    /// The clock behind this endpoint.
    #[must_use]
    pub const fn new(clock: Cap<Endpoint>) -> Self {
        Self(interface::Client::new(clock))
    }

    /// Seconds since 1970.
    ///
    /// # Errors
    /// The clock does not answer as the interface says.
    pub fn now(&self) -> Result<u64, CallError<Refusal>> {
        super::again(|| self.0.now())
    }

    /// Sets the clock to so many seconds since 1970.
    ///
    /// # Errors
    /// `NotAllowed`, `Range`.
    pub fn set(&self, time: u64) -> Result<(), CallError<Refusal>> {
        super::again(|| self.0.set(time))
    }

    /// Waits until it is this time or later; answers the time then.
    ///
    /// # Errors
    /// `Range`, `Busy`.
    pub fn wait_until(&self, time: u64) -> Result<u64, CallError<Refusal>> {
        super::again(|| self.0.wait(time))
    }
}
