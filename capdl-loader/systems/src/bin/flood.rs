//! Prints as much as it can.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;

/// How many lines.
const LINES: u32 = 300;

#[libsys::main]
fn main(component: Component) {
    for line in 1..=LINES {
        println!("{}: line {line} of {LINES}", component.name());
    }
}
