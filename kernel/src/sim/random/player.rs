//! Which thread does something next, and what.

use std::collections::BTreeMap;

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType, Syscall, SystemCalls};
use platform::contract::{Platform, Trap};

use super::Chance;
use super::cast::Cast;
use crate::core_state::Alert;
use crate::mem::Obj;
use crate::sim::System;
use crate::sim::rehearsal::Rehearsal;
use crate::sim::system::Setup;
use crate::slot::Slot;
use crate::thread::{State, Thread};

/// Interrupts that players use.
pub(super) const IRQS: [u64; 6] = [2, 16, 30, 33, 40, 100];

/// Plays all programs of a system.
pub(in crate::sim) struct Player {
    pub(in crate::sim) system: System,
    pub(super) chance: Chance,
    /// The capabilities of boot may go as well; then the system may end early.
    pub(super) wild: bool,
    /// Slot 0 of the root CNode.
    pub(super) first_slot: Obj<Slot>,
    /// The threads of a game about messages; nobody in others.
    pub(super) cast: Cast,
    /// Where each thread made a system call that may have to be repeated.
    calls: BTreeMap<u32, u64>,
}

impl Player {
    /// A freshly booted system.
    pub(in crate::sim) fn new(seed: u64, setup: Setup, wild: bool) -> Self {
        let chance = Chance::new(seed);
        let system = System::boot(setup);
        let first_slot = system.slot(0);
        Self { system, chance, wild, first_slot, cast: Cast::default(), calls: BTreeMap::new() }
    }

    /// Gives the programs something to start with.
    pub(super) fn prepare(&mut self) {
        let system = &mut self.system;
        for object in [ObjectType::Endpoint, ObjectType::Notification, ObjectType::Reply] {
            for _ in 0..3 {
                let cptr = system.make(object, 0);
                if object != ObjectType::Reply {
                    system.mint(cptr, 15, cptr);
                }
            }
        }
        system.make(ObjectType::CNode, 4);
        let handler = system.make(ObjectType::Endpoint, 0);
        for number in 0..6 {
            let helper = system.helper(255);
            if number % 2 == 0 {
                assert_eq!(system.configure(helper.context, 1000, 3000), Ok([].into()));
            }
            let caps = [slot::THREAD, helper.context, handler];
            let label = Invocation::ThreadSetSchedParams;
            assert_eq!(system.invoke(helper.tcb, label, &[255, 255], &caps), Ok([].into()));
            if number < 3 {
                let label = Invocation::ThreadSetTimeoutEndpoint;
                assert_eq!(system.invoke(helper.tcb, label, &[], &[handler]), Ok([].into()));
            }
            system.start(&helper, 0x40_0000);
        }
        system.pressure = self.chance.once_in(2);
        self.rehearse();
    }

    /// From now on everything is done on a copy first.
    pub(super) fn rehearse(&mut self) {
        self.system.rehearsal = Some(Rehearsal::new(self.system.kernel()));
    }

    /// Whether the root task or its CNode is gone, in a wild game.
    pub(super) fn is_over(&self) -> bool {
        let (root, first) = (self.system.root(), self.first_slot);
        !self.system.mem.is_live(root) || !self.system.mem.is_live(first)
    }

    /// One entry of the kernel, or a few.
    pub(super) fn step(&mut self) {
        if self.is_over() {
            return;
        }
        self.choose_core();
        if self.chance.once_in(12) {
            self.happen();
        }
        let stalled = self.system.core().alerts.has(Alert::Stalled);
        match self.system.current() {
            Some(thread) if !stalled => self.act(thread),
            _ => self.wait(),
        }
    }

    fn choose_core(&mut self) {
        let core = self.chance.below(self.system.core_count as u64) as usize;
        self.system.go_to(core);
        let meeting = !self.cast.actors.is_empty();
        if meeting && self.system.current().is_none() && self.chance.once_in(2) {
            self.system.go_to(0);
        }
    }

    /// Something happens outside.
    fn happen(&mut self) {
        if self.chance.once_in(2) {
            let irq = self.chance.of(&IRQS) as u32;
            let core = self.system.here;
            self.system.machine.raise(irq, core);
            if self.chance.once_in(2) {
                self.system.machine.lower(irq, core);
            }
        } else {
            let ticks = self.chance.of(&[1, 100, 1250, 5_000, 100_000, 2_000_000]);
            let now = self.system.machine.now();
            self.system.machine.set_now(now + self.chance.below(ticks) + 1);
        }
        if self.system.machine.interrupt_pending() {
            self.system.interrupt();
        }
    }

    /// Nobody runs: time passes, and in the end somebody from outside helps.
    fn wait(&mut self) {
        let now = self.system.machine.now();
        self.system.machine.set_now(now + self.chance.below(500_000));
        self.system.enter(Trap::Interrupt);
        if self.system.current().is_none() && self.chance.once_in(3) {
            self.revive();
        }
    }

    /// Lets the root task's thread run again, as a debugger would.
    fn revive(&mut self) {
        if self.is_over() {
            return;
        }
        let root = self.system.root();
        self.system.resume(root);
        let context =
            self.system[self.first_slot.nth(abi::bootinfo::slot::SCHED_CONTEXT as u32)].cap;
        if let crate::cap::Cap::SchedContext { context, .. } = context
            && self.system[context].is_configured()
            && self.system[root].sched_context != Some(context)
        {
            self.system.unbind_thread(context);
            if let Some(other) = self.system[root].sched_context {
                self.system.unbind_thread(other);
            }
            self.system.bind_thread(context, root);
        }
        self.system.set_priority(root, 255);
        self.system[root].max_priority = 255;
        self.system[root].system_calls = SystemCalls::Native;
        self.system.enter(Trap::Interrupt);
    }

    /// The running thread does something: if the kernel restarted its last call, mostly that.
    fn act(&mut self, thread: Obj<Thread>) {
        let at = self.system.registers(thread).next_pc;
        let likely = if self.cast.actors.is_empty() { 8 } else { 2 };
        let repeats = self.calls.get(&thread.granule()) == Some(&at);
        if repeats && !self.chance.once_in(likely) {
            self.svc(thread);
        } else {
            self.program(thread);
        }
    }

    /// The running thread calls an object; nothing disturbs it.
    pub(super) fn call_object(&mut self) {
        let Some(thread) = self.system.current() else { return self.wait() };
        self.system.pressure = false;
        self.system.checks = self.chance.once_in(16);
        self.system.step();
        self.use_objects();
        let number = self.system.registers(thread).x[7];
        self.system_call(thread, number);
    }

    /// The running thread's program decides what it does.
    fn program(&mut self, thread: Obj<Thread>) {
        self.system.step();
        if !self.cast.actors.is_empty() {
            return self.play_part(thread);
        }
        match self.chance.below(100) {
            0..30 => self.use_objects(),
            30..48 => self.use_threads(),
            48..90 => self.use_messages(),
            90..92 => return self.system_call(thread, Syscall::Yield.number()),
            92 => return self.system_call(thread, self.chance.clone().below(40)),
            93..95 => {
                let class = self.chance.of(&[0x00, 0x07, 0x20, 0x24, 0x3c]);
                return self.system.exception(class << 26 | 1 << 25 | 7, 0xdead_0000);
            }
            _ => return self.system.interrupt(),
        }
        let number = self.system.registers(thread).x[7];
        self.system_call(thread, number);
    }

    pub(super) fn system_call(&mut self, thread: Obj<Thread>, number: u64) {
        self.system.registers_mut(thread).x[7] = number;
        self.svc(thread);
    }

    fn svc(&mut self, thread: Obj<Thread>) {
        let at = self.system.registers(thread).next_pc;
        self.calls.insert(thread.granule(), at);
        let most = self.chance.of(&[50, 50, 50, 2_000, 40_000]);
        let time = self.chance.below(most);
        let now = self.system.machine.now();
        self.system.machine.set_now(now + time);
        self.system.trap_registers();
        self.system.enter(Trap::SystemCall);
    }

    /// How many threads wait for others, for tests of the tests.
    pub(super) fn blocked(&self) -> usize {
        let threads = self.system.mem.all::<Thread>();
        threads.filter(|thread| State::is_blocked(&self.system[*thread].state)).count()
    }
}
