//! The machine: an Armv8-A board that a device tree describes.
//!
//! | file | idea |
//! |---|---|
//! | `entry`, `el2` | first instructions, boot header, EL2 to EL1, MMU on |
//! | `boot` | from there to the kernel, on the boot core and on others |
//! | `layout`, `paging`, `tables`, `mmu` | the kernel's half of the address space |
//! | `vectors`, `exceptions` | from EL0 into the kernel and back; the end of a broken kernel |
//! | `cpu`, `core_local`, `facts` | system registers; what a core, and what all cores know |
//! | `tlb`, `blocks`, `cache`, `fpu`, `timer`, `gic`, `psci`, `console` | one device each |
//!
//! # The kernel's side
//!
//! The kernel names three functions with [`crate::entry!`]; `boot` receives the one [`Machine`].
//! Its methods act on the executing core. Since there is one value, `&mut Machine` proves that no
//! other core is in the middle of an operation on what cores share.

mod blocks;
mod boot;
mod cache;
mod console;
mod copy;
mod core_local;
mod cpu;
mod el2;
mod entry;
mod exceptions;
mod facts;
mod fpu;
mod gic;
mod layout;
mod memory;
mod mmu;
mod paging;
mod psci;
mod tables;
mod timer;
mod tlb;
mod vectors;

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{Readable, TPIDR_EL0, TPIDRRO_EL0, Writeable};

use crate::address::PhysicalAddress;
use crate::context::Context;
use crate::contract::{CacheOperation, Platform, SpaceRoot, StartError, Ticks, Trigger};
use facts::{FACTS, Facts};

pub use console::{Console, console};
pub use exceptions::stop;
pub use layout::{WINDOW_BASE, WindowBase};

/// The machine. There is exactly one value, which `boot` receives; it holds no data.
#[derive(Debug)]
pub struct Machine(());

impl Machine {
    /// The machine.
    ///
    /// # Safety
    /// Once, by the boot core, after the facts are set.
    unsafe fn new() -> Self {
        Self(())
    }

    /// What boot found out.
    #[inline(always)]
    fn facts(&self) -> &'static Facts {
        // SAFETY: `new` says that they are set.
        unsafe { FACTS.get().unwrap_unchecked() }
    }
}

/// Logical number of the executing core, 0 for the boot core.
#[inline(always)]
#[must_use]
pub fn current_core() -> usize {
    core_local::here().index
}

/// Sleep until an interrupt may be pending; interrupts stay masked. For code that holds no lock.
///
/// The DSB lets everything complete before the sleep (Arm ARM D1.6.1: WFI may suspend what is not
/// complete), the ISB makes a new deadline count.
#[inline(always)]
pub fn wait_for_interrupt() {
    barrier::isb(barrier::SY);
    barrier::dsb(barrier::SY);
    aarch64_cpu::asm::wfi();
}

/// Let a moment pass in a loop that waits for another core.
///
/// YIELD lets an emulator that runs the cores in turns go on with another core instead of spending
/// this one's whole turn. ISB is what makes hardware wait a little and leave the lock's cache line
/// to others; emulated cores that run at the same time need it as well.
#[inline(always)]
pub fn relax() {
    // SAFETY: neither instruction changes anything that the program sees. No `nomem`: what the
    // loop waits for is read again.
    unsafe { core::arch::asm!("yield", "isb", options(nostack)) };
}

/// The same address, in a register: the compiler does not compute it anew for each use.
#[inline(always)]
#[must_use]
pub fn hold<T>(mut place: *mut T) -> *mut T {
    // SAFETY: no instruction.
    unsafe { core::arch::asm!("/* {} */", inout(reg) place, options(pure, readonly, nostack)) };
    place
}

/// Store what this core holds of the thread that it just left: thread registers and, if `fpu`,
/// floating point; then translate no user address. For code that holds no lock: it touches
/// nothing but the executing core.
pub fn store_user_state(context: &mut Context, fpu: bool) {
    context.tpidr = TPIDR_EL0.get();
    if fpu {
        fpu::save(&mut context.fpu);
    }
    tlb::activate_none();
}

/// Name the kernel's five entries:
/// `entry!(boot = path, secondary = path, system_call = path, exception = path, trap = path);`
///
/// - `boot: fn(Machine, Handover) -> Resume`, on the boot core, once.
/// - `secondary: fn(usize) -> Resume`, once on each core that `start_core` started.
/// - `system_call: fn(Arguments) -> Resume`, on every `svc` from EL0.
/// - `exception: fn(u64, u64) -> Resume`, on every other synchronous exception from EL0, with
///   ESR_EL1 and FAR_EL1.
/// - `trap: fn(Trap) -> Resume`, on interrupts and system errors. Interrupts are masked in all.
///
/// Use it once, in the kernel's `main.rs`: the exception vectors call the symbols that it defines.
#[macro_export]
macro_rules! entry {
    (
        boot = $boot:path,
        secondary = $secondary:path,
        system_call = $system_call:path,
        exception = $exception:path,
        trap = $trap:path $(,)?
    ) => {
        #[unsafe(no_mangle)]
        fn tessera_boot(
            machine: $crate::Machine,
            handover: $crate::handover::Handover,
        ) -> $crate::handover::Resume {
            $boot(machine, handover)
        }

        #[unsafe(no_mangle)]
        fn tessera_secondary(core: usize) -> $crate::handover::Resume {
            $secondary(core)
        }

        #[unsafe(no_mangle)]
        extern "C" fn tessera_system_call(
            x0: u64,
            x1: u64,
            x2: u64,
            x3: u64,
            x4: u64,
            x5: u64,
            x6: u64,
            x7: u64,
        ) -> $crate::handover::Resume {
            $system_call($crate::contract::Arguments([x0, x1, x2, x3, x4, x5, x6, x7]))
        }

        #[unsafe(no_mangle)]
        extern "C" fn tessera_interrupt() -> $crate::handover::Resume {
            $trap($crate::contract::Trap::Interrupt)
        }

        #[unsafe(no_mangle)]
        extern "C" fn tessera_exception(syndrome: u64, address: u64) -> $crate::handover::Resume {
            $exception(syndrome, address)
        }

        #[unsafe(no_mangle)]
        extern "C" fn tessera_system_error(syndrome: u64) -> $crate::handover::Resume {
            $trap($crate::contract::Trap::SystemError { syndrome })
        }
    };
}

impl Platform for Machine {
    #[inline(always)]
    fn core(&self) -> usize {
        current_core()
    }

    #[inline(always)]
    fn now(&self) -> Ticks {
        timer::now()
    }

    #[inline(always)]
    fn frequency(&self) -> u64 {
        timer::frequency()
    }

    #[inline(always)]
    fn set_deadline(&mut self, at: Ticks) {
        timer::set_deadline(at);
    }

    #[inline(always)]
    fn activate_space(&mut self, space: SpaceRoot) {
        tlb::activate(space);
    }

    fn activate_no_space(&mut self) {
        tlb::activate_none();
    }

    #[inline(always)]
    fn publish_tables(&mut self) {
        tlb::publish();
    }

    #[inline(always)]
    fn flush_page(&mut self, asid: u16, vaddr: u64) {
        tlb::flush_page(asid, vaddr);
    }

    #[inline(always)]
    fn flush_space(&mut self, asid: u16) {
        tlb::flush_space(asid);
    }

    fn maintain_cache(&mut self, operation: CacheOperation, start: PhysicalAddress, length: u64) {
        cache::maintain(self, operation, start, length);
    }

    fn clear(&mut self, words: &mut [u128]) {
        blocks::clear(self, words);
    }

    fn copy(&mut self, words: &mut [u128], source: &[u128]) {
        copy::copy(words, source);
    }

    #[inline(always)]
    fn enable_fpu(&mut self, enabled: bool) {
        fpu::enable(enabled);
    }

    #[inline(always)]
    fn save_fpu(&mut self, context: &mut Context) {
        fpu::save(&mut context.fpu);
    }

    #[inline(always)]
    fn restore_fpu(&mut self, context: &Context) {
        fpu::restore(&context.fpu);
    }

    #[inline(always)]
    fn save_user_registers(&mut self, context: &mut Context) {
        context.tpidr = TPIDR_EL0.get();
    }

    #[inline(always)]
    fn load_user_registers(&mut self, context: &Context) {
        TPIDR_EL0.set(context.tpidr);
        TPIDRRO_EL0.set(context.tpidrro);
    }

    fn last_interrupt(&self) -> u32 {
        self.facts().last_interrupt
    }

    #[inline(always)]
    fn claim_interrupt(&mut self) -> Option<u32> {
        self.claim()
    }

    #[inline(always)]
    fn complete_interrupt(&mut self, irq: u32) {
        self.complete(irq);
    }

    fn mask_interrupt(&mut self, irq: u32) {
        self.enable(irq, false);
    }

    fn unmask_interrupt(&mut self, irq: u32) {
        self.enable(irq, true);
    }

    fn set_trigger(&mut self, irq: u32, trigger: Trigger) {
        self.trigger(irq, trigger);
    }

    fn route_interrupt(&mut self, irq: u32, core: usize) {
        self.route(irq, core);
    }

    fn software_interrupt_targets(&self) -> u64 {
        self.software_targets()
    }

    fn send_software_interrupt(&mut self, intid: u8, target: u8) {
        self.software_interrupt(intid, target);
    }

    fn interrupt_core(&mut self, core: usize) {
        self.interrupt(core);
    }

    #[inline(always)]
    fn interrupt_pending(&self) -> bool {
        cpu::interrupt_status() != 0
    }

    fn wait_for_interrupt(&mut self) {
        wait_for_interrupt();
    }

    fn start_core(&mut self, core: usize) -> Result<(), StartError> {
        let facts = self.facts();
        let affinity = facts.cores.get(core).ok_or(StartError::NoSuchCore)?;
        if core == 0 {
            return Err(StartError::NoSuchCore);
        }
        // Everything that the core will read is stored before it starts.
        barrier::dsb(barrier::ISH);
        psci::start(facts.psci, *affinity, mmu::physical(entry::secondary()), core as u64)
    }

    fn secure_monitor_call(&mut self, registers: [u64; 8]) -> [u64; 8] {
        psci::secure_monitor_call(registers)
    }

    fn put_byte(&mut self, byte: u8) {
        console::put_byte(byte);
    }

    fn power_off(&mut self) -> ! {
        psci::power_off()
    }
}
