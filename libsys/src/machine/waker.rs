//! Wakers that are numbers, and futures pinned in an array.

use core::pin::Pin;
use core::task::{RawWaker, RawWakerVTable, Waker};

use crate::executor::ready;

/// The functions of a waker that is a number.
static NUMBER: RawWakerVTable = RawWakerVTable::new(copy, wake, wake, forget);

fn copy(number: *const ()) -> RawWaker {
    RawWaker::new(number, &NUMBER)
}

fn wake(number: *const ()) {
    ready::wake(number.addr());
}

fn forget(_number: *const ()) {}

/// The waker that calls [`ready::wake`] with this number.
pub(crate) fn waker(number: usize) -> Waker {
    // SAFETY: the functions never follow the pointer, which is a number; they own nothing that
    // could be given back twice, and `ready::wake` may be called by any thread at any time.
    unsafe { Waker::new(core::ptr::without_provenance(number), &NUMBER) }
}

/// Room for `N` futures of one type, for an [`Executor`](crate::executor::Executor).
///
/// ```
/// use core::pin::pin;
/// use libsys::executor::Storage;
///
/// let tasks = pin!(Storage::<core::future::Ready<()>, 16>::new());
/// # let _ = tasks;
/// ```
#[derive(Debug)]
pub struct Storage<F, const N: usize> {
    futures: [Option<F>; N],
}

impl<F, const N: usize> Storage<F, N> {
    /// Empty room.
    #[must_use]
    pub const fn new() -> Self {
        Self { futures: [const { None }; N] }
    }

    /// The place of one future.
    pub(crate) fn place(self: Pin<&mut Self>, index: usize) -> Option<Pin<&mut Option<F>>> {
        // SAFETY: nothing is moved out of the reference here.
        let futures = unsafe { &mut self.get_unchecked_mut().futures };
        // SAFETY: the array is pinned with the storage, and this function, the only one that
        // reaches its elements, hands them out pinned. `Storage` has no `Drop` of its own, and is
        // `Unpin` only if `F` is.
        futures.get_mut(index).map(|place| unsafe { Pin::new_unchecked(place) })
    }
}

impl<F, const N: usize> Default for Storage<F, N> {
    fn default() -> Self {
        Self::new()
    }
}
