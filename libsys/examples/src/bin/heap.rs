//! Collections, from memory that grows until it refuses.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use libsys::{heap, log, println};

#[libsys::main]
fn main() {
    let squares: BTreeMap<u64, _> = (1..=100).map(|n| (n * n, n.to_string())).collect();
    println!("144 is the square of {}", squares[&144]);
    let mut large: Vec<u8> = Vec::new();
    let grown = large.try_reserve_exact(1 << 22);
    println!("4 MiB: {grown:?}, the heap has at least that: {}", heap::usage().total >= 1 << 22);
    large.resize(1 << 22, 0xa5);
    println!("their last byte is {:#x}", large[(1 << 22) - 1]);
    let refused = large.try_reserve_exact(1 << 40);
    println!("1 TiB: {}", if refused.is_err() { "refused" } else { "granted" });
    drop((large, squares));
    log::info!("{} bytes are in use at the end", heap::usage().used);
}
