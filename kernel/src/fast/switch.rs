//! From one thread to another without the scheduler.

use platform::contract::Platform;

use super::Miss;
use crate::cap::Asid;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::space::assigned;
use crate::table::Table;
use crate::thread::{Holds, Thread, context_of};

/// A switch that needs no decision: the scheduler would choose the same.
pub(super) struct Switch {
    from: Obj<Thread>,
    /// The thread that runs next.
    pub(super) to: Obj<Thread>,
    space: (Asid, Obj<Table>),
}

impl Kernel {
    /// Looks whether `to` runs next if the current thread `from` stops and `to` becomes runnable
    /// with the time that pays now.
    #[inline(always)]
    pub(super) fn check_switch(&self, from: Obj<Thread>, to: Obj<Thread>) -> Result<Switch, Miss> {
        let (old, new) = (&self[from], &self[to]);
        if new.core != old.core {
            return Err(Miss::OtherCore);
        }
        if new.domain != old.domain {
            return Err(Miss::OtherDomain);
        }
        // No ready thread is better than the current one.
        if new.priority < old.priority && !self.beats_all_ready(to) {
            return Err(Miss::BetterReady);
        }
        let held = &self[self.thread_slot(to, Holds::VSpace)].cap;
        let Some(space) = assigned(held) else { return Err(Miss::NoSpace) };
        if self.space(space.0) != Some(space.1) {
            return Err(Miss::NoSpace);
        }
        Ok(Switch { from, to, space })
    }

    /// Makes `to` the current thread. Its state and its scheduling context are set.
    #[inline(always)]
    pub(super) fn perform_switch(&mut self, switch: &Switch) -> Obj<Thread> {
        let Switch { from, to, space } = *switch;
        self.count_entry();
        self.store_residue(from);
        if self.core().space != Some(space) {
            self.core_mut().space = Some(space);
            let root = self.mem.address(space.1);
            self.machine.activate_space(root, space.0.get());
        }
        self.machine.load_user_registers(self.mem.get(context_of(to)));
        if self.core().fpu_holder == Some(to) {
            self.allow_fpu(self.holds_fpu(to));
        }
        let core = self.core_mut();
        core.current = Some(to);
        core.loaded = Some(to);
        self.count_exit(Some(from), Some(to));
        to
    }
}
