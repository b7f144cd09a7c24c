//! Untyped memory without a written size is as large as what it covers needs.

use std::cmp::Reverse;
use std::collections::HashMap;

use layout::ObjectId;
use layout::object::{Kind, Object};

use super::Builder;
use crate::code::Code;

/// `log2` of the bytes of the smallest untyped memory.
const SMALLEST: u32 = *abi::object::UNTYPED_BITS.start();

/// The depth of what is being looked at.
const UNKNOWN: usize = usize::MAX;

impl Builder<'_, '_> {
    /// Gives all untyped memory a size, and refuses what lies in itself.
    pub(super) fn infer_sizes(&mut self) {
        let Some(depths) = self.depths() else { return };
        let mut waiting = std::mem::take(&mut self.unsized_memory);
        waiting.retain(|id| is_unsized(&self.model[*id]));
        // What is deeper has its size first.
        waiting.sort_by_key(|id| Reverse(depths.get(id).copied()));
        let mut needs: HashMap<ObjectId, u128> = HashMap::new();
        for object in self.model.objects.iter().filter(|object| !is_unsized(object)) {
            if let (Some(memory), Some(bits)) = (object.inside, object.kind.size_bits()) {
                *needs.entry(memory).or_default() += 1 << bits.min(64);
            }
        }
        for id in waiting {
            let need = needs.get(&id).copied().unwrap_or(0).max(1 << SMALLEST);
            // Objects of sizes that are powers of two fit without gaps, the largest first.
            let bits = need.next_power_of_two().trailing_zeros();
            if let Kind::Untyped(untyped) = &mut self.model[id].kind {
                untyped.bits = bits.into();
            }
            if let Some(memory) = self.model[id].inside {
                *needs.entry(memory).or_default() += 1 << bits.min(100);
            }
        }
    }

    /// How deep each untyped memory lies in others; nothing if one lies in itself.
    fn depths(&mut self) -> Option<HashMap<ObjectId, usize>> {
        let is_memory = |(_, object): &(ObjectId, &Object)| matches!(object.kind, Kind::Untyped(_));
        let memories = self.model.objects().filter(is_memory).map(|(id, _)| id);
        let memories: Vec<ObjectId> = memories.collect();
        let mut depths: HashMap<ObjectId, usize> = HashMap::new();
        for memory in memories {
            let mut chain = Vec::new();
            let mut next = Some(memory);
            while let Some(id) = next.filter(|id| !depths.contains_key(id)) {
                depths.insert(id, UNKNOWN);
                chain.push(id);
                next = self.model[id].inside;
            }
            let above = next.map(|id| depths[&id]);
            if above == Some(UNKNOWN) {
                let object = &self.model[memory];
                let message = format!("`{}` lies in itself", object.name);
                let help = "take it out of one of the memories";
                self.problems.error(Code::COVERED_TWICE, object.span, message, help);
                return None;
            }
            let first = above.map_or(0, |depth| depth + 1);
            depths.extend(chain.into_iter().rev().zip(first..));
        }
        Some(depths)
    }
}

/// Whether nobody has written its size.
fn is_unsized(object: &Object) -> bool {
    matches!(&object.kind, Kind::Untyped(untyped) if untyped.bits == 0)
}
