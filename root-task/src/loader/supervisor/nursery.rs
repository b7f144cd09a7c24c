//! Time for components that have none of their own, until they are initialised.
//!
//! Each has a scheduling context of the supervisor's at first. It says by a bit of the
//! supervisor's bell that it waits for calls from now on, and then works on its callers' time.

use alloc::vec::Vec;

use libsys::bootstrap::AllocationError;
use libsys::object::{SchedContext, Thread};
use libsys::worker::new_context;
use libsys::{Cap, Error, initial};
use packed::record::Passive;

use super::super::Loader;
use super::super::threads::share;

/// Components without time, and what the supervisor has for each.
#[derive(Debug, Default)]
pub(in super::super) struct Nursery {
    children: Vec<Child>,
}

#[derive(Debug)]
struct Child {
    passive: Passive,
    thread: Cap<Thread>,
    context: Cap<SchedContext>,
    /// Whether it has the context.
    is_nursed: bool,
}

impl Nursery {
    /// Gives all of them time. The loader still has control over that of its own core.
    pub(super) fn new(loader: &mut Loader) -> Result<Self, AllocationError> {
        let core = initial::sched_control(loader.boot, loader.boot.node_id).unwrap_or(Cap::NULL);
        let mut children = Vec::new();
        for passive in loader.image.layout.passive.rows() {
            let context = new_context(loader, core, share(passive.budget, passive.period))?;
            let thread = loader.thread(passive.thread);
            let mut child = Child { passive, thread, context, is_nursed: false };
            child.nurse()?;
            children.push(child);
        }
        Ok(Self { children })
    }

    /// Takes the time back from those who have said that they are ready.
    pub(super) fn are_ready(&mut self, signals: u64) {
        for child in self.children.iter_mut().filter(|child| child.passive.ready & signals != 0) {
            child.wean();
        }
    }

    /// A component begins again, or has failed before it was ready.
    pub(super) fn set(&mut self, component: u32, is_nursed: bool) -> Result<(), Error> {
        let mut children = self.children.iter_mut();
        match children.find(|child| child.passive.component == component) {
            Some(child) if is_nursed => child.nurse(),
            Some(child) => {
                child.wean();
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Child {
    fn nurse(&mut self) -> Result<(), Error> {
        if !self.is_nursed {
            self.context.bind(self.thread)?;
        }
        self.is_nursed = true;
        Ok(())
    }

    fn wean(&mut self) {
        if self.is_nursed {
            // The context is there, and not the supervisor's own: nothing is refused.
            let _ = self.context.unbind();
        }
        self.is_nursed = false;
    }
}
