//! The interrupt controller: GIC architecture 2 by memory, 3 by system registers.
//!
//! All interrupts start masked, level-triggered and routed to core 0, at one common priority.
//! Claiming raises the running priority, completing drops it and deactivates.

mod v2;
mod v3;

use core::fmt;

use super::Machine;
use super::core_local;
use super::layout::{
    CPU_INTERFACE_BASE, DISTRIBUTOR_BASE, PAGE, REDISTRIBUTOR_BASE, REDISTRIBUTOR_STRIDE,
};
use super::paging::Kind;
use super::tables::{KERNEL_ROOT, Mapper, OutOfTables};
use crate::address::PhysicalRange;
use crate::board::{Board, CORES, InterruptController};
use crate::contract::{IPI_RESCHEDULE, TIMER_INTERRUPT, Trigger};

/// Interrupts from here on are special: nothing to claim (Arm IHI 0069, 2.2.1).
const SPECIAL: u32 = 1020;
/// Interrupts below this exist once per core.
const PRIVATE: u32 = 32;
/// What a block of the second translation level covers.
const BLOCK: u64 = 2 << 20;
/// CPU interfaces that a GICv2 can have.
const V2_TARGETS: u64 = 8;
/// Cores in one affinity group that a GICv3 can name in a software interrupt.
const V3_TARGETS: u64 = 16;

/// The controller of this machine.
#[derive(Debug)]
pub(super) enum Controller {
    /// GICv2.
    V2,
    /// GICv3, with the virtual address of each core's redistributor.
    V3([u64; CORES]),
}

/// Why the interrupt controller cannot be used.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No translation tables left for its registers.
    OutOfTables,
    /// No redistributor belongs to this core.
    NoRedistributor(u64),
    /// A GICv3 whose system registers this core does not have.
    NoSystemRegisters,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfTables => f.write_str("no translation tables left for the GIC"),
            Self::NoRedistributor(core) => write!(f, "no GIC redistributor for core {core:#x}"),
            Self::NoSystemRegisters => f.write_str("a GICv3, but the core lacks its registers"),
        }
    }
}

impl From<OutOfTables> for Trouble {
    fn from(_: OutOfTables) -> Self {
        Self::OutOfTables
    }
}

/// Map the registers and find the redistributors of `board.cores`.
pub(super) fn open(board: &Board, mapper: &mut Mapper) -> Result<Controller, Trouble> {
    match &board.interrupt_controller {
        InterruptController::V2 { distributor, cpu_interface } => {
            map(mapper, DISTRIBUTOR_BASE, *distributor, 0x1_0000)?;
            map(mapper, CPU_INTERFACE_BASE, *cpu_interface, 0x2_0000)?;
            Ok(Controller::V2)
        }
        InterruptController::V3 { distributor, redistributors } => {
            if !v3::has_system_registers() {
                return Err(Trouble::NoSystemRegisters);
            }
            map(mapper, DISTRIBUTOR_BASE, *distributor, 0x1_0000)?;
            let mut found = [0; CORES];
            let mut area = REDISTRIBUTOR_BASE;
            for region in redistributors {
                // The same place within a block as physically, so that blocks can be used.
                let base = area + region.start % BLOCK;
                map(mapper, base, *region, REDISTRIBUTOR_STRIDE - BLOCK)?;
                v3::find(base, &board.cores, &mut found);
                area += REDISTRIBUTOR_STRIDE;
            }
            let missing = board.cores.iter().zip(found).find(|(_, base)| *base == 0);
            match missing {
                Some((core, _)) => Err(Trouble::NoRedistributor(*core)),
                None => Ok(Controller::V3(found)),
            }
        }
    }
}

/// Map at most `limit` bytes of a register range.
fn map(mapper: &mut Mapper, at: u64, range: PhysicalRange, limit: u64) -> Result<(), Trouble> {
    let range = range.outwards(PAGE);
    let range = PhysicalRange::new(range.start, range.end.min(range.start.saturating_add(limit)));
    mapper.map(KERNEL_ROOT, at, range, Kind::Device)?;
    Ok(())
}

impl Controller {
    /// Set up what all cores share; returns the highest interrupt.
    ///
    /// # Safety
    /// Once, on the boot core, before other cores run and before the kernel has its machine.
    pub(super) unsafe fn initialise(&self, boot_core: u64) -> u32 {
        // SAFETY: passed on: nobody else uses the distributor.
        unsafe {
            match self {
                Self::V2 => v2::initialise(),
                Self::V3(_) => v3::initialise(boot_core),
            }
        }
    }

    /// Set up the executing core's part; `many` says whether other cores may interrupt it.
    ///
    /// # Safety
    /// Once on each core, by this core, before the kernel runs on it.
    pub(super) unsafe fn initialise_core(&self, many: bool) {
        let core = core_local::here().index;
        // SAFETY: passed on.
        unsafe {
            match self {
                Self::V2 => v2::initialise_core(core),
                Self::V3(bases) => v3::initialise_core(bases[core % CORES]),
            }
            self.enable(TIMER_INTERRUPT, true);
            self.enable(u32::from(IPI_RESCHEDULE), many);
        }
    }

    /// Deliver an interrupt or not; for a private one of the executing core.
    ///
    /// # Safety
    /// For shared interrupts nobody else uses the distributor at the same time.
    unsafe fn enable(&self, irq: u32, enabled: bool) {
        // SAFETY: passed on; a private interrupt's registers belong to the executing core.
        unsafe {
            match self {
                Self::V2 => v2::enable(irq, enabled),
                Self::V3(bases) if irq < PRIVATE => {
                    v3::enable_private(bases[core_local::here().index % CORES], irq, enabled);
                }
                Self::V3(_) => v3::enable_shared(irq, enabled),
            }
        }
    }
}

// The machine's interrupt operations. `&mut Machine` is the proof that nobody else uses the
// distributor: there is one machine, and the boot path is done with it.
impl Machine {
    #[inline(always)]
    pub(super) fn claim(&mut self) -> Option<u32> {
        let irq = match self.facts().gic {
            Controller::V2 => v2::claim(),
            Controller::V3(_) => v3::claim(),
        };
        (irq < SPECIAL).then_some(irq)
    }

    #[inline(always)]
    pub(super) fn complete(&mut self, irq: u32) {
        match self.facts().gic {
            Controller::V2 => v2::complete(irq),
            Controller::V3(_) => v3::complete(irq),
        }
    }

    pub(super) fn enable(&mut self, irq: u32, enabled: bool) {
        if irq <= self.facts().last_interrupt {
            // SAFETY: `&mut self`, see above.
            unsafe { self.facts().gic.enable(irq, enabled) };
        }
    }

    pub(super) fn trigger(&mut self, irq: u32, trigger: Trigger) {
        if irq > self.facts().last_interrupt {
            return;
        }
        // SAFETY: `&mut self`, see above.
        unsafe {
            match &self.facts().gic {
                Controller::V2 => v2::set_trigger(irq, trigger),
                Controller::V3(bases) if irq < PRIVATE => {
                    v3::set_private_trigger(bases[core_local::here().index % CORES], irq, trigger);
                }
                Controller::V3(_) => v3::set_shared_trigger(irq, trigger),
            }
        }
    }

    pub(super) fn route(&mut self, irq: u32, core: usize) {
        let facts = self.facts();
        let Some(affinity) = facts.cores.get(core) else { return };
        if !(PRIVATE..=facts.last_interrupt).contains(&irq) {
            return;
        }
        // SAFETY: `&mut self`, see above.
        unsafe {
            match facts.gic {
                Controller::V2 => v2::route(irq, core),
                Controller::V3(_) => v3::route(irq, *affinity),
            }
        }
    }

    pub(super) fn software_targets(&self) -> u64 {
        match self.facts().gic {
            Controller::V2 => V2_TARGETS,
            Controller::V3(_) => V3_TARGETS,
        }
    }

    /// `target` is a CPU interface of a GICv2, or Aff0 in the boot core's affinity group.
    pub(super) fn software_interrupt(&mut self, intid: u8, target: u8) {
        let facts = self.facts();
        match facts.gic {
            Controller::V2 => v2::send(intid, 1 << (target & 7)),
            Controller::V3(_) => {
                let group = facts.cores.first().map_or(0, |core| core & !0xff);
                v3::send(intid, group | u64::from(target));
            }
        }
    }

    pub(super) fn interrupt(&mut self, core: usize) {
        let facts = self.facts();
        match (&facts.gic, facts.cores.get(core)) {
            (Controller::V2, Some(_)) => v2::send(IPI_RESCHEDULE, v2::interface(core)),
            (Controller::V3(_), Some(affinity)) => v3::send(IPI_RESCHEDULE, *affinity),
            (_, None) => {}
        }
    }
}
