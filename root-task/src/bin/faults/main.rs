//! An initial task that spoils a component of its system again and again, while others work with
//! it, to prove that the supervisor brings it back and that nobody else notices more than delays.
//!
//! The module `faults` says what to do: words `seed N`, `count N`, `terse`. The component is the
//! first one with a recipe that gives signs of life. Who works with it keeps an account in a region
//! `verdict` (see [`verdict`]).
#![no_std]
#![no_main]

extern crate alloc;

mod class;
mod injector;
mod random;
mod verdict;
mod victim;

use core::time::Duration;

use libsys::{BootInfo, modules, println};
use packed::Image;
use root_task::loader::supervisor::{CLOCK, Happening, Supervisor};
use root_task::loader::{Depth, Loader, Stop};

use injector::Injector;

/// How often there is an occasion to spoil something.
const PERIOD: Duration = Duration::from_micros(100);

/// What to do.
#[derive(Clone, Copy)]
struct Orders {
    seed: u64,
    count: u64,
    is_terse: bool,
}

#[libsys::main]
fn main(boot: &'static BootInfo) {
    let Some(image) = modules::find("layout").and_then(|bytes| Image::new(bytes).ok()) else {
        return println!("faults: failed: no system came along");
    };
    if let Err(stop) = run(boot, image, orders()) {
        println!("faults: failed: {}", stop.of(&image));
    }
}

fn orders() -> Orders {
    let text = modules::find("faults").and_then(|bytes| core::str::from_utf8(bytes).ok());
    let mut words = text.unwrap_or_default().split_whitespace();
    let mut orders = Orders { seed: 1, count: 100, is_terse: false };
    let number = |words: &mut core::str::SplitWhitespace<'_>| {
        words.next().and_then(|word| word.parse().ok()).unwrap_or(1)
    };
    while let Some(word) = words.next() {
        match word {
            "seed" => orders.seed = number(&mut words),
            "count" => orders.count = number(&mut words),
            "terse" => orders.is_terse = true,
            _ => {}
        }
    }
    orders
}

fn run(boot: &'static BootInfo, image: Image<'static>, orders: Orders) -> Result<(), Stop> {
    let mut loader = Loader::build(boot, image)?;
    loader.verify(Depth::of(&image.header))?;
    let mut injector = Injector::new(&mut loader, boot, orders)?;
    loader.ring_every(PERIOD);
    loader.let_run()?;
    let Some(mut supervisor) = Supervisor::new(&mut loader)? else { return Ok(()) };
    if orders.is_terse {
        supervisor.be_terse();
    }
    println!("faults: begin: {} with seed {}", orders.count, orders.seed);
    loop {
        match supervisor.step(&mut loader) {
            Happening::Signals(signals) if signals & CLOCK != 0 => injector.tick(&mut loader)?,
            Happening::Failed { component, cause } => injector.failed(component, cause),
            _ => {}
        }
        if injector.is_done() {
            injector.summarise();
            libsys::stop();
        }
    }
}
