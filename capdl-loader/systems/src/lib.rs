//! Interfaces between the components of the gallery's systems.
//!
//! | system | components | shows |
//! |---|---|---|
//! | `alarm` | `waker` | the time of day, and waiting for one |
//! | `console` | `shell`, `listener`, `flood`, `pauser`, `vandal` | many clients on one UART |
//! | `block-rate` | `virtio-blk`, `disk-meter` | what requests to a disk cost, and restarts |
//! | `block-copied` | `virtio-blk`, `disk-meter` | the same for a client whose data is copied |
//! | `console-rate` | `meter` | what text through the driver of the UART costs |
//! | `faults` | `platter`, `ramdisk`, `copier`, `neighbour` | a driver that is spoiled in use |
//! | `faults-disk` | `virtio-blk`, `porter` twice, `neighbour` | a disk whose driver is spoiled |
//! | `hello` | `greeter` | words and files from the layout |
//! | `ping-pong` | `pinger`, `ponger` | calls, who makes them, slots known at build time |
//! | `shared-ring` | `writer`, `reader` | elements through shared memory |
//! | `demand-pager` | `keeper`, `toucher` | a handler of faults gives pages when they are touched |
//! | `supervised-driver` | `clock`, `watcher` | a driver that fails and is started again |
//! | `phoenix` | `phoenix`, `friend`, `sleeper`, `oracle` | ways to fail, and to begin again |
//! | `network` | `station` twice | one network card for two, on a PCI bus |
//! | `packet-rate` | `packets` twice | what packets cost |
//! | `entropy` | `drawer`, `gremlin` | random bytes of a device whose driver is killed |
//! | `disk` | `virtio-blk`, `scribe`, `gremlin` | two clients of a disk whose driver is killed |
//! | `sectors` | `virtio-blk`, `surveyor` | what a disk can do, and what it refuses |
//! | `packet-loss` | `courier` twice, `gremlin` | traffic through a driver that is killed |
//! | `virtio-console` | as `console` | the same on another device |
//! | `real-time` | `controller`, `hog` | a rhythm that nobody disturbs |
//!
//! Systems whose names end with a bus, as `disk-pci`, are the same with another device.
#![no_std]

pub mod parcel;
pub mod typed;
pub mod wire;

libsys::interface! {
    /// A game.
    pub mod volley {
        type Error = core::convert::Infallible;

        /// Returns the ball.
        Play = 1: fn play(ball: u64) -> u64;
    }
}

libsys::interface! {
    /// What a keeper of pages knows.
    pub mod pages {
        type Error = core::convert::Infallible;

        /// Pages that were given so far.
        Given = 1: fn given() -> u64;
    }
}

libsys::interface! {
    /// A clock.
    pub mod time {
        type Error = core::convert::Infallible;

        /// Seconds since 1970.
        Now = 1: fn now() -> u64;
    }
}

libsys::interface! {
    /// Somebody who may have begun again.
    pub mod life {
        type Error = core::convert::Infallible;

        /// Which life this is, from 1 upwards.
        Number = 1: fn number() -> u64;
    }
}

/// Counts lives in memory that stays when a component begins again.
pub mod notes {
    use libsys::window::Window;

    /// A life begins: answers which one.
    #[must_use]
    pub fn next_life(notes: &Window) -> u64 {
        let life = notes.read_word(0) + 1;
        notes.write_word(0, life);
        life
    }
}

/// What clients of a driver that is spoiled say of it, in a page that an initial task reads: each
/// has so many bytes, from the place of its number on. Words count; these are their places.
pub mod account {
    /// Bytes of a client.
    pub const BYTES: u64 = 128;

    /// Passes that it has finished: all blocks written, then read and compared.
    pub const PASSES: u64 = 0;
    /// Operations that were acknowledged.
    pub const ACKNOWLEDGED: u64 = 8;
    /// Operations that it had to ask for again.
    pub const REPEATED: u64 = 16;
    /// Answers that were wrong, and perhaps right when it asked again.
    pub const WRONG: u64 = 24;
    /// Blocks that were acknowledged, and are lost or changed.
    pub const LOST: u64 = 32;
    /// Of the neighbour, who has the first client's: rounds over its own memory.
    pub const ROUNDS: u64 = 40;
    /// Likewise: words of it that were changed.
    pub const CHANGED: u64 = 48;
    /// Complaints: the driver answers, and always wrong.
    pub const COMPLAINTS: u64 = 56;
    /// Blocks that were acknowledged, of which one of two copies is damaged.
    pub const MENDED: u64 = 64;
    /// 1: there is such a client.
    pub const PRESENT: u64 = 72;
}

/// A disk of blocks. Blocks go through pages that two share: the desk of client and driver, the
/// tray of driver and platter. Each has a sum which depends on its place, too, and the platter
/// gives a receipt for what it has stored: so whoever is between cannot make client and platter
/// believe something else without knowing what it does.
pub mod disk {
    /// Bytes of a block.
    pub const BLOCK: u64 = 4096;

    libsys::interface! {
        /// What the disk does with the block on the desk.
        pub mod interface {
            type Error = u64;

            /// Stores it. Answers a receipt; refused with the sum of what came, if that is another.
            Write = 1: fn write(block: u64, sum: u64) -> u64;
            /// Gets it from there; answers its sum.
            Read = 2: fn read(block: u64) -> u64;
        }
    }

    /// A word of a block that a client writes in a pass.
    #[must_use]
    pub const fn word(pass: u64, block: u64, at: u64) -> u64 {
        let mixed = (pass << 32 ^ block << 16 ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 29
    }

    /// The sum of a block, which depends on the order of its words, and on where it belongs.
    #[must_use]
    pub fn sum(words: impl IntoIterator<Item = u64>, block: u64) -> u64 {
        words.into_iter().fold(block, sum_with)
    }

    /// The receipt for a block with this sum.
    #[must_use]
    pub const fn receipt(sum: u64, block: u64) -> u64 {
        sum_with(sum_with(sum, !block), 0x7265_6365_6970_7400)
    }

    /// One more word.
    #[must_use]
    pub const fn sum_with(before: u64, word: u64) -> u64 {
        (before ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
    }
}
