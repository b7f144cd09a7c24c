//! Memory, address spaces, threads and time, of the kernel's objects.
//!
//! | module | what |
//! |---|---|
//! | [`parts`] | what there is at the start |
//! | [`checksums`] | what the file system wants to know of the processor |
//! | [`disk`] | sectors of the driver that the layout names |
//! | [`frames`] | memory, all of it mapped here as well |
//! | [`spaces`] | address spaces and what is mapped in them |
//! | [`threads`] | threads, and who of them waits |
//! | [`console`] | where is printed, and what is typed |

mod checksums;
pub(crate) mod console;
pub(crate) mod disk;
pub(crate) mod frames;
pub(crate) mod parts;
pub(crate) mod spaces;
pub(crate) mod threads;

use alloc::vec::Vec;
use core::time::Duration;

use libsys::executor::{Caller, NoClock};
use libsys::heap;
use libsys::server::Port;
use libsys::time::Counter;
use linux::machine::{
    Exhausted, Frame, Machine, Mapping, Protection, Registers, SpaceHandle, ThreadId,
};

pub(crate) use parts::{Failure, Parts, Resources};

use console::Console;
use frames::Frames;
use spaces::Spaces;
use threads::Threads;

/// Calls that wait at once: each takes a reply object.
pub(crate) const IN_FLIGHT: usize = 256;
/// Bytes that are printed together, at most.
const OUTPUT_LIMIT: usize = 4096;
/// What of the heap programs cannot use up.
const HEAP_RESERVE: usize = 512 << 10;
/// The signal that some time has passed.
pub(crate) const TICK: u64 = 1;

/// This machine.
pub(crate) struct Native<'r, P: Port> {
    resources: Resources,
    frames: Frames,
    spaces: Spaces,
    threads: Threads<Caller<'r, P, NoClock, IN_FLIGHT>>,
    console: Console,
    counter: Counter,
    seed: u64,
    /// What is to be printed.
    output: Vec<u8>,
    /// Whether the last line that was printed is complete.
    is_line_complete: bool,
}

impl<'r, P: Port> Native<'r, P> {
    pub(crate) fn new(resources: Resources, console: Console) -> Self {
        let counter = Counter::new();
        let seed = counter.now().as_nanos() as u64 | 1;
        let (frames, spaces) = (Frames::default(), Spaces::default());
        Self {
            resources,
            frames,
            spaces,
            threads: Threads::default(),
            console,
            counter,
            seed,
            output: Vec::new(),
            is_line_complete: true,
        }
    }

    /// Prints what there is to be printed.
    pub(crate) fn flush(&mut self) {
        if let Some(last) = self.output.last() {
            self.is_line_complete = *last == b'\n';
            self.console.print(&self.output);
            self.output.clear();
        }
    }

    /// Completes the last line, and waits until it has gone out.
    pub(crate) fn end_line(&mut self) {
        self.flush();
        if !self.is_line_complete {
            self.print(b"\r\n");
            self.flush();
        }
        self.console.drain();
    }

    /// What was typed.
    pub(crate) fn typed(&self) -> Vec<u8> {
        match &self.console {
            Console::Plain => Vec::new(),
            Console::Driven(driven) => driven.typed(),
        }
    }

    /// A thread has called or faulted, and waits.
    pub(crate) fn waits(
        &mut self,
        thread: ThreadId,
        caller: Caller<'r, P, NoClock, IN_FLIGHT>,
        in_call: bool,
    ) {
        self.threads.waits(thread, caller, in_call);
    }
}

impl<P: Port> Machine for Native<'_, P> {
    fn allocate(&mut self) -> Result<Frame, Exhausted> {
        self.frames.allocate(&mut self.resources)
    }

    fn is_short(&self) -> bool {
        let usage = heap::usage();
        usage.total - usage.used < HEAP_RESERVE
    }

    fn free(&mut self, frame: Frame) {
        self.frames.free(frame);
    }

    fn frames(&self) -> (u64, u64) {
        self.frames.count(&self.resources)
    }

    fn read(&self, frame: Frame, offset: usize, bytes: &mut [u8]) {
        self.frames.read(frame, offset, bytes);
    }

    fn write(&mut self, frame: Frame, offset: usize, bytes: &[u8]) {
        self.frames.write(frame, offset, bytes);
    }

    fn copy(&mut self, from: Frame, to: Frame) {
        self.frames.copy(from, to);
    }

    fn create_space(&mut self) -> Result<SpaceHandle, Exhausted> {
        self.spaces.create(&mut self.resources)
    }

    fn destroy_space(&mut self, space: SpaceHandle) {
        self.spaces.destroy(&mut self.resources, space);
    }

    fn map(
        &mut self,
        space: SpaceHandle,
        address: u64,
        frame: Frame,
        protection: Protection,
    ) -> Result<Mapping, Exhausted> {
        let page = self.frames.page(frame);
        self.spaces.map(&mut self.resources, space, address, page, protection)
    }

    fn protect(
        &mut self,
        mapping: Mapping,
        space: SpaceHandle,
        address: u64,
        protection: Protection,
    ) {
        self.spaces.protect(mapping, space, address, protection);
    }

    fn unmap(&mut self, mapping: Mapping) {
        self.resources.give_back_slot(mapping.0.get().into());
    }

    /// All of them may wait, and the server still takes what comes next.
    fn most_threads(&self) -> usize {
        IN_FLIGHT - 1
    }

    fn create_thread(&mut self, thread: ThreadId, space: SpaceHandle) -> Result<(), Exhausted> {
        let space = self.spaces.root(space).ok_or(Exhausted)?;
        self.threads.create(&mut self.resources, thread, space)
    }

    fn destroy_thread(&mut self, thread: ThreadId) {
        self.threads.destroy(&mut self.resources, thread);
    }

    fn move_thread(&mut self, thread: ThreadId, space: SpaceHandle) {
        if let Some(space) = self.spaces.root(space) {
            self.threads.configure(&self.resources, thread, space);
        }
    }

    fn registers(&mut self, thread: ThreadId) -> Registers {
        self.threads.registers(thread)
    }

    fn set_registers(&mut self, thread: ThreadId, registers: &Registers) {
        self.threads.change(thread, registers);
    }

    fn stop(&mut self, thread: ThreadId) -> Registers {
        self.threads.stop(thread)
    }

    fn answer(&mut self, thread: ThreadId, result: u64) {
        if let Some(caller) = self.threads.released(thread) {
            caller.resume(result);
        }
    }

    fn retry(&mut self, thread: ThreadId) {
        if let Some(caller) = self.threads.released(thread) {
            caller.retry();
        }
    }

    fn resume(&mut self, thread: ThreadId, registers: &Registers) {
        match self.threads.released(thread) {
            Some(caller) => {
                self.threads.write(thread, registers, false);
                caller.retry();
            }
            None => self.threads.write(thread, registers, true),
        }
    }

    fn now(&self) -> Duration {
        self.counter.now()
    }

    /// Not unpredictable yet: there is no source of entropy in this system.
    fn random(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            *byte = (self.seed >> 32) as u8;
        }
    }

    fn room(&self) -> usize {
        self.console.room(self.output.len())
    }

    /// Without a driver the carriage is returned elsewhere.
    fn print(&mut self, bytes: &[u8]) {
        match self.console {
            Console::Driven(_) => self.output.extend(bytes),
            Console::Plain => {
                let lines = bytes.split_inclusive(|byte| *byte == b'\n');
                for line in lines {
                    match line.strip_suffix(b"\r\n") {
                        Some(text) => self.output.extend(text.iter().chain(b"\n")),
                        None => self.output.extend(line),
                    }
                }
            }
        }
        if self.output.len() > OUTPUT_LIMIT {
            self.flush();
        }
    }
}
