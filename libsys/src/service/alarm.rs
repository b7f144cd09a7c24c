//! What a client hears while it sleeps.

use core::cell::Cell;

use super::block;
use crate::heartbeat;
use crate::layout::{Component, Kind, Missing};
use crate::ring::{Bell, Doorbell, Quiet};
use crate::window::Window;

/// A bell that tells the driver's restarts from all else: whoever hears both at once must not take
/// the one for the other, for the new instance knows nothing of what the old one was to do.
///
/// ```
/// use libsys::ring::Bell;
/// use libsys::service::Alarm;
///
/// /// Of a driver that is never started again.
/// struct Immortal;
///
/// impl Bell for Immortal {
///     fn ring(&self) {}
///     fn sleep(&self) {}
/// }
///
/// impl Alarm for Immortal {
///     fn was_told(&self) -> bool {
///         false
///     }
/// }
/// ```
pub trait Alarm: Bell {
    /// Whether the driver was started again since the last question.
    fn was_told(&self) -> bool;
}

/// Of a driver that is never started again.
impl Alarm for Quiet {
    fn was_told(&self) -> bool {
        false
    }
}

/// The bell of a client whose layout lets the driver's restarts tell it.
///
/// ```no_run
/// use libsys::layout::{Component, Missing};
/// use libsys::service::Restarts;
/// use libsys::service::packet::{Link, control};
///
/// fn is_connected(component: &Component) -> Result<bool, Missing<'static>> {
///     let driver = control::Client::new(component.endpoint("net")?);
///     let (memory, bell) = Restarts::listen(component, "net")?;
///     let link = Link::open(driver, &memory, &bell);
///     Ok(link.is_ok_and(|link| link.is_connected()))
/// }
/// ```
#[derive(Debug)]
pub struct Restarts {
    bell: Doorbell,
    /// The signal of the restarts.
    mask: u64,
    told: Cell<bool>,
}

impl Restarts {
    /// The memory that is shared with a driver of this name, and the bell.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn listen<'n>(component: &Component, name: &'n str) -> Result<(Window, Self), Missing<'n>> {
        let (memory, bell) = component.ring(name)?;
        let is_it = |word: &str| word.strip_suffix(".restarted") == Some(name);
        let mut entries = component.entries();
        let told = entries.find(|entry| entry.kind == Kind::Signal && is_it(entry.name));
        let mask = told.map_or(0, |entry| entry.value);
        Ok((memory, Self { bell, mask, told: Cell::new(false) }))
    }

    /// The same with a driver of a disk, and its endpoint.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn connect<'n>(
        component: &Component,
        name: &'n str,
    ) -> Result<(block::control::Client, Window, Self), Missing<'n>> {
        let driver = block::control::Client::new(component.endpoint(name)?);
        let (memory, bell) = Self::listen(component, name)?;
        Ok((driver, memory, bell))
    }
}

impl Bell for &Restarts {
    fn ring(&self) {
        self.bell.ring();
    }

    fn sleep(&self) {
        // A question for signs of life ends the sleep, too: whoever wakes up for nothing asks the
        // driver whether it still knows the session, so that nobody waits for ever.
        if heartbeat::answer(self.bell.own.wait()) & self.mask != 0 {
            self.told.set(true);
        }
    }
}

impl Alarm for &Restarts {
    fn was_told(&self) -> bool {
        self.told.take()
    }
}
