//! Goes on, whatever happens next door.
#![no_std]
#![no_main]

use examples::crash::TICK;
use libsys::process::slots;
use libsys::{console, println};

#[libsys::main]
fn main(ticks: u64) {
    console::connect(slots::CONSOLE);
    for tick in 1..=ticks {
        TICK.wait();
        println!("neighbour: tick {tick}");
    }
}
