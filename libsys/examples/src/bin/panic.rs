//! A program that is wrong, and says where.
#![no_std]
#![no_main]

use core::hint::black_box;

#[libsys::main]
fn main() {
    libsys::println!("{}", element(black_box(&[1, 2, 3]), black_box(7)));
}

#[inline(never)]
fn element(numbers: &[u32], index: usize) -> u32 {
    numbers[index]
}
