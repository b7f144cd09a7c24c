//! The driver as a component of a layout.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::cell::RefCell;
use core::pin::pin;

use libsys::executor::{Arrival, Executor, NoClock, Reactor, Storage};
use libsys::layout::{Component, Interrupt, Kind, Missing};
use libsys::server::{Reception, Responder};
use pl031::{Clock, Registers};

/// Callers that can be kept at the same time, if the layout gives reply objects for so many.
const CALLERS: usize = 64;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let device = component.entries().find(|entry| entry.kind == Kind::Device);
    let name = device.map_or("rtc", |entry| entry.name);
    let (registers, interrupt) = (component.device(name)?, component.interrupt(name)?);
    let setters = component.arguments().filter_map(|word| word.strip_prefix("set="));
    let setters: Vec<_> = setters.filter_map(|name| component.badge(name).ok()).collect();
    let callers = component.replies().count().min(CALLERS);
    let clients = component.entries().filter(|entry| entry.kind == Kind::Client).count();
    let reactor =
        Reactor::<_, _, CALLERS>::new(component.reception()?, NoClock, component.replies());
    let clock = RefCell::new(Clock::start(registers, setters, callers, clients));
    // One place is taken; as long as another is free, calls are received.
    let tasks = pin!(Storage::<_, 2>::new());
    let Some(mut executor) = Executor::new(tasks) else { return Ok(()) };
    // There is room.
    let _ = executor.spawn(attend(&clock, &reactor, interrupt));
    executor.run(&reactor, |arrival| {
        if let Arrival::Call { request, caller } = arrival {
            clock.borrow_mut().called(&request, caller);
        }
        None
    });
    Ok(())
}

/// Attends to the device, for ever.
async fn attend<R: Registers, P: Responder>(
    clock: &RefCell<Clock<R, P>>,
    reactor: &Reactor<Reception, NoClock, CALLERS>,
    interrupt: Interrupt,
) {
    loop {
        clock.borrow_mut().attend();
        // A handler of ours can always be acknowledged.
        let _ = interrupt.handler.acknowledge();
        reactor.signalled(interrupt.signal).await;
    }
}
