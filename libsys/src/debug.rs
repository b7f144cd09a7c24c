//! Calls that exist in debug and benchmark images only.
//!
//! In an image without them each is an unknown-syscall fault: a thread without a fault handler
//! stops for good.

use abi::buffer;
use abi::syscall::DebugSyscall;

use crate::cap::Cap;
use crate::object::Thread;
use crate::{ipc_buffer, machine};

fn call(number: DebugSyscall, x0: u64, x1: u64) -> u64 {
    machine::simple(number.number(), x0, x1)
}

/// Prints one byte on the kernel's console.
pub fn put_char(byte: u8) {
    call(DebugSyscall::PutChar, u64::from(byte), 0);
}

/// Prints the thread table.
pub fn dump_scheduler() {
    call(DebugSyscall::DumpScheduler, 0, 0);
}

/// Stops the machine.
pub fn halt() {
    call(DebugSyscall::Halt, 0, 0);
}

/// What lies at `pointer`: the word of an [`abi::syscall::CapTag`], 0 also when the lookup fails.
#[must_use]
pub fn cap_identify(pointer: u64) -> u64 {
    call(DebugSyscall::CapIdentify, pointer, 0)
}

/// Prints the distribution of capabilities.
pub fn snapshot() {
    call(DebugSyscall::Snapshot, 0, 0);
}

/// Names a thread in the kernel's messages. Overwrites the message words of the IPC buffer;
/// what does not fit into them is cut off.
pub fn name_thread(thread: Cap<Thread>, name: &str) {
    let bytes = name.as_bytes();
    let room = usize::try_from(buffer::USER_DATA - buffer::MESSAGE).unwrap_or(0) - 8;
    let bytes = &bytes[..bytes.len().min(room)];
    let mut words = 0;
    for (index, chunk) in bytes.chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        ipc_buffer::set_word(index, u64::from_le_bytes(word));
        words = index + 1;
    }
    ipc_buffer::set_word(words, 0);
    call(DebugSyscall::NameThread, thread.pointer(), 0);
}

/// Sends software interrupt `interrupt` to `core`. An unknown system call with one core only.
pub fn send_ipi(core: u64, interrupt: u64) {
    call(DebugSyscall::SendIpi, core, interrupt);
}

/// The core that a thread runs on. An unknown system call with one core only.
#[must_use]
pub fn thread_affinity(thread: Cap<Thread>) -> u64 {
    call(DebugSyscall::ThreadAffinity, thread.pointer(), 0)
}

/// Cleans and invalidates all caches.
pub fn flush_caches() {
    call(DebugSyscall::FlushCaches, 0, 0);
}

/// Starts a benchmark interval. Answers 0, or an error code.
pub fn reset_log() -> u64 {
    call(DebugSyscall::ResetLog, 0, 0)
}

/// Ends a benchmark interval.
pub fn finalize_log() -> u64 {
    call(DebugSyscall::FinalizeLog, 0, 0)
}

/// Does nothing: the cost of entering and leaving the kernel.
pub fn null_syscall() {
    call(DebugSyscall::NullSyscall, 0, 0);
}

/// The thirteen utilisation counters of a thread, in the order of the ABI document (§1.1).
#[must_use]
pub fn thread_utilisation(thread: Cap<Thread>) -> [u64; 13] {
    call(DebugSyscall::ThreadUtilisation, thread.pointer(), 0);
    core::array::from_fn(ipc_buffer::word)
}

/// Clears the utilisation counters of a thread.
pub fn reset_thread_utilisation(thread: Cap<Thread>) {
    call(DebugSyscall::ResetThreadUtilisation, thread.pointer(), 0);
}

/// Prints the utilisation of all threads.
pub fn dump_all_threads_utilisation() {
    call(DebugSyscall::DumpAllThreadsUtilisation, 0, 0);
}

/// Clears the utilisation counters of all threads.
pub fn reset_all_threads_utilisation() {
    call(DebugSyscall::ResetAllThreadsUtilisation, 0, 0);
}

/// Prints how often each kind of entry took a fast path since the last time, and why not: lines
/// `fast path: ENTRY COUNT OUTCOME`.
pub fn dump_fast_paths() {
    call(DebugSyscall::DumpFastPaths, 0, 0);
}
