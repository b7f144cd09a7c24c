//! Mutual exclusion between the threads of a program.
//!
//! Invariant M1: the value is accessed only through a [`Guard`], and there is at most one: who
//! makes it has changed `state` from free.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::cap::Cap;
use crate::object::Notification;
use crate::syscall;

/// Nobody has the lock.
const FREE: u32 = 0;
/// Somebody has it.
const TAKEN: u32 = 1;
/// Somebody has it, and others may wait.
const CONTENDED: u32 = 2;

/// A value that one thread uses at a time.
///
/// Threads that find it taken wait on a notification, if the lock has been given one; until then
/// they give up their time slice again and again, which helps only if the owner runs at the same
/// priority or on another core. Taking it twice in one thread waits for ever.
///
/// ```
/// use libsys::Mutex;
///
/// static COUNTER: Mutex<u64> = Mutex::new(1);
/// *COUNTER.lock() += 1;
/// assert_eq!(*COUNTER.lock(), 2);
/// ```
#[derive(Debug)]
pub struct Mutex<T> {
    state: AtomicU32,
    bell: AtomicU64,
    value: UnsafeCell<T>,
}

// SAFETY: M1: a mutex gives one thread at a time access to a value that may change threads.
unsafe impl<T: Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// A free lock around a value.
    pub const fn new(value: T) -> Self {
        let (state, bell) = (AtomicU32::new(FREE), AtomicU64::new(0));
        Self { state, bell, value: UnsafeCell::new(value) }
    }

    /// Threads wait on this notification from now on, which nobody else may use.
    pub fn wait_on(&self, bell: Cap<Notification>) {
        self.bell.store(bell.pointer(), Ordering::Relaxed);
    }

    /// Waits until the lock is free, and takes it until the answer is dropped.
    #[inline]
    pub fn lock(&self) -> Guard<'_, T> {
        let free = self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            self.wait();
        }
        Guard { mutex: self, value: PhantomData }
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        let free = self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed);
        free.ok().map(|_| Guard { mutex: self, value: PhantomData })
    }

    /// A waiter cannot know whether others wait too, so it leaves the lock contended.
    #[cold]
    fn wait(&self) {
        while self.state.swap(CONTENDED, Ordering::Acquire) != FREE {
            match self.bell.load(Ordering::Relaxed) {
                0 => syscall::yield_now(),
                // A signal that came before is kept; one that was for nothing costs a turn.
                bell => drop(Cap::<Notification>::at(bell).wait()),
            }
        }
    }

    fn unlock(&self) {
        let bell = self.bell.load(Ordering::Relaxed);
        if self.state.swap(FREE, Ordering::Release) == CONTENDED && bell != 0 {
            Cap::<Notification>::at(bell).signal();
        }
    }
}

/// The right to use the value of a [`Mutex`].
///
/// Threads may share it only if they may share the value:
///
/// ```compile_fail,E0277
/// use core::cell::Cell;
///
/// fn share<T: Sync>(_: T) {}
/// let mutex = libsys::Mutex::new(Cell::new(1));
/// share(mutex.lock());
/// ```
#[derive(Debug)]
pub struct Guard<'a, T> {
    mutex: &'a Mutex<T>,
    /// What the guard stands for. A reference to the mutex alone could be shared between threads
    /// with values that may not be.
    value: PhantomData<&'a mut T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: M1: this is the only guard, and it is borrowed.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: M1: this is the only guard, and it is borrowed for itself.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let mutex = Mutex::new(5);
        let guard = mutex.lock();
        assert!(mutex.try_lock().is_none());
        drop(guard);
        *mutex.try_lock().expect("free") += 1;
        assert_eq!(*mutex.lock(), 6);
    }
}
