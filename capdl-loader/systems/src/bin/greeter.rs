//! Says what the layout gave it.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let greeting = component.file("greeting")?;
    let greeting = core::str::from_utf8(greeting).unwrap_or_default();
    for word in component.arguments() {
        println!("{}: {} {word}", component.name(), greeting.trim_end());
    }
    Ok(())
}
