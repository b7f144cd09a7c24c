//! What a client hears while it sleeps.

use core::sync::atomic::{AtomicU64, Ordering};

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

/// Restarts that this program has heard of and nobody has asked about yet.
static HEARD: Heard = Heard(AtomicU64::new(0));

/// Signals of a bell that several share: whoever sleeps there hears what is meant for others, too.
#[derive(Debug)]
struct Heard(AtomicU64);

impl Heard {
    /// Sleeps, unless one of these has been heard already by somebody else.
    fn sleep(&self, mask: u64, wait: impl FnOnce() -> u64) {
        if self.0.load(Ordering::Relaxed) & mask == 0 {
            self.0.fetch_or(wait(), Ordering::Relaxed);
        }
    }

    /// Whether one of these was heard since the last question.
    fn take(&self, mask: u64) -> bool {
        self.0.fetch_and(!mask, Ordering::Relaxed) & mask != 0
    }
}

/// The bell of a client whose layout lets the driver's restarts tell it. A client of several
/// drivers has one for each, and misses no restart whichever it sleeps at.
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
        Ok((memory, Self { bell, mask }))
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
        HEARD.sleep(self.mask, || heartbeat::answer(self.bell.own.wait()));
    }
}

impl Alarm for &Restarts {
    fn was_told(&self) -> bool {
        HEARD.take(self.mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: u64 = 1 << 3;
    const CARD: u64 = 1 << 5;

    /// Sleeps until these signals come; whether it did.
    fn sleeps(heard: &Heard, mask: u64, signals: u64) -> bool {
        let mut has_slept = false;
        heard.sleep(mask, || {
            has_slept = true;
            signals
        });
        has_slept
    }

    #[test]
    fn who_sleeps_at_one_driver_keeps_the_restart_of_another() {
        let heard = Heard(AtomicU64::new(0));
        assert!(sleeps(&heard, DISK, CARD | 1));
        assert!(!heard.take(DISK));
        assert!(!sleeps(&heard, CARD, 0), "nobody would wake it");
        assert!(heard.take(CARD) && !heard.take(CARD), "once");
        assert!(sleeps(&heard, CARD, CARD));
        assert!(heard.take(CARD));
    }

    #[test]
    fn a_driver_whose_restarts_nobody_tells_of_is_slept_at() {
        let heard = Heard(AtomicU64::new(0));
        assert!(sleeps(&heard, DISK, u64::MAX));
        assert!(sleeps(&heard, 0, u64::MAX) && !heard.take(0));
    }
}
