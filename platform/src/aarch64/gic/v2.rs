//! GICv2, on the register definitions of arm-gic.
//!
//! Its driver is not used: in version 0.10 setting one priority clears three others, there is no
//! access to the processor targets, and acknowledging does not separate the sender of a
//! software-generated interrupt from its number.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use aarch64_cpu::asm::barrier;
use arm_gic::UniqueMmioPointer;
use arm_gic::gicv2::registers::{Gicc, Gicd, GicdCtlr};
use safe_mmio::{field, field_shared};

use super::super::core_local;
use super::super::layout::{CPU_INTERFACE_BASE, DISTRIBUTOR_BASE};
use super::SPECIAL;
use crate::board::CORES;
use crate::contract::Trigger;

/// One priority for all interrupts, in each byte of a register.
const PRIORITIES: u32 = 0x8080_8080;
/// GICC_CTLR: signal interrupts. Without the security extension group 0, which the IRQ input gets;
/// with it, in the view of the non-secure side, group 1.
const SIGNAL: u32 = 1;
/// The interrupt number in GICC_IAR; the sender of a software-generated one is above it.
const NUMBER: u32 = 0x3ff;
/// Interrupts below this are software-generated.
const SOFTWARE: u32 = 16;

/// The bit of each logical core's CPU interface; 0 until the core has looked.
static INTERFACES: [AtomicU8; CORES] = [const { AtomicU8::new(0) }; CORES];

/// The distributor.
///
/// # Safety
/// It is mapped, and nobody else uses it while the value lives, apart from registers that each
/// core has its own copy of, and registers where each store is complete in itself.
unsafe fn distributor() -> UniqueMmioPointer<'static, Gicd> {
    let registers = NonNull::new(DISTRIBUTOR_BASE as *mut Gicd);
    // SAFETY: the address is a constant, not null; the rest is the caller's promise.
    unsafe { UniqueMmioPointer::new(registers.unwrap_unchecked()) }
}

/// The executing core's CPU interface.
fn cpu_interface() -> UniqueMmioPointer<'static, Gicc> {
    let registers = NonNull::new(CPU_INTERFACE_BASE as *mut Gicc);
    // SAFETY: the address is a constant, not null, mapped by `open` before a `Controller` exists.
    // Each core sees its own registers there, and uses them one at a time.
    unsafe { UniqueMmioPointer::new(registers.unwrap_unchecked()) }
}

/// All shared interrupts masked, level-triggered, not pending, and routed to the boot core.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn initialise() -> u32 {
    // SAFETY: passed on.
    let mut gicd = unsafe { distributor() };
    field!(gicd, ctlr).write(GicdCtlr::empty());
    let count = field_shared!(gicd, typer).read().num_irqs().min(SPECIAL);
    let target = u32::from(interface_bit(gicd.reborrow())) * 0x0101_0101;
    let words = |bits: u32| bits as usize..(count * bits).div_ceil(32) as usize;
    for index in words(1) {
        write(field!(gicd, icenabler).get(index), u32::MAX);
        write(field!(gicd, icpendr).get(index), u32::MAX);
        write(field!(gicd, icactiver).get(index), u32::MAX);
    }
    for index in words(8) {
        write(field!(gicd, ipriorityr).get(index), PRIORITIES);
        if let Some(mut targets) = field!(gicd, itargetsr).get(index) {
            // SAFETY: GICD_ITARGETSR only chooses who is interrupted (Arm IHI 0048, 4.3.12).
            unsafe { targets.write_unsafe(target) };
        }
    }
    for index in words(2) {
        write(field!(gicd, icfgr).get(index), 0);
    }
    field!(gicd, ctlr).write(GicdCtlr::EnableGrp0);
    count - 1
}

/// Mask the executing core's private interrupts, open its CPU interface, learn its number.
///
/// # Safety
/// On the core itself, before the kernel runs on it: all registers used are its own copies.
pub(super) unsafe fn initialise_core(core: usize) {
    // SAFETY: own copies only.
    let mut gicd = unsafe { distributor() };
    write(field!(gicd, icenabler).get(0), u32::MAX);
    write(field!(gicd, icpendr).get(0), u32::MAX);
    write(field!(gicd, icactiver).get(0), u32::MAX);
    for index in 0..8 {
        write(field!(gicd, ipriorityr).get(index), PRIORITIES);
    }
    write(field!(gicd, icfgr).get(1), 0);
    if let Some(place) = INTERFACES.get(core) {
        place.store(interface_bit(gicd.reborrow()), Relaxed);
    }
    let mut gicc = cpu_interface();
    field!(gicc, pmr).write(0xff);
    field!(gicc, ctlr).write(SIGNAL);
}

/// The bit of the executing core's interface: what the targets of its private interrupts read as
/// (Arm IHI 0048, 4.3.12); zero on a controller for one core.
fn interface_bit(mut gicd: UniqueMmioPointer<'_, Gicd>) -> u8 {
    let own = field!(gicd, itargetsr).get(0).map_or(0, |mut targets| {
        // SAFETY: reading the targets has no effect.
        unsafe { targets.read_unsafe() }
    });
    own.to_le_bytes()[0].max(1)
}

/// The interface bit of a logical core; 0 while the core is off.
pub(super) fn interface(core: usize) -> u8 {
    INTERFACES.get(core).map_or(0, |place| place.load(Relaxed))
}

/// Deliver an interrupt or not. The registers have one bit for each interrupt, and zeroes do
/// nothing.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn enable(irq: u32, enabled: bool) {
    // SAFETY: passed on.
    let mut gicd = unsafe { distributor() };
    let (index, bit) = ((irq / 32) as usize, 1 << (irq % 32));
    if enabled {
        write(field!(gicd, isenabler).get(index), bit);
    } else {
        write(field!(gicd, icenabler).get(index), bit);
    }
}

/// Choose the trigger; software-generated interrupts are fixed.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn set_trigger(irq: u32, trigger: Trigger) {
    // SAFETY: passed on.
    let mut gicd = unsafe { distributor() };
    let edge = 0b10 << (2 * (irq % 16));
    if let Some(mut word) = field!(gicd, icfgr).get((irq / 16) as usize) {
        word.modify(|word| match trigger {
            Trigger::Edge => word | edge,
            Trigger::Level => word & !edge,
        });
    }
}

/// Send a shared interrupt to a logical core; no effect while that core is off.
///
/// # Safety
/// As for [`distributor`].
pub(super) unsafe fn route(irq: u32, core: usize) {
    let interface = interface(core);
    // SAFETY: passed on.
    let mut gicd = unsafe { distributor() };
    let mut words = field!(gicd, itargetsr);
    let Some(mut word) = words.get((irq / 4) as usize) else { return };
    if interface != 0 {
        // SAFETY: GICD_ITARGETSR only chooses who is interrupted.
        unsafe {
            let mut targets = word.read_unsafe().to_le_bytes();
            targets[(irq % 4) as usize] = interface;
            word.write_unsafe(u32::from_le_bytes(targets));
        }
    }
}

/// GICC_IAR, without the sender, which is kept for [`complete`].
#[inline(always)]
pub(super) fn claim() -> u32 {
    let mut gicc = cpu_interface();
    let acknowledged = field!(gicc, iar).read();
    let irq = acknowledged & NUMBER;
    if irq < SOFTWARE {
        core_local::here().note_sender(irq, (acknowledged >> 10 & 7) as u8);
    }
    irq
}

/// GICC_EOIR, with the sender of a software-generated interrupt (Arm IHI 0048, 4.4.5).
#[inline(always)]
pub(super) fn complete(irq: u32) {
    let sender = if irq < SOFTWARE { core_local::here().sender(irq) } else { 0 };
    let mut gicc = cpu_interface();
    field!(gicc, eoir).write(irq | u32::from(sender) << 10);
}

/// Raise a software-generated interrupt on the interfaces whose bits are set.
pub(super) fn send(intid: u8, interfaces: u8) {
    // What was stored before is visible to the interrupted core (Arm ARM B2.3.12).
    barrier::dsb(barrier::ISHST);
    // SAFETY: GICD_SGIR takes each store as one command.
    let mut gicd = unsafe { distributor() };
    field!(gicd, sgir).write(u32::from(interfaces) << 16 | u32::from(intid & 0xf));
}

/// Write a register of an array; those beyond its end do not exist.
fn write(
    register: Option<UniqueMmioPointer<'_, safe_mmio::fields::ReadPureWrite<u32>>>,
    value: u32,
) {
    if let Some(mut register) = register {
        register.write(value);
    }
}
