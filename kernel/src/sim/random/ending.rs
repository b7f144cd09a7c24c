//! The end of a game: everything is revoked, and nothing may be left.

use std::collections::BTreeMap;
use std::vec::Vec;

use abi::bootinfo::slot;
use platform::contract::Trap;

use super::Player;
use crate::cap::Cap;
use crate::endpoint::Endpoint;
use crate::notification::Notification;
use crate::reply::Reply;
use crate::sched_context::SchedContext;
use crate::sim::System;
use crate::slot::Slot;
use crate::table::Table;
use crate::thread::Thread;

/// What must be the same after everything was revoked.
pub(super) struct Summary {
    /// The capabilities of the root CNode.
    caps: BTreeMap<u64, Cap>,
    /// How many objects of each kind there are.
    objects: [usize; 7],
    issued: Vec<u32>,
    pools: Vec<usize>,
}

/// A capability without what its use changes: watermark and mapping.
fn as_at_boot(cap: Cap) -> Cap {
    match cap {
        Cap::Page(page) => Cap::Page(page.with_mapping(None)),
        Cap::PageTable { table, .. } => Cap::PageTable { table, asid: None, address: 0 },
        Cap::Untyped { bits, device, next, .. } => {
            crate::untyped::fresh(crate::untyped::start(next, bits), bits, device)
        }
        cap => cap,
    }
}

impl Summary {
    pub(super) fn of(system: &System) -> Self {
        let caps = (0..512).map(|cptr| (cptr, as_at_boot(system.cap(cptr))));
        let mem = &system.mem;
        Self {
            caps: caps.filter(|(_, cap)| *cap != Cap::Null).collect(),
            objects: [
                mem.all::<Slot>().count(),
                mem.all::<Endpoint>().count(),
                mem.all::<Notification>().count(),
                mem.all::<Reply>().count(),
                mem.all::<Thread>().count(),
                mem.all::<SchedContext>().count(),
                mem.all::<Table>().count(),
            ],
            issued: (0..crate::irq::SLOTS).filter(|irq| system.irqs.is_issued(*irq)).collect(),
            pools: (0..).zip(system.asids.pools).filter_map(|(i, pool)| pool.map(|_| i)).collect(),
        }
    }
}

impl Summary {
    /// Panics with the differences, if there are some.
    pub(super) fn expect(&self, before: &Self) {
        for cptr in 0..512 {
            assert_eq!(self.caps.get(&cptr), before.caps.get(&cptr), "slot {cptr}");
        }
        assert_eq!(self.objects, before.objects, "objects");
        assert_eq!((&self.issued, &self.pools), (&before.issued, &before.pools));
    }
}

impl Player {
    /// Revokes every capability of boot, and deletes what is elsewhere.
    pub(super) fn end(&mut self) {
        self.system.go_to(0);
        for cptr in self.system.untyped.clone() {
            let slot = self.system.slot(cptr);
            self.finish(|system| system.revoke(slot));
        }
        for cptr in self.system.untyped.end..512 {
            let slot = self.system.slot(cptr);
            self.finish(|system| system.delete(slot));
        }
        for cptr in [slot::IRQ_CONTROL, slot::DOMAIN, slot::SCHED_CONTEXT] {
            let slot = self.system.slot(cptr);
            self.finish(|system| system.revoke(slot));
        }
    }

    /// Repeats an operation until it is not preempted.
    fn finish(&mut self, operation: impl Fn(&mut System) -> Result<(), crate::kernel::Preempted>) {
        self.system.work_left = 1;
        for _ in 0..1_000_000 {
            let result = operation(&mut self.system);
            self.system.enter(Trap::Interrupt);
            if result.is_ok() {
                return;
            }
        }
        panic!("an operation that makes no progress");
    }
}
