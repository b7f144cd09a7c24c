//! The place of the machine in host tests: there is none, or a `fake`.
//!
//! Portable code never gets here in a test that has not started a fake kernel.

use core::mem::MaybeUninit;
use core::ops::Range;

use crate::cap::Cap;
use crate::object::Thread;
use crate::start::Start;
use crate::window::Window;

#[cfg(test)]
#[path = "fake.rs"]
pub(crate) mod fake;

type Word = MaybeUninit<u64>;

#[cold]
fn unsupported() -> ! {
    panic!("system calls exist on the target only")
}

pub(crate) fn send(_number: u64, _destination: u64, _info: u64, _words: [Word; 4]) {
    unsupported()
}

pub(crate) fn call(_number: u64, _destination: u64, _info: u64, _words: [Word; 4]) -> [u64; 6] {
    #[cfg(test)]
    {
        let length = abi::MessageInfo(_info).length();
        let words = core::array::from_fn(|index| match _words[index] {
            // SAFETY: who sends a message has set the words that it has.
            word if index < length => unsafe { word.assume_init() },
            _ => 0,
        });
        if let Some(answer) = fake::call(_destination, _info, words) {
            return answer;
        }
    }
    unsupported()
}

pub(crate) fn receive(_number: u64, _source: u64, _reply: u64) -> [u64; 6] {
    unsupported()
}

pub(crate) fn send_receive(
    _number: u64,
    _source: u64,
    _info: u64,
    _words: [Word; 4],
    _x6: u64,
    _x8: Word,
) -> [u64; 6] {
    unsupported()
}

pub(crate) fn bare(_number: u64) {
    unsupported()
}

pub(crate) fn simple(_number: u64, _x0: u64, _x1: u64) -> u64 {
    unsupported()
}

pub(crate) fn with_all_registers(_x: [u64; 9]) -> [u64; 9] {
    unsupported()
}

pub(crate) fn wait_word(_number: u64, _source: u64) -> u64 {
    unsupported()
}

/// The IPC buffer that there is not.
#[derive(Clone, Copy)]
pub(crate) struct Buffer;

pub(crate) fn buffer() -> Buffer {
    #[cfg(test)]
    if fake::is_there() {
        return Buffer;
    }
    unsupported()
}

pub(crate) fn counter() -> u64 {
    unsupported()
}

pub(crate) fn counter_frequency() -> u64 {
    unsupported()
}

impl Buffer {
    pub(crate) fn read(self, _offset: u64) -> u64 {
        #[cfg(test)]
        if fake::is_there() {
            return fake::read(_offset);
        }
        unsupported()
    }

    pub(crate) fn write(self, _offset: u64, _value: u64) {
        #[cfg(test)]
        if fake::is_there() {
            return fake::write(_offset, _value);
        }
        unsupported()
    }
}

pub(crate) fn current_thread() -> Cap<Thread> {
    #[cfg(test)]
    if fake::is_there() {
        return crate::initial::THREAD;
    }
    unsupported()
}

/// The host has pages enough below its stacks.
pub(crate) fn probe_stack<const BYTES: usize>() {}

pub(crate) fn parent() -> u64 {
    unsupported()
}

/// What a thread's block would say.
#[expect(dead_code, reason = "nobody reads it here")]
pub(crate) struct Identity {
    pub(crate) thread: Cap<Thread>,
    pub(crate) ipc_buffer: u64,
    pub(crate) stack: Range<u64>,
    pub(crate) parent: u64,
}

pub(crate) fn place_block(_window: &Window, _identity: &Identity) -> u64 {
    #[cfg(test)]
    if fake::is_there() {
        return _window.address();
    }
    unsupported()
}

/// There is no thread pointer, and no copy of the template.
#[doc(hidden)]
#[macro_export]
macro_rules! thread_address {
    ($template:path) => {{
        let _ = &$template;
        ::core::ptr::null()
    }};
}

pub(crate) fn boot_info() -> &'static [u8] {
    &[]
}

pub(crate) fn extra_boot_info() -> &'static [u8] {
    &[]
}

/// A host test is no task.
pub(crate) fn is_initial() -> bool {
    unsupported()
}

/// Host tests have no image.
pub(crate) fn modules() -> &'static [u8] {
    &[]
}

/// What vector registers do on the target.
pub(super) mod lines {
    use crate::window::Line;

    /// Copies so many lines.
    ///
    /// # Safety
    /// As on the target.
    pub(crate) unsafe fn copy(to: *mut Line, from: *const Line, count: usize) {
        // SAFETY: the caller's.
        unsafe { from.copy_to_nonoverlapping(to, count) }
    }

    /// Sets so many lines to 0.
    ///
    /// # Safety
    /// As on the target.
    pub(crate) unsafe fn clear(to: *mut Line, count: usize) {
        // SAFETY: the caller's.
        unsafe { to.write_bytes(0, count) }
    }

    /// Whether so many lines are equal.
    ///
    /// # Safety
    /// As on the target.
    pub(crate) unsafe fn are_equal(one: *const Line, other: *const Line, count: usize) -> bool {
        // SAFETY: the caller's.
        (0..count).all(|index| unsafe { one.add(index).read() == other.add(index).read() })
    }
}

/// Stands for the start of a program, which host tests never see.
///
/// # Safety
/// None needed: it stops.
pub(crate) unsafe fn begin(_registers: [u64; 4]) -> Start {
    unsupported()
}
