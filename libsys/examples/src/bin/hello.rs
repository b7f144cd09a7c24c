//! The smallest program.
#![no_std]
#![no_main]

#[libsys::main]
fn main() {
    libsys::println!("hello from EL0");
}
