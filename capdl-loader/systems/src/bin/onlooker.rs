//! Looks whether its neighbour, which fails before it runs, was already started again.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (bell, restarted) = (component.bell()?, component.signal("stumbler.restarted")?);
    let is_back = bell.poll() & restarted != 0;
    let what = if is_back { "is back already" } else { "is not yet back" };
    println!("{}: who failed {what}", component.name());
    while !is_back && bell.wait() & restarted == 0 {}
    println!("{}: now it is back", component.name());
    Ok(())
}
