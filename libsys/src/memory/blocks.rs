//! Untyped memory as a forest of halves.
//!
//! A block of memory is free, in use as a whole, or cut into two halves, which are blocks. Each
//! has a capability of its own, derived from that of the block that it is half of; so a revoke
//! takes back everything that was ever made of it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::bootstrap::AllocationError;
use crate::cap::Cap;
use crate::object::Untyped;

/// What the blocks need of the kernel.
pub(super) trait Carve {
    /// Cuts a whole block into two halves of `1 << bits` bytes, the lower one first.
    fn cut(&mut self, block: Cap<Untyped>, bits: u32)
    -> Result<[Cap<Untyped>; 2], AllocationError>;

    /// Takes back all that was made of a block.
    fn clear(&mut self, block: Cap<Untyped>) -> Result<(), AllocationError>;

    /// The slots of two halves are empty, because their block was cleared.
    fn forget(&mut self, halves: [Cap<Untyped>; 2]);
}

/// Names a block, for as long as it is in use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct BlockId(usize);

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Free,
    Used,
    Cut([usize; 2]),
    /// None any more: the number can be given to another.
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    cap: Cap<Untyped>,
    address: u64,
    bits: u32,
    /// The block of which this is half.
    whole: Option<usize>,
    state: State,
}

/// All blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    gone: Vec<usize>,
    /// Free blocks by size, then by address.
    free: BTreeSet<(u32, u64, usize)>,
    total: u64,
    used: u64,
}

impl Blocks {
    /// Adds a whole block of memory that nothing was made of. Its address need not be physical
    /// where nobody takes blocks by address.
    pub(super) fn add(&mut self, cap: Cap<Untyped>, address: u64, bits: u32) {
        let id = self.insert(Block { cap, address, bits, whole: None, state: State::Free });
        self.free.insert((bits, address, id));
        self.total += 1 << bits;
    }

    /// Bytes of all blocks together.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Bytes of the blocks that are in use.
    pub(super) fn used(&self) -> u64 {
        self.used
    }

    /// `log2` of the bytes of the largest free block.
    pub(super) fn largest(&self) -> Option<u32> {
        self.free.last().map(|(bits, ..)| *bits)
    }

    /// The capability to a block.
    pub(super) fn cap(&self, id: BlockId) -> Cap<Untyped> {
        self.blocks[id.0].cap
    }

    /// The address of a block.
    #[cfg(test)]
    fn address(&self, id: BlockId) -> u64 {
        self.blocks[id.0].address
    }

    /// Takes a block of `1 << bits` bytes, cut out of the smallest free one that is large enough.
    pub(super) fn take(
        &mut self,
        kernel: &mut impl Carve,
        bits: u32,
    ) -> Result<BlockId, AllocationError> {
        let best = self.free.range((bits, 0, 0)..).next().copied();
        let (.., id) = best.ok_or(AllocationError::NoMemory { bits, count: 1 })?;
        let lowest = self.blocks[id].address;
        self.cut_out(kernel, id, lowest, bits)
    }

    /// Takes the block of `1 << bits` bytes at a physical address.
    pub(super) fn take_at(
        &mut self,
        kernel: &mut impl Carve,
        address: u64,
        bits: u32,
    ) -> Result<BlockId, AllocationError> {
        let missing = AllocationError::NoDevice(address);
        if bits >= u64::BITS || !address.is_multiple_of(1 << bits) {
            return Err(missing);
        }
        let contains = |block: u64, size: u32| {
            size >= bits && address.checked_sub(block).is_some_and(|offset| offset >> size == 0)
        };
        let found = self.free.iter().find(|(size, block, _)| contains(*block, *size));
        let (.., id) = *found.ok_or(missing)?;
        self.cut_out(kernel, id, address, bits)
    }

    /// Gives a block back: revokes it, and joins halves that are both free.
    pub(super) fn give_back(
        &mut self,
        kernel: &mut impl Carve,
        id: BlockId,
    ) -> Result<(), AllocationError> {
        kernel.clear(self.cap(id))?;
        self.used -= 1 << self.blocks[id.0].bits;
        self.set_free(id.0);
        self.join(kernel, id.0)
    }

    /// Joins a free block with its other half, if that is free too, and so on.
    fn join(&mut self, kernel: &mut impl Carve, mut block: usize) -> Result<(), AllocationError> {
        while let Some(whole) = self.blocks[block].whole {
            let State::Cut(halves) = self.blocks[whole].state else { break };
            if halves.iter().any(|half| self.blocks[*half].state != State::Free) {
                break;
            }
            kernel.clear(self.blocks[whole].cap)?;
            kernel.forget(halves.map(|half| self.blocks[half].cap));
            halves.into_iter().for_each(|half| self.remove(half));
            self.set_free(whole);
            block = whole;
        }
        Ok(())
    }

    /// Cuts the free block `id` until the half with `address` has the wanted size, and uses that.
    fn cut_out(
        &mut self,
        kernel: &mut impl Carve,
        mut id: usize,
        address: u64,
        bits: u32,
    ) -> Result<BlockId, AllocationError> {
        while self.blocks[id].bits > bits {
            let halves = match self.cut(kernel, id) {
                Ok(halves) => halves,
                Err(reason) => {
                    self.join(kernel, id)?;
                    return Err(reason);
                }
            };
            let [_, upper] = halves.map(|half| self.blocks[half].address);
            id = halves[usize::from(address >= upper)];
        }
        self.set_not_free(id, State::Used);
        self.used += 1 << bits;
        Ok(BlockId(id))
    }

    fn cut(&mut self, kernel: &mut impl Carve, id: usize) -> Result<[usize; 2], AllocationError> {
        let Block { cap, address, bits, .. } = self.blocks[id];
        let bits = bits - 1;
        let [lower, upper] = kernel.cut(cap, bits)?;
        let pairs = [(lower, address), (upper, address + (1 << bits))];
        let halves = pairs.map(|(cap, address)| {
            let half = Block { cap, address, bits, whole: Some(id), state: State::Free };
            let half_id = self.insert(half);
            self.free.insert((bits, address, half_id));
            half_id
        });
        self.set_not_free(id, State::Cut(halves));
        Ok(halves)
    }

    fn set_free(&mut self, id: usize) {
        let block = &mut self.blocks[id];
        block.state = State::Free;
        self.free.insert((block.bits, block.address, id));
    }

    fn set_not_free(&mut self, id: usize, state: State) {
        let block = &mut self.blocks[id];
        block.state = state;
        self.free.remove(&(block.bits, block.address, id));
    }

    fn insert(&mut self, block: Block) -> usize {
        match self.gone.pop() {
            Some(id) => {
                self.blocks[id] = block;
                id
            }
            None => {
                self.blocks.push(block);
                self.blocks.len() - 1
            }
        }
    }

    fn remove(&mut self, id: usize) {
        self.set_not_free(id, State::Gone);
        self.gone.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A kernel that knows what was made of what.
    #[derive(Default)]
    struct Kernel {
        /// Size of each untyped capability, and the one that it was made of.
        caps: BTreeMap<u64, (u32, Option<u64>)>,
        next: u64,
        slots: u64,
    }

    impl Kernel {
        fn with(bits: u32, slots: u64) -> Self {
            Self { caps: BTreeMap::from([(1, (bits, None))]), next: 2, slots }
        }

        fn children(&self, cap: u64) -> Vec<u64> {
            let of = |(_, (_, parent)): &(&u64, &(u32, Option<u64>))| *parent == Some(cap);
            self.caps.iter().filter(of).map(|(child, _)| *child).collect()
        }
    }

    impl Carve for Kernel {
        fn cut(
            &mut self,
            block: Cap<Untyped>,
            bits: u32,
        ) -> Result<[Cap<Untyped>; 2], AllocationError> {
            let parent = block.pointer();
            assert_eq!(self.caps[&parent].0, bits + 1);
            assert!(self.children(parent).is_empty(), "it was whole");
            if self.slots < 2 {
                return Err(AllocationError::NoSlots);
            }
            self.slots -= 2;
            self.next += 2;
            let halves = [self.next - 2, self.next - 1];
            self.caps.extend(halves.map(|half| (half, (bits, Some(parent)))));
            Ok(halves.map(Cap::at))
        }

        fn clear(&mut self, block: Cap<Untyped>) -> Result<(), AllocationError> {
            assert!(self.caps.contains_key(&block.pointer()));
            for child in self.children(block.pointer()) {
                self.clear(Cap::at(child))?;
                self.caps.remove(&child);
            }
            Ok(())
        }

        fn forget(&mut self, halves: [Cap<Untyped>; 2]) {
            assert!(halves.iter().all(|half| !self.caps.contains_key(&half.pointer())));
            self.slots += 2;
        }
    }

    const START: u64 = 0x4000_0000;

    fn one_block(bits: u32, slots: u64) -> (Kernel, Blocks) {
        let mut blocks = Blocks::default();
        blocks.add(Cap::at(1), START, bits);
        (Kernel::with(bits, slots), blocks)
    }

    #[test]
    fn the_smallest_block_is_cut() {
        let (mut kernel, mut blocks) = one_block(20, 100);
        let first = blocks.take(&mut kernel, 12).expect("room");
        let second = blocks.take(&mut kernel, 12).expect("room");
        assert_eq!((blocks.address(first), blocks.address(second)), (START, START + 0x1000));
        assert_eq!((blocks.used(), blocks.largest()), (0x2000, Some(19)));
        assert_eq!(
            blocks.take(&mut kernel, 20),
            Err(AllocationError::NoMemory { bits: 20, count: 1 })
        );
        blocks.give_back(&mut kernel, first).expect("in use");
        blocks.give_back(&mut kernel, second).expect("in use");
        assert_eq!((blocks.used(), blocks.largest()), (0, Some(20)));
        assert_eq!((kernel.slots, kernel.caps.len()), (100, 1), "nothing is left of the halves");
    }

    #[test]
    fn a_block_can_be_chosen_by_address() {
        let (mut kernel, mut blocks) = one_block(24, 100);
        let address = START + 0x90_3000;
        let page = blocks.take_at(&mut kernel, address, 12).expect("there");
        assert_eq!(blocks.address(page), address);
        let again = blocks.take_at(&mut kernel, address, 12);
        assert_eq!(again, Err(AllocationError::NoDevice(address)));
        for wrong in [START - 0x1000, START + (1 << 24), address + 1] {
            assert!(blocks.take_at(&mut kernel, wrong, 12).is_err(), "{wrong:#x}");
        }
        assert!(blocks.take_at(&mut kernel, START, 64).is_err());
    }

    #[test]
    fn without_slots_nothing_is_lost() {
        let (mut kernel, mut blocks) = one_block(20, 6);
        assert_eq!(blocks.take(&mut kernel, 12), Err(AllocationError::NoSlots));
        assert_eq!(blocks.used(), 0);
        assert_eq!((kernel.slots, blocks.largest()), (6, Some(20)));
    }

    proptest! {
        #[test]
        fn blocks_in_use_are_disjoint_and_counted(
            steps in proptest::collection::vec((any::<bool>(), 4_u32..17, any::<usize>()), 1..120)
        ) {
            let (mut kernel, mut blocks) = one_block(16, 40);
            let mut used: Vec<(BlockId, u32)> = Vec::new();
            for (take, bits, index) in steps {
                if take {
                    let fits = blocks.largest().is_some_and(|largest| largest >= bits);
                    match blocks.take(&mut kernel, bits) {
                        Ok(id) => used.push((id, bits)),
                        Err(AllocationError::NoSlots) => prop_assert!(kernel.slots < 24),
                        Err(_) => prop_assert!(!fits),
                    }
                } else if !used.is_empty() {
                    let (id, _) = used.swap_remove(index % used.len());
                    blocks.give_back(&mut kernel, id).expect("in use");
                }
                let bytes: u64 = used.iter().map(|(_, bits)| 1_u64 << bits).sum();
                prop_assert_eq!(blocks.used(), bytes);
                let mut ranges: Vec<_> =
                    used.iter().map(|(id, bits)| (blocks.address(*id), 1_u64 << bits)).collect();
                ranges.sort_unstable();
                prop_assert!(ranges.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
                prop_assert!(ranges.iter().all(|(start, size)| start.is_multiple_of(*size)));
            }
            for (id, _) in used {
                blocks.give_back(&mut kernel, id).expect("in use");
            }
            prop_assert_eq!((blocks.largest(), kernel.slots), (Some(16), 40));
        }
    }
}
