//! Measures what printing costs: the whole way, from the call to its answer, with all that the
//! kernel and the driver do for it. Where the machine counts one instruction to the nanosecond of
//! its time, that is in instructions; elsewhere in nanoseconds.
#![no_std]
#![no_main]

use core::time::Duration;

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::service::terminal::{Error, Terminal};
use libsys::time::Counter;

/// A line that fits into one call.
const LINE: &[u8; 80] =
    b"0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 - -\n";
/// How often.
const TIMES: u32 = 200;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let terminal = Terminal::new(component.endpoint("console")?);
    let name = component.name();
    match measure(|| terminal.write_all(LINE)) {
        Ok(line) => {
            let tenths = 10 * line / LINE.len() as u128;
            let (whole, tenth) = (tenths / 10, tenths % 10);
            println!(
                "{name}: {line} instructions for a line of {} bytes, {whole}.{tenth} for each byte",
                LINE.len()
            );
        }
        Err(error) => println!("{name}: {error}"),
    }
    match measure(|| terminal.counts().map(drop)) {
        Ok(call) => println!("{name}: {call} instructions for a call that prints nothing"),
        Err(error) => println!("{name}: {error}"),
    }
    Ok(())
}

/// The mean of many times, the first of which are not counted.
fn measure(mut work: impl FnMut() -> Result<(), Error>) -> Result<u128, Error> {
    let counter = Counter::new();
    let mut spent = Duration::ZERO;
    for turn in 0..2 * TIMES {
        let started = counter.now();
        work()?;
        if turn >= TIMES {
            spent += counter.now() - started;
        }
    }
    Ok(spent.as_nanos() / u128::from(TIMES))
}
