//! Touches memory that is not there yet.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use systems::pages;

const PAGE: u64 = 4096;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let arena = component.region("arena")?;
    let pages = (arena.end() - arena.address()) / PAGE;
    // Every other page, twice: the second time nothing is missing.
    for round in 0..2 {
        for page in (0..pages).step_by(2) {
            let word = arena.read_word(page * PAGE);
            arena.write_word(page * PAGE, word + page + round);
        }
    }
    let sum: u64 = (0..pages).step_by(2).map(|page| arena.read_word(page * PAGE)).sum();
    let given = pages::Client::new(component.endpoint("keeper")?).given().unwrap_or_default();
    println!("{}: {given} pages of {pages}, sum {sum}", component.name());
    Ok(())
}
