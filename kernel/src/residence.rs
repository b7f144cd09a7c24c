//! What of a thread is in the core that runs it: address space, thread registers, floating point.
//!
//! Registers that entry and exit do not move stay in the core until another thread needs them.
//! Floating-point state is stored when a thread that could have used it leaves, so that memory is
//! always up to date for threads that do not run. It is loaded when a thread first uses it, and
//! from then on some times at once when the thread comes back: so one that never uses it costs
//! nothing, and one that does seldom traps.

use platform::contract::Platform;

use crate::core_state::Alert;
use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::Obj;
use crate::thread::{Thread, context_of};

/// How often a thread finds its floating-point state loaded before its next use traps, to see
/// whether it still uses any.
pub(crate) const LOADS_AFTER_USE: u8 = 16;

impl Kernel {
    /// Prepares the executing core for a thread, or for idling.
    pub(crate) fn load(&mut self, next: Option<Obj<Thread>>) {
        let loaded = self.core().loaded;
        // What was loaded may have been deleted, and its address space be active still.
        let idles = next.is_none() && self.core().space.is_none();
        if loaded == next && (next.is_some() || idles) && !self.core().alerts.has(Alert::SpaceStale)
        {
            return;
        }
        if let Some(old) = loaded
            && Some(old) != next
        {
            self.store_residue(old);
        }
        if self.core_mut().alerts.take(Alert::SpaceStale) {
            self.core_mut().space = None;
        }
        match next {
            Some(thread) => {
                self.activate_space_of(thread);
                if loaded != next {
                    self.machine.load_user_registers(self.mem.get(context_of(thread)));
                }
                self.load_fpu(thread);
            }
            None => {
                self.deactivate_space();
                self.allow_fpu(false);
            }
        }
        self.core_mut().loaded = next;
    }

    /// Stores what a thread leaves in the executing core.
    fn store_residue(&mut self, thread: Obj<Thread>) {
        let context = context_of(thread);
        self.machine.save_user_registers(self.mem.get_mut(context));
        if self.core().fpu_enabled {
            self.machine.save_fpu(self.mem.get_mut(context));
            self.allow_fpu(false);
        }
    }

    #[inline(always)]
    fn allow_fpu(&mut self, allowed: bool) {
        if self.core().fpu_enabled != allowed {
            self.core_mut().fpu_enabled = allowed;
            self.machine.enable_fpu(allowed);
        }
    }

    /// Lets a thread that comes to the executing core have floating point at once if its state is
    /// in the registers still, or if it is likely to use them.
    #[inline(always)]
    pub(crate) fn load_fpu(&mut self, thread: Obj<Thread>) {
        if self.holds_fpu(thread) {
            self.allow_fpu(true);
        } else if self[thread].fpu_loads_left > 0 {
            self[thread].fpu_loads_left -= 1;
            self.give_fpu(thread);
        } else {
            self.allow_fpu(false);
        }
    }

    /// Whether the executing core's floating-point registers are those of the thread.
    #[inline(always)]
    fn holds_fpu(&self, thread: Obj<Thread>) -> bool {
        self.core().fpu_holder == Some(thread)
            && self[thread].fpu_core.get().map(usize::from) == Some(self.here)
            && !self[thread].fpu_disabled
    }

    /// The current thread used floating point, which it may have, while it trapped. It will
    /// probably use it again.
    #[inline(always)]
    pub(crate) fn grant_fpu(&mut self, thread: Obj<Thread>) {
        self[thread].fpu_loads_left = LOADS_AFTER_USE;
        self.give_fpu(thread);
    }

    #[inline(always)]
    fn give_fpu(&mut self, thread: Obj<Thread>) {
        self.allow_fpu(true);
        self.machine.restore_fpu(self.mem.get(context_of(thread)));
        self.core_mut().fpu_holder = Some(thread);
        self[thread].fpu_core = u8::try_from(self.here).map_or(Maybe::Nothing, Maybe::Just);
    }

    /// Stores the floating-point state of a thread that is current here, and lets its next use
    /// trap. On other cores it is in memory already once the thread is stalled.
    pub(crate) fn unload_fpu(&mut self, thread: Obj<Thread>) {
        if self.core().loaded == Some(thread) && self.core().fpu_enabled {
            self.machine.save_fpu(self.mem.get_mut(context_of(thread)));
            self.allow_fpu(false);
        }
        self[thread].fpu_core = Maybe::Nothing;
        self[thread].fpu_loads_left = 0;
    }

    /// Makes the saved registers of a thread complete and authoritative: it is stopped if it runs
    /// on another core, and what this core holds of it is stored and loaded again on exit.
    pub(crate) fn settle_registers(&mut self, thread: Obj<Thread>) {
        self.stall(thread);
        self.forget_progress(thread);
        if self.core().loaded == Some(thread) {
            self.store_residue(thread);
            self.core_mut().loaded = None;
        }
    }

    /// A thread got another address space: the core that runs it must switch.
    pub(crate) fn space_changed(&mut self, thread: Obj<Thread>) {
        self[thread].translation.epoch = 0;
        for core in self.cores.iter_mut() {
            if core.loaded == Some(thread) {
                core.alerts.raise(Alert::SpaceStale);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::Invocation;
    use abi::bootinfo::slot;

    use crate::sim::System;

    #[test]
    fn a_thread_that_deletes_itself_leaves_no_address_space_active() {
        let mut system = System::new();
        let helper = system.ready_helper();
        system.switch_to(helper.thread);
        let suspended = system.invoke(slot::THREAD, Invocation::ThreadSuspend, &[], &[]);
        assert_eq!(suspended, Ok([].into()));
        assert!(system.machine.core_state(0).space.is_some());
        system.call(slot::CNODE, Invocation::CNodeDelete.label(), &[helper.tcb, 64], &[]);
        assert_eq!(system.current(), None, "nobody is left");
        assert_eq!(system.machine.core_state(0).space, None);
    }
}
