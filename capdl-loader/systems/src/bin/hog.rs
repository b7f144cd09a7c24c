//! Takes all time that it gets.
#![no_std]
#![no_main]

use core::hint::black_box;

use libsys::layout::Component;
use libsys::println;

#[libsys::main]
fn main(component: Component) -> ! {
    println!("{}: takes all it gets", component.name());
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_mul(5) + 1);
    }
}
