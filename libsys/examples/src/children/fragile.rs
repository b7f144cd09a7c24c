//! Fails in a new way each time that it is started.
#![no_std]
#![no_main]

use core::hint::black_box;
use libsys::object::Notification;
use libsys::process::slots;
use libsys::{Cap, console, println};

#[libsys::main]
fn main(attempt: u64) {
    console::connect(slots::CONSOLE);
    println!("fragile: attempt {attempt}");
    match attempt {
        1 => Cap::<Notification>::at(4711).signal(),
        2 => println!("fragile: {} calls deep", descend(1_000_000)),
        3 => panic!("no luck today"),
        _ => println!("fragile: now it works"),
    }
}

/// Needs more stack than there is, for a million calls.
#[inline(never)]
fn descend(left: u64) -> u64 {
    let frame = black_box([left; 64]);
    if left == 0 { 0 } else { descend(left - 1) + frame[0] / left }
}
