//! Cache maintenance that user level asks for, by page capability or by address.
//! (objects.md §11)
//!
//! A page may have 1 GiB, so the work is done piece by piece with preemption points. How far it
//! came is kept in the thread that repeats the call, together with what the call was: another
//! call starts at the beginning. Whoever makes the thread do something else than repeating its
//! call forgets the progress ([`Kernel::forget_progress`]), since lines may be written meanwhile.
//!
//! Discarding lines brings back what memory held before. That is the user's own earlier data:
//! untyped memory is written back to memory as it is cleared, before anybody gets a frame of it.

use abi::{Error, Invocation, LookupFailure};
use platform::address::{PhysicalAddress, PhysicalRange};
use platform::contract::{CacheOperation, Platform};

use crate::call::Call;
use crate::cap::Asid;
use crate::kernel::{Kernel, Preempted};
use crate::maybe::Maybe;
use crate::mem::Obj;
use crate::page::PageCap;
use crate::paging::{Leaf, Level};
use crate::table::Table;
use crate::thread::Thread;

/// Bytes maintained between two looks at the preemption counter.
const CHUNK: u64 = 4096;
/// Ordinary steps that one chunk counts as.
const CHUNK_WORK: u32 = 20;

/// An operation on the caches that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Maintenance {
    /// The thread that waits for it.
    pub(crate) thread: Obj<Thread>,
    /// What is to be done.
    pub(crate) operation: CacheOperation,
    /// To which memory.
    pub(crate) range: PhysicalRange,
}

/// How far an interrupted operation came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Progress {
    maintenance: Maintenance,
    reached: u64,
}

/// The operation that an invocation of a page asks for.
pub(crate) fn of_page(label: u64) -> Option<CacheOperation> {
    match Invocation::from_label(label)? {
        Invocation::PageCleanData => Some(CacheOperation::Clean),
        Invocation::PageInvalidateData => Some(CacheOperation::Invalidate),
        Invocation::PageCleanInvalidateData => Some(CacheOperation::CleanInvalidate),
        Invocation::PageUnifyInstruction => Some(CacheOperation::Unify),
        _ => None,
    }
}

/// The operation that an invocation of an address space asks for.
fn of_space(label: u64) -> Option<CacheOperation> {
    match Invocation::from_label(label)? {
        Invocation::VSpaceCleanData => Some(CacheOperation::Clean),
        Invocation::VSpaceInvalidateData => Some(CacheOperation::Invalidate),
        Invocation::VSpaceCleanInvalidateData => Some(CacheOperation::CleanInvalidate),
        Invocation::VSpaceUnifyInstruction => Some(CacheOperation::Unify),
        _ => None,
    }
}

/// Checks a message to a page that asks for `operation`.
///
/// # Errors
/// As objects.md §11 lists them, in that order.
pub(crate) fn decode_page(
    kernel: &Kernel,
    call: &Call,
    page: PageCap,
    operation: CacheOperation,
) -> Result<Maintenance, Error> {
    let [start, end] = call.words::<2>(kernel)?;
    let mapping = page.mapping().ok_or(Error::IllegalOperation)?;
    if kernel.space(mapping.asid).is_none() {
        return Err(Error::destination(LookupFailure::InvalidRoot));
    }
    if end <= start {
        return Err(Error::InvalidArgument(1));
    }
    if end > page.size().bytes() {
        return Err(Error::InvalidArgument(0));
    }
    let (_, leaf) = kernel.mapped_page(page).ok_or(Error::InvalidCapability(0))?;
    check_permission(operation, leaf)?;
    let frame = page.start().0;
    let range = PhysicalRange::new(frame + start, frame + end);
    Ok(Maintenance { thread: call.thread, operation, range })
}

/// Checks a message to the address space `table`.
///
/// # Errors
/// As objects.md §11 lists them, in that order.
pub(crate) fn decode_space(
    kernel: &Kernel,
    call: &Call,
    table: Obj<Table>,
    asid: Option<Asid>,
) -> Result<Maintenance, Error> {
    let operation = of_space(call.info.label()).ok_or(Error::IllegalOperation)?;
    let [start, end] = call.words::<2>(kernel)?;
    if end <= start {
        return Err(Error::InvalidArgument(1));
    }
    if end > abi::USER_TOP {
        return Err(Error::IllegalOperation);
    }
    kernel.check_space(asid.ok_or(Error::InvalidCapability(0))?, table, 0)?;
    let walk = kernel.walk(table, start);
    let maintenance = |range| Maintenance { thread: call.thread, operation, range };
    let Some(leaf) = walk.page else { return Ok(maintenance(PhysicalRange::default())) };
    let offset = start - walk.place.level.first_address(start);
    let last = start - offset + (last_byte(walk.place.level));
    if end - 1 > last {
        return Err(Error::Range { min: start, max: last });
    }
    check_permission(operation, leaf)?;
    let from = leaf.frame().0 + offset;
    Ok(maintenance(PhysicalRange::new(from, from + (end - start))))
}

/// Offset of the last byte of a page that an entry of a level maps.
const fn last_byte(level: Level) -> u64 {
    (1 << level.entry_bits()) - 1
}

/// Discarding what was written is as good as writing.
fn check_permission(operation: CacheOperation, leaf: Leaf) -> Result<(), Error> {
    if operation == CacheOperation::Invalidate && !leaf.is_writable() {
        return Err(Error::IllegalOperation);
    }
    Ok(())
}

impl Kernel {
    /// Maintains the caches, or goes on where the same call of the same thread was interrupted.
    ///
    /// # Errors
    /// [`Preempted`] with the progress stored.
    pub(crate) fn maintain(&mut self, maintenance: Maintenance) -> Result<(), Preempted> {
        let Maintenance { thread, operation, range } = maintenance;
        let mut reached = match self[thread].progress.take() {
            Some(progress) if progress.maintenance == maintenance => progress.reached,
            _ => range.start,
        };
        while reached < range.end {
            // Pieces end where lines end, so that no line is handled in two parts.
            let end = range.end.min((reached | (CHUNK - 1)) + 1);
            self.machine.maintain_cache(operation, PhysicalAddress(reached), end - reached);
            reached = end;
            if reached < range.end && self.spend_work(CHUNK_WORK).is_err() {
                self[thread].progress = Maybe::Just(Progress { maintenance, reached });
                return Err(Preempted);
            }
        }
        Ok(())
    }

    /// The thread will not repeat its call, or not at once.
    pub(crate) fn forget_progress(&mut self, thread: Obj<Thread>) {
        self[thread].progress = Maybe::Nothing;
        self[thread].cancelling = Maybe::Nothing;
    }
}
