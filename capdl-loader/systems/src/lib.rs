//! Interfaces between the components of the gallery's systems.
//!
//! | system | components | shows |
//! |---|---|---|
//! | `alarm` | `waker` | the time of day, and waiting for one |
//! | `console` | `shell`, `listener`, `flood`, `pauser`, `vandal` | many clients on one UART |
//! | `console-rate` | `meter` | what text through the driver of the UART costs |
//! | `hello` | `greeter` | words and files from the layout |
//! | `ping-pong` | `pinger`, `ponger` | calls, who makes them, slots known at build time |
//! | `shared-ring` | `writer`, `reader` | elements through shared memory |
//! | `demand-pager` | `keeper`, `toucher` | a handler of faults gives pages when they are touched |
//! | `supervised-driver` | `clock`, `watcher` | a driver that fails and is started again |
//! | `phoenix` | `phoenix`, `friend`, `sleeper`, `oracle` | ways to fail, and to begin again |
//! | `network` | `station` twice | one network card for two, on a PCI bus |
//! | `packet-rate` | `packets` twice | what packets cost |
//! | `entropy` | `drawer` | random bytes of a device |
//! | `real-time` | `controller`, `hog` | a rhythm that nobody disturbs |
#![no_std]

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
