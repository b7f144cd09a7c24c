//! A machine for tests: memory in vectors, and threads that only remember what they were told.

mod program;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::time::Duration;

pub use program::{BASE, DATA, archive, executable};

use crate::machine::{
    Exhausted, Frame, Machine, Mapping, PAGE_BYTES, Protection, Registers, SpaceHandle, ThreadId,
};

/// What a thread was told last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// The result of its call.
    Answer(u64),
    /// To try again.
    Retry,
    /// To go on with its registers.
    Resume,
}

/// A thread of the fake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FakeThread {
    /// Where it is.
    pub space: SpaceHandle,
    /// What it has in its registers.
    pub registers: Registers,
    /// What it was told last, if it has not called since.
    pub told: Option<Told>,
}

/// What is mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FakeMapping {
    /// Where.
    pub space: SpaceHandle,
    /// At which address.
    pub address: u64,
    /// What.
    pub frame: Frame,
    /// How.
    pub protection: Protection,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Fake {
    /// Frames in use have content.
    frames: Vec<Option<Vec<u8>>>,
    limit: usize,
    last: u32,
    spaces: Vec<SpaceHandle>,
    /// All mappings.
    pub mappings: BTreeMap<u32, FakeMapping>,
    /// All threads.
    pub threads: BTreeMap<ThreadId, FakeThread>,
    /// The time.
    pub time: Duration,
    /// Whether the server has too little memory for itself.
    pub short: bool,
    /// What was printed.
    pub printed: Vec<u8>,
    /// Bytes that the console can take.
    pub room: usize,
    seed: u64,
}

impl Fake {
    /// A machine with so many frames.
    #[must_use]
    pub fn new(frames: usize) -> Self {
        Self { limit: frames, room: usize::MAX / 2, ..Self::default() }
    }

    /// Frames in use.
    #[must_use]
    pub fn used(&self) -> usize {
        self.frames.iter().flatten().count()
    }

    /// Address spaces in use.
    #[must_use]
    pub fn spaces(&self) -> usize {
        self.spaces.len()
    }

    fn number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// The frame at an address, and what is permitted.
    #[must_use]
    pub fn mapped(&self, space: SpaceHandle, page: u64) -> Option<FakeMapping> {
        let at = |mapping: &&FakeMapping| (mapping.space, mapping.address) == (space, page);
        self.mappings.values().find(at).copied()
    }

    fn thread(&mut self, thread: ThreadId) -> &mut FakeThread {
        self.threads.get_mut(&thread).expect("only threads that exist are told anything")
    }
}

impl Machine for Fake {
    fn allocate(&mut self) -> Result<Frame, Exhausted> {
        let place = self.frames.iter().position(Option::is_none).unwrap_or(self.frames.len());
        if place >= self.limit {
            return Err(Exhausted);
        }
        if place == self.frames.len() {
            self.frames.push(None);
        }
        self.frames[place] = Some(alloc::vec![0; PAGE_BYTES]);
        Ok(Frame(place as u32))
    }

    fn is_short(&self) -> bool {
        self.short
    }

    fn free(&mut self, frame: Frame) {
        let is_mapped = self.mappings.values().any(|mapping| mapping.frame == frame);
        assert!(!is_mapped, "a frame that is free is mapped nowhere");
        let content = self.frames[frame.0 as usize].take();
        assert!(content.is_some(), "a frame is freed once");
    }

    fn frames(&self) -> (u64, u64) {
        ((self.limit - self.used()) as u64, self.limit as u64)
    }

    fn read(&self, frame: Frame, offset: usize, bytes: &mut [u8]) {
        let content = self.frames[frame.0 as usize].as_ref().expect("a frame in use");
        bytes.copy_from_slice(&content[offset..offset + bytes.len()]);
    }

    fn write(&mut self, frame: Frame, offset: usize, bytes: &[u8]) {
        let content = self.frames[frame.0 as usize].as_mut().expect("a frame in use");
        content[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    fn copy(&mut self, from: Frame, to: Frame) {
        let content = self.frames[from.0 as usize].clone();
        assert!(content.is_some() && self.frames[to.0 as usize].is_some(), "frames in use");
        self.frames[to.0 as usize] = content;
    }

    fn create_space(&mut self) -> Result<SpaceHandle, Exhausted> {
        let handle = SpaceHandle(self.number());
        self.spaces.push(handle);
        Ok(handle)
    }

    fn destroy_space(&mut self, space: SpaceHandle) {
        let is_used = self.threads.values().any(|thread| thread.space == space);
        assert!(!is_used, "nobody is in a space that ends");
        self.spaces.retain(|handle| *handle != space);
    }

    fn map(
        &mut self,
        space: SpaceHandle,
        address: u64,
        frame: Frame,
        protection: Protection,
    ) -> Result<Mapping, Exhausted> {
        assert!(self.mapped(space, address).is_none(), "one mapping at an address");
        assert!(self.frames[frame.0 as usize].is_some(), "a frame in use");
        let number = self.number();
        self.mappings.insert(number, FakeMapping { space, address, frame, protection });
        Ok(Mapping(NonZeroU32::new(number).expect("numbers begin with 1")))
    }

    fn protect(
        &mut self,
        mapping: Mapping,
        space: SpaceHandle,
        address: u64,
        protection: Protection,
    ) {
        let mapping = self.mappings.get_mut(&mapping.0.get()).expect("a mapping");
        assert_eq!((mapping.space, mapping.address), (space, address));
        mapping.protection = protection;
    }

    fn unmap(&mut self, mapping: Mapping) {
        assert!(self.mappings.remove(&mapping.0.get()).is_some(), "a mapping ends once");
    }

    fn most_threads(&self) -> usize {
        4096
    }

    fn create_thread(&mut self, thread: ThreadId, space: SpaceHandle) -> Result<(), Exhausted> {
        let new = FakeThread { space, registers: Registers::default(), told: None };
        assert!(self.threads.insert(thread, new).is_none(), "numbers do not come again");
        Ok(())
    }

    fn destroy_thread(&mut self, thread: ThreadId) {
        assert!(self.threads.remove(&thread).is_some(), "a thread ends once");
    }

    fn move_thread(&mut self, thread: ThreadId, space: SpaceHandle) {
        self.thread(thread).space = space;
    }

    fn registers(&mut self, thread: ThreadId) -> Registers {
        self.thread(thread).registers
    }

    fn set_registers(&mut self, thread: ThreadId, registers: &Registers) {
        let thread = self.thread(thread);
        assert_eq!(thread.told, None, "a thread waits while its registers are changed");
        thread.registers = *registers;
    }

    fn stop(&mut self, thread: ThreadId) -> Registers {
        let thread = self.thread(thread);
        thread.told = None;
        thread.registers
    }

    fn answer(&mut self, thread: ThreadId, result: u64) {
        let thread = self.thread(thread);
        assert_eq!(thread.told, None, "a thread waits before it is told something");
        thread.told = Some(Told::Answer(result));
        thread.registers.general[0] = result;
    }

    fn retry(&mut self, thread: ThreadId) {
        let thread = self.thread(thread);
        assert_eq!(thread.told, None, "a thread waits before it is told something");
        thread.told = Some(Told::Retry);
    }

    fn resume(&mut self, thread: ThreadId, registers: &Registers) {
        let thread = self.thread(thread);
        assert_eq!(thread.told, None, "a thread waits before it is told something");
        thread.told = Some(Told::Resume);
        thread.registers = *registers;
    }

    fn now(&self) -> Duration {
        self.time
    }

    fn random(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (self.seed >> 56) as u8;
        }
    }

    fn room(&self) -> usize {
        self.room
    }

    fn print(&mut self, bytes: &[u8]) {
        self.room = self.room.saturating_sub(bytes.len());
        self.printed.extend(bytes);
    }
}
