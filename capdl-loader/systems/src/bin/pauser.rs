//! Waits for a while when it is asked to: until its next period.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::time;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (bell, console) = (component.bell()?, component.notification("console")?);
    loop {
        bell.wait();
        time::next_period();
        console.signal();
    }
}
