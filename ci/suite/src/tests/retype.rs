//! Retype messages whose every field can be spoilt.

use super::tools::call;
use crate::framework::prelude::*;

/// The words of a retype message, and the root of its destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retype {
    /// Type number.
    pub(super) object: u64,
    /// `log2` of the size.
    pub(super) size: u64,
    /// Pointer of the CNode where the lookup of the destination starts.
    pub(super) root: u64,
    /// Address of the destination CNode's slot.
    pub(super) index: u64,
    /// Bits of that address; 0: the root is the destination.
    pub(super) depth: u64,
    /// First slot.
    pub(super) offset: u64,
    /// Number of objects.
    pub(super) count: u64,
}

impl Retype {
    /// One object, to be put into an empty slot of the initial CNode.
    pub(super) fn one(w: &mut World, object: ObjectType, size: u64) -> Outcome<Self> {
        let offset = w.slot::<Untyped>()?.pointer();
        let root = initial::CNODE.pointer();
        Ok(Self { object: object.word(), size, root, index: 0, depth: 0, offset, count: 1 })
    }

    /// The same with a slot of another CNode.
    pub(super) const fn within(self, node: Cap<CNode>, offset: u64) -> Self {
        Self { root: node.pointer(), index: 0, depth: 0, offset, ..self }
    }

    /// The message words.
    pub(super) const fn words(&self) -> [u64; 6] {
        [self.object, self.size, self.index, self.depth, self.offset, self.count]
    }

    /// Sends the message.
    pub(super) fn send(&self, memory: Cap<Untyped>) -> Result<(), Error> {
        self.send_words(memory, 6)
    }

    /// Sends the first words of the message only.
    pub(super) fn send_words(&self, memory: Cap<Untyped>, length: usize) -> Result<(), Error> {
        let label = Invocation::UntypedRetype.label();
        call(memory, label, &self.words()[..length], &[self.root]).map(|_| ())
    }
}
