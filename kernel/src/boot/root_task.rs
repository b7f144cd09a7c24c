//! The root task's thread, and its capabilities that are not about memory. (abi.md §11)

use abi::MAX_PRIORITY;
use abi::bootinfo::slot;
use abi::object::MIN_SCHED_CONTEXT_BITS;
use abi::time::BOOT_BUDGET_US;

use super::layout::{Addresses, Objects, Slots};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::{Obj, Region};
use crate::sched_context::{self, Parameters, SchedContext};
use crate::slot::Slot;
use crate::thread::{self, Holds, State, Thread};

/// Makes the root CNode, with a capability for itself.
pub(super) fn create_cnode(kernel: &mut Kernel, region: &Region, radix: u32) -> Obj<Slot> {
    let slots = kernel.mem.create_zeroed::<Slot>(region, 0, 1 << radix);
    let narrow = |bits: u32| u8::try_from(bits).unwrap_or(0);
    let guard_bits = narrow(abi::WORD_BITS - radix);
    let cap = Cap::CNode { radix: narrow(radix), guard_bits, slots, guard: 0 };
    super::put(kernel, slots, slot::CNODE, cap);
    slots
}

/// Puts the capabilities into place that name a part of the machine instead of an object.
pub(super) fn put_controls(kernel: &mut Kernel, cnode: Obj<Slot>, slots: &Slots, smc: bool) {
    if smc {
        super::put(kernel, cnode, slot::SMC, Cap::Smc { badge: 0 });
    }
    super::put(kernel, cnode, slot::IRQ_CONTROL, Cap::IrqControl);
    super::put(kernel, cnode, slot::ASID_CONTROL, Cap::AsidControl);
    super::put(kernel, cnode, slot::DOMAIN, Cap::Domain);
    for (core, slot) in (0..).zip(slots.sched_control.slots()) {
        super::put(kernel, cnode, slot, Cap::SchedControl { core });
    }
}

/// Makes the thread with its scheduling context. It cannot run yet.
pub(super) fn create_thread(
    kernel: &mut Kernel,
    region: &Region,
    objects: &Objects,
    cnode: Obj<Slot>,
) -> (Obj<Thread>, Obj<SchedContext>) {
    let thread = thread::create(&mut kernel.mem, region, objects.thread, 0);
    super::put(kernel, cnode, slot::THREAD, Cap::Thread { thread });
    let context = create_sched_context(kernel, region, objects.sched_context);
    let bits = u8::try_from(MIN_SCHED_CONTEXT_BITS).unwrap_or(0);
    super::put(kernel, cnode, slot::SCHED_CONTEXT, Cap::SchedContext { bits, context });
    for (held, source) in [
        (Holds::CSpace, slot::CNODE),
        (Holds::VSpace, slot::VSPACE),
        (Holds::IpcBuffer, slot::IPC_BUFFER_FRAME),
    ] {
        let source = super::at(cnode, source);
        let held = kernel.thread_slot(thread, held);
        // Cannot be refused: all three may be copied, and the slots are empty.
        kernel.copy_silently(source, held);
    }
    (thread, context)
}

fn create_sched_context(kernel: &mut Kernel, region: &Region, offset: u64) -> Obj<SchedContext> {
    let bits = MIN_SCHED_CONTEXT_BITS;
    let context = sched_context::create(&mut kernel.mem, region, offset, bits);
    let budget = kernel.ticks(BOOT_BUDGET_US);
    kernel.set_fresh_refills(context, Parameters { budget, period: budget, limit: 2 });
    context
}

/// Lets the thread run: from `entry`, with the address of its boot information in x0.
pub(super) fn start(
    kernel: &mut Kernel,
    thread: Obj<Thread>,
    context: Obj<SchedContext>,
    entry: u64,
    addresses: &Addresses,
) {
    let registers = kernel.registers_mut(thread);
    registers.x[0] = addresses.boot_info;
    registers.next_pc = entry;
    registers.restart_pc = entry;
    let header = &mut kernel[thread];
    header.priority = MAX_PRIORITY;
    header.max_priority = MAX_PRIORITY;
    header.buffer = addresses.ipc_buffer;
    kernel.set_state(thread, State::Running);
    kernel.bind_thread(context, thread);
}
