//! Retype messages whose every field can be spoilt.

use super::tools::call;
use crate::framework::prelude::*;

/// The words of a retype message, and the root of its destination.
#[derive(Clone, Copy, Debug)]
pub struct Retype {
    /// Type number.
    pub object: u64,
    /// `log2` of the size.
    pub size: u64,
    /// Pointer of the CNode where the lookup of the destination starts.
    pub root: u64,
    /// Address of the destination CNode's slot.
    pub index: u64,
    /// Bits of that address; 0: the root is the destination.
    pub depth: u64,
    /// First slot.
    pub offset: u64,
    /// Number of objects.
    pub count: u64,
}

impl Retype {
    /// One object, to be put into an empty slot of the initial CNode.
    pub fn one(w: &mut World, object: ObjectType, size: u64) -> Outcome<Self> {
        let offset = w.slot::<Untyped>()?.pointer();
        let root = initial::CNODE.pointer();
        Ok(Self { object: object.word(), size, root, index: 0, depth: 0, offset, count: 1 })
    }

    /// The same with a slot of another CNode.
    pub const fn within(self, node: Cap<CNode>, offset: u64) -> Self {
        Self { root: node.pointer(), index: 0, depth: 0, offset, ..self }
    }

    /// The message words.
    pub const fn words(&self) -> [u64; 6] {
        [self.object, self.size, self.index, self.depth, self.offset, self.count]
    }

    /// Sends the message.
    pub fn send(&self, memory: Cap<Untyped>) -> Result<(), Error> {
        self.send_words(memory, 6)
    }

    /// Sends the first words of the message only.
    pub fn send_words(&self, memory: Cap<Untyped>, length: usize) -> Result<(), Error> {
        let label = Invocation::UntypedRetype.label();
        call(memory, label, &self.words()[..length], &[self.root]).map(|_| ())
    }
}
