//! A kernel for host tests: it knows which slots hold capabilities, and what they were derived
//! from, wants a table for each two mebibytes, and refuses one call when it is told to. Everything
//! else it answers with success.

use abi::{Error, Invocation, LookupFailure, MessageInfo, buffer};
use core::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use crate::initial;

/// A slot: the root of the path to it, and its index.
type Slot = (u64, u64);

std::thread_local! {
    static KERNEL: RefCell<Option<Kernel>> = const { RefCell::new(None) };
    static BUFFER: [Cell<u64>; buffer::SIZE as usize / 8] =
        const { [const { Cell::new(0) }; buffer::SIZE as usize / 8] };
}

/// `log2` of the bytes that a table of small pages spans.
const TABLE_BITS: u32 = 21;

/// Invocations that take something away: a kernel never refuses those of a sane program.
const UNDOING: [Invocation; 4] = [
    Invocation::CNodeDelete,
    Invocation::CNodeRevoke,
    Invocation::PageUnmap,
    Invocation::ThreadSuspend,
];

/// What there is.
#[derive(Debug, Default)]
struct Kernel {
    /// What is in each slot that is not empty was derived from this slot.
    caps: BTreeMap<Slot, Slot>,
    /// Address spaces, and which parts of them have tables for small pages.
    tables: BTreeSet<(u64, u64)>,
    /// How many invocations that make something have been made.
    calls: u64,
    /// Which of them is refused.
    refused: Option<u64>,
}

/// Starts a kernel for the calling test, which refuses the invocation of this number, from 0 on,
/// of those that make something.
pub(crate) fn start(refused: Option<u64>) {
    KERNEL.set(Some(Kernel { refused, ..Kernel::default() }));
}

/// Refuses the invocation of this number from now on, as after a start.
pub(crate) fn refuse(number: u64) {
    KERNEL.with_borrow_mut(|kernel| {
        if let Some(kernel) = kernel {
            kernel.refused = Some(kernel.calls + number);
        }
    });
}

/// How many slots hold capabilities that were made since the start.
pub(crate) fn caps() -> usize {
    KERNEL.with_borrow(|kernel| kernel.as_ref().map_or(0, |kernel| kernel.caps.len()))
}

/// Whether an invocation was refused.
pub(crate) fn has_refused() -> bool {
    KERNEL.with_borrow(|kernel| {
        kernel.as_ref().is_some_and(|kernel| kernel.refused.is_some_and(|at| at < kernel.calls))
    })
}

/// Stands for the call of an object, if a kernel was started.
pub(super) fn call(object: u64, info: u64, registers: [u64; 4]) -> Option<[u64; 6]> {
    let info = MessageInfo(info);
    let word = |index: usize| registers.get(index).copied().unwrap_or_else(|| load(index));
    let words: Vec<u64> = (0..info.length()).map(word).collect();
    let cap = |index: usize| read(buffer::CAPS_OR_BADGES + 8 * index as u64);
    let caps: Vec<u64> = (0..info.extra_caps()).map(cap).collect();
    let result = KERNEL.with_borrow_mut(|kernel| {
        Some(kernel.as_mut()?.perform(object, info.label(), &words, &caps))
    })?;
    let Err(error) = result else { return Some([0; 6]) };
    let reply = error.to_words();
    let [w0, w1, w2, w3, _] = reply.words;
    Some([0, MessageInfo::new(reply.label, 0, reply.length).0, w0, w1, w2, w3])
}

/// Whether a kernel was started.
pub(super) fn is_there() -> bool {
    KERNEL.with_borrow(Option::is_some)
}

/// A word of the IPC buffer at this offset.
pub(super) fn read(offset: u64) -> u64 {
    BUFFER.with(|buffer| buffer[offset as usize / 8].get())
}

/// Sets a word of the IPC buffer.
pub(super) fn write(offset: u64, value: u64) {
    BUFFER.with(|buffer| buffer[offset as usize / 8].set(value));
}

fn load(index: usize) -> u64 {
    read(buffer::word(index))
}

impl Kernel {
    fn perform(
        &mut self,
        object: u64,
        label: u64,
        words: &[u64],
        caps: &[u64],
    ) -> Result<(), Error> {
        let is = |invocation: Invocation| label == invocation.label();
        if !UNDOING.into_iter().any(is) {
            self.calls += 1;
            if self.refused == Some(self.calls - 1) {
                return Err(Error::IllegalOperation);
            }
        }
        let slot = |root: u64, at: usize| match words[at + 1] {
            // From the root of the calling thread's CSpace, whichever capability that is named by.
            64 => (initial::CNODE.pointer(), words[at]),
            _ => (root, words[at]),
        };
        if is(Invocation::UntypedRetype) {
            let here = (initial::CNODE.pointer(), object);
            (words[4]..words[4] + words[5]).try_for_each(|index| self.fill((caps[0], index), here))
        } else if is(Invocation::CNodeCopy) || is(Invocation::CNodeMint) {
            self.fill(slot(object, 0), slot(caps[0], 2))
        } else if is(Invocation::CNodeDelete) {
            self.empty(slot(object, 0));
            Ok(())
        } else if is(Invocation::CNodeRevoke) {
            self.revoke(slot(object, 0));
            Ok(())
        } else if is(Invocation::PageTableMap) {
            self.tables.insert((caps[0], words[0] >> TABLE_BITS));
            Ok(())
        } else if is(Invocation::PageMap) && !self.has_table(caps[0], words[0]) {
            let bits_left = TABLE_BITS.into();
            Err(Error::destination(LookupFailure::MissingCapability { bits_left }))
        } else {
            Ok(())
        }
    }

    fn has_table(&self, space: u64, address: u64) -> bool {
        self.tables.contains(&(space, address >> TABLE_BITS))
    }

    fn fill(&mut self, slot: Slot, parent: Slot) -> Result<(), Error> {
        if self.caps.contains_key(&slot) {
            return Err(Error::DeleteFirst);
        }
        self.caps.insert(slot, parent);
        Ok(())
    }

    /// Empties a slot, and those of the CNode that it may hold.
    fn empty(&mut self, slot: Slot) {
        self.caps.remove(&slot);
        self.caps.retain(|(root, _), _| *root != slot.1 || slot.0 != initial::CNODE.pointer());
    }

    fn revoke(&mut self, slot: Slot) {
        while let Some(child) = self.caps.iter().find(|(_, parent)| **parent == slot) {
            let child = *child.0;
            self.revoke(child);
            self.empty(child);
        }
    }
}
