//! What the fake machine was told to do.

use crate::address::PhysicalAddress;
use crate::contract::{CacheOperation, Ticks, Trigger};

/// One operation with an effect outside of the kernel's memory, in the order of the calls.
/// `core` is the executing core unless the operation names its target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
// The fields are the arguments of the method that the variant is named after.
#[allow(missing_docs)]
pub enum Event {
    /// `activate_space`.
    ActivateSpace { core: usize, root: PhysicalAddress, asid: u16 },
    /// `activate_no_space`.
    ActivateNoSpace { core: usize },
    /// `publish_tables`.
    PublishTables { core: usize },
    /// `flush_page`.
    FlushPage { asid: u16, vaddr: u64 },
    /// `flush_space`.
    FlushSpace { asid: u16 },
    /// `maintain_cache`.
    MaintainCache { operation: CacheOperation, start: PhysicalAddress, length: u64 },
    /// `clear`, with the length in bytes.
    Clear { length: usize },
    /// `set_deadline`.
    SetDeadline { core: usize, at: Ticks },
    /// `enable_fpu`.
    EnableFpu { core: usize, enabled: bool },
    /// `save_fpu`.
    SaveFpu { core: usize },
    /// `restore_fpu`.
    RestoreFpu { core: usize },
    /// `claim_interrupt` that returned an interrupt.
    Claim { core: usize, irq: u32 },
    /// `complete_interrupt`.
    Complete { core: usize, irq: u32 },
    /// `mask_interrupt`.
    Mask { core: usize, irq: u32 },
    /// `unmask_interrupt`.
    Unmask { core: usize, irq: u32 },
    /// `set_trigger`.
    SetTrigger { irq: u32, trigger: Trigger },
    /// `route_interrupt`.
    Route { irq: u32, target: usize },
    /// `send_software_interrupt`.
    SoftwareInterrupt { core: usize, intid: u8, target: u8 },
    /// `interrupt_core`.
    InterruptCore { core: usize, target: usize },
    /// `start_core`.
    StartCore { target: usize },
    /// `wait_for_interrupt`.
    Wait { core: usize },
}
