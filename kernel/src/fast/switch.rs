//! From one thread to another without the scheduler.

use platform::contract::{Platform, SpaceRoot};

use super::{Miss, Width};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::{Thread, context_of};

/// A switch that needs no decision: the scheduler would choose the same.
#[derive(Clone, Copy)]
pub(crate) struct Switch {
    pub(crate) from: Obj<Thread>,
    /// The thread that runs next.
    pub(crate) to: Obj<Thread>,
    pub(crate) space: SpaceRoot,
}

impl Kernel {
    /// Looks whether `to` runs next if the current thread `from` stops and `to` becomes runnable
    /// with the time that pays now.
    #[inline(always)]
    pub(super) fn check_switch<W: Width>(
        &self,
        from: Obj<Thread>,
        to: Obj<Thread>,
    ) -> Result<Switch, Miss> {
        let (old, new) = (&self[from], &self[to]);
        if W::WIDE && new.core != old.core {
            return Err(Miss::OtherCore);
        }
        if new.domain != old.domain {
            return Err(Miss::OtherDomain);
        }
        // No ready thread is better than the current one.
        if new.priority < old.priority {
            let set = if W::WIDE { self.own_queue_set() } else { usize::from(new.domain) };
            let queues = self.ready.ok_or(Miss::BetterReady)?.nth(set as u32);
            if self[queues].has_above(new.priority) {
                return Err(Miss::BetterReady);
            }
        }
        let space = self.translation(to).ok_or(Miss::NoSpace)?;
        Ok(Switch { from, to, space })
    }

    /// Stores what the thread leaves in the core.
    #[inline(always)]
    fn store_leftovers<W: Width>(&mut self, thread: Obj<Thread>) {
        let context = context_of(thread);
        self.machine.save_user_registers(self.mem.get_mut(context));
        if self.fast_core::<W>().fpu_enabled {
            self.machine.save_fpu(self.mem.get_mut(context));
            self.fast_core_mut::<W>().fpu_enabled = false;
            self.machine.enable_fpu(false);
        }
    }

    /// Makes `to` the current thread. Its state and its scheduling context are set.
    #[inline(always)]
    pub(super) fn perform_switch<W: Width>(&mut self, switch: &Switch) -> Obj<Thread> {
        let Switch { from, to, space } = *switch;
        self.count_entry();
        self.store_leftovers::<W>(from);
        let core = self.fast_core_mut::<W>();
        core.current = Some(to);
        core.loaded = Some(to);
        let was_holder = core.fpu_holder == Some(to);
        if core.space != Some(space) {
            core.space = Some(space);
            self.machine.activate_space(space);
        }
        self.machine.load_user_registers(self.mem.get(context_of(to)));
        if was_holder || self[to].fpu_loads_left > 0 {
            self.load_fpu(to);
        }
        self.count_exit(Some(from), Some(to));
        to
    }
}
