//! What every example begins with: a pager at work.

use alloc::sync::Arc;

use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Space};
use libsys::pager::Refusal;
use libsys::process::{Image, ImageError};
use libsys::worker::Options;
use libsys::{Cap, System, initial, println};
use root_task::pager::{Component, Kernel, LaunchError, Machine, PagedImage, Service};

/// Above all clients.
const PAGER_PRIORITY: u8 = 254;
/// Below all others.
const CLIENT_PRIORITY: u8 = 100;

/// Why an example cannot go on.
///
/// ```
/// use libsys::process::ImageError;
/// use pager_examples::setting::Failed;
///
/// assert_eq!(Failed::from(ImageError::NoModule), Failed::Image(ImageError::NoModule));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failed {
    /// A program is none.
    Image(ImageError),
    /// A component cannot be made or freed.
    Launch(LaunchError),
}

impl From<ImageError> for Failed {
    fn from(reason: ImageError) -> Self {
        Self::Image(reason)
    }
}

impl From<LaunchError> for Failed {
    fn from(reason: LaunchError) -> Self {
        Self::Launch(reason)
    }
}

impl From<Refusal> for Failed {
    fn from(reason: Refusal) -> Self {
        Self::Launch(reason.into())
    }
}

impl From<AllocationError> for Failed {
    fn from(reason: AllocationError) -> Self {
        Self::Launch(reason.into())
    }
}

/// A pager, and how its clients run.
///
/// ```no_run
/// use libsys::System;
/// use pager_examples::setting::{Failed, Setting};
/// use root_task::pager::Launch;
///
/// #[libsys::main]
/// fn program(system: System) -> Result<(), Failed> {
///     let setting = Setting::new(system)?;
///     let image = setting.learn("child")?;
///     let child = setting.service.launch(&Launch::new(&image, setting.options))?;
///     setting.report();
///     Ok(setting.stop(child)?)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Setting {
    /// The pager.
    pub service: Arc<Service>,
    /// For threads of clients.
    pub options: Options,
}

impl Setting {
    /// Starts a pager with all memory.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn new(system: System) -> Result<Self, LaunchError> {
        let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
        let boot = system.boot;
        let mut memory = Memory::new(system);
        memory.deepen(boot)?;
        let kernel = Kernel { memory, space: Space::initial() };
        let options = Options { priority: PAGER_PRIORITY, stack_pages: 16, ..Options::new(core) };
        let service = Service::start(kernel, options)?;
        let options = Options { priority: CLIENT_PRIORITY, ..Options::new(core) };
        Ok(Self { service, options })
    }

    /// The program in a module.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn learn(&self, module: &str) -> Result<PagedImage, ImageError> {
        Ok(self.service.learn(&Image::of_module(module)?))
    }

    /// Bytes that are in use.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.service.pager.lock().machine.memory.usage().used
    }

    /// Frames that clients have, in pages of 4 KiB.
    #[must_use]
    pub fn frames(&self) -> u64 {
        let (small, large) = self.service.pager.lock().frames();
        small + large * Kernel::LARGE
    }

    /// Waits for news, and says them.
    pub fn report(&self) {
        println!("{}", self.service.wait());
    }

    /// Stops a component, and takes back what it had.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn stop(&self, component: Component) -> Result<(), LaunchError> {
        self.service.stop(component)
    }
}
