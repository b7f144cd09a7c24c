//! Every entry on a copy of the kernel first: what comes out must be the same.

use platform::contract::Trap;

use super::twin::{Twin, difference};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

/// The copy, and what happened on it.
pub(crate) struct Rehearsal {
    twin: Twin,
    next: Option<Obj<Thread>>,
}

impl Rehearsal {
    /// For entries of a kernel.
    pub(crate) fn new(kernel: &Kernel) -> Self {
        Self { twin: Twin::of(kernel), next: None }
    }

    /// Before a trap: plays it on a copy.
    pub(crate) fn play(&mut self, kernel: &mut Kernel, trap: Trap) {
        kernel.machine.record_events(true);
        kernel.machine.take_events();
        self.twin.copy_from(kernel);
        self.twin.kernel.handle(trap);
        self.next = self.twin.kernel.schedule();
    }

    /// After it.
    pub(crate) fn compare(&mut self, kernel: &Kernel, next: Option<Obj<Thread>>) {
        assert_eq!(self.next, next, "another thread runs next");
        if let Some(difference) = difference(&self.twin.kernel, kernel) {
            panic!("the copy differs in {difference}");
        }
    }
}
