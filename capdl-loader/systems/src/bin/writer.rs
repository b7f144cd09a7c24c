//! Puts numbers into a ring.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::ring::{Producer, Shape};

/// How many.
const NUMBERS: u64 = 1000;

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let (memory, bell) = component.ring("reader").map_err(|_| "no ring")?;
    let bytes = (memory.end() - memory.address()) as usize;
    let shape = Shape::filling(bytes, 8).ok_or("too small for a ring")?;
    let mut ring = Producer::new(memory, shape, bell).map_err(|_| "no room for the ring")?;
    let mut next = 1;
    while next <= NUMBERS {
        if ring.push(&next).map_err(|_| "the reader cheats")? {
            next += 1;
        } else {
            ring.flush();
            ring.wait().map_err(|_| "the reader cheats")?;
        }
    }
    ring.flush();
    println!("{}: put in {NUMBERS} numbers", component.name());
    Ok(())
}
