//! What travels to another thread: its closure, and windows. The suite's only unsafe code.
#![allow(unsafe_code, reason = "a closure travels through the new thread's stack")]

use core::mem::{align_of, size_of};
use libsys::window::Window;
use libsys::worker::Entry;

/// A window that a thread in another address space sees as well, at the same addresses. It can
/// travel there in a closure.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    start: u64,
    end: u64,
}

impl Shared {
    /// A window whose pages are mapped in the other address space, too.
    pub(super) const fn of(window: &Window) -> Self {
        Self { start: window.address(), end: window.end() }
    }

    /// The window, on either side.
    pub fn window(self) -> Window {
        // SAFETY: only `of` makes these, from a window: its pages are mapped here (W1), and in
        // the neighbour's space when its closure gets it. Both stay until the test is over.
        unsafe { Window::claim(self.start..self.end) }
    }
}

/// Puts a closure into the lowest bytes of a stack that no thread uses. Answers the entry
/// function of a thread that runs it, and the argument for that function.
pub(super) fn place<F>(stack: &Window, closure: F) -> (Entry, u64)
where
    F: FnOnce() + Copy + Send + 'static,
{
    assert!(size_of::<F>() <= 1024 && align_of::<F>() <= 1024, "a small closure");
    let address = stack.address();
    let place = core::ptr::with_exposed_provenance_mut::<F>(address as usize);
    // SAFETY: a window is mapped, starts at a page, is larger than a closure of 1 KiB, and
    // nothing else lives at its start: the stack grows down from the other end.
    unsafe { place.write(closure) };
    (run::<F>, address)
}

/// Runs the closure at `address`, then the thread waits for its end.
extern "C" fn run<F>(address: u64) -> !
where
    F: FnOnce() + Copy + Send + 'static,
{
    let place = core::ptr::with_exposed_provenance::<F>(address as usize);
    // SAFETY: only `place` hands out this function, with the address where it has written an
    // `F`. It is `Copy`, so a thread that is started again may read it again, and `Send`, so
    // this thread may use it. `'static`: it borrows nothing that could be gone.
    let closure = unsafe { place.read() };
    closure();
    loop {
        // Suspending oneself cannot fail; should it, the thread tries again for ever.
        let _ = libsys::current_thread().suspend();
    }
}
