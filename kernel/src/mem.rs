//! Object memory: the one place where kernel objects are dereferenced.
//!
//! User space decides where objects lie, so there is no heap and no owner in Rust's sense. All
//! object memory is reached through [`Mem`], and an object is named by [`Obj`]: its distance from
//! the start of the window in granules of 16 bytes. Object memory holds no pointers, so a host
//! test can copy a kernel byte for byte and run both copies.
//!
//! # Invariants
//!
//! * **I1**: every `Obj<T>` stored in kernel state names a live `T`. [`Mem::carve`] starts it, the
//!   derivation tree keeps it, finalisation ends it by removing every reference first.
//! * **I2**: memory of user frames is disjoint from memory of kernel objects. Both come out of
//!   untyped memory, whose watermark hands out each byte once.
//!
//! On the host a shadow map from granule to object kind stops at the first access that breaks I1.
#![allow(unsafe_code)]

mod user;

use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU32;

use platform::address::{PhysicalAddress, PhysicalRange};
use platform::handover::{WINDOW_LIMIT, Window, WindowBase};

use crate::shadow::Shadow;

mod marked_link;

pub use marked_link::MarkedLink;

/// Alignment of the window, and the most that an object may need.
const WINDOW_ALIGNMENT: usize = 4096;

/// `log2` of a granule, the unit in which objects are named.
pub const GRANULE_BITS: u32 = 4;

/// What lives at a granule. For the shadow map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of the types")]
pub enum Kind {
    Nothing = 0,
    Slot,
    Endpoint,
    Notification,
    Reply,
    Thread,
    Context,
    SchedContext,
    Refill,
    Table,
    AsidPool,
    ReadyQueues,
    ReleaseQueues,
}

/// A type that lives in object memory.
pub trait Object: Sized + 'static {
    /// What the shadow map calls it.
    const KIND: Kind;
}

/// An object for which all-zero memory is a valid value: that of a fresh object.
///
/// # Safety
/// Every byte pattern of zeroes must be a valid, initialised `Self`.
pub unsafe trait ZeroValid: Object {}

/// Names a live `T` in object memory. `Option` of it takes no more room.
#[repr(transparent)]
pub struct Obj<T>(NonZeroU32, PhantomData<fn() -> T>);

impl<T> Clone for Obj<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Obj<T> {}
impl<T> PartialEq for Obj<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Obj<T> {}
impl<T> fmt::Debug for Obj<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{:#x}", self.0)
    }
}

impl<T: Object> Obj<T> {
    const GRANULES: u32 = {
        assert!(size_of::<T>().is_multiple_of(1 << GRANULE_BITS));
        (size_of::<T>() >> GRANULE_BITS) as u32
    };

    /// Element `index` of the array that starts here. The array's length is the caller's
    /// knowledge; past it the name would be wild, which I1 forbids to store or use.
    #[must_use]
    #[inline(always)]
    pub(crate) fn nth(self, index: u32) -> Self {
        // SAFETY: the element is alive, see `behind`, so this many granules lie before it.
        self.behind(unsafe { index.unchecked_mul(Self::GRANULES) })
    }

    /// The first `count` elements of the array that starts here.
    pub(crate) fn run(self, count: u32) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| self.nth(index))
    }

    /// A part of this object, `bytes` behind its start; less than a page.
    #[inline(always)]
    #[must_use]
    pub(crate) fn part<U: Object>(self, bytes: usize) -> Obj<U> {
        self.behind((bytes >> GRANULE_BITS) as u32)
    }

    /// What lies `granules` behind the start of this object: a part of it, or another of its kind.
    ///
    /// The compiler may know that the sum does not wrap, so that reading a field of a part is one
    /// load from a place in the whole.
    #[inline(always)]
    fn behind<U: Object>(self, granules: u32) -> Obj<U> {
        // SAFETY: I1: only live objects are named, and they lie inside the window, which ends a
        // page before names do ([`WINDOW_LIMIT`]). The sum is at least this name, not zero.
        let granule = unsafe { NonZeroU32::new_unchecked(self.granule().unchecked_add(granules)) };
        Obj(granule, PhantomData)
    }

    /// Distance from the start of the window in granules.
    #[must_use]
    pub const fn granule(self) -> u32 {
        self.0.get()
    }
}

/// Memory that holds no live object. Not `Clone`: it can be spent once.
#[derive(Debug)]
pub struct Region {
    start: NonZeroU32,
    bytes: u64,
}

/// Objects, or arrays of them, at equal distances.
#[derive(Debug)]
pub(crate) struct Row<T> {
    first: Obj<T>,
    granules: u32,
}

impl<T: Object> Row<T> {
    /// The `index`-th of them.
    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> Obj<T> {
        // SAFETY: I1: the whole row was made at once, inside the window, and lives.
        self.first.behind(unsafe { index.unchecked_mul(self.granules) })
    }
}

/// Access to object memory and, by word, to user frames.
pub struct Mem {
    base: WindowBase,
    start: u64,
    length: u64,
    shadow: Shadow,
}

// SAFETY: `Mem` is the only owner of the memory behind its window, which is not thread-bound.
unsafe impl Send for Mem {}

impl Mem {
    /// Takes over the window that the platform mapped.
    #[must_use]
    pub fn new(window: Window) -> Self {
        assert!(window.length <= WINDOW_LIMIT);
        assert!(window.base.pointer().addr().is_multiple_of(WINDOW_ALIGNMENT));
        Self {
            base: window.base,
            start: window.start,
            length: window.length,
            shadow: Shadow::new(window.length),
        }
    }

    /// Physical address of an object.
    #[must_use]
    pub fn address<T: Object>(&self, object: Obj<T>) -> PhysicalAddress {
        PhysicalAddress(self.start + (u64::from(object.granule()) << GRANULE_BITS))
    }

    /// The object of which [`Self::address`] gave this address. For names in a form that hardware
    /// understands: I1 covers them as well.
    #[must_use]
    pub(crate) fn at<T: Object>(&self, address: PhysicalAddress) -> Option<Obj<T>> {
        let granule = address.0.checked_sub(self.start)? >> GRANULE_BITS;
        NonZeroU32::new(u32::try_from(granule).ok()?).map(|granule| Obj(granule, PhantomData))
    }

    /// Whether `length` bytes at `start` lie in the window.
    #[must_use]
    pub fn covers(&self, start: PhysicalAddress, length: u64) -> bool {
        let offset = start.0.wrapping_sub(self.start);
        start.0 >= self.start && offset <= self.length && length <= self.length - offset
    }

    /// Declares `bytes` bytes of memory at `start` free for new objects.
    ///
    /// # Safety
    /// No live object overlaps the range, no stored `Obj` names anything in it, and no user
    /// mapping of it exists. The range lies in the window, away from its first granule.
    pub unsafe fn carve(&mut self, start: PhysicalAddress, bytes: u64) -> Region {
        assert!(self.covers(start, bytes));
        let granule = (start.0 - self.start) >> GRANULE_BITS;
        let granule = u32::try_from(granule).ok().and_then(NonZeroU32::new);
        let region = Region { start: granule.expect("carved inside the window"), bytes };
        self.shadow.clear(region.start.get(), bytes);
        region
    }

    /// Makes an array of `count` fresh `T`, `offset` bytes behind the start of a region that is
    /// known to hold zeroes.
    pub fn create_zeroed<T: ZeroValid>(
        &mut self,
        region: &Region,
        offset: u64,
        count: u64,
    ) -> Obj<T> {
        let first = self.place(region, offset, size_of::<T>() as u64 * count);
        self.declare_parts(first, u32::try_from(count).unwrap_or(u32::MAX));
        first
    }

    /// Declares `count` parts of an object that was just made of zeroes live with it.
    pub(crate) fn declare_parts<T: ZeroValid>(&mut self, first: Obj<T>, count: u32) {
        let bytes = size_of::<T>() as u64 * u64::from(count);
        self.shadow.set(first.granule(), bytes, T::KIND, size_of::<T>());
    }

    /// Makes `count` fresh arrays of `length` `T` each, one every `1 << bits` bytes from the start
    /// of a region that is known to hold zeroes.
    pub(crate) fn create_row<T: ZeroValid>(
        &mut self,
        region: &Region,
        bits: u32,
        (count, length): (u32, u32),
    ) -> Row<T> {
        let whole = size_of::<T>() as u64 * u64::from(length);
        let first = self.place(region, 0, (u64::from(count - 1) << bits) + whole);
        let row = Row { first, granules: 1 << (bits - GRANULE_BITS) };
        if Self::SHADOWED {
            (0..count).for_each(|index| self.declare_parts(row.at(index), length));
        }
        row
    }

    /// Names the place of objects of `bytes` bytes in a region.
    fn place<T: Object>(&self, region: &Region, offset: u64, bytes: u64) -> Obj<T> {
        assert!(offset + bytes <= region.bytes);
        let start = (u64::from(region.start.get()) << GRANULE_BITS) + offset;
        assert!(start.is_multiple_of((align_of::<T>() as u64).max(1 << GRANULE_BITS)));
        let granules = u32::try_from(offset >> GRANULE_BITS).expect("region is in the window");
        Obj(region.start.saturating_add(granules), PhantomData)
    }

    /// Tells the shadow map that no object is left in a range.
    pub(crate) fn retire(&mut self, range: PhysicalRange) {
        if self.covers(PhysicalAddress(range.start), range.len()) {
            let granule = (range.start - self.start) >> GRANULE_BITS;
            self.shadow.clear(u32::try_from(granule).unwrap_or(u32::MAX), range.len());
            #[cfg(test)]
            self.spoil(range);
        }
    }

    /// Whether [`Self::retire`] and [`Self::all`] have a meaning: on the host only.
    pub(crate) const SHADOWED: bool = Shadow::ACTIVE;

    /// All objects of a type, as far as the shadow map knows. For checks on the host.
    pub(crate) fn all<T: Object>(&self) -> impl Iterator<Item = Obj<T>> + '_ {
        let granules = self.shadow.all(T::KIND).filter_map(NonZeroU32::new);
        granules.map(|granule| Obj(granule, PhantomData))
    }

    /// Whether an object exists.
    #[cfg(test)]
    pub(crate) fn is_live<T: Object>(&self, object: Obj<T>) -> bool {
        self.shadow.holds(object.granule(), T::KIND)
    }

    /// All of object memory: its first address and its bytes.
    #[must_use]
    pub const fn bounds(&self) -> (PhysicalAddress, u64) {
        (PhysicalAddress(self.start), self.length)
    }

    fn pointer<T: Object>(&self, object: Obj<T>) -> *mut T {
        const { assert!(align_of::<T>() <= WINDOW_ALIGNMENT) };
        let offset = (object.granule() as usize) << GRANULE_BITS;
        // SAFETY: objects are carved inside the window, so the offset stays in its allocation.
        unsafe { self.base.pointer().add(offset).cast() }
    }

    /// The object named `object`.
    #[must_use]
    pub fn get<T: Object>(&self, object: Obj<T>) -> &T {
        self.shadow.check(object.granule(), T::KIND);
        // SAFETY: I1; and `&self` means that no reference into object memory is mutable.
        unsafe { &*self.pointer(object) }
    }

    /// The object named `object`, to change it.
    #[must_use]
    pub fn get_mut<T: Object>(&mut self, object: Obj<T>) -> &mut T {
        self.shadow.check(object.granule(), T::KIND);
        // SAFETY: I1; and `&mut self` makes this the only reference into object memory.
        unsafe { &mut *self.pointer(object) }
    }

    /// An array of `count` objects from `first` on.
    #[must_use]
    pub(crate) fn run<T: Object>(&self, first: Obj<T>, count: u32) -> &[T] {
        self.check_run(first, count);
        // SAFETY: as in `get`, for each of them; arrays are carved in one piece.
        unsafe { core::slice::from_raw_parts(self.pointer(first), count as usize) }
    }

    /// An array of `count` objects from `first` on, to change it.
    #[must_use]
    pub(crate) fn run_mut<T: Object>(&mut self, first: Obj<T>, count: u32) -> &mut [T] {
        self.check_run(first, count);
        // SAFETY: as in `get_mut`, for each of them; arrays are carved in one piece.
        unsafe { core::slice::from_raw_parts_mut(self.pointer(first), count as usize) }
    }

    fn check_run<T: Object>(&self, first: Obj<T>, count: u32) {
        if Self::SHADOWED {
            first.run(count).for_each(|object| self.shadow.check(object.granule(), T::KIND));
        }
    }

    /// Memory that holds neither objects nor mapped frames, as words, to clear or fill it.
    /// `None` outside of the window or with bad alignment.
    ///
    /// # Safety
    /// As for [`Self::carve`]: nothing live lies in the range.
    pub unsafe fn raw(&mut self, start: PhysicalAddress, bytes: u64) -> Option<&mut [u128]> {
        if !self.covers(start, bytes) || !start.is_aligned(GRANULE_BITS) {
            return None;
        }
        let offset = usize::try_from(start.0 - self.start).ok()?;
        let count = usize::try_from(bytes >> GRANULE_BITS).ok()?;
        self.shadow.clear(u32::try_from(offset >> GRANULE_BITS).ok()?, bytes);
        // SAFETY: in the window, aligned, initialised (plain memory), and nothing else refers to
        // it by the caller's promise.
        Some(unsafe {
            core::slice::from_raw_parts_mut(self.base.pointer().add(offset).cast(), count)
        })
    }
}

/// Copies, for whoever runs two kernels side by side.
#[cfg(not(target_os = "none"))]
impl Mem {
    /// Makes this memory hold what another of the same size holds. Its pointers stay its own:
    /// object memory has none.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        assert_eq!((self.start, self.length), (other.start, other.length));
        let bytes = usize::try_from(self.length).expect("a window in memory");
        // SAFETY: both windows have this length, and each `Mem` is the only owner of its own.
        unsafe { core::ptr::copy_nonoverlapping(other.base.pointer(), self.base.pointer(), bytes) };
        self.shadow.copy_from(&other.shadow);
    }
}

/// For host tests.
#[cfg(test)]
impl Mem {
    /// Overwrites what objects have left: nobody may rely on it, and between their fields it may
    /// differ from copy to copy.
    fn spoil(&mut self, range: PhysicalRange) {
        let offset = usize::try_from(range.start - self.start).expect("in the window");
        let bytes = usize::try_from(range.len()).expect("in the window");
        // SAFETY: the only caller has looked that the range is in the window, and says that no
        // object is left there.
        unsafe { self.base.pointer().add(offset).write_bytes(0xa5, bytes) };
    }

    /// What the shadow map says of each granule.
    pub(crate) fn kinds(&self) -> &[u8] {
        self.shadow.map()
    }

    /// Whether `count` granules look the same in both windows, byte for byte. Where objects live,
    /// bytes between their fields may differ although the objects are equal.
    pub(crate) fn looks_like(&self, other: &Self, granule: usize, count: usize) -> bool {
        let bytes = |mem: &Self| {
            assert!(granule + count <= mem.kinds().len());
            let (offset, length) = (granule << GRANULE_BITS, count << GRANULE_BITS);
            // SAFETY: the shadow map covers the window, and so do its granules. The memory was
            // allocated with a value, and `&self` means that nobody writes it.
            unsafe { core::slice::from_raw_parts(mem.base.pointer().add(offset), length) }
        };
        bytes(self) == bytes(other)
    }
}

// SAFETY: discriminant 0 of the capability is `Null`, and all links are absent.
unsafe impl ZeroValid for crate::slot::Slot {}
// SAFETY: words.
unsafe impl ZeroValid for crate::table::Table {}
// SAFETY: two words.
unsafe impl ZeroValid for crate::refill::Refill {}
// SAFETY: absent links.
unsafe impl ZeroValid for crate::asid::AsidPool {}
// SAFETY: empty bitmaps and absent links.
unsafe impl ZeroValid for crate::ready::ReadyQueues {}
// SAFETY: numbers and absent links.
unsafe impl ZeroValid for crate::release::ReleaseQueues {}
// SAFETY: discriminant 0 of the waiters is `Nobody`, and all links are absent.
unsafe impl ZeroValid for crate::endpoint::Endpoint {}
// SAFETY: discriminant 0 of the signals is `Idle`, and all links are absent.
unsafe impl ZeroValid for crate::notification::Notification {}
// SAFETY: discriminant 0 of what lies above is `Nothing`, and all links are absent.
unsafe impl ZeroValid for crate::reply::Reply {}
// SAFETY: numbers, flags and absent links.
unsafe impl ZeroValid for crate::sched_context::SchedContext {}
// SAFETY: discriminant 0 of the state is `Inactive`, of its queue `No`, of its system calls
// `Native`, of each `Maybe` `Nothing`; the rest is numbers, flags, absent links and empty slots.
unsafe impl ZeroValid for crate::thread::Thread {}
// SAFETY: words and bytes.
unsafe impl ZeroValid for platform::context::Context {}
