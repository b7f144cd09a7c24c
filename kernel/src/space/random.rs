//! Random sequences of operations against what hardware may remember.
//!
//! The worst TLB caches every translation and every step of a walk as soon as it is valid, and
//! forgets only what it is told to forget. After each operation nothing in it may differ from
//! the tables, except for ASIDs that are nobody's. Besides, whatever a walk can reach must be
//! recorded by a capability: that is why no mapping survives the deletion of all capabilities to
//! its frame.

use std::collections::BTreeMap;
use std::vec::Vec;

use abi::Invocation;
use platform::host::Event;
use proptest::prelude::*;

use crate::asid::AsidPool;
use crate::cap::{Asid, Cap};
use crate::derivation::Origin;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::page::{PageMapping, PageSize};
use crate::paging::{Entry, Level};
use crate::slot::Slot;
use crate::testing::World;

/// Addresses of all mappings: neighbours at every level.
const ADDRESSES: [u64; 8] = [
    0,
    0x1000,
    0x20_0000,
    0x20_1000,
    0x4000_0000,
    0x4020_0000,
    0x80_0000_0000,
    abi::USER_TOP & !0x1f_ffff,
];

/// One step of the walk for an address: the ASID, the level, and the first address of the entry.
type Step = (u16, u32, u64);

/// What the hardware may have cached.
#[derive(Default)]
struct Tlb(BTreeMap<Step, Entry>);

impl Tlb {
    fn forget(&mut self, event: &Event) {
        match *event {
            Event::FlushSpace { asid } => self.0.retain(|step, _| step.0 != asid),
            Event::FlushPage { asid, vaddr } => {
                self.0.retain(|step, _| step.0 != asid || step.2 != vaddr >> step.1 << step.1);
            }
            _ => {}
        }
    }
}

/// Every valid step of the walks for [`ADDRESSES`] in every living address space.
fn reachable(kernel: &Kernel) -> BTreeMap<Step, Entry> {
    let mut steps = BTreeMap::new();
    for asid in (1..40).filter_map(Asid::new) {
        let Some(root) = kernel.space(asid) else { continue };
        for address in ADDRESSES {
            for (level, entry) in kernel.steps(root, address) {
                let first = level.first_address(address);
                steps.insert((asid.get(), level.entry_bits(), first), entry);
            }
        }
    }
    steps
}

/// Checks that capabilities record everything that is reachable.
fn check_recorded(kernel: &Kernel, slots: &[Obj<Slot>], steps: &BTreeMap<Step, Entry>) {
    for (&(asid, bits, first), &entry) in steps {
        let recorded = slots.iter().any(|slot| match (kernel[*slot].cap, entry) {
            (Cap::Page(page), Entry::Page(leaf)) => {
                let mapping = Asid::new(asid).map(|asid| PageMapping { asid, address: first });
                let size = Level::of_page(page.size()).entry_bits();
                page.mapping() == mapping && page.start() == leaf.frame() && size == bits
            }
            (Cap::PageTable { asid: Some(mine), table, address }, Entry::Table(target)) => {
                mine.get() == asid && address == first && kernel.mem.address(table) == target
            }
            _ => false,
        });
        assert!(recorded, "{entry:?} at {first:#x} in {asid} is nobody's");
    }
}

/// A world with a number of capabilities of each kind, to be used at random.
struct Game {
    world: World,
    pool: Obj<Slot>,
    slots: Vec<Obj<Slot>>,
    tlb: Tlb,
}

/// One move: what, and three choices.
type Move = (u8, usize, usize, usize);

impl Game {
    fn new() -> Self {
        let mut world = World::new(1);
        let region = world.region(12);
        let pool = world.kernel.mem.create_zeroed::<AsidPool>(&region, 0, 1);
        world.kernel.add_pool(0, pool);
        let pool = world.place(Cap::AsidPool { index: 0, pool });
        let mut slots: Vec<_> = (0..2).map(|_| world.address_space()).collect();
        slots.extend((0..6).map(|_| world.page_table()));
        slots.extend((0..3).map(|_| world.page(PageSize::Small)));
        slots.extend((0..2).map(|_| world.page(PageSize::Large)));
        Self { world, pool, slots, tlb: Tlb::default() }
    }

    fn send(&mut self, slot: Obj<Slot>, label: Invocation, words: &[u64], caps: &[Obj<Slot>]) {
        let call = self.world.call(slot, label, words, caps);
        if let Ok(operation) = super::decode(&self.world.kernel, &call) {
            self.world.kernel.perform_space(operation).expect("nothing is pending");
        }
    }

    fn copy(&mut self, slot: Obj<Slot>) {
        let kernel = &self.world.kernel;
        if let Ok(cap) = kernel.derive(slot, kernel[slot].cap)
            && cap != Cap::Null
        {
            let to = self.world.slot();
            self.world.kernel.insert(slot, to, cap, Origin::Derived);
            self.slots.push(to);
        }
    }

    /// Slots that hold a capability for which `is` holds.
    fn pick(&self, index: usize, is: fn(&Cap) -> bool) -> Option<Obj<Slot>> {
        let fitting = self.slots.iter().filter(|slot| is(&self.world.kernel[**slot].cap));
        let fitting: Vec<_> = fitting.collect();
        fitting.get(index % fitting.len().max(1)).map(|slot| **slot)
    }

    fn play(&mut self, (what, a, b, c): Move) {
        let any = |_: &Cap| true;
        let is_space = |cap: &Cap| matches!(cap, Cap::VSpace { .. });
        let is_table = |cap: &Cap| matches!(cap, Cap::PageTable { .. });
        let is_page = |cap: &Cap| matches!(cap, Cap::Page(_));
        let address = ADDRESSES[b % ADDRESSES.len()];
        let space = self.pick(c, is_space);
        match (what, self.pick(a, any), self.pick(a, is_table), self.pick(a, is_page), space) {
            (0..6, _, Some(table), _, Some(space)) => {
                self.send(table, Invocation::PageTableMap, &[address, 3], &[space]);
            }
            (6, _, Some(table), ..) => self.send(table, Invocation::PageTableUnmap, &[], &[]),
            (7..12, _, _, Some(page), Some(space)) => {
                self.send(page, Invocation::PageMap, &[address, c as u64, b as u64], &[space]);
            }
            (12 | 13, _, _, Some(page), Some(space)) => {
                // Where it is already, if that is in this space.
                let Cap::Page(cap) = self.world.kernel[page].cap else { return };
                let address = cap.mapping().map_or(address, |mapping| mapping.address);
                self.send(page, Invocation::PageMap, &[address, c as u64, b as u64], &[space]);
            }
            (14, _, _, Some(page), _) => self.send(page, Invocation::PageUnmap, &[], &[]),
            (15 | 16, _, _, _, Some(space)) => {
                self.send(self.pool, Invocation::AsidPoolAssign, &[], &[space]);
            }
            (17, Some(slot), ..) => self.copy(slot),
            (18, Some(slot), ..) => self.world.kernel.delete(slot).expect("nothing is pending"),
            _ => {
                let slot = match a % 2 {
                    0 => self.world.address_space(),
                    _ => self.world.page_table(),
                };
                self.slots.push(slot);
            }
        }
    }

    fn check(&mut self) {
        for event in self.world.kernel.machine.take_events() {
            self.tlb.forget(&event);
        }
        let kernel = &self.world.kernel;
        let steps = reachable(kernel);
        let is_alive = |asid| Asid::new(asid).is_some_and(|asid| kernel.space(asid).is_some());
        for (step, entry) in self.tlb.0.iter().filter(|(step, _)| is_alive(step.0)) {
            assert_eq!(steps.get(step), Some(entry), "a stale translation of {step:x?}");
        }
        check_recorded(kernel, &self.slots, &steps);
        self.tlb.0.extend(steps);
    }
}

proptest! {
    #[test]
    fn no_core_remembers_what_tables_no_longer_say(
        moves in prop::collection::vec((0u8..20, 0usize..256, 0usize..256, 0usize..16), 1..120),
    ) {
        let mut game = Game::new();
        for step in moves {
            game.play(step);
            game.check();
        }
    }
}
