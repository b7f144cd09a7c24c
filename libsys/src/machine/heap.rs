//! The memory behind `alloc`: `Box`, `Vec` and their like.
//!
//! Invariant H1: all memory that the buddy allocator was given is mapped readable and writable
//! for as long as the program lives, and used by nobody else.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr::NonNull;

use buddy_system_allocator::Heap as Buddies;

use super::aarch64::probe_stack;
use super::mutex::Mutex;
use crate::heap::{Pool, Usage};

/// Bytes that every program with a heap has from the start.
const ARENA: usize = 128 * 1024;
/// Bytes of stack that taking and freeing blocks need at most, without optimisation too.
const STACK: usize = 1024;
/// Bytes of stack that are there when more memory is mapped. A page less a bit, as no more can be
/// probed at once.
const STACK_TO_GROW: usize = 4000;
/// One more than `log2` of the largest block.
const ORDERS: usize = 40;

/// The heap as an allocator, for those who wrap it in one of their own.
///
/// ```
/// use core::alloc::{GlobalAlloc, Layout};
/// use libsys::heap::{self, Heap};
///
/// let layout = Layout::new::<[u64; 3]>();
/// // SAFETY: the layout is not empty; the block is freed with it, and once.
/// unsafe {
///     let block = Heap.alloc(layout);
///     assert_eq!(heap::usage().used, 32);
///     Heap.dealloc(block, layout);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Heap;

static STATE: Mutex<State> = Mutex::new(State::new());
static FIRST: Arena = Arena(UnsafeCell::new([MaybeUninit::uninit(); ARENA]));

/// Memory in the image.
#[repr(align(4096))]
struct Arena(UnsafeCell<[MaybeUninit<u8>; ARENA]>);

// SAFETY: only its address is taken, once; the memory then is the heap's.
unsafe impl Sync for Arena {}

/// The blocks, and where more come from.
struct State {
    heap: Buddies<ORDERS>,
    pool: Option<Pool>,
}

impl State {
    const fn new() -> Self {
        Self { heap: Buddies::new(), pool: None }
    }

    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        self.begin();
        self.heap.alloc(layout).ok()
    }

    /// Maps more memory, unless another thread has done so meanwhile.
    fn grow(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if let Some(block) = self.allocate(layout) {
            return Some(block);
        }
        let more = self.pool.as_mut()?.grow(layout)?;
        self.add(more);
        self.heap.alloc(layout).ok()
    }

    /// Gives the allocator the arena, unless it has something already.
    fn begin(&mut self) {
        if self.heap.stats_total_bytes() == 0 {
            let start = FIRST.0.get().addr();
            self.add(start..start + ARENA);
        }
    }

    /// Gives the allocator memory: the arena, once, or what a pool has just mapped for it.
    fn add(&mut self, memory: Range<usize>) {
        // SAFETY: H1.
        unsafe { self.heap.add_to_heap(memory.start, memory.end) };
    }
}

// SAFETY: the buddy allocator hands out disjoint blocks of the layout's size and alignment, or
// nothing; it is only used under the lock, and never unwinds.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that runs out of stack while it has the lock would keep it for ever.
        probe_stack::<STACK>();
        let block = STATE.lock().allocate(layout);
        let block = block.or_else(|| {
            probe_stack::<STACK_TO_GROW>();
            STATE.lock().grow(layout)
        });
        block.map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        probe_stack::<STACK>();
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the caller's obligation: the block is one that `alloc` gave out.
            unsafe { STATE.lock().heap.dealloc(block, layout) };
        }
    }
}

/// Lets the heap grow from a pool. The one before is given up, with what it still has.
pub(crate) fn set_pool(pool: Pool) {
    STATE.wait_on(pool.bell());
    STATE.lock().pool = Some(pool);
}

/// Adds memory that the loader of a layout has mapped for the heap alone (invariant G1 of
/// `given`). Only called while the program's one component is taken.
pub(super) fn donate(memory: Range<u64>) {
    let mut state = STATE.lock();
    state.begin();
    state.add(memory.start as usize..memory.end as usize);
}

/// What the heap has and what of it is in use.
pub(crate) fn usage() -> Usage {
    let state = STATE.lock();
    let (total, used) = (state.heap.stats_total_bytes(), state.heap.stats_alloc_actual());
    Usage { total, used }
}
