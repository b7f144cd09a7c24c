//! The root task's address space: tables, pages, and the capabilities for them. (abi.md §11)

use abi::bootinfo::slot;
use abi::{Rights, VmAttributes};
use platform::address::PhysicalAddress;

use super::layout::{Addresses, Objects, PAGE, Slots};
use crate::asid::AsidPool;
use crate::cap::{Asid, Cap};
use crate::kernel::Kernel;
use crate::mem::{Obj, Region};
use crate::page::{PageCap, PageMapping, PageSize};
use crate::paging::Level;
use crate::slot::Slot;
use crate::table::Table;

/// The address space's ASID: the first of pool 0, since ASID 0 means "none".
const ASID: Asid = Asid::MIN;
/// Normal memory that EL0 reads and writes.
const DATA: VmAttributes = VmAttributes { cacheable: true, execute_never: true };
/// Normal memory that EL0 also executes.
const CODE: VmAttributes = VmAttributes { cacheable: true, execute_never: false };

/// The address space while it is being built.
pub(super) struct Space<'a> {
    addresses: &'a Addresses,
    cnode: Obj<Slot>,
    /// The tables of level 3, side by side.
    leaves: Obj<Table>,
}

impl<'a> Space<'a> {
    /// Makes all tables and their capabilities in `region`.
    pub(super) fn build(
        kernel: &mut Kernel,
        region: &Region,
        objects: &Objects,
        addresses: &'a Addresses,
        slots: &Slots,
        cnode: Obj<Slot>,
    ) -> Self {
        let root = kernel.mem.create_zeroed::<Table>(region, objects.vspace, 1);
        super::put(kernel, cnode, slot::VSPACE, Cap::VSpace { asid: Some(ASID), table: root });
        assign(kernel, region, objects, cnode, root);

        let count = addresses.table_count();
        let mut tables = kernel.mem.create_zeroed::<Table>(region, objects.tables, count);
        let (mut parents, mut parent_level) = (root, addresses.tables(0));
        let levels = (1..=3).map(|level| addresses.tables(level));
        let mut slots = slots.paging.slots();
        for (level, here) in [Level::Zero, Level::One, Level::Two].into_iter().zip(levels) {
            for index in 0..here.count {
                let (table, address) = (nth(tables, index), here.first + (index << here.bits));
                let parent = nth(parents, parent_level.index_of(address));
                kernel.install_table(parent, level, address, table);
                if let Some(slot) = slots.next() {
                    let cap = Cap::PageTable { asid: Some(ASID), table, address };
                    super::put(kernel, cnode, slot, cap);
                }
            }
            (parents, parent_level) = (tables, here);
            tables = nth(tables, here.count);
        }
        Self { addresses, cnode, leaves: parents }
    }

    /// Maps the frame at `frame` and puts its capability into a slot.
    fn map(
        &self,
        kernel: &mut Kernel,
        slot: u64,
        frame: PhysicalAddress,
        address: u64,
        attributes: VmAttributes,
    ) {
        let table = nth(self.leaves, self.addresses.tables(3).index_of(address));
        let size = PageSize::Small;
        kernel.install_page(table, address, (frame, size), Rights::READ_WRITE, attributes);
        let page = PageCap::new(frame, size, false);
        let mapping = PageMapping { asid: ASID, address };
        super::put(kernel, self.cnode, slot, Cap::Page(page.with_mapping(Some(mapping))));
    }

    /// Maps IPC buffer, boot information and extra boot information of a block at `block`.
    pub(super) fn map_block(
        &self,
        kernel: &mut Kernel,
        block: PhysicalAddress,
        objects: &Objects,
        slots: &Slots,
    ) {
        let at = |offset: u64| PhysicalAddress(block.0 + offset);
        let addresses = self.addresses;
        let buffer = at(objects.ipc_buffer);
        self.map(kernel, slot::IPC_BUFFER_FRAME, buffer, addresses.ipc_buffer, DATA);
        let info = at(objects.boot_info);
        self.map(kernel, slot::BOOT_INFO_FRAME, info, addresses.boot_info, DATA);
        for (index, slot) in (0..).zip(slots.extra_pages.slots()) {
            let offset = index * PAGE;
            let frame = at(objects.extra + offset);
            self.map(kernel, slot, frame, addresses.extra.start + offset, CODE);
        }
    }

    /// Maps the frames of the image.
    pub(super) fn map_image(
        &self,
        kernel: &mut Kernel,
        frames: impl Iterator<Item = PhysicalAddress>,
        slots: &Slots,
    ) {
        let pages = self.addresses.image.clone().step_by(PAGE as usize);
        for ((slot, address), frame) in slots.image_frames.slots().zip(pages).zip(frames) {
            self.map(kernel, slot, frame, address, CODE);
        }
    }
}

/// Makes the ASID pool and gives the address space its ASID.
fn assign(
    kernel: &mut Kernel,
    region: &Region,
    objects: &Objects,
    cnode: Obj<Slot>,
    root: Obj<Table>,
) {
    let pool = kernel.mem.create_zeroed::<AsidPool>(region, objects.asid_pool, 1);
    kernel.add_pool(0, pool);
    kernel.give_asid(pool, ASID, root);
    super::put(kernel, cnode, slot::ASID_POOL, Cap::AsidPool { index: 0, pool });
}

/// Element of an array of tables. There are fewer than 2^32.
fn nth(tables: Obj<Table>, index: u64) -> Obj<Table> {
    tables.nth(u32::try_from(index).unwrap_or(u32::MAX))
}
