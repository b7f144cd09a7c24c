//! Measures what printing costs: the whole way, from the call to its answer, with all that the
//! kernel and the driver do for it, between marks that a plugin of QEMU sees.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::service::terminal::Terminal;
use work::text::{CALL, LINE, WORK};

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let terminal = Terminal::new(component.endpoint("console")?);
    let name = component.name();
    println!("{WORK}");
    let lines = WORK.measure(|| (0..WORK.requests).try_for_each(|_| terminal.write_all(LINE)));
    println!("{CALL}");
    let calls = CALL.measure(|| (0..CALL.requests).try_for_each(|_| terminal.counts().map(drop)));
    match lines.and(calls) {
        Ok(()) => println!("{name}: done"),
        Err(error) => println!("{name}: {error}"),
    }
    Ok(())
}
