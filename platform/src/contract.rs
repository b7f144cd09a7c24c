//! What a machine offers to the kernel.
//!
//! [`Platform`] is implemented once for the hardware and once for the host fake. Every method is
//! safe: a machine may be told anything that the types allow without breaking memory safety of
//! the kernel. Addresses of user mappings and translation tables are data to it.

use core::fmt;
use core::num::{NonZeroU16, NonZeroU64};

use crate::address::PhysicalAddress;
use crate::context::Context;

/// Instants and durations in counts of the system counter.
pub type Ticks = u64;

/// Why the kernel was entered from user level, as the exception vectors saw it. The user
/// registers are in the current thread's [`Context`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// `svc` from AArch64 state.
    SystemCall,
    /// An interrupt may be pending.
    Interrupt,
    /// Any other synchronous exception.
    Exception {
        /// ESR_EL1 (Arm ARM D17.2.37).
        syndrome: u64,
        /// FAR_EL1; meaningful for aborts only.
        address: u64,
    },
    /// An SError interrupt, taken from user level.
    SystemError {
        /// ESR_EL1.
        syndrome: u64,
    },
}

/// x0 to x7 as the user left them at an `svc`. They are in the thread's [`Context`] as well; here
/// they are still in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arguments(pub [u64; 8]);

/// An address space as the hardware names it: its root table and its ASID, TTBR0_EL1's value.
/// (Arm ARM D17.2.144)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct SpaceRoot(NonZeroU64);

impl SpaceRoot {
    const ASID_SHIFT: u32 = 48;

    /// The space whose root table is at `table` and whose translations are tagged `asid`.
    #[must_use]
    pub const fn new(table: PhysicalAddress, asid: NonZeroU16) -> Self {
        let asid = (asid.get() as u64) << Self::ASID_SHIFT;
        match NonZeroU64::new(asid | table.0) {
            Some(word) => Self(word),
            None => unreachable!(),
        }
    }

    /// Where the root table is.
    #[must_use]
    pub const fn table(self) -> PhysicalAddress {
        PhysicalAddress(self.0.get() & ((1 << Self::ASID_SHIFT) - 1))
    }

    /// The tag of its translations.
    #[must_use]
    pub const fn asid(self) -> u16 {
        (self.0.get() >> Self::ASID_SHIFT) as u16
    }

    /// What goes into TTBR0_EL1.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.0.get()
    }
}

/// Cache maintenance on a range of physical memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheOperation {
    /// Write dirty lines back to the point of coherency.
    Clean,
    /// Discard lines without writing them back.
    Invalidate,
    /// Write back, then discard, to the point of coherency.
    CleanInvalidate,
    /// Make instruction fetches see the data: clean to the point of unification and invalidate
    /// the instruction cache.
    Unify,
}

/// When an interrupt is considered asserted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// While the line is high.
    Level,
    /// Once per rising edge.
    Edge,
}

/// Registers that EL0 may use without a trap; all off unless the boot command line asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exports {
    /// CNTVCT_EL0.
    pub virtual_counter: bool,
    /// CNTPCT_EL0.
    pub physical_counter: bool,
    /// CNTV_*_EL0. The kernel's own deadline lives there, so user level can disturb it.
    pub virtual_timer: bool,
    /// CNTP_*_EL0.
    pub physical_timer: bool,
    /// The performance monitor registers.
    pub performance_monitor: bool,
}

/// Why a core did not start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartError {
    /// The board has no core of this number, or it is the boot core.
    NoSuchCore,
    /// The device tree names no way to start cores (`/psci`).
    NoFirmware,
    /// The core runs already or is being started.
    AlreadyOn,
    /// The firmware refused, with this PSCI error code (Arm DEN 0022, 5.2.2).
    Refused(i64),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCore => f.write_str("no such core"),
            Self::NoFirmware => f.write_str("the device tree has no /psci node"),
            Self::AlreadyOn => f.write_str("the core runs already"),
            Self::Refused(code) => write!(f, "the firmware refused (PSCI error {code})"),
        }
    }
}

/// The software-generated interrupt by which one core asks another to enter the kernel.
pub const IPI_RESCHEDULE: u8 = 1;
/// The interrupt number of the kernel's timer: the virtual timer's PPI.
pub const TIMER_INTERRUPT: u32 = 27;

/// The machine. Methods act on the executing core unless they say otherwise.
pub trait Platform {
    /// Logical number of the executing core, 0 for the boot core.
    fn core(&self) -> usize;

    /// The system counter now (CNTVCT_EL0).
    fn now(&self) -> Ticks;
    /// Counts per second of the system counter.
    fn frequency(&self) -> u64;
    /// Raise [`TIMER_INTERRUPT`] on this core when the counter reaches `at`; `Ticks::MAX` never.
    fn set_deadline(&mut self, at: Ticks);

    /// Translate user addresses in this space.
    fn activate_space(&mut self, space: SpaceRoot);
    /// Translate no user address at all.
    fn activate_no_space(&mut self);
    /// Make descriptor stores that made *invalid entries valid* visible to table walks.
    fn publish_tables(&mut self);
    /// Forget translations of the page at `vaddr` in `asid`, on every core, including cached
    /// walks; descriptor stores before the call are visible after it.
    fn flush_page(&mut self, asid: u16, vaddr: u64);
    /// Forget all translations of `asid`, on every core; orders like [`Self::flush_page`].
    fn flush_space(&mut self, asid: u16);

    /// Maintain caches for `length` bytes of memory at `start`. Memory outside of RAM is left.
    fn maintain_cache(&mut self, operation: CacheOperation, start: PhysicalAddress, length: u64);

    /// Write zeroes to `words`, memory of the window, in the way that this machine does fastest.
    fn clear(&mut self, words: &mut [u128]);
    /// Copy `source` to the start of `words`, as far as both reach, likewise.
    fn copy(&mut self, words: &mut [u128], source: &[u128]);

    /// Let EL0 use floating point and SIMD, or trap it.
    fn enable_fpu(&mut self, enabled: bool);
    /// Store this core's floating-point registers.
    fn save_fpu(&mut self, context: &mut Context);
    /// Load this core's floating-point registers.
    fn restore_fpu(&mut self, context: &Context);
    /// Store the registers that EL0 can write and entry does not save (TPIDR_EL0).
    fn save_user_registers(&mut self, context: &mut Context);
    /// Load the registers that exit does not load (TPIDR_EL0, TPIDRRO_EL0).
    fn load_user_registers(&mut self, context: &Context);

    /// Number of the highest interrupt that the controller implements.
    fn last_interrupt(&self) -> u32;
    /// Acknowledge the most urgent pending interrupt; `None` if there is none (spurious).
    fn claim_interrupt(&mut self) -> Option<u32>;
    /// Finish what [`Self::claim_interrupt`] returned: it may be delivered again.
    fn complete_interrupt(&mut self, irq: u32);
    /// Stop delivering `irq` (for irq < 32: this core's).
    fn mask_interrupt(&mut self, irq: u32);
    /// Deliver `irq` (for irq < 32: this core's).
    fn unmask_interrupt(&mut self, irq: u32);
    /// Choose level or edge for `irq` (no effect where the controller fixes it).
    fn set_trigger(&mut self, irq: u32, trigger: Trigger);
    /// Deliver shared interrupt `irq` (32 and up) to `core`.
    fn route_interrupt(&mut self, irq: u32, core: usize);
    /// Number of targets that a user-visible software interrupt may name.
    fn software_interrupt_targets(&self) -> u64;
    /// Raise software-generated interrupt `intid` (0 to 15) on the CPU interface `target`.
    fn send_software_interrupt(&mut self, intid: u8, target: u8);
    /// Make `core` enter the kernel soon, by [`IPI_RESCHEDULE`].
    fn interrupt_core(&mut self, core: usize);
    /// Whether an interrupt waits for this core now (ISR_EL1).
    fn interrupt_pending(&self) -> bool;
    /// Sleep until an interrupt may be pending, with interrupts masked.
    fn wait_for_interrupt(&mut self);

    /// Start logical core `core`: it calls the kernel's `secondary` function on its own stack.
    ///
    /// # Errors
    /// [`StartError`] says why the core stays off.
    fn start_core(&mut self, core: usize) -> Result<(), StartError>;

    /// Call the secure monitor with x0 to x7; its x0 to x7 are returned (Arm DEN 0028). Only on a
    /// machine whose firmware is called that way: elsewhere SMC is undefined.
    fn secure_monitor_call(&mut self, registers: [u64; 8]) -> [u64; 8];

    /// Write one byte to the early console.
    fn put_byte(&mut self, byte: u8);
    /// Switch the machine off.
    fn power_off(&mut self) -> !;
}
