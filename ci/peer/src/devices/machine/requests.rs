//! Requests in flight: asynchronous input and output of the kernel (`io_setup` and its like).

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;

use super::buffer::Buffer;
use super::checked;

/// Most requests in flight.
pub(crate) const MOST: usize = 64;
/// Kinds of requests.
const READ: u16 = 0;
const WRITE: u16 = 1;

/// A request, as its file and its buffer know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// Which part of the buffer.
    pub(crate) place: usize,
    /// Whether it writes.
    pub(crate) writes: bool,
    /// Where in the file.
    pub(crate) offset: u64,
}

/// `struct iocb` of `linux/aio_abi.h`, on machines with the least byte first.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Control {
    data: u64,
    key: u32,
    flags: u32,
    kind: u16,
    priority: i16,
    file: u32,
    buffer: u64,
    bytes: u64,
    offset: i64,
    reserved: u64,
    more_flags: u32,
    event_file: u32,
}

/// `struct io_event` of the same file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Event {
    data: u64,
    control: u64,
    result: i64,
    more: i64,
}

/// Requests of one file, whose data lie in equal parts of one buffer.
pub(crate) struct Queue<'a> {
    context: libc::c_ulong,
    file: &'a File,
    buffer: &'a mut Buffer,
    bytes: usize,
    events: [Event; MOST],
    done: Vec<usize>,
}

impl<'a> Queue<'a> {
    /// None in flight yet.
    pub(crate) fn new(file: &'a File, buffer: &'a mut Buffer, bytes: usize) -> io::Result<Self> {
        let mut context: libc::c_ulong = 0;
        // SAFETY: the call writes the word that it is given.
        checked(unsafe { libc::syscall(libc::SYS_io_setup, MOST, &raw mut context) })?;
        let (events, done) = ([Event::default(); MOST], Vec::with_capacity(MOST));
        Ok(Self { context, file, buffer, bytes, events, done })
    }

    /// Submits requests. Nobody looks at their parts of the buffer until they are done.
    pub(crate) fn submit(&mut self, requests: &[Request]) -> io::Result<()> {
        let mut controls = [Control::default(); MOST];
        let mut pointers = [null_mut::<Control>(); MOST];
        for ((control, pointer), request) in controls.iter_mut().zip(&mut pointers).zip(requests) {
            let start = request.place * self.bytes;
            let part = &mut self.buffer.bytes()[start..start + self.bytes];
            *control = Control {
                data: request.place as u64,
                kind: if request.writes { WRITE } else { READ },
                file: self.file.as_raw_fd() as u32,
                buffer: part.as_mut_ptr() as u64,
                bytes: self.bytes as u64,
                offset: request.offset as i64,
                ..Control::default()
            };
            *pointer = control;
        }
        let mut given = 0;
        while given < requests.len() {
            let left = requests.len() - given;
            // SAFETY: `given` is less than the number of pointers, each of which is of a control
            // block that outlives the call. The kernel reaches the parts of the buffer until the
            // request is done; this value borrows it, and is not dropped before.
            given += checked(unsafe {
                let first = pointers.as_mut_ptr().add(given);
                libc::syscall(libc::SYS_io_submit, self.context, left, first)
            })?;
        }
        Ok(())
    }

    /// Waits until something is done: the places of those requests.
    pub(crate) fn wait(&mut self) -> io::Result<&[usize]> {
        let none = null_mut::<libc::timespec>();
        // SAFETY: the call writes no more events than there is room for.
        let count = checked(unsafe {
            let events = self.events.as_mut_ptr();
            libc::syscall(libc::SYS_io_getevents, self.context, 1_usize, MOST, events, none)
        })?;
        self.done.clear();
        for event in &self.events[..count] {
            if event.result != self.bytes as i64 {
                return Err(io::Error::from_raw_os_error(-event.result as i32));
            }
            self.done.push(event.data as usize);
        }
        Ok(&self.done)
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        // SAFETY: waits for all requests; afterwards nobody reaches the buffer.
        unsafe { libc::syscall(libc::SYS_io_destroy, self.context) };
    }
}
