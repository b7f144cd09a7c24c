//! Asks for the time, waits for a later one, and sets the clock.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::server::CallError;
use libsys::service::clock::{Refusal, WallClock};

/// The beginning of 2023.
const PAST: u64 = 1_672_531_200;
/// A time with a name.
const BILLENNIUM: u64 = 1_000_000_000;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let clock = WallClock::new(component.endpoint("clock")?);
    if let Err(error) = day(component.name(), &clock) {
        println!("{}: {error}", component.name());
    }
    Ok(())
}

fn day(name: &str, clock: &WallClock) -> Result<(), CallError<Refusal>> {
    let now = clock.now()?;
    println!("{name}: it is later than 2023: {}", now > PAST);
    let later = clock.wait_until(now + 2)?;
    println!("{name}: two seconds later it is two seconds later: {}", later == now + 2);
    println!("{name}: set the clock: {:?}", clock.set(BILLENNIUM));
    let is_near = (BILLENNIUM..BILLENNIUM + 60).contains(&clock.now()?);
    println!("{name}: now it is {BILLENNIUM} or little more: {is_near}");
    Ok(())
}
