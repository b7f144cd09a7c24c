//! Requests to a disk.

use crate::Work;

/// Bytes of the disk.
pub const DISK: u64 = 64 << 20;
/// Bytes of requests.
const SMALL: u32 = 4 << 10;
const LARGE: u32 = 1 << 20;
/// Requests in flight, of those that do not wait for each other.
pub const DEEP: usize = 32;

/// In which order places on the disk are visited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Any.
    Random,
    /// One behind the other, and again from the start.
    Sequential,
}

/// Reading or writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// What all works have.
    pub work: Work,
    /// Whether it writes.
    pub writes: bool,
    /// Where.
    pub order: Order,
    /// Requests in flight.
    pub depth: usize,
}

const fn small(number: u16, name: &'static str, writes: bool, depth: usize) -> Block {
    let work = Work::new(number, name, 256, SMALL);
    Block { work, writes, order: Order::Random, depth }
}

const fn large(number: u16, name: &'static str, writes: bool, depth: usize) -> Block {
    let work = Work::new(number, name, 64, LARGE);
    Block { work, writes, order: Order::Sequential, depth }
}

/// All of them.
pub const WORKS: [Block; 8] = [
    small(1, "read 4 KiB at random, depth 1", false, 1),
    small(2, "read 4 KiB at random, depth 32", false, DEEP),
    small(3, "write 4 KiB at random, depth 1", true, 1),
    small(4, "write 4 KiB at random, depth 32", true, DEEP),
    large(5, "read 1 MiB in sequence, depth 1", false, 1),
    large(6, "read 1 MiB in sequence, depth 32", false, DEEP),
    large(7, "write 1 MiB in sequence, depth 1", true, 1),
    large(8, "write 1 MiB in sequence, depth 32", true, DEEP),
];

/// The same by a client whose memory the disk does not reach.
pub const COPIED: [Block; 4] = [
    small(11, "read 4 KiB at random, depth 1, copied", false, 1),
    small(12, "read 4 KiB at random, depth 32, copied", false, DEEP),
    small(13, "write 4 KiB at random, depth 1, copied", true, 1),
    small(14, "write 4 KiB at random, depth 32, copied", true, DEEP),
];

/// From the interrupt of a disk that has read 4 KiB to the client that waits for it.
pub const WAKING: Block = Block {
    work: Work::waking(9, "interrupt of the disk until its client runs", SMALL),
    writes: false,
    order: Order::Random,
    depth: 1,
};

/// From the end of a driver to the first request that its successor has completed.
pub const RESTART: Block = Block {
    work: Work::single(10, "driver begins again and reads 4 KiB", SMALL),
    writes: false,
    order: Order::Random,
    depth: 1,
};

impl Block {
    /// Where on the disk a request goes, in bytes.
    #[must_use]
    pub const fn place(&self, request: u64) -> u64 {
        let places = DISK / self.work.bytes as u64;
        let place = match self.order {
            Order::Sequential => request,
            // The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom
            // number generators).
            Order::Random => {
                let mixed = (request ^ request >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ mixed >> 31
            }
        };
        place % places * self.work.bytes as u64
    }
}
