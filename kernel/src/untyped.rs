//! Untyped memory: where every object comes from. (objects.md §2)

use abi::object::{MIN_SCHED_CONTEXT_BITS, RETYPE_FAN_OUT, TYPE_COUNT, UNTYPED_BITS};
use abi::{Error, Invocation, LookupFailure, ObjectType};
use platform::address::PhysicalAddress;
use platform::contract::{CacheOperation, Platform};

use crate::call::{Call, Outcome};
use crate::cap::Cap;
use crate::creation::{Batch, Destination, Ground};
use crate::kernel::{Kernel, Preempted};
use crate::mem::{Obj, Region};
use crate::slot::Slot;

/// Bytes cleared between two looks at the preemption counter.
const CLEAR_CHUNK: u64 = 4096;
/// Ordinary steps that clearing one chunk counts as.
const CHUNK_WORK: u32 = 4;

/// The start of an untyped capability whose next free byte is `next`.
pub(crate) fn start(next: u64, bits: u8) -> PhysicalAddress {
    PhysicalAddress(next >> bits << bits)
}

/// Untyped memory of `1 << bits` bytes at `start`, nothing of it handed out.
pub(crate) fn fresh(start: PhysicalAddress, bits: u8, device: bool) -> Cap {
    Cap::Untyped { bits, device, full: false, next: start.0 }
}

/// Marks all memory as handed out, so that it is cleared before it is used again.
pub(crate) fn mark_full(cap: &mut Cap) {
    if let Cap::Untyped { full, .. } = cap {
        *full = true;
    }
}

/// A retype that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retype {
    slot: Obj<Slot>,
    object: ObjectType,
    size: u32,
    first: Obj<Slot>,
    count: u32,
    reset: bool,
}

impl Retype {
    /// Whether memory that was used before has to be cleared first.
    pub(crate) const fn resets(&self) -> bool {
        self.reset
    }
}

/// Checks a message to untyped memory.
///
/// # Errors
/// As objects.md §2 lists them, in that order.
#[inline(always)]
pub(crate) fn decode(kernel: &Kernel, call: &Call) -> Result<Retype, Error> {
    if call.info.label() != Invocation::UntypedRetype.label() {
        return Err(Error::IllegalOperation);
    }
    let [object, size, index, depth, offset, count] = call.words::<6>(kernel)?;
    let [root] = call.caps::<1>()?;
    let (object, size) = object_argument(object, size)?;
    let (slots, radix) = destination(kernel, root, index, depth)?;
    let size_of_node = 1u64 << radix;
    if offset > size_of_node - 1 {
        return Err(Error::Range { min: 0, max: size_of_node - 1 });
    }
    if !(1..=RETYPE_FAN_OUT).contains(&count) {
        return Err(Error::Range { min: 1, max: RETYPE_FAN_OUT });
    }
    if count > size_of_node - offset {
        return Err(Error::Range { min: 1, max: size_of_node - offset });
    }
    let narrow = |word: u64| u32::try_from(word).unwrap_or(u32::MAX);
    let (first, count) = (slots.nth(narrow(offset)), narrow(count));
    if !kernel.mem.run(first, count).iter().all(Slot::is_empty) {
        return Err(Error::DeleteFirst);
    }
    let Cap::Untyped { bits, device, full, next } = call.cap else {
        return Err(Error::IllegalOperation);
    };
    let start = start(next, bits).0;
    let unused = kernel.first_child(call.slot).is_none();
    let free = match (unused, full) {
        (true, _) => 1 << bits,
        (false, true) => 0,
        (false, false) => start + (1 << bits) - next,
    };
    let reset = unused && (full || next != start);
    if free >> object.size_bits(size) < u64::from(count) {
        return Err(Error::NotEnoughMemory(free));
    }
    if device && !object.allowed_on_device() {
        return Err(Error::InvalidArgument(1));
    }
    Ok(Retype { slot: call.slot, object, size, first, count, reset })
}

/// Type and size words.
fn object_argument(object: u64, size: u64) -> Result<(ObjectType, u32), Error> {
    if object >= TYPE_COUNT {
        return Err(Error::InvalidArgument(0));
    }
    let object = ObjectType::from_word(object).ok_or(Error::InvalidArgument(0))?;
    let too_large = Error::Range { min: 0, max: u64::from(*UNTYPED_BITS.end()) };
    let size = u32::try_from(size).ok().filter(|size| *size < 64).ok_or(too_large)?;
    if object.size_bits(size) > *UNTYPED_BITS.end() {
        return Err(too_large);
    }
    let too_small = match object {
        ObjectType::CNode => size == 0,
        ObjectType::Untyped => size < *UNTYPED_BITS.start(),
        ObjectType::SchedContext => size < MIN_SCHED_CONTEXT_BITS,
        _ => false,
    };
    if too_small { Err(Error::InvalidArgument(1)) } else { Ok((object, size)) }
}

/// The CNode that receives the new capabilities: its slots and radix.
fn destination(
    kernel: &Kernel,
    root: Obj<Slot>,
    index: u64,
    depth: u64,
) -> Result<(Obj<Slot>, u8), Error> {
    let slot = match depth {
        0 => root,
        _ => kernel.slot_argument(kernel[root].cap, index, depth, false)?,
    };
    match kernel[slot].cap {
        Cap::CNode { slots, radix, .. } => Ok((slots, radix)),
        _ => Err(Error::destination(LookupFailure::MissingCapability { bits_left: depth })),
    }
}

impl Kernel {
    /// Makes objects of untyped memory.
    ///
    /// # Errors
    /// [`Preempted`] while memory is being cleared.
    pub(crate) fn perform_retype(&mut self, retype: Retype) -> Result<Outcome, Preempted> {
        if retype.reset {
            self.reset_untyped(retype.slot)?;
        }
        self.make_objects(&retype);
        Ok(Outcome::Done)
    }

    /// Makes objects of untyped memory that was reset if it has to be.
    pub(crate) fn make_objects(&mut self, retype: &Retype) {
        let Cap::Untyped { bits, device, next, .. } = self[retype.slot].cap else { return };
        let object_bits = retype.object.size_bits(retype.size);
        let aligned = next.next_multiple_of(1 << object_bits);
        let bytes = u64::from(retype.count) << object_bits;
        let limit = start(next, bits).0 + (1 << bits);
        let end = aligned + bytes;
        // A full untyped keeps a next byte inside itself, from which its start follows.
        let (full, next) = if end == limit { (true, limit - 1) } else { (false, end) };
        self[retype.slot].cap = Cap::Untyped { bits, device, full, next };
        let Retype { slot, object, size, first, count, .. } = *retype;
        let ground = self.ground(object, PhysicalAddress(aligned), bytes, device);
        self.create(&Batch { object, size, count, ground }, Destination { source: slot, first });
    }

    /// The memory of new objects, as [`Kernel::create`] wants it.
    #[allow(unsafe_code)]
    fn ground(
        &mut self,
        object: ObjectType,
        start: PhysicalAddress,
        bytes: u64,
        device: bool,
    ) -> Ground {
        if object.allowed_on_device() {
            return Ground::User { start, device };
        }
        // SAFETY: the watermark of the untyped memory was just moved past this range, and is
        // only moved back when no descendant of the untyped exists, hence no object in it. The
        // untyped is not device memory (checked by `decode`), so it is RAM in the window.
        Ground::Kernel(unsafe { self.mem.carve(start, bytes) })
    }

    /// Clears an untyped without descendants from its watermark down, and sets the watermark back.
    fn reset_untyped(&mut self, slot: Obj<Slot>) -> Result<(), Preempted> {
        let Cap::Untyped { bits, device, full, next } = self[slot].cap else { return Ok(()) };
        let start = start(next, bits);
        let mut dirty = if full { start.0 + (1 << bits) } else { next };
        let was_used = dirty > start.0 && !device;
        while !device && dirty > start.0 {
            let step = match dirty % CLEAR_CHUNK {
                0 => CLEAR_CHUNK,
                rest => rest,
            };
            let chunk = dirty.saturating_sub(step).max(start.0);
            self.clear_free(PhysicalAddress(chunk), dirty - chunk);
            dirty = chunk;
            self[slot].cap = Cap::Untyped { bits, device, full: false, next: dirty };
            if dirty > start.0 {
                self.spend_work(CHUNK_WORK)?;
            }
        }
        if was_used {
            // No core may fetch instructions that lay here before: see [`crate::page_map`].
            self.machine.maintain_cache(CacheOperation::Unify, start, 0);
        }
        self[slot].cap = fresh(start, bits, device);
        Ok(())
    }

    /// Makes all of an untyped without descendants the place of one kernel object. The untyped is
    /// no device memory.
    ///
    /// # Errors
    /// [`Preempted`] while memory is being cleared.
    #[allow(unsafe_code)]
    pub(crate) fn spend_untyped(&mut self, slot: Obj<Slot>) -> Result<Region, Preempted> {
        self.reset_untyped(slot)?;
        let (start, bits) = match self[slot].cap {
            Cap::Untyped { bits, next, .. } => (start(next, bits), bits),
            _ => (PhysicalAddress(0), 0),
        };
        mark_full(&mut self[slot].cap);
        // SAFETY: as in `ground`: the untyped has no descendant and is full from here on.
        Ok(unsafe { self.mem.carve(start, 1 << bits) })
    }

    #[allow(unsafe_code)]
    fn clear_free(&mut self, at: PhysicalAddress, bytes: u64) {
        // SAFETY: the memory belongs to an untyped without descendants, so no object, frame or
        // mapping in it is alive.
        if let Some(words) = unsafe { self.mem.raw(at, bytes) } {
            // The two fields are disjoint: the machine does not look into object memory.
            self.machine.clear(words);
            self.machine.maintain_cache(CacheOperation::Clean, at, bytes);
        }
    }
}
