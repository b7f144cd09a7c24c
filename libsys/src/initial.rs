//! The capabilities that the initial thread has in every system.
//!
//! They are constants because their slots are part of the ABI. A program that is not the initial
//! thread has other capabilities in its slots, and no use for this module.

use abi::bootinfo::{BootInfo, slot};

use crate::cap::Cap;
use crate::object::{
    AsidControl, AsidPool, CNode, Domain, IrqControl, Page, SchedContext, SchedControl, Smc,
    Thread, VSpace,
};

/// The initial thread.
pub const THREAD: Cap<Thread> = Cap::at(slot::THREAD);
/// Its CNode.
pub const CNODE: Cap<CNode> = Cap::at(slot::CNODE);
/// Its address space.
pub const VSPACE: Cap<VSpace> = Cap::at(slot::VSPACE);
/// Authority to issue interrupt handlers.
pub const IRQ_CONTROL: Cap<IrqControl> = Cap::at(slot::IRQ_CONTROL);
/// Authority to make ASID pools.
pub const ASID_CONTROL: Cap<AsidControl> = Cap::at(slot::ASID_CONTROL);
/// The first ASID pool.
pub const ASID_POOL: Cap<AsidPool> = Cap::at(slot::ASID_POOL);
/// The frame of the boot information.
pub const BOOT_INFO_FRAME: Cap<Page> = Cap::at(slot::BOOT_INFO_FRAME);
/// The frame of the initial thread's IPC buffer.
pub const IPC_BUFFER_FRAME: Cap<Page> = Cap::at(slot::IPC_BUFFER_FRAME);
/// Authority over domains.
pub const DOMAIN: Cap<Domain> = Cap::at(slot::DOMAIN);
/// The initial thread's scheduling context.
pub const SCHED_CONTEXT: Cap<SchedContext> = Cap::at(slot::SCHED_CONTEXT);
/// Secure monitor calls; an empty slot unless the system has them.
pub const SMC: Cap<Smc> = Cap::at(slot::SMC);

/// Authority over the time of a core, if there is such a core.
#[must_use]
pub fn sched_control(boot: &BootInfo, core: u64) -> Option<Cap<SchedControl>> {
    let index = usize::try_from(core).ok()?;
    boot.sched_control.slots().nth(index).map(Cap::at)
}
