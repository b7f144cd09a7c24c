//! What the personality needs of whatever is below it: frames, address spaces, threads, time.
//!
//! [`crate::fake::Fake`] is one for tests; the other is the program `personality-linux`.

use core::num::NonZeroU32;
use core::time::Duration;

/// `log2` of the bytes of a page.
pub const PAGE_BITS: u32 = 12;
/// Bytes of a page.
pub const PAGE: u64 = 1 << PAGE_BITS;
/// The same, for slices.
pub const PAGE_BYTES: usize = 1 << PAGE_BITS;
/// One past the last address of a program: 128 TiB.
pub const USER_END: u64 = 1 << 47;

/// A page of memory, by its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Frame(pub u32);

/// An address space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SpaceHandle(pub u32);

/// A frame in an address space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping(pub NonZeroU32);

/// A thread of a program, by the number that Linux knows it by. None is used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ThreadId(pub u32);

/// What a program may do with memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Protection {
    /// Read it.
    pub read: bool,
    /// Write it.
    pub write: bool,
    /// Execute it.
    pub execute: bool,
}

impl Protection {
    /// Read and write.
    pub const DATA: Self = Self { read: true, write: true, execute: false };

    /// Whether anything is permitted.
    #[must_use]
    pub const fn any(self) -> bool {
        self.read || self.write || self.execute
    }
}

/// The registers of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers {
    /// x0 to x30.
    pub general: [u64; 31],
    /// The stack pointer.
    pub stack: u64,
    /// Where it goes on.
    pub program_counter: u64,
    /// Condition flags, in the places of PSTATE.
    pub flags: u64,
    /// TPIDR_EL0: where the thread's own variables are.
    pub thread_pointer: u64,
}

/// The machine has no more of what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhausted;

/// Bytes of a sector.
pub const SECTOR: u64 = 512;

/// A disk could not do what it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskFailed;

/// A disk. Whole sectors are read and written.
pub trait Disk {
    /// How many sectors it has.
    fn sectors(&self) -> u64;

    /// Whether it cannot be written.
    fn is_read_only(&self) -> bool;

    /// Reads sectors from this one on.
    ///
    /// # Errors
    /// The disk fails, or has fewer.
    fn read(&mut self, sector: u64, bytes: &mut [u8]) -> Result<(), DiskFailed>;

    /// Writes sectors from this one on.
    ///
    /// # Errors
    /// The disk fails, or has fewer.
    fn write(&mut self, sector: u64, bytes: &[u8]) -> Result<(), DiskFailed>;

    /// Everything that was written outlives a loss of power when this is done.
    ///
    /// # Errors
    /// The disk fails.
    fn flush(&mut self) -> Result<(), DiskFailed>;
}

/// Memory, address spaces, threads and time.
///
/// A thread *waits* from its call or fault until one of [`answer`](Self::answer),
/// [`retry`](Self::retry) and [`resume`](Self::resume), and a new one until `resume`.
pub trait Machine {
    /// A frame of zeros.
    ///
    /// # Errors
    /// There is none left.
    fn allocate(&mut self) -> Result<Frame, Exhausted>;

    /// Whether the server itself is about to run out of memory: programs get no more then.
    fn is_short(&self) -> bool;

    /// Takes back a frame, which is mapped nowhere.
    fn free(&mut self, frame: Frame);

    /// Frames that [`allocate`](Self::allocate) can still give, and how many there are at all.
    fn frames(&self) -> (u64, u64);

    /// Copies bytes out of a frame. They end with the frame.
    fn read(&self, frame: Frame, offset: usize, bytes: &mut [u8]);

    /// Copies bytes into a frame. They end with the frame.
    fn write(&mut self, frame: Frame, offset: usize, bytes: &[u8]);

    /// Copies a whole frame.
    fn copy(&mut self, from: Frame, to: Frame);

    /// An empty address space.
    ///
    /// # Errors
    /// There is no room for one.
    fn create_space(&mut self) -> Result<SpaceHandle, Exhausted>;

    /// Takes back an address space, in which no thread is any more. Its mappings end with it, but
    /// each is still to be given to [`unmap`](Self::unmap).
    fn destroy_space(&mut self, space: SpaceHandle);

    /// Maps a frame at an address where nothing is mapped, for its content to be executed if that
    /// is permitted.
    ///
    /// # Errors
    /// There is no memory for tables.
    fn map(
        &mut self,
        space: SpaceHandle,
        address: u64,
        frame: Frame,
        protection: Protection,
    ) -> Result<Mapping, Exhausted>;

    /// Changes what is permitted.
    fn protect(
        &mut self,
        mapping: Mapping,
        space: SpaceHandle,
        address: u64,
        protection: Protection,
    );

    /// Ends a mapping.
    fn unmap(&mut self, mapping: Mapping);

    /// How many threads there may be at once: as many as can wait at once.
    fn most_threads(&self) -> usize;

    /// Makes a thread in an address space.
    ///
    /// # Errors
    /// There is no room for one.
    fn create_thread(&mut self, thread: ThreadId, space: SpaceHandle) -> Result<(), Exhausted>;

    /// Ends a thread, whatever it does.
    fn destroy_thread(&mut self, thread: ThreadId);

    /// Moves a thread that waits to another address space.
    fn move_thread(&mut self, thread: ThreadId, space: SpaceHandle);

    /// The registers of a thread that waits; the program counter is behind the `svc` of a call.
    fn registers(&mut self, thread: ThreadId) -> Registers;

    /// Changes the registers of a thread that waits for a call, and goes on waiting; the program
    /// counter is behind the `svc` of that call.
    fn set_registers(&mut self, thread: ThreadId, registers: &Registers);

    /// Stops a thread wherever it is; from then on it waits.
    fn stop(&mut self, thread: ThreadId) -> Registers;

    /// Lets a thread that waits for a call go on with its result.
    fn answer(&mut self, thread: ThreadId, result: u64);

    /// Lets a thread that waits because of a fault try again.
    fn retry(&mut self, thread: ThreadId);

    /// Lets a thread that waits go on with these registers.
    fn resume(&mut self, thread: ThreadId, registers: &Registers);

    /// The time since some moment in the past. Never goes back.
    fn now(&self) -> Duration;

    /// Fills bytes with unpredictable ones.
    fn random(&mut self, bytes: &mut [u8]);

    /// Bytes that the console can take now.
    fn room(&self) -> usize;

    /// Prints bytes on the console; more than there is room for takes more memory, and is not lost.
    fn print(&mut self, bytes: &[u8]);
}
