//! Untyped memory: what everything else is made of.

use abi::{Error, Invocation, ObjectType};

use super::{CNode, ChosenSize, Object};
use crate::cap::{Cap, SlotPath};
use crate::invoke::perform;

/// A naturally aligned range of physical memory without a type.
///
/// ```no_run
/// use libsys::initial::CNODE;
/// use libsys::object::{SlotRange, Untyped};
/// use libsys::{Cap, Error, ObjectType};
///
/// /// Eight endpoints in slots 100 to 107.
/// fn endpoints(memory: Cap<Untyped>) -> Result<(), Error> {
///     memory.retype(ObjectType::Endpoint, 0, SlotRange::within(CNODE, 100, 8))
/// }
/// # fn main() {}
/// ```
pub enum Untyped {}

impl Object for Untyped {
    const TYPE: ObjectType = ObjectType::Untyped;
}

impl ChosenSize for Untyped {}

/// Consecutive slots of one CNode, as the destination of a retype.
///
/// ```
/// use libsys::initial::CNODE;
/// use libsys::object::SlotRange;
///
/// let here = SlotRange::within(CNODE, 100, 8);
/// // In the CNode whose capability is in slot 40.
/// let below = SlotRange { node: CNODE.slot(40), offset: 0, count: 8 };
/// assert_eq!(here.count, below.count);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotRange {
    /// The CNode: found at `index`, `depth` from `root`, or `root` itself when the depth is 0.
    pub node: SlotPath,
    /// First slot in that CNode.
    pub offset: u64,
    /// Number of slots, 1 to 256.
    pub count: u64,
}

impl SlotRange {
    /// Slots of the CNode `node` itself.
    #[inline(always)]
    #[must_use]
    pub const fn within(node: Cap<CNode>, offset: u64, count: u64) -> Self {
        Self { node: SlotPath::with_depth(node, 0, 0), offset, count }
    }
}

impl Cap<Untyped> {
    /// Makes `slots.count` objects. `size` counts for untyped memory and scheduling contexts
    /// (`log2` of their bytes) and CNodes (`log2` of their slots) only. Without children the
    /// memory is cleared first; that may take long, and is preemptible.
    ///
    /// # Errors
    /// - `Range(0, 47)`: the object would be larger than 2^47 bytes.
    /// - `InvalidArgument(1)`: the size is too small for the type.
    /// - `FailedLookup` or `Range(1, 64)`: the destination does not resolve;
    ///   `FailedLookup(MissingCapability)`: it is no CNode.
    /// - `Range`: the offset, or the count, exceeds the CNode or 256.
    /// - `DeleteFirst`: a destination slot is occupied.
    /// - `NotEnoughMemory(left)`: so many bytes are left.
    /// - `InvalidArgument(1)`: device memory becomes pages and untyped memory only.
    #[inline]
    pub fn retype(self, object: ObjectType, size: u32, slots: SlotRange) -> Result<(), Error> {
        let SlotRange { node, offset, count } = slots;
        let size = u64::from(size);
        let words = [object.word(), size, node.index, u64::from(node.depth), offset, count];
        perform(self.pointer(), Invocation::UntypedRetype, &words, &[node.root.pointer()])
    }
}
