//! Asks for the time, waits for a later one, and sets the clock.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::server::CallError;
use libsys::service::clock::{Refusal, WallClock};
use libsys::time::Counter;

/// The beginning of 2023.
const PAST: u64 = 1_672_531_200;
/// How often a second is waited for: the first times warm up.
const TIMES: u32 = 4;
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
    println!("{name}: {} instructions to ask and to be woken", beside_waiting(clock)?);
    println!("{name}: set the clock: {:?}", clock.set(BILLENNIUM));
    let is_near = (BILLENNIUM..BILLENNIUM + 60).contains(&clock.now()?);
    println!("{name}: now it is {BILLENNIUM} or little more: {is_near}");
    Ok(())
}

/// What waiting for the next second takes beside the second: the call, the alarm's interrupt, the
/// driver, the answer. Where the machine counts one instruction to the nanosecond of its time,
/// that is in instructions; elsewhere in nanoseconds.
fn beside_waiting(clock: &WallClock) -> Result<u128, CallError<Refusal>> {
    const SECOND: u128 = 1_000_000_000;
    let counter = Counter::new();
    let mut least = u128::MAX;
    for _ in 0..TIMES {
        let now = clock.now()?;
        let started = counter.now();
        clock.wait_until(now + 1)?;
        let spent = (counter.now() - started).as_nanos();
        least = least.min(spent.saturating_sub(SECOND));
    }
    Ok(least)
}
