//! CNodes: tables of capability slots. Their invocations are methods of the path to the slot
//! that they act on.

use abi::{Error, GuardWord, Invocation, ObjectType, Rights};

use super::{ChosenSize, Object};
use crate::cap::{Cap, CapData, SlotPath};
use crate::invoke::{check, perform};
use crate::syscall::{self, Message};

/// A table of capability slots.
///
/// ```no_run
/// use libsys::initial::CNODE;
/// use libsys::object::CNode;
/// use libsys::{Cap, Error, Rights};
///
/// /// Gives the capability in slot 40 to the owner of another CNode of 2^12 slots, read-only.
/// fn give(node: Cap<CNode>) -> Result<(), Error> {
///     node.slot_at(1, 12).copy_from(CNODE.slot(40), Rights::READ)
/// }
/// # fn main() {}
/// ```
pub enum CNode {}

impl Object for CNode {
    const TYPE: ObjectType = ObjectType::CNode;
}

impl ChosenSize for CNode {}

impl Cap<CNode> {
    /// The slot at full depth: for a CNode whose guard makes plain numbers valid addresses.
    #[inline(always)]
    #[must_use]
    pub const fn slot(self, index: u64) -> SlotPath {
        SlotPath::new(self, index)
    }

    /// The slot at a chosen depth.
    #[inline(always)]
    #[must_use]
    pub const fn slot_at(self, index: u64, depth: u8) -> SlotPath {
        SlotPath::with_depth(self, index, depth)
    }
}

/// Operations on slots. All of them can fail with `FailedLookup` (of the destination or the
/// source) or `Range(1, 64)` when a path does not resolve; those are not repeated below.
impl SlotPath {
    fn depth_word(self) -> u64 {
        u64::from(self.depth)
    }

    #[inline]
    fn act(self, invocation: Invocation) -> Result<(), Error> {
        perform(self.root.pointer(), invocation, &[self.index, self.depth_word()], &[])
    }

    /// Deletes all capabilities derived from the one in this slot. Preemptible. An empty slot
    /// is no error.
    ///
    /// # Errors
    /// Those of the path.
    #[inline]
    pub fn revoke(self) -> Result<(), Error> {
        self.act(Invocation::CNodeRevoke)
    }

    /// Empties the slot. Preemptible. An empty slot is no error.
    ///
    /// # Errors
    /// Those of the path.
    #[inline]
    pub fn delete(self) -> Result<(), Error> {
        self.act(Invocation::CNodeDelete)
    }

    /// Lets every sender go that waits on the endpoint with exactly this capability's badge.
    /// Badge 0: nothing happens.
    ///
    /// # Errors
    /// - `IllegalOperation`: no endpoint, or not all four rights.
    #[inline]
    pub fn cancel_badged_sends(self) -> Result<(), Error> {
        self.act(Invocation::CNodeCancelBadgedSends)
    }

    /// Puts a copy of `source` with at most these rights here.
    ///
    /// # Errors
    /// - `DeleteFirst`: this slot is occupied (decided before the source is looked up).
    /// - `FailedLookup(MissingCapability)`: the source is empty.
    /// - `RevokeFirst`: the source is untyped memory with children.
    /// - `IllegalOperation`: the source cannot be copied: interrupt control, a zombie, a page
    ///   table that is not mapped, an address space without ASID.
    #[inline]
    pub fn copy_from(self, source: Self, rights: Rights) -> Result<(), Error> {
        let words =
            [self.index, self.depth_word(), source.index, source.depth_word(), rights.word()];
        perform(self.root.pointer(), Invocation::CNodeCopy, &words, &[source.root.pointer()])
    }

    /// [`copy_from`](Self::copy_from) that also sets a badge or a guard. Kinds of capability
    /// that have neither ignore `data`.
    ///
    /// # Errors
    /// Those of `copy_from`, and
    /// - `IllegalOperation`: the source has a badge already, or guard and slots of the CNode
    ///   exceed 64 bits.
    #[inline]
    pub fn mint_from(self, source: Self, rights: Rights, data: impl CapData) -> Result<(), Error> {
        let words = [
            self.index,
            self.depth_word(),
            source.index,
            source.depth_word(),
            rights.word(),
            data.word(),
        ];
        perform(self.root.pointer(), Invocation::CNodeMint, &words, &[source.root.pointer()])
    }

    /// Moves the capability of `source` here, unchanged.
    ///
    /// # Errors
    /// - `DeleteFirst`: this slot is occupied.
    /// - `FailedLookup(MissingCapability)`: the source is empty.
    #[inline]
    pub fn move_from(self, source: Self) -> Result<(), Error> {
        let words = [self.index, self.depth_word(), source.index, source.depth_word()];
        perform(self.root.pointer(), Invocation::CNodeMove, &words, &[source.root.pointer()])
    }

    /// Whether a capability is in this slot. What is asked for is to move it onto itself, which is
    /// refused in either case, so that nothing changes.
    ///
    /// # Errors
    /// Those of the path.
    #[inline]
    pub fn is_occupied(self) -> Result<bool, Error> {
        const OCCUPIED: u64 = Error::DeleteFirst.code();
        let words = [self.index, self.depth_word(), self.index, self.depth_word()];
        let caps = [self.root.pointer()];
        let message = Message::new(Invocation::CNodeMove.label(), &words).with_caps(&caps);
        let reply = syscall::call(self.root.pointer(), message);
        if reply.info.label() == OCCUPIED {
            return Ok(true);
        }
        match check(reply) {
            // The way to the slot is known by then: the destination's is looked up first.
            Err(Error::FailedLookup { source: true, .. }) => Ok(false),
            Err(error) => Err(error),
            // No slot is both empty and occupied.
            Ok(_) => Ok(true),
        }
    }

    /// Moves the capability of `source` here and sets its guard.
    ///
    /// # Errors
    /// Those of [`move_from`](Self::move_from), and
    /// - `IllegalOperation`: the source is an endpoint or a notification, or guard and slots
    ///   exceed 64 bits.
    #[inline]
    pub fn mutate_from(self, source: Self, guard: GuardWord) -> Result<(), Error> {
        let words =
            [self.index, self.depth_word(), source.index, source.depth_word(), guard.word()];
        perform(self.root.pointer(), Invocation::CNodeMutate, &words, &[source.root.pointer()])
    }

    /// Moves the capability of `pivot` here and that of `source` to the pivot, each with a new
    /// guard (`pivot_guard` goes with the first). Source and destination may be the same slot:
    /// then the two are swapped.
    ///
    /// # Errors
    /// - `IllegalOperation`: the pivot is the source or the destination.
    /// - `DeleteFirst`: this slot is occupied and not the source.
    /// - `FailedLookup(MissingCapability)`: source or pivot is empty.
    /// - `IllegalOperation`: a guard is not possible; see [`mutate_from`](Self::mutate_from).
    #[inline]
    pub fn rotate_from(
        self,
        pivot: Self,
        pivot_guard: GuardWord,
        source: Self,
        source_guard: GuardWord,
    ) -> Result<(), Error> {
        let words = [
            self.index,
            self.depth_word(),
            pivot_guard.word(),
            pivot.index,
            pivot.depth_word(),
            source_guard.word(),
            source.index,
            source.depth_word(),
        ];
        let caps = [pivot.root.pointer(), source.root.pointer()];
        perform(self.root.pointer(), Invocation::CNodeRotate, &words, &caps)
    }
}
