//! Fails at once in its first life, and has nothing to do in the second.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use systems::notes;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    if notes::next_life(&component.region("notes")?) == 1 {
        let _ = component.region("hole")?.read_word(0);
    }
    loop {
        let _ = libsys::current_thread().suspend();
    }
}
