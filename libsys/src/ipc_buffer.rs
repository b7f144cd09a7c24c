//! The calling thread's IPC buffer.
//!
//! Message words 0 to 3 travel in registers only; the buffer holds words 4 and up, the
//! capabilities to send, the badges that arrived, and where a received capability goes.
//!
//! An index beyond the buffer's fields is a mistake in the program and stops it.

use abi::buffer;
use abi::message::{MAX_CAPS, MAX_LENGTH};

use crate::cap::SlotPath;
use crate::machine;

/// Word `index` of the message, 0 to 119.
#[inline(always)]
#[must_use]
pub fn word(index: usize) -> u64 {
    assert!(index < MAX_LENGTH, "message words end at 119");
    machine::buffer().read(buffer::word(index))
}

/// Sets word `index` of the message, 0 to 119.
#[inline(always)]
pub fn set_word(index: usize, value: u64) {
    assert!(index < MAX_LENGTH, "message words end at 119");
    machine::buffer().write(buffer::word(index), value);
}

/// Sets the capability pointer of extra capability `index`, 0 to 2.
#[inline(always)]
pub fn set_cap(index: usize, pointer: u64) {
    machine::buffer().write(cap_offset(index), pointer);
}

/// The badge of unwrapped capability `index`, 0 to 2, of the message just received.
#[inline(always)]
#[must_use]
pub fn badge(index: usize) -> u64 {
    machine::buffer().read(cap_offset(index))
}

#[inline(always)]
fn cap_offset(index: usize) -> u64 {
    assert!(index < MAX_CAPS, "extra capabilities end at 2");
    buffer::CAPS_OR_BADGES + 8 * index as u64
}

/// Where the next received capability goes. The slot must be empty, else the message comes
/// without its capability.
pub fn set_receive_path(path: SlotPath) {
    let here = machine::buffer();
    here.write(buffer::RECEIVE_CNODE, path.root.pointer());
    here.write(buffer::RECEIVE_INDEX, path.index);
    here.write(buffer::RECEIVE_DEPTH, u64::from(path.depth));
}

/// Runs something that makes invocations, and leaves the buffer as it was: the message words and
/// capabilities that invocations use.
pub(crate) fn preserved<R>(work: impl FnOnce() -> R) -> R {
    const WORDS: usize = 16;
    let words: [u64; WORDS] = core::array::from_fn(word);
    let caps: [u64; MAX_CAPS] = core::array::from_fn(badge);
    let result = work();
    for (index, value) in words.into_iter().enumerate() {
        set_word(index, value);
    }
    for (index, value) in caps.into_iter().enumerate() {
        set_cap(index, value);
    }
    result
}

/// The word that the kernel never touches.
#[must_use]
pub fn user_data() -> u64 {
    machine::buffer().read(buffer::USER_DATA)
}

/// Sets the word that the kernel never touches.
pub fn set_user_data(value: u64) {
    machine::buffer().write(buffer::USER_DATA, value);
}

/// Reads the buffer at `offset` bytes, a multiple of 8 below 1024.
#[must_use]
pub fn read(offset: u64) -> u64 {
    assert!(offset < buffer::SIZE && offset.is_multiple_of(8), "inside the buffer");
    machine::buffer().read(offset)
}

/// Writes the buffer at `offset` bytes, a multiple of 8 below 1024.
pub fn write(offset: u64, value: u64) {
    assert!(offset < buffer::SIZE && offset.is_multiple_of(8), "inside the buffer");
    machine::buffer().write(offset, value);
}
