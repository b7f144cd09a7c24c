//! Takes numbers out of a ring.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::ring::{Consumer, Shape};

/// How many.
const NUMBERS: u64 = 1000;

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let (memory, bell) = component.ring("writer").map_err(|_| "no ring")?;
    let bytes = (memory.end() - memory.address()) as usize;
    let shape = Shape::filling(bytes, 8).ok_or("too small for a ring")?;
    let mut ring = Consumer::new(memory, shape, bell).map_err(|_| "no room for the ring")?;
    let (mut count, mut sum) = (0, 0);
    while count < NUMBERS {
        match ring.pop::<u64>().map_err(|_| "the writer cheats")? {
            Some(number) => {
                sum += number;
                count += 1;
            }
            None => {
                ring.flush();
                ring.wait().map_err(|_| "the writer cheats")?;
            }
        }
    }
    println!("{}: the sum of {count} numbers is {sum}", component.name());
    Ok(())
}
