//! Operations on CNodes: moving capabilities about. (objects.md §3)

use abi::{Error, Invocation, LookupFailure, Rights};

use crate::call::{Call, Outcome};
use crate::cap::{Cap, Change};
use crate::endpoint::Endpoint;
use crate::kernel::{Kernel, Preempted};
use crate::mem::Obj;
use crate::slot::Slot;

/// An operation on a CNode that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Delete all descendants of a capability.
    Revoke(Obj<Slot>),
    /// Empty a slot.
    Delete(Obj<Slot>),
    /// Take back messages sent with a badge.
    CancelBadgedSends {
        /// Where they wait.
        endpoint: Obj<Endpoint>,
        /// The badge.
        badge: u64,
    },
    /// Nothing to do.
    Nothing,
    /// Put a derived capability into an empty slot.
    Insert {
        /// What it is derived from.
        source: Obj<Slot>,
        /// The empty slot.
        to: Obj<Slot>,
        /// How it differs.
        change: Change,
    },
    /// Move a capability into an empty slot.
    Move {
        /// From where.
        source: Obj<Slot>,
        /// The empty slot.
        to: Obj<Slot>,
        /// A new guard.
        guard: Option<u64>,
    },
    /// Move the pivot to the destination and the source to the pivot slot.
    Rotate {
        /// The destination; empty, or the source itself.
        destination: Obj<Slot>,
        /// What arrives there.
        pivot_cap: Cap,
        /// The pivot slot.
        pivot: Obj<Slot>,
        /// What arrives there.
        source_cap: Cap,
        /// The source slot.
        source: Obj<Slot>,
    },
}

const REVOKE: u64 = Invocation::CNodeRevoke.label();
const DELETE: u64 = Invocation::CNodeDelete.label();
const CANCEL_BADGED_SENDS: u64 = Invocation::CNodeCancelBadgedSends.label();
const COPY: u64 = Invocation::CNodeCopy.label();
const MINT: u64 = Invocation::CNodeMint.label();
const MOVE: u64 = Invocation::CNodeMove.label();
const MUTATE: u64 = Invocation::CNodeMutate.label();
const ROTATE: u64 = Invocation::CNodeRotate.label();

/// Checks a message to a CNode.
///
/// # Errors
/// As objects.md §3 lists them, in that order.
#[inline(always)]
pub(crate) fn decode(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    match call.info.label() {
        ROTATE => decode_rotate(kernel, call, named_slot(kernel, call)?),
        _ => decode_plain(kernel, call),
    }
}

/// The same for all but [`Operation::Rotate`], which is a label like an unknown one here. Without
/// the function that checks so much, nothing of the message has to be kept in memory.
///
/// # Errors
/// Those of [`decode`].
#[inline(always)]
pub(crate) fn decode_plain(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let label = call.info.label();
    if !(REVOKE..ROTATE).contains(&label) {
        return Err(Error::IllegalOperation);
    }
    let slot = named_slot(kernel, call)?;
    match label {
        REVOKE => Ok(Operation::Revoke(slot)),
        DELETE => Ok(Operation::Delete(slot)),
        CANCEL_BADGED_SENDS => decode_cancel(kernel, slot),
        _ => decode_copy(kernel, call, slot, label),
    }
}

/// The slot that every operation is about.
#[inline(always)]
fn named_slot(kernel: &Kernel, call: &Call) -> Result<Obj<Slot>, Error> {
    let [index, depth] = call.words::<2>(kernel)?;
    kernel.slot_argument(call.cap, index, depth, false)
}

fn decode_cancel(kernel: &Kernel, slot: Obj<Slot>) -> Result<Operation, Error> {
    match kernel[slot].cap {
        Cap::Endpoint { rights: Rights::ALL, badge: 0, .. } => Ok(Operation::Nothing),
        Cap::Endpoint { rights: Rights::ALL, endpoint, badge } => {
            Ok(Operation::CancelBadgedSends { endpoint, badge })
        }
        _ => Err(Error::IllegalOperation),
    }
}

/// Copy, Mint, Move and Mutate: source and destination are checked alike.
#[inline(always)]
fn decode_copy(
    kernel: &Kernel,
    call: &Call,
    to: Obj<Slot>,
    label: u64,
) -> Result<Operation, Error> {
    let [_, _, index, depth] = call.words::<4>(kernel)?;
    let [root] = call.caps::<1>()?;
    if !kernel[to].is_empty() {
        return Err(Error::DeleteFirst);
    }
    let source = occupied_source(kernel, root, index, depth)?;
    let cap = &kernel[source].cap;
    let copy = |rights, data| {
        if matches!(cap, Cap::Zombie(_) | Cap::IrqControl) {
            return Err(Error::IllegalOperation);
        }
        kernel.check_copy(source)?;
        let change = Change { rights: Rights::from_word(rights), data };
        Ok(Operation::Insert { source, to, change })
    };
    match label {
        COPY => {
            let [_, _, _, _, rights] = call.words::<5>(kernel)?;
            copy(rights, None)
        }
        MINT => {
            let [_, _, _, _, rights, data] = call.words::<6>(kernel)?;
            if cap.mints(data) { copy(rights, Some(data)) } else { Err(Error::IllegalOperation) }
        }
        MOVE if !matches!(cap, Cap::Zombie(_)) => Ok(Operation::Move { source, to, guard: None }),
        MUTATE => {
            let [_, _, _, _, data] = call.words::<5>(kernel)?;
            if cap.mutates(data) && !matches!(cap, Cap::Zombie(_)) {
                return Ok(Operation::Move { source, to, guard: Some(data) });
            }
            Err(Error::IllegalOperation)
        }
        _ => Err(Error::IllegalOperation),
    }
}

/// A source slot, which must hold something.
#[inline(always)]
fn occupied_source(
    kernel: &Kernel,
    root: Obj<Slot>,
    index: u64,
    depth: u64,
) -> Result<Obj<Slot>, Error> {
    let source = kernel.slot_argument(kernel[root].cap, index, depth, true)?;
    if kernel[source].is_empty() {
        return Err(Error::source(LookupFailure::MissingCapability { bits_left: depth }));
    }
    Ok(source)
}

fn decode_rotate(kernel: &Kernel, call: &Call, destination: Obj<Slot>) -> Result<Operation, Error> {
    let [_, _, pivot_data, pivot_index, pivot_depth, source_data, source_index, source_depth] =
        call.words::<8>(kernel)?;
    let [pivot_root, source_root] = call.caps::<2>()?;
    let source = kernel.slot_argument(kernel[source_root].cap, source_index, source_depth, true)?;
    let pivot = kernel.slot_argument(kernel[pivot_root].cap, pivot_index, pivot_depth, true)?;
    if pivot == source || pivot == destination {
        return Err(Error::IllegalOperation);
    }
    if source != destination && !kernel[destination].is_empty() {
        return Err(Error::DeleteFirst);
    }
    let missing = |bits_left| LookupFailure::MissingCapability { bits_left };
    if kernel[source].is_empty() {
        return Err(Error::source(missing(source_depth)));
    }
    if kernel[pivot].is_empty() {
        return Err(Error::destination(missing(pivot_depth)));
    }
    let changed = |slot: Obj<Slot>, data| match kernel[slot].cap {
        Cap::Zombie(_) => Err(Error::IllegalOperation),
        cap => cap.mutate_data(data).map_err(|_| Error::IllegalOperation),
    };
    let source_cap = changed(source, source_data)?;
    let pivot_cap = changed(pivot, pivot_data)?;
    Ok(Operation::Rotate { destination, pivot_cap, pivot, source_cap, source })
}

impl Kernel {
    /// Performs an operation on a CNode.
    ///
    /// # Errors
    /// [`Preempted`] in the middle of a long deletion or cancellation.
    pub(crate) fn perform_cnode(&mut self, operation: Operation) -> Result<Outcome, Preempted> {
        match operation {
            Operation::Revoke(slot) => self.revoke(slot)?,
            Operation::Delete(slot) => self.delete(slot)?,
            Operation::CancelBadgedSends { endpoint, badge } => {
                self.cancel_badge(endpoint, badge)?;
            }
            Operation::Nothing => {}
            Operation::Insert { source, to, change } => self.insert_copy(source, to, change),
            Operation::Move { source, to, guard } => self.relocate_with(source, to, guard),
            Operation::Rotate { destination, pivot_cap, pivot, source_cap, source } => {
                if source == destination {
                    self.exchange(source, pivot_cap, pivot, source_cap);
                } else {
                    self.relocate(pivot, destination, pivot_cap);
                    self.relocate(source, pivot, source_cap);
                }
            }
        }
        Ok(Outcome::Done)
    }
}
