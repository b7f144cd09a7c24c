//! The observable fake: a machine made of plain data, for host tests.
//!
//! Time stands still until [`Machine::set_now`]; interrupts come when a test raises them; every
//! operation with an effect outside of the kernel's memory is noted in a list of [`Event`]s. A
//! machine can be cloned, so that a test can run the same step on two copies of a kernel.

mod console;
mod event;
mod interrupts;
#[cfg(test)]
mod tests;

use core::ptr::NonNull;
use std::vec::Vec;

use crate::address::PhysicalAddress;
use crate::context::{Context, FpuState};
use crate::contract::{
    CacheOperation, IPI_RESCHEDULE, Platform, SpaceRoot, StartError, TIMER_INTERRUPT, Ticks,
    Trigger,
};
use interrupts::Interrupts;

pub use console::{
    Console, console, current_core, hold, relax, stop, store_user_state, wait_for_interrupt,
};
pub use event::Event;

/// Where the window starts: wherever the test has put it.
#[derive(Clone, Copy, Debug)]
pub struct WindowBase(pub NonNull<u8>);

impl WindowBase {
    /// The window's first byte.
    #[must_use]
    pub const fn pointer(self) -> *mut u8 {
        self.0.as_ptr()
    }
}

/// Counts per second of the fake's system counter: as on QEMU's `virt` board.
pub const FREQUENCY: u64 = 62_500_000;
/// The highest interrupt of the fake's controller.
pub const LAST_INTERRUPT: u32 = 287;

/// What one core holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Core {
    /// The active address space: root table and ASID.
    pub space: Option<(PhysicalAddress, u16)>,
    /// When its timer fires.
    pub deadline: Ticks,
    /// Whether EL0 may use floating point.
    pub fpu_enabled: bool,
    /// Its floating-point registers.
    pub fpu: FpuState,
    /// TPIDR_EL0, which a test may change as a user program would.
    pub tpidr: u64,
    /// TPIDRRO_EL0.
    pub tpidrro: u64,
    /// Whether it runs: the boot core, and those that were started.
    pub started: bool,
}

impl Core {
    fn new(started: bool) -> Self {
        Self {
            space: None,
            deadline: Ticks::MAX,
            fpu_enabled: false,
            fpu: FpuState { q: [0; 32], control: 0, status: 0 },
            tpidr: 0,
            tpidrro: 0,
            started,
        }
    }
}

/// A machine of plain data.
#[derive(Clone, PartialEq, Debug)]
pub struct Machine {
    core: usize,
    now: Ticks,
    cores: Vec<Core>,
    interrupts: Interrupts,
    events: Vec<Event>,
    recording: bool,
    output: Vec<u8>,
}

impl Machine {
    /// A machine with `cores` cores, of which core 0 runs and executes.
    ///
    /// # Panics
    /// If there is no core.
    #[must_use]
    pub fn new(cores: usize) -> Self {
        assert!(cores > 0, "a machine has a core");
        let mut machine = Self {
            core: 0,
            now: 0,
            cores: (0..cores).map(|core| Core::new(core == 0)).collect(),
            interrupts: Interrupts::default(),
            events: Vec::new(),
            recording: true,
            output: Vec::new(),
        };
        for core in 0..cores {
            machine.interrupts.enable(TIMER_INTERRUPT, core, true);
            machine.interrupts.enable(u32::from(IPI_RESCHEDULE), core, cores > 1);
        }
        machine
    }

    /// Let `core` execute from now on.
    ///
    /// # Panics
    /// If there is no such core.
    pub fn set_core(&mut self, core: usize) {
        assert!(core < self.cores.len(), "no core {core}");
        self.core = core;
    }

    /// Number of cores.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.cores.len()
    }

    /// Registers and state of a core.
    #[must_use]
    pub fn core_state(&self, core: usize) -> &Core {
        &self.cores[core]
    }

    /// The same, to play a user program that changes its registers.
    pub fn core_state_mut(&mut self, core: usize) -> &mut Core {
        &mut self.cores[core]
    }

    /// Set the system counter and with it every core's timer interrupt.
    pub fn set_now(&mut self, now: Ticks) {
        self.now = now;
        self.update_timers();
    }

    /// Assert an interrupt: for a shared one `core` has no meaning, its route decides.
    pub fn raise(&mut self, irq: u32, core: usize) {
        self.interrupts.assert(irq, core);
    }

    /// Lower the line of a level-triggered interrupt.
    pub fn lower(&mut self, irq: u32, core: usize) {
        self.interrupts.release(irq, core);
    }

    /// Whether the controller would deliver `irq` to `core`.
    #[must_use]
    pub fn is_unmasked(&self, irq: u32, core: usize) -> bool {
        self.interrupts.is_enabled(irq, core)
    }

    /// The chosen trigger of `irq`.
    #[must_use]
    pub fn trigger(&self, irq: u32) -> Trigger {
        self.interrupts.trigger(irq)
    }

    /// The core to which a shared interrupt goes.
    #[must_use]
    pub fn route(&self, irq: u32) -> usize {
        self.interrupts.route(irq)
    }

    /// Everything that was done since the last [`Self::take_events`].
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The same, and forget it.
    pub fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    /// Note events from now on, or not: a run of many steps has no use for them.
    pub fn record_events(&mut self, recording: bool) {
        self.recording = recording;
    }

    /// What the kernel wrote with `put_byte`.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    fn note(&mut self, event: Event) {
        if self.recording {
            self.events.push(event);
        }
    }

    fn here(&mut self) -> &mut Core {
        &mut self.cores[self.core]
    }

    /// The timer's line is high while the counter has reached the deadline (Arm ARM D11.2.4).
    fn update_timers(&mut self) {
        for (core, state) in self.cores.iter().enumerate() {
            if self.now >= state.deadline && state.deadline != Ticks::MAX {
                self.interrupts.assert(TIMER_INTERRUPT, core);
            } else {
                self.interrupts.release(TIMER_INTERRUPT, core);
            }
        }
    }
}

impl Platform for Machine {
    fn core(&self) -> usize {
        self.core
    }

    fn now(&self) -> Ticks {
        self.now
    }

    fn frequency(&self) -> u64 {
        FREQUENCY
    }

    fn set_deadline(&mut self, at: Ticks) {
        self.here().deadline = at;
        self.note(Event::SetDeadline { core: self.core, at });
        self.update_timers();
    }

    fn activate_space(&mut self, space: SpaceRoot) {
        let (root, asid) = (space.table(), space.asid());
        self.here().space = Some((root, asid));
        self.note(Event::ActivateSpace { core: self.core, root, asid });
    }

    fn activate_no_space(&mut self) {
        self.here().space = None;
        self.note(Event::ActivateNoSpace { core: self.core });
    }

    fn publish_tables(&mut self) {
        self.note(Event::PublishTables { core: self.core });
    }

    fn flush_page(&mut self, asid: u16, vaddr: u64) {
        self.note(Event::FlushPage { asid, vaddr });
    }

    fn flush_space(&mut self, asid: u16) {
        self.note(Event::FlushSpace { asid });
    }

    fn maintain_cache(&mut self, operation: CacheOperation, start: PhysicalAddress, length: u64) {
        self.note(Event::MaintainCache { operation, start, length });
    }

    fn clear(&mut self, words: &mut [u128]) {
        words.fill(0);
        self.note(Event::Clear { length: size_of_val(words) });
    }

    fn copy(&mut self, words: &mut [u128], source: &[u128]) {
        let length = words.len().min(source.len());
        words[..length].copy_from_slice(&source[..length]);
    }

    fn enable_fpu(&mut self, enabled: bool) {
        self.here().fpu_enabled = enabled;
        self.note(Event::EnableFpu { core: self.core, enabled });
    }

    fn save_fpu(&mut self, context: &mut Context) {
        context.fpu = self.here().fpu.clone();
        self.note(Event::SaveFpu { core: self.core });
    }

    fn restore_fpu(&mut self, context: &Context) {
        self.here().fpu = context.fpu.clone();
        self.note(Event::RestoreFpu { core: self.core });
    }

    fn save_user_registers(&mut self, context: &mut Context) {
        context.tpidr = self.here().tpidr;
    }

    fn load_user_registers(&mut self, context: &Context) {
        self.here().tpidr = context.tpidr;
        self.here().tpidrro = context.tpidrro;
    }

    fn last_interrupt(&self) -> u32 {
        LAST_INTERRUPT
    }

    fn claim_interrupt(&mut self) -> Option<u32> {
        let irq = self.interrupts.claim(self.core)?;
        self.note(Event::Claim { core: self.core, irq });
        Some(irq)
    }

    fn complete_interrupt(&mut self, irq: u32) {
        self.interrupts.complete(irq, self.core);
        self.note(Event::Complete { core: self.core, irq });
    }

    fn mask_interrupt(&mut self, irq: u32) {
        self.interrupts.enable(irq, self.core, false);
        self.note(Event::Mask { core: self.core, irq });
    }

    fn unmask_interrupt(&mut self, irq: u32) {
        self.interrupts.enable(irq, self.core, true);
        self.note(Event::Unmask { core: self.core, irq });
    }

    fn set_trigger(&mut self, irq: u32, trigger: Trigger) {
        self.interrupts.set_trigger(irq, trigger);
        self.note(Event::SetTrigger { irq, trigger });
    }

    fn route_interrupt(&mut self, irq: u32, core: usize) {
        self.interrupts.set_route(irq, core);
        self.note(Event::Route { irq, target: core });
    }

    fn software_interrupt_targets(&self) -> u64 {
        8
    }

    fn send_software_interrupt(&mut self, intid: u8, target: u8) {
        self.interrupts.assert(u32::from(intid), usize::from(target));
        self.note(Event::SoftwareInterrupt { core: self.core, intid, target });
    }

    fn interrupt_core(&mut self, core: usize) {
        self.interrupts.assert(u32::from(IPI_RESCHEDULE), core);
        self.note(Event::InterruptCore { core: self.core, target: core });
    }

    fn interrupt_pending(&self) -> bool {
        self.interrupts.pending(self.core).is_some()
    }

    fn wait_for_interrupt(&mut self) {
        self.note(Event::Wait { core: self.core });
    }

    fn start_core(&mut self, core: usize) -> Result<(), StartError> {
        let state = self.cores.get_mut(core).ok_or(StartError::NoSuchCore)?;
        if core == 0 {
            return Err(StartError::NoSuchCore);
        }
        if core::mem::replace(&mut state.started, true) {
            return Err(StartError::AlreadyOn);
        }
        self.note(Event::StartCore { target: core });
        Ok(())
    }

    /// The fake's monitor turns all bits around.
    fn secure_monitor_call(&mut self, registers: [u64; 8]) -> [u64; 8] {
        registers.map(|register| !register)
    }

    fn put_byte(&mut self, byte: u8) {
        self.output.push(byte);
    }

    fn power_off(&mut self) -> ! {
        panic!("the machine was switched off");
    }
}
