//! GICv3 through arm-gic: distributor and redistributors by memory, the rest by system registers.

use core::arch::asm;
use core::ptr::NonNull;

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{ID_AA64PFR0_EL1, Readable};
use arm_gic::gicv3::registers::{Gicd, GicrSgi};
use arm_gic::gicv3::{
    GicCpuInterface, GicDistributor, GicRedistributor, GicRedistributorIterator, SgiTarget,
    SgiTargetGroup,
};
use arm_gic::{IntId, InterruptGroup, UniqueMmioPointer};

use super::SPECIAL;
use crate::board::CORES;
use crate::contract::Trigger;
use crate::features;

use super::super::layout::DISTRIBUTOR_BASE;

/// Whether this core has the system registers.
pub(super) fn has_system_registers() -> bool {
    features::has_gic_registers(ID_AA64PFR0_EL1.get())
}

/// The distributor.
///
/// # Safety
/// It is mapped, and nobody else uses it while the value lives.
unsafe fn distributor() -> GicDistributor<'static> {
    let registers = NonNull::new(DISTRIBUTOR_BASE as *mut Gicd);
    // SAFETY: the address is a constant, not null; the rest is the caller's promise.
    unsafe { GicDistributor::new(UniqueMmioPointer::new(registers.unwrap_unchecked())) }
}

/// The redistributor at `base`.
///
/// # Safety
/// One of those that [`find`] found for the executing core.
unsafe fn redistributor(base: u64) -> Option<GicRedistributor<'static>> {
    let registers = NonNull::new(base as *mut GicrSgi)?;
    // SAFETY: mapped since `find`; only the core that it belongs to uses it, one use at a time.
    Some(GicRedistributor::new(unsafe { UniqueMmioPointer::new(registers) }))
}

/// Look through the region mapped at `base` and note the redistributors of `cores`.
pub(super) fn find(base: u64, cores: &[u64], found: &mut [u64; CORES]) {
    let Some(first) = NonNull::new(base as *mut GicrSgi) else { return };
    // SAFETY: the region is mapped as far as the device tree says that it goes, nobody uses it
    // during boot, and its last redistributor says so.
    let Ok(all) = (unsafe { GicRedistributorIterator::new(first) }) else { return };
    let stride = if is_version_4(first) { 2 } else { 1 };
    let mut place = first;
    for redistributor in all {
        let affinity = redistributor.typer().core_mpidr();
        if let Some(core) = cores.iter().position(|core| *core == affinity) {
            found[core] = place.as_ptr() as u64;
        }
        // SAFETY: the iterator makes the same steps and ends in time; the last step is not used.
        place = unsafe { place.add(stride) };
    }
}

/// Whether redistributors have two more frames, for virtual LPIs (Arm IHI 0069, 12.10).
fn is_version_4(first: NonNull<GicrSgi>) -> bool {
    // SAFETY: as in `find`.
    let redistributor = GicRedistributor::new(unsafe { UniqueMmioPointer::new(first) });
    redistributor.typer().virtual_lpis_supported()
}

/// All shared interrupts masked, level-triggered, in group 1 and routed to the boot core.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn initialise(boot_core: u64) -> u32 {
    // SAFETY: passed on.
    let mut distributor = unsafe { distributor() };
    distributor.enable_all_interrupts(false);
    distributor.wait_for_pending_write();
    distributor.configure_default_settings();
    let shared = distributor.typer().num_spis().min(SPECIAL - 32);
    for spi in 0..shared {
        // Cannot fail: the distributor has that many.
        let _ = distributor.set_routing(IntId::spi(spi), Some(boot_core));
    }
    31 + shared
}

/// Wake the executing core's redistributor, mask its interrupts, open its CPU interface.
///
/// # Safety
/// As for [`redistributor`].
pub(super) unsafe fn initialise_core(base: u64) {
    GicCpuInterface::enable_system_register_el1();
    barrier::isb(barrier::SY);
    // SAFETY: passed on.
    if let Some(mut redistributor) = unsafe { redistributor(base) } {
        // The only error is that it is awake already.
        let _ = redistributor.mark_core_awake();
        redistributor.configure_default_settings();
    }
    // EOImode 0: completing drops the priority and deactivates at once.
    // SAFETY: chooses how completing works, see above; nothing is active yet.
    unsafe { asm!("msr icc_ctlr_el1, xzr", options(nomem, nostack)) };
    GicCpuInterface::set_priority_mask(0xff);
    GicCpuInterface::enable_group1(true);
    barrier::isb(barrier::SY);
}

/// Deliver a shared interrupt or not. Masking waits until it has taken effect, so that the
/// interrupt does not come again once it is completed.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn enable_shared(irq: u32, enabled: bool) {
    // SAFETY: passed on.
    let mut distributor = unsafe { distributor() };
    if let Some(intid) = intid(irq) {
        // Cannot fail: the caller knows the highest interrupt.
        let _ = distributor.enable_interrupt(intid, enabled);
    }
    if !enabled {
        distributor.wait_for_pending_write();
    }
}

/// The same for an interrupt of the executing core.
///
/// # Safety
/// As for [`redistributor`].
pub(super) unsafe fn enable_private(base: u64, irq: u32, enabled: bool) {
    // SAFETY: passed on.
    let Some(mut redistributor) = (unsafe { redistributor(base) }) else { return };
    if let Some(intid) = intid(irq) {
        // Cannot fail: it is private.
        let _ = redistributor.enable_interrupt(intid, enabled);
    }
    if !enabled {
        redistributor.wait_for_pending_write();
    }
}

/// Choose the trigger of a shared interrupt.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn set_shared_trigger(irq: u32, trigger: Trigger) {
    if let Some(intid) = intid(irq) {
        // SAFETY: passed on. Cannot fail: the caller knows the highest interrupt.
        let _ = unsafe { distributor() }.set_trigger(intid, convert(trigger));
    }
}

/// Choose the trigger of a peripheral interrupt of the executing core; software-generated ones
/// are fixed.
///
/// # Safety
/// As for [`redistributor`].
pub(super) unsafe fn set_private_trigger(base: u64, irq: u32, trigger: Trigger) {
    if let (Some(intid), 16..) = (intid(irq), irq) {
        // SAFETY: passed on.
        if let Some(mut redistributor) = unsafe { redistributor(base) } {
            // Cannot fail: it is private.
            let _ = redistributor.set_trigger(intid, convert(trigger));
        }
    }
}

/// Send a shared interrupt to the core of this affinity.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn route(irq: u32, affinity: u64) {
    if let Some(intid) = intid(irq) {
        // SAFETY: passed on. Cannot fail: the interrupt is shared.
        let _ = unsafe { distributor() }.set_routing(intid, Some(affinity));
    }
}

/// ICC_IAR1_EL1. No DSB after it: whatever depends on the interrupt being active, completing it,
/// is a later access to the same interface.
#[inline(always)]
pub(super) fn claim() -> u32 {
    GicCpuInterface::get_and_acknowledge_interrupt(InterruptGroup::Group1)
        .map_or(SPECIAL, IntId::raw_value)
}

/// ICC_EOIR1_EL1.
#[inline(always)]
pub(super) fn complete(irq: u32) {
    // SAFETY: ends the interrupt that this core claimed; others are ignored (Arm IHI 0069, 12.2.9).
    // No `nomem`: what was done for the interrupt is done before.
    unsafe { asm!("msr icc_eoir1_el1, {}", in(reg) u64::from(irq), options(nostack)) };
}

/// Raise a software-generated interrupt on the core of this affinity.
pub(super) fn send(intid: u8, affinity: u64) {
    let [affinity0, affinity1, affinity2, _, affinity3, ..] = affinity.to_le_bytes();
    let target_list = 1u16.checked_shl(u32::from(affinity0)).unwrap_or(0);
    let target = SgiTarget::List { affinity3, affinity2, affinity1, target_list };
    // What was stored before is visible to the interrupted core (Arm ARM B2.3.12); the ISB after
    // makes the system register write happen now (Arm IHI 0069, 12.1.6).
    barrier::dsb(barrier::ISHST);
    if intid < 16 {
        // Cannot fail: it is software-generated.
        let _ = GicCpuInterface::send_sgi(
            IntId::sgi(u32::from(intid)),
            target,
            SgiTargetGroup::CurrentGroup1,
        );
    }
    barrier::isb(barrier::SY);
}

/// The driver's name of an interrupt.
#[inline(always)]
fn intid(irq: u32) -> Option<IntId> {
    match irq {
        0..16 => Some(IntId::sgi(irq)),
        16..32 => Some(IntId::ppi(irq - 16)),
        32..SPECIAL => Some(IntId::spi(irq - 32)),
        _ => None,
    }
}

/// The driver's name of a trigger.
fn convert(trigger: Trigger) -> arm_gic::Trigger {
    match trigger {
        Trigger::Level => arm_gic::Trigger::Level,
        Trigger::Edge => arm_gic::Trigger::Edge,
    }
}
