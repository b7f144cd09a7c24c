//! A kernel's state as the model has it.

use std::collections::BTreeMap;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use model::cap::{Address, Mapping};
use model::slots::{Holder, SlotName};
use model::space::Entry;
use model::{Cap as Said, Model};
use platform::address::PhysicalAddress;

use crate::asid::AsidPool;
use crate::cap::Cap;
use crate::irq;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::page::PageSize;
use crate::paging::{self, Leaf, Level};
use crate::slot::Slot;
use crate::table::Table;
use crate::thread::{HELD_SLOTS, Holds, Thread, held_slots};

/// A freshly booted system, as the model has it.
pub(super) fn of(kernel: &Kernel) -> Model {
    let mut model = Model { cores: kernel.core_count, ..Model::default() };
    model.reserved_interrupts.insert(platform::contract::TIMER_INTERRUPT.into());
    super::objects::add(kernel, &mut model);
    let root = kernel.mem.all::<Thread>().next().expect("a root task");
    let Cap::CNode { slots, radix, .. } = *kernel[root].held(Holds::CSpace) else {
        panic!("no root CNode")
    };
    let node = kernel.mem.address(slots).0;
    model.nodes.insert(node, radix.into());
    for index in 0..1 << radix {
        if let Some(cap) = said(kernel, &kernel[slots.nth(index)].cap) {
            model.slots.add_original(Model::slot(node, index.into()), cap);
        }
    }
    add_held(kernel, &mut model);
    for (object, entries) in tables(kernel) {
        model.tables.add(object);
        for (index, entry) in entries {
            model.tables.set((object, index), entry);
        }
    }
    model.pools = pools(kernel);
    add_words(kernel, &mut model);
    model
}

/// What boot has left in frames that programs may use.
fn add_words(kernel: &Kernel, model: &mut Model) {
    let caps: Vec<Said> = model.slots.in_order().map(|(_, filled)| filled.cap).collect();
    for cap in caps {
        let Said::Page { start, bits, device: false, .. } = cap else { continue };
        for address in (start..start + (1 << bits)).step_by(8) {
            match kernel.mem.read_user(PhysicalAddress(address)) {
                0 => {}
                word => model.memory.write(address, word),
            }
        }
    }
}

/// What the root thread holds, derived from what is in its CNode.
fn add_held(kernel: &Kernel, model: &mut Model) {
    let threads: std::vec::Vec<_> = kernel.mem.all::<Thread>().collect();
    for thread in threads {
        for index in 0..HELD_SLOTS {
            let slot = held_slots(thread).nth(index);
            let Some(cap) = said(kernel, &kernel[slot].cap) else { continue };
            let behind = kernel[slot].previous.target();
            let source = behind.and_then(|before| name(kernel, model, before));
            let held = Model::held(kernel.mem.address(thread).0, index.into());
            model.slots.insert(held, cap, source.expect("derived"), false);
        }
    }
}

/// What the model calls a slot.
fn name(kernel: &Kernel, model: &Model, slot: Obj<Slot>) -> Option<SlotName> {
    model.slots.in_order().map(|(name, _)| name).find(|name| place(kernel, *name) == Some(slot))
}

/// The kernel's slot of a name.
fn place(kernel: &Kernel, name: SlotName) -> Option<Obj<Slot>> {
    let index = u32::try_from(name.index).ok()?;
    match name.holder {
        Holder::CNode(node) => Some(kernel.mem.at::<Slot>(PhysicalAddress(node))?.nth(index)),
        Holder::Thread(thread) => {
            Some(held_slots(kernel.mem.at::<Thread>(PhysicalAddress(thread))?).nth(index))
        }
        Holder::Irq => kernel.irqs.slot(irq::table_index(index, 0)),
    }
}

/// A capability as the model has it. Its untyped memory has no mark for "full".
fn said(kernel: &Kernel, cap: &Cap) -> Option<Said> {
    let mapping = |asid: Option<crate::cap::Asid>, address| {
        asid.map(|asid| Mapping { asid: asid.get(), address })
    };
    Some(match *cap {
        Cap::Null => return None,
        Cap::Untyped { bits, device, full, next } => {
            let (start, bits) = (crate::untyped::start(next, bits).0, u32::from(bits));
            let used = if full { 1 << bits } else { next - start };
            Said::Untyped { start, bits, device, used }
        }
        Cap::Endpoint { rights, endpoint, badge } => {
            Said::Endpoint { object: kernel.mem.address(endpoint).0, rights, badge }
        }
        Cap::Notification { rights, notification, badge } => {
            Said::Notification { object: kernel.mem.address(notification).0, rights, badge }
        }
        Cap::Reply { can_grant, reply } => {
            Said::Reply { object: kernel.mem.address(reply).0, can_grant }
        }
        Cap::CNode { radix, guard_bits, slots, guard } => Said::CNode {
            object: kernel.mem.address(slots).0,
            radix: radix.into(),
            guard: abi::GuardWord { bits: guard_bits, guard },
        },
        Cap::Thread { thread } => Said::Thread { object: kernel.mem.address(thread).0 },
        Cap::SchedContext { bits, context } => {
            Said::SchedContext { object: kernel.mem.address(context).0, bits: bits.into() }
        }
        Cap::SchedControl { core } => Said::SchedControl { core: core.into() },
        Cap::IrqControl => Said::IrqControl,
        Cap::IrqHandler { irq } => Said::IrqHandler { irq: irq::interrupt_at(irq).0.into() },
        Cap::SgiSignal { intid, target } => {
            Said::Sgi { intid: intid.into(), target: target.into() }
        }
        Cap::Domain => Said::Domain,
        Cap::VSpace { asid, table } => {
            Said::VSpace { object: kernel.mem.address(table).0, asid: asid.map(|asid| asid.get()) }
        }
        Cap::PageTable { asid, table, address } => {
            Said::PageTable { object: kernel.mem.address(table).0, mapping: mapping(asid, address) }
        }
        Cap::Page(page) => Said::Page {
            start: page.start().0,
            bits: page.size().bits(),
            device: page.is_device(),
            rights: page.rights(),
            mapping: page.mapping().and_then(|at| mapping(Some(at.asid), at.address)),
        },
        Cap::AsidControl => Said::AsidControl,
        Cap::AsidPool { index, pool } => {
            Said::AsidPool { object: kernel.mem.address(pool).0, index: index.into() }
        }
        Cap::Smc { badge } => Said::SecureMonitor { badge },
        Cap::Zombie(_) => panic!("a deletion that nobody interrupted is complete"),
    })
}

/// All tables that a walk reaches, with their entries.
fn tables(kernel: &Kernel) -> BTreeMap<Address, BTreeMap<u64, Entry>> {
    let mut found = BTreeMap::new();
    let pools = kernel.asids.pools.iter().flatten();
    let spaces = pools.flat_map(|pool| kernel[*pool].spaces.iter().flatten());
    for space in spaces {
        collect(kernel, *space, Level::Zero, &mut found);
    }
    found
}

fn collect(
    kernel: &Kernel,
    table: Obj<Table>,
    level: Level,
    found: &mut BTreeMap<Address, BTreeMap<u64, Entry>>,
) {
    let mut entries = BTreeMap::new();
    for (index, bits) in (0..).zip(kernel[table].descriptors) {
        match paging::Entry::from_bits(bits, level) {
            paging::Entry::Table(address) => {
                entries.insert(index, Entry::Table(address.0));
                let below = kernel.mem.at(address).zip(level.next());
                let (below, level) = below.expect("a table below");
                collect(kernel, below, level, found);
            }
            paging::Entry::Page(leaf) => {
                entries.insert(index, page(leaf));
            }
            paging::Entry::Nothing => {}
        }
    }
    found.insert(kernel.mem.address(table).0, entries);
}

/// A mapping, by the rights and attributes that make such a descriptor.
fn page(leaf: Leaf) -> Entry {
    let rights = [abi::Rights::NONE, abi::Rights::READ, abi::Rights::READ_WRITE];
    let attributes = (0..8).map(abi::VmAttributes::from_word);
    let start = leaf.frame();
    let sizes = [PageSize::Small, PageSize::Large, PageSize::Huge];
    let all = attributes.flat_map(|attributes| rights.map(|rights| (rights, attributes)));
    let made = |rights, attributes| {
        sizes.iter().any(|size| Leaf::new(start, *size, rights, attributes) == leaf)
    };
    let (rights, attributes) =
        all.into_iter().find(|(rights, attributes)| made(*rights, *attributes)).expect("a page");
    Entry::Page { start: start.0, rights, attributes }
}

fn pools(kernel: &Kernel) -> BTreeMap<usize, (Address, BTreeMap<u16, Address>)> {
    let existing = kernel.asids.pools.iter().enumerate();
    let existing = existing.filter_map(|(number, pool)| Some((number, (*pool)?)));
    let spaces = |number: usize, pool: Obj<AsidPool>| {
        let all = (0_usize..).zip(kernel[pool].spaces.iter());
        let used = all.filter_map(|(index, space): (usize, &Option<Obj<Table>>)| {
            let asid = u16::try_from(number * 512 + index).expect("an ASID");
            Some((asid, kernel.mem.address((*space)?).0))
        });
        used.collect()
    };
    existing
        .map(|(number, pool)| (number, (kernel.mem.address(pool).0, spaces(number, pool))))
        .collect()
}

/// What differs between a kernel and the model.
pub(super) fn difference(kernel: &Kernel, model: &Model) -> Option<String> {
    different_slots(kernel, model)
        .or_else(|| different_tables(kernel, model))
        .or_else(|| unlike(|| "pools".to_string(), &pools(kernel), &model.pools))
        .or_else(|| super::objects::difference(kernel, model))
        .or_else(|| different_words(kernel, model))
}

/// Says how two values differ, if they do.
pub(super) fn unlike<T: PartialEq + core::fmt::Debug>(
    what: impl FnOnce() -> String,
    kernel: &T,
    model: &T,
) -> Option<String> {
    (kernel != model).then(|| format!("{}:\n  {kernel:x?}\n  {model:x?} in the model", what()))
}

fn different_slots(kernel: &Kernel, model: &Model) -> Option<String> {
    let mut order = model.slots.in_order().peekable();
    let mut count = 0;
    while let Some((name, filled)) = order.next() {
        count += 1;
        let Some(slot) = place(kernel, name) else { return Some(format!("no {name:x?}")) };
        let slot = &kernel[slot];
        let marks = (slot.next.is_marked(), slot.previous.is_marked());
        let here = (said(kernel, &slot.cap), marks);
        let there = (Some(filled.cap), (filled.revocable, filled.first_badged));
        if here != there {
            return unlike(|| format!("{name:x?}"), &here, &there);
        }
        let behind = order.peek().and_then(|(next, _)| place(kernel, *next));
        if slot.next.target().is_some_and(|next| Some(next) != behind) {
            return Some(format!("another one stands behind {name:x?}"));
        }
    }
    let all = kernel.mem.all::<Slot>().filter(|slot| !kernel[*slot].is_empty()).count();
    unlike(|| "capabilities".to_string(), &all, &count)
}

fn different_tables(kernel: &Kernel, model: &Model) -> Option<String> {
    tables(kernel).into_iter().find_map(|(table, entries)| {
        let here = entries.into_iter().map(|(index, entry)| (index, visible(entry)));
        let there = model.tables.entries(table).map(|(index, entry)| (index, visible(entry)));
        let (here, there): (Vec<_>, Vec<_>) = (here.collect(), there.collect());
        unlike(|| format!("table {table:#x}"), &here, &there)
    })
}

/// What of an entry can be observed: nothing is executed where nothing is read.
fn visible(entry: Entry) -> Entry {
    match entry {
        Entry::Page { start, rights: rights @ abi::Rights::NONE, attributes } => {
            let attributes = abi::VmAttributes { execute_never: true, ..attributes };
            Entry::Page { start, rights, attributes }
        }
        other => other,
    }
}

/// What messages and programs have left in memory.
fn different_words(kernel: &Kernel, model: &Model) -> Option<String> {
    model.memory.words().find_map(|(address, word)| {
        let here = kernel.mem.read_user(PhysicalAddress(address));
        unlike(|| format!("word at {address:#x}"), &here, &word)
    })
}
