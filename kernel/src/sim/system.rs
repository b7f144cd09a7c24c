//! A booted kernel whose user level is the test.

use std::ops::{Deref, DerefMut, Range};

use platform::contract::{Platform, Ticks, Trap};

use crate::boot::tests::machine::{Booted, MIB, RAM, Sketch, range};
use crate::core_state::Alert;
use crate::invariants;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::sim::rehearsal::Rehearsal;
use crate::thread::Thread;

/// What kind of machine is booted.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) cores: u64,
    pub(crate) domains: u64,
    /// RAM in MiB.
    pub(crate) memory: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self { cores: 1, domains: 1, memory: 4 }
    }
}

/// A booted kernel. Dereferences to it.
pub(crate) struct System {
    pub(crate) booted: Booted,
    /// Slots of the root CNode with the control capabilities of all cores.
    pub(crate) controls: Range<u64>,
    /// Slots of the root CNode with untyped memory; empty ones follow.
    pub(crate) untyped: Range<u64>,
    /// The largest untyped RAM.
    pub(crate) largest: u64,
    /// Next slot of the root CNode that nobody uses.
    pub(crate) next_slot: u64,
    /// Look for an interrupt, and find one, at the first preemption point of every entry.
    pub(crate) pressure: bool,
    /// Check all invariants after every entry.
    pub(crate) checks: bool,
    /// Play every entry on a copy of the kernel first, and compare.
    pub(crate) rehearsal: Option<Rehearsal>,
}

impl Deref for System {
    type Target = Kernel;
    fn deref(&self) -> &Kernel {
        &self.booted.kernel
    }
}

impl DerefMut for System {
    fn deref_mut(&mut self) -> &mut Kernel {
        &mut self.booted.kernel
    }
}

/// An interrupt that is always pending under pressure and that nobody handles.
const NUISANCE: u32 = 159;

/// The slot with the largest untyped RAM of the boot information.
fn largest_untyped(booted: &Booted) -> u64 {
    let numbered = booted.region(168).zip(booted.untyped_list());
    let ram = numbered.filter(|(_, (_, _, device))| !device);
    ram.max_by_key(|(_, (_, bits, _))| *bits).expect("some RAM").0
}

impl System {
    /// A machine of one core whose root task runs.
    pub(crate) fn new() -> Self {
        Self::boot(Setup::default())
    }

    /// Boots a machine until every core has chosen a thread.
    pub(crate) fn boot(setup: Setup) -> Self {
        let Setup { cores, domains, memory } = setup;
        let quarter = memory * MIB / 4;
        let sketch = Sketch {
            memory: [range(RAM, memory * MIB)].into(),
            kernel_image: range(RAM, quarter.min(0x5_3000)),
            ramdisk: Sketch::default().ramdisk.map(|(_, file)| (RAM + quarter, file)),
            device_tree: (RAM + 2 * quarter, 0x800),
            // Few pieces of device memory: what a check looks at should matter.
            reserved: [range(0, 0x3f00_0000), range(RAM + memory * MIB, 1 << 30)].into(),
            device_ranges: [].into(),
            address_bits: 31,
            cores,
            options: std::format!("tessera.root_cnode_bits=9 tessera.domains={domains}"),
        };
        let booted = sketch.boot();
        let (controls, untyped) = (booted.region(152), booted.region(168));
        let largest = largest_untyped(&booted);
        let next_slot = untyped.end;
        let mut system = Self {
            booted,
            controls,
            untyped,
            largest,
            next_slot,
            pressure: false,
            checks: true,
            rehearsal: None,
        };
        system.machine.record_events(false);
        for core in (0..system.core_count).rev() {
            system.go_to(core);
            system.note_time();
            system.leave();
        }
        system
    }

    /// The kernel, to ask it.
    pub(crate) fn kernel(&self) -> &Kernel {
        &self.booted.kernel
    }

    /// Lets another core execute.
    pub(crate) fn go_to(&mut self, core: usize) {
        self.machine.set_core(core);
        self.here = core;
        if self.core().alerts.has(Alert::Kicked) {
            // It was interrupted by a core that held the lock, and so has waited for that.
            self.published();
        }
    }

    /// The thread that runs on this core.
    pub(crate) fn running(&self) -> Obj<Thread> {
        self.current().expect("a thread runs")
    }

    /// Enters the kernel, leaves it, and checks it.
    pub(crate) fn enter(&mut self, trap: Trap) {
        if self.pressure {
            self.work_left = 1;
            self.machine.unmask_interrupt(NUISANCE);
            let here = self.here;
            self.machine.raise(NUISANCE, here);
        }
        if trap == Trap::SystemCall
            && let Some(thread) = self.current()
        {
            // As the exception vectors do it.
            let registers = self.registers_mut(thread);
            registers.next_pc = registers.restart_pc.wrapping_add(4);
        }
        let mut rehearsal = self.rehearsal.take();
        if let Some(rehearsal) = &mut rehearsal {
            rehearsal.play(&mut self.booted.kernel, trap);
        }
        self.handle(trap);
        let next = self.schedule();
        if let Some(rehearsal) = &mut rehearsal {
            rehearsal.compare(&mut self.booted.kernel, next);
        }
        self.rehearsal = rehearsal;
        self.verify();
    }

    /// Leaves the kernel after something that was no trap.
    fn leave(&mut self) {
        self.schedule();
        self.verify();
    }

    fn verify(&self) {
        if self.checks {
            self.check();
        }
    }

    /// All invariants hold.
    pub(crate) fn check(&self) {
        if let Err(broken) = invariants::check(self) {
            panic!("{broken:?}");
        }
    }

    /// Time passes at user level; the timer interrupts when it is due.
    pub(crate) fn pass(&mut self, ticks: Ticks) {
        let until = self.machine.now() + ticks;
        loop {
            let deadline = self.machine.core_state(self.here).deadline;
            let now = self.machine.now();
            self.machine.set_now(deadline.clamp(now, until));
            if !self.machine.interrupt_pending() {
                break;
            }
            self.interrupt();
        }
    }

    /// The running thread, or the idle core, is interrupted.
    pub(crate) fn interrupt(&mut self) {
        self.trap_registers();
        self.enter(Trap::Interrupt);
    }

    /// An instruction of the running thread faults.
    pub(crate) fn exception(&mut self, syndrome: u64, address: u64) {
        self.trap_registers();
        self.enter(Trap::Exception { syndrome, address });
    }

    /// Stores the program counter as the exception vectors do it.
    pub(crate) fn trap_registers(&mut self) {
        if let Some(thread) = self.current() {
            let registers = self.registers_mut(thread);
            registers.restart_pc = registers.next_pc;
        }
    }

    /// Makes the running thread, which has the highest priority, wait behind `thread`, which is
    /// ready and has the same.
    pub(crate) fn switch_to(&mut self, thread: Obj<Thread>) {
        if let Some(current) = self.current().filter(|current| *current != thread) {
            self.note_time();
            self.enqueue_last(current);
            self.dequeue(thread);
            self.enqueue_first(thread);
            self.choose_here();
            self.leave();
        }
        assert_eq!(self.current(), Some(thread), "{:?}", self[thread].state);
    }
}
