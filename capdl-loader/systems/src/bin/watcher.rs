//! Asks a clock for the time, and is patient.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use systems::time;

/// Answers that it wants.
const WANTED: u64 = 5;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let clock = time::Client::new(component.endpoint("clock")?);
    let (bell, restarted) = (component.bell()?, component.signal("clock.restarted")?);
    let (mut answers, mut last) = (0, 0);
    while answers < WANTED {
        match clock.now() {
            Ok(now) => {
                answers += 1;
                let goes_on = now >= last && now > 0;
                last = now;
                println!("{}: answer {answers}, time goes on: {goes_on}", component.name());
            }
            Err(_) => {
                println!("{}: the clock has failed", component.name());
                while bell.wait() & restarted == 0 {}
                println!("{}: the clock is back", component.name());
            }
        }
    }
    println!("{}: content", component.name());
    Ok(())
}
