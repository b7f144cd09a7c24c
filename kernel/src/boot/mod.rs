//! From a machine that only the boot loader has touched to one whose root task can run.
//!
//! The boot loader has put a program, the initial ramdisk, into RAM. [`boot`] copies it into
//! frames, makes the first kernel objects, and hands everything that is left of the machine to
//! the program: all authority in the system comes from here. Nothing else in the kernel makes an
//! object without untyped memory.
//!
//! | file | idea |
//! |---|---|
//! | `image` | what the program's ELF file wants |
//! | `layout` | user addresses, slots, and places of objects, as arithmetic |
//! | `ranges` | sets of physical memory |
//! | `stock` | which RAM is free, as arithmetic |
//! | `memory` | the same with an owner for every byte |
//! | `frames` | the program's frames and what is in them |
//! | `space` | its address space |
//! | `root_task` | its thread and its other capabilities |
//! | `untypeds` | the rest of the machine |
//! | `bootinfo` | what the program is told |
//! | `forecast` | the same, known on another machine beforehand |
//!
//! The whole takes time in proportion to the program and to the device tree: free memory is not
//! touched.

mod bootinfo;
mod failure;
mod forecast;
mod frames;
mod image;
mod layout;
mod memory;
mod ranges;
mod root_task;
mod space;
mod stock;
#[cfg(test)]
pub(crate) mod tests;
mod untypeds;

pub use failure::BootFailure;
pub use forecast::{Forecast, Program, forecast};
pub use image::ImageError;
pub use stock::Surroundings;
pub use untypeds::List;

use platform::handover::Handover;

use self::frames::Frames;
use self::image::Image;
use self::layout::{Addresses, Objects, Slots};
use self::memory::{Block, BootMemory};
use self::space::Space;
use crate::cap::Cap;
use crate::irq;
use crate::kernel::Kernel;
use crate::mem::{Obj, Region};
use crate::ready::ReadyQueues;
use crate::release::ReleaseQueues;
use crate::slot::Slot;
use crate::thread::Thread;

/// Bytes of the slots that bind interrupts to notifications.
const IRQ_SLOT_BYTES: u64 = (irq::SLOTS as u64) << abi::object::SLOT_BITS;

/// Everything about the root task that can be known before anything is made.
struct Plan {
    image: Image,
    addresses: Addresses,
    slots: Slots,
    objects: Objects,
    /// Whether the root task may call the secure monitor.
    smc: bool,
}

impl Plan {
    fn new(kernel: &Kernel, handover: &Handover, ramdisk: &[u8]) -> Result<Self, BootFailure> {
        let image = Image::parse(ramdisk)?;
        let addresses = Addresses::new(&image, handover.device_tree.len() as u64)?;
        let radix = handover.board.options.root_cnode_bits;
        let slots = Slots::new(&addresses, kernel.core_count as u64, radix)?;
        let objects =
            Objects::new(&addresses, radix, private_bytes(kernel.queue_sets(), kernel.core_count));
        let smc = handover.board.options.smc;
        Ok(Self { image, addresses, slots, objects, smc })
    }
}

/// Builds the initial state in `kernel`, which has no object yet and the handover's window as its
/// memory. Afterwards the root task is ready on this core, and the scheduler will choose it. The
/// thread is returned.
///
/// # Errors
/// [`BootFailure`] says why there cannot be a root task; the kernel is of no use then.
pub fn boot(kernel: &mut Kernel, handover: Handover) -> Result<Obj<Thread>, BootFailure> {
    let mut memory = BootMemory::new(&handover)?;
    let ramdisk = memory.ramdisk(&mut kernel.mem);
    let plan = Plan::new(kernel, &handover, ramdisk)?;
    let (mut block, mut frames) = take(&mut memory, &plan)?;
    let ramdisk = memory.ramdisk(&mut kernel.mem);
    frames.load(kernel, &plan.image, ramdisk);
    block.clear(kernel, 0, plan.objects.extra);
    let tree = handover.device_tree;
    bootinfo::write_extra(kernel, &mut block, &plan, tree);

    // The boot loader's files have been copied: their memory may go.
    let ram = memory.leave();
    let (list, dropped) =
        untypeds::list(&Surroundings::of(&handover).devices(), &ram, plan.slots.rest.len());
    if dropped > 0 {
        platform::message!("kernel: {dropped} pieces of memory are lost: no room to list them");
    }
    Ok(create(kernel, block, &frames, &plan, &list))
}

/// Takes the memory of the root task: one block for objects, and frames for the image.
fn take(memory: &mut BootMemory, plan: &Plan) -> Result<(Block, Frames), BootFailure> {
    let (objects, image) = (&plan.objects, &plan.addresses.image);
    let needed = objects.bytes.saturating_add(image.end - image.start);
    let too_little = BootFailure::TooLittleRam { needed, available: memory.available() };
    memory
        .take_high(objects.bytes, objects.alignment())
        .and_then(|block| Some((block, Frames::take(memory, image)?)))
        .ok_or(too_little)
}

/// Makes the objects and their capabilities, and tells the root task about them.
fn create(
    kernel: &mut Kernel,
    block: Block,
    frames: &Frames,
    plan: &Plan,
    list: &untypeds::List,
) -> Obj<Thread> {
    let Plan { image, addresses, slots, objects, smc } = plan;
    let start = block.at(0);
    let boot_info = block.at(objects.boot_info);
    let region = block.carve(&mut kernel.mem);
    create_private(kernel, &region, objects.private);

    let cnode = root_task::create_cnode(kernel, &region, objects.cnode_radix);
    let space = Space::build(kernel, &region, objects, addresses, slots, cnode);
    space.map_block(kernel, start, objects, slots);
    space.map_image(kernel, frames.iter(), slots);
    root_task::put_controls(kernel, cnode, slots, *smc);
    let untyped = untypeds::install(kernel, cnode, slots.rest.start, list);
    bootinfo::write(kernel, boot_info, plan, untyped, list);

    let (thread, context) = root_task::create_thread(kernel, &region, objects, cnode);
    root_task::start(kernel, thread, context, image.entry, addresses);
    thread
}

/// Bytes of what the kernel keeps for itself: slots for interrupts, then so many ready queues, then
/// release queues for each core.
fn private_bytes(queue_sets: usize, cores: usize) -> u64 {
    IRQ_SLOT_BYTES + ready_bytes(queue_sets) + (cores * size_of::<ReleaseQueues>()) as u64
}

/// Bytes of the ready queues.
fn ready_bytes(queue_sets: usize) -> u64 {
    (queue_sets * size_of::<ReadyQueues>()) as u64
}

/// Makes what the kernel keeps for itself at `offset` of zeroed memory.
fn create_private(kernel: &mut Kernel, region: &Region, offset: u64) {
    let slots = kernel.mem.create_zeroed::<Slot>(region, offset, irq::SLOTS.into());
    kernel.irqs.set_slots(slots);
    let sets = kernel.queue_sets() as u64;
    let queues = kernel.mem.create_zeroed(region, offset + IRQ_SLOT_BYTES, sets);
    kernel.set_ready_queues(queues);
    let offset = offset + IRQ_SLOT_BYTES + ready_bytes(kernel.queue_sets());
    let queues = kernel.mem.create_zeroed(region, offset, kernel.core_count as u64);
    kernel.set_release_queues(queues);
}

/// A slot of the root CNode, whose slots are fewer than 2^32.
fn at(cnode: Obj<Slot>, slot: u64) -> Obj<Slot> {
    cnode.nth(u32::try_from(slot).unwrap_or(u32::MAX))
}

/// Puts an original capability into a slot of the root CNode.
fn put(kernel: &mut Kernel, cnode: Obj<Slot>, slot: u64, cap: Cap) {
    kernel.insert_root(at(cnode, slot), cap);
}
