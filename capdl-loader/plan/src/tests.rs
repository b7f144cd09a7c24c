//! Plans, carried out as the kernel would.

extern crate std;
use alloc::vec;
use alloc::vec::Vec;

use abi::ObjectType;
use abi::bootinfo::UntypedDescriptor;
use proptest::prelude::*;

use crate::{Planner, Refusal, Run, SourceId, Step};

const RAM: u64 = 0x4000_0000;

fn memory(address: u64, size_bits: u8, is_device: u8) -> UntypedDescriptor {
    UntypedDescriptor { address, size_bits, is_device, ..UntypedDescriptor::default() }
}

/// Untyped memory as the kernel keeps it: where it begins, ends, and how far it is handed out.
struct Machine {
    sources: Vec<(u64, u64)>,
    made: Vec<(u64, u64)>,
}

impl Machine {
    fn new(memory: &[UntypedDescriptor]) -> Self {
        let piece = |m: &UntypedDescriptor| (m.address, m.address + (1 << m.size_bits));
        Self { sources: memory.iter().map(piece).collect(), made: Vec::new() }
    }

    /// Retypes, and checks that the kernel would put the objects where the plan says.
    fn perform(&mut self, step: Step) {
        let (source, run, address) = step.retype();
        let (next, end) = &mut self.sources[source.index()];
        *next = next.next_multiple_of(1 << run.bits());
        assert_eq!(*next, address, "{step:?}");
        *next += run.bytes();
        assert!(*next <= *end, "{step:?}");
        match step {
            Step::Make { .. } => self.made.push((address, run.bytes())),
            Step::Skip { becomes, .. } => {
                assert_eq!(becomes.index(), self.sources.len());
                self.sources.push((address, address + run.bytes()));
            }
        }
    }

    fn check_disjoint(&mut self) {
        self.made.sort_unstable();
        let mut pairs = self.made.windows(2);
        assert!(pairs.all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "{:x?}", self.made);
    }
}

#[test]
fn a_device_is_reached_by_few_steps_and_its_neighbour_by_none() {
    let boot = [memory(0x800_0000, 27, 1), memory(RAM, 24, 0)];
    let (mut planner, mut machine) = (Planner::new(&boot), Machine::new(&boot));
    let mut skips = 0;
    for address in [0x900_0000, 0x900_1000, 0xa00_3000] {
        let page = Run::one(ObjectType::SmallPage, 0);
        let mut step = |step| {
            skips += u32::from(matches!(step, Step::Skip { .. }));
            machine.perform(step);
        };
        planner.place_at(page, address, None, &mut step).expect("it is there");
    }
    // 16 MiB before the first, then 0x900_2000 to 0xa00_3000.
    assert_eq!(skips, 1 + 11 + 2);
    machine.check_disjoint();
    let mut none = |_| panic!("nothing may happen");
    let page = Run::one(ObjectType::SmallPage, 0);
    let again = planner.place_at(page, 0x900_0000, None, &mut none);
    assert_eq!(again, Err(Refusal::Taken { address: 0x900_0000 }));
    let outside = planner.place_at(page, 0x2000_0000, None, &mut none);
    assert_eq!(outside, Err(Refusal::Nowhere { address: 0x2000_0000 }));
    let crooked = planner.place_at(page, 0xb00_0800, None, &mut none);
    assert_eq!(crooked, Err(Refusal::Misaligned { address: 0xb00_0800 }));
    let thread = planner.place_at(Run::one(ObjectType::Thread, 0), 0xb00_0000, None, &mut none);
    assert_eq!(thread, Err(Refusal::NotOfDevice { address: 0xb00_0000 }));
    let all = Run { object: ObjectType::LargePage, size: 0, count: 9 };
    let refused = planner.place(all, None, &mut |step| machine.perform(step));
    assert_eq!(refused, Err(Refusal::Full { bits: 21, missing: 1 }), "devices are not for all");
}

#[test]
fn what_was_skipped_in_ram_is_used() {
    let boot = [memory(RAM, 20, 0)];
    let (mut planner, mut machine) = (Planner::new(&boot), Machine::new(&boot));
    let mut step = |step| machine.perform(step);
    let frame = Run::one(ObjectType::SmallPage, 0);
    planner.place_at(frame, RAM + 0x8_3000, None, &mut step).expect("it is there");
    let rest = Run { object: ObjectType::SmallPage, size: 0, count: 255 };
    planner.place(rest, None, &mut step).expect("all fits");
    assert_eq!(planner.free_by_size().iter().sum::<u64>(), 0);
    machine.check_disjoint();
}

#[test]
fn memory_of_the_system_is_for_those_who_name_it() {
    let boot = [memory(RAM, 20, 0)];
    let (mut planner, mut machine) = (Planner::new(&boot), Machine::new(&boot));
    let mut at = 0;
    let mut step = |step| {
        let (_, _, address) = Step::retype(&step);
        at = address;
        machine.perform(step);
    };
    planner.place(Run::one(ObjectType::Untyped, 13), None, &mut step).expect("it fits");
    let inside = planner.open(at, 13);
    machine.sources.push((at, at + 0x2000));
    assert_eq!(inside, SourceId(1));
    let pages = Run { object: ObjectType::SmallPage, size: 0, count: 3 };
    let refused = planner.place(pages, Some(inside), &mut |step| machine.perform(step));
    assert_eq!(refused, Err(Refusal::Full { bits: 12, missing: 1 }));
    let page = Run::one(ObjectType::SmallPage, 0);
    let other = planner.place_at(page, RAM, None, &mut |_| panic!("nothing may happen"));
    assert_eq!(other, Err(Refusal::Taken { address: RAM }));
}

#[test]
fn impossible_sizes_are_refused() {
    let mut planner = Planner::new(&[memory(RAM, 20, 0)]);
    let mut none = |_| panic!("nothing may happen");
    let monster = Run { object: ObjectType::CNode, size: 63, count: u64::MAX };
    let full = Refusal::Full { bits: 68, missing: u64::MAX };
    assert_eq!(planner.place(monster, None, &mut none), Err(full));
    assert!(planner.place_at(monster, 0, None, &mut none).is_err());
    assert!(planner.reserve(u64::MAX, 12, None).is_err());
    assert!(Planner::new(&[]).place(Run::one(ObjectType::Endpoint, 0), None, &mut none).is_err());
}

/// Sizes and counts, the largest sizes first.
fn runs() -> impl Strategy<Value = Vec<(u32, u64)>> {
    proptest::collection::vec((4u32..22, 1u64..400), 1..12).prop_map(|mut runs| {
        runs.sort_by_key(|(bits, _)| core::cmp::Reverse(*bits));
        runs
    })
}

proptest! {
    #[test]
    fn plans_can_be_carried_out_and_waste_nothing(
        sizes in proptest::collection::vec(12u8..23, 1..6),
        fixed in proptest::collection::btree_set(0u64..2048, 0..6),
        group in 0u64..6,
        runs in runs(),
    ) {
        let mut boot: Vec<UntypedDescriptor> = vec![];
        for (index, bits) in (0..).zip(sizes) {
            boot.push(memory(RAM + (index << 23), bits, 0));
        }
        let (mut planner, mut machine) = (Planner::new(&boot), Machine::new(&boot));
        let page = Run::one(ObjectType::SmallPage, 0);
        for number in fixed {
            let address = RAM + (number << 12);
            let mut placed = false;
            let mut step = |step| {
                placed |= Step::retype(&step).2 == address;
                machine.perform(step);
            };
            let result = planner.place_at(page, address, None, &mut step);
            prop_assert_eq!(result.is_ok(), placed);
        }
        if let Ok(together) = planner.reserve(group << 12, 12, None) {
            for number in 0..group {
                let address = together.address + (number << 12);
                let step = &mut |step| machine.perform(step);
                planner.place_at(page, address, Some(together.source), step).expect("kept");
            }
        }
        for (size, count) in runs {
            let pieces = planner.free_by_size();
            let room: u64 = pieces.iter().skip(size as usize).sum::<u64>() >> size;
            let run = Run { object: ObjectType::Untyped, size, count };
            let result = planner.place(run, None, &mut |step| machine.perform(step));
            match result {
                Ok(()) => prop_assert!(room >= count),
                Err(refusal) => {
                    prop_assert_eq!(refusal, Refusal::Full { bits: size, missing: count - room });
                }
            }
        }
        machine.check_disjoint();
    }
}
