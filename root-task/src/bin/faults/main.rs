//! An initial task that spoils a component of its system again and again, while others work with
//! it, to prove that the supervisor brings it back and that nobody else notices more than delays.
//!
//! The module `faults` says what to do ([`orders`]). Who works with the component keeps an account
//! in a region `verdict` (see [`verdict`]).
#![no_std]
#![no_main]

extern crate alloc;

mod class;
mod descriptors;
mod injector;
mod orders;
mod random;
mod summary;
mod verdict;
mod victim;

use core::time::Duration;

use libsys::{BootInfo, modules, println};
use packed::Image;
use root_task::loader::supervisor::{CLOCK, Happening, Supervisor};
use root_task::loader::{Depth, Loader, Stop};

use injector::Injector;
use orders::Orders;

/// How often there is an occasion to spoil something.
const PERIOD: Duration = Duration::from_micros(100);

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
    Orders::parse(text.unwrap_or_default())
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
            println!("{}", injector.summary());
            libsys::stop();
        }
    }
}
