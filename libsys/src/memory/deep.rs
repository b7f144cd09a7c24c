//! More slots than the initial CNode has: a CSpace of two levels.
//!
//! ```text
//! bits of a pointer   63 … 40   39 … 32   31 … 12   11 … 0
//!                     zero      root      zero      CNode
//! ```
//!
//! The initial CNode becomes the first below a new root, so that all pointers keep their meaning.

use abi::bootinfo::BootInfo;
use abi::{GuardWord, Rights, WORD_BITS};

use super::{Memory, Objects};
use crate::bootstrap::AllocationError;
use crate::cap::{Cap, SlotPath};
use crate::initial;
use crate::memory::SlotRegion;
use crate::object::{CNode, Space};

/// `log2` of the slots of the root.
const ROOT_BITS: u32 = 8;
/// Bits of a pointer that the root leaves to the CNodes below.
const LOWER_BITS: u32 = 32;
/// `log2` of the slots of each CNode below, but the initial one.
const NODE_BITS: u32 = 12;
/// With fewer slots left another CNode is made: it needs some itself.
const RESERVE: u64 = 128;

/// A root with CNodes below it.
#[derive(Debug)]
pub(super) struct Deep {
    root: Cap<CNode>,
    /// CNodes below.
    nodes: u64,
}

impl Deep {
    /// The path to a slot of the root itself.
    const fn slot(&self, index: u64) -> SlotPath {
        let depth = (WORD_BITS - LOWER_BITS) as u8;
        SlotPath::with_depth(self.root, index, depth)
    }
}

/// A guard of zeroes.
fn guard(bits: u32) -> GuardWord {
    GuardWord { bits: u8::try_from(bits).unwrap_or(0), guard: 0 }
}

impl Memory {
    /// Gives the initial thread a CSpace of two levels: from now on there are as many slots as
    /// memory has room for. Other threads keep the CSpace that they have; those that share this
    /// one from now on are given [`cspace`](Objects::cspace).
    ///
    /// # Errors
    /// Too little memory or too few slots, or what the kernel refuses. Nothing has changed then.
    pub fn deepen(&mut self, boot: &BootInfo) -> Result<(), AllocationError> {
        let cnode_bits = u32::try_from(boot.cnode_bits).unwrap_or(LOWER_BITS);
        self.deepen_from(cnode_bits, boot.ipc_buffer)
    }

    /// [`deepen`](Self::deepen) for an initial CNode of `1 << cnode_bits` slots.
    fn deepen_from(&mut self, cnode_bits: u32, ipc_buffer: u64) -> Result<(), AllocationError> {
        let root = self.slot::<CNode>()?;
        let built = self.create_sized::<CNode>(ROOT_BITS).and_then(|fresh| {
            let unused = guard(WORD_BITS - ROOT_BITS - LOWER_BITS);
            let first = guard(LOWER_BITS.saturating_sub(cnode_bits));
            let deep = Deep { root, nodes: 1 };
            let entered = self
                .path(root)
                .mint_from(self.path(fresh), Rights::ALL, unused)
                .and_then(|()| {
                    let initial = self.path(initial::CNODE);
                    deep.slot(0).mint_from(initial, Rights::ALL, first)
                })
                .and_then(|()| {
                    let space = Space::new(root, initial::VSPACE);
                    initial::THREAD.configure(space, ipc_buffer, initial::IPC_BUFFER_FRAME)
                });
            self.kept(fresh, entered).map(|()| deep)
        });
        match built {
            Ok(deep) => {
                self.slots.set_root(root);
                self.deep = Some(deep);
                Ok(())
            }
            Err(reason) => {
                self.free_slot(root)?;
                Err(reason)
            }
        }
    }

    /// Frees a CNode if what was to be done with it was refused.
    fn kept(
        &mut self,
        node: Cap<CNode>,
        done: Result<(), abi::Error>,
    ) -> Result<(), AllocationError> {
        if let Err(reason) = done {
            self.free(node)?;
            return Err(reason.into());
        }
        Ok(())
    }

    /// Makes another CNode when there are few slots left for `count` more, if that is possible.
    pub(super) fn keep_slots(&mut self, count: u64) -> Result<(), AllocationError> {
        if self.slots.left() >= count.saturating_add(RESERVE) {
            return Ok(());
        }
        let Some(mut deep) = self.deep.take() else { return Ok(()) };
        // Not to be called by itself: without `deep` the slots that are left must do.
        let added = self.add_node(&mut deep);
        self.deep = Some(deep);
        added
    }

    fn add_node(&mut self, deep: &mut Deep) -> Result<(), AllocationError> {
        let index = deep.nodes;
        if index >> ROOT_BITS > 0 {
            return Err(AllocationError::NoSlots);
        }
        let fresh = self.create_sized::<CNode>(NODE_BITS)?;
        let place = deep.slot(index);
        let guard = guard(LOWER_BITS - NODE_BITS);
        let placed = place.mint_from(self.path(fresh), Rights::ALL, guard);
        self.kept(fresh, placed)?;
        let start = index << LOWER_BITS;
        let pointers = start..start + (1 << NODE_BITS);
        self.slots.add(SlotRegion { pointers, node: place, first: 0 });
        deep.nodes += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::machine::fake;
    use crate::memory::rehearsal::Stage;

    #[test]
    fn the_cspace_is_deeper_or_as_it_was() {
        for refused in 0.. {
            fake::start(Some(refused));
            let mut stage = Stage::new(20);
            let before = stage.state();
            if stage.memory.deepen_from(12, 0).is_ok() {
                assert!(refused > 3 && !fake::has_refused(), "{refused}");
                return;
            }
            assert_eq!(stage.state(), before, "refused: {refused}");
        }
    }

    #[test]
    fn a_further_cnode_is_there_or_not() {
        for refused in 0.. {
            fake::start(None);
            let mut stage = Stage::new(20);
            stage.memory.deepen_from(12, 0).expect("nothing is refused");
            let slots = stage.memory.usage().slots;
            stage.memory.slots.take(slots - 100).expect("there are more");
            fake::refuse(refused);
            let before = stage.state();
            let kept = stage.memory.keep_slots(1);
            if kept.is_ok() {
                assert!(refused > 1 && stage.memory.usage().slots > 4000, "{refused}");
                return;
            }
            assert_eq!(stage.state(), before, "refused: {refused}");
        }
    }
}
