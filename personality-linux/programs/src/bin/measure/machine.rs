//! Calls without anything of the standard library around them.
//!
//! What they mean is told by the manual pages of Linux, section 2, under the names of the calls.
#![allow(unsafe_code, reason = "the C library is what is measured")]

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};
use std::sync::atomic::AtomicU32;

/// The answer of a call, or why it failed.
fn checked(answer: libc::c_long) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}

/// Whether as many bytes were moved as were asked for.
fn complete(answer: libc::ssize_t, expected: usize) -> io::Result<()> {
    match usize::try_from(answer) {
        Ok(count) if count == expected => Ok(()),
        Ok(_) => Err(io::Error::other("fewer bytes than asked for")),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// Mounts the devices if nobody has done so.
pub(crate) fn provide_devices() -> io::Result<()> {
    if std::fs::exists("/dev/zero")? {
        return Ok(());
    }
    std::fs::create_dir_all("/dev")?;
    let (kind, place) = (c"devtmpfs", c"/dev");
    // SAFETY: the texts end with a zero, and outlive the call, which changes no memory of ours.
    let answer = unsafe { libc::mount(kind.as_ptr(), place.as_ptr(), kind.as_ptr(), 0, null()) };
    checked(answer.into()).map(drop)
}

/// The parent's number, which libraries do not remember.
pub(crate) fn parent() -> i32 {
    // SAFETY: the call has no arguments and changes no memory.
    unsafe { libc::getppid() }
}

/// Of the second of the monotonic clock.
pub(crate) fn nanoseconds() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one such value.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_nsec
}

/// Asks what a file is.
pub(crate) fn status(path: &CStr) -> io::Result<()> {
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the text ends with a zero; the call writes at most one such value.
    checked(unsafe { libc::stat(path.as_ptr(), status.as_mut_ptr()) }.into()).map(drop)
}

/// Becomes another program, with one word; answers only if that failed.
pub(crate) fn execute(path: &CStr, word: &CStr) -> i32 {
    let (words, environment) = ([path.as_ptr(), word.as_ptr(), null()], [null()]);
    // SAFETY: both lists end with a null pointer, and their texts with a zero.
    unsafe { libc::execve(path.as_ptr(), words.as_ptr(), environment.as_ptr()) }
}

/// Waits while the word has this value.
pub(crate) fn wait_while(word: &AtomicU32, value: u32) {
    let (call, wait) = (libc::SYS_futex, libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
    // SAFETY: the word outlives the call, which only reads it.
    unsafe { libc::syscall(call, word.as_ptr(), wait, value, null::<libc::timespec>()) };
}

/// Wakes one that waits for the word.
pub(crate) fn wake(word: &AtomicU32) {
    // SAFETY: the call uses the address as a name.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        )
    };
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Descriptor(i32);

impl Descriptor {
    /// Opens for reading and writing.
    pub(crate) fn open(path: &CStr) -> io::Result<Self> {
        // SAFETY: the text ends with a zero.
        let answer = unsafe { libc::open(path.as_ptr(), libc::O_RDWR) };
        checked(answer.into()).map(|_| Self(answer))
    }

    /// The end to read from, and the end to write to.
    pub(crate) fn pipe() -> io::Result<(Self, Self)> {
        let mut ends = [0; 2];
        // SAFETY: the call writes two numbers.
        checked(unsafe { libc::pipe(ends.as_mut_ptr()) }.into())?;
        Ok((Self(ends[0]), Self(ends[1])))
    }

    /// Reads exactly so many bytes.
    pub(crate) fn read(&self, bytes: &mut [u8]) -> io::Result<()> {
        // SAFETY: the call writes at most as many bytes as the slice has.
        let answer = unsafe { libc::read(self.0, bytes.as_mut_ptr().cast(), bytes.len()) };
        complete(answer, bytes.len())
    }

    /// Reads exactly so many bytes from there.
    pub(crate) fn read_at(&self, bytes: &mut [u8], offset: i64) -> io::Result<()> {
        let (first, count) = (bytes.as_mut_ptr().cast(), bytes.len());
        // SAFETY: the call writes at most as many bytes as the slice has.
        complete(unsafe { libc::pread(self.0, first, count, offset) }, count)
    }

    /// Writes all of it.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        // SAFETY: the call reads as many bytes as the slice has.
        let answer = unsafe { libc::write(self.0, bytes.as_ptr().cast(), bytes.len()) };
        complete(answer, bytes.len())
    }

    /// Asks what it is.
    pub(crate) fn status(&self) -> io::Result<()> {
        let mut status = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the call writes at most one such value.
        checked(unsafe { libc::fstat(self.0, status.as_mut_ptr()) }.into()).map(drop)
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: nobody else has the number.
        unsafe { libc::close(self.0) };
    }
}

/// Memory of its own.
#[derive(Debug)]
pub(crate) struct Mapping {
    first: *mut u8,
    length: usize,
}

impl Mapping {
    /// Of zeros.
    pub(crate) fn anonymous(length: usize) -> io::Result<Self> {
        Self::new(length, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    /// The beginning of a file, which is at least as long.
    pub(crate) fn file(file: &File, length: usize) -> io::Result<Self> {
        Self::new(length, libc::MAP_PRIVATE, file.as_raw_fd())
    }

    fn new(length: usize, flags: i32, descriptor: i32) -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the system chooses an address that nobody uses.
        let first = unsafe { libc::mmap(null_mut(), length, access, flags, descriptor, 0) };
        match first == libc::MAP_FAILED {
            true => Err(io::Error::last_os_error()),
            false => Ok(Self { first: first.cast(), length }),
        }
    }

    /// Reads a byte.
    pub(crate) fn read(&self, offset: usize) -> u8 {
        assert!(offset < self.length, "a byte of it");
        // SAFETY: the byte is in the mapping, which is there as long as `self`.
        unsafe { self.first.add(offset).read_volatile() }
    }

    /// Changes a byte.
    pub(crate) fn write(&self, offset: usize) {
        assert!(offset < self.length, "a byte of it");
        // SAFETY: as in `read`; nobody else has the mapping's address, and it is of this thread.
        unsafe { self.first.add(offset).write_volatile(1) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody uses the mapping any more.
        unsafe { libc::munmap(self.first.cast(), self.length) };
    }
}

/// A process that was forked.
#[derive(Debug)]
pub(crate) struct Child(i32);

impl Child {
    /// Lets a new process do something, and end with the status that it answers.
    pub(crate) fn run(work: impl FnOnce() -> i32) -> io::Result<Self> {
        // SAFETY: there is no other thread that could hold a lock in the copy: those of
        // `processes` end before the next process begins.
        match unsafe { libc::fork() } {
            // SAFETY: ends the copy, which needs nothing to be put in order.
            0 => unsafe { libc::_exit(work()) },
            number => checked(number.into()).map(|_| Self(number)),
        }
    }

    /// Waits for its end, which must have been a good one.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let mut status = 0;
        // SAFETY: the call writes one number.
        checked(unsafe { libc::waitpid(self.0, &raw mut status, 0) }.into())?;
        match status {
            0 => Ok(()),
            _ => Err(io::Error::other("a child failed")),
        }
    }
}
