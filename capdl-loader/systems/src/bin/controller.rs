//! A control loop in real time: how late does each step begin?
#![no_std]
#![no_main]

use core::time::Duration;

use libsys::layout::Component;
use libsys::println;
use libsys::time::{self, Counter};

/// As the layout says.
const PERIOD: Duration = Duration::from_millis(1);
const STEPS: u32 = 200;
/// What the kernel may take before it looks for the timer, and the way to this thread.
const BOUND: Duration = Duration::from_micros(25);

#[libsys::main]
fn main(component: Component) {
    let counter = Counter::new();
    time::next_period();
    let first = counter.now();
    let mut worst = Duration::ZERO;
    for step in 0..STEPS {
        let late = counter.now().saturating_sub(first + step * PERIOD);
        worst = worst.max(late);
        time::next_period();
    }
    let name = component.name();
    println!("{name}: {STEPS} steps, late by at most {BOUND:?}: {}", worst <= BOUND);
}
