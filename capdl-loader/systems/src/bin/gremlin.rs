//! Kills a neighbour now and then: lets its thread go on where nothing is.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::object::UserContext;
use libsys::{println, time};

/// Where nothing is mapped.
const NOWHERE: u64 = 0x10;

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let mut words = component.arguments();
    let victim = words.next().ok_or("nobody to kill")?;
    let count: u64 = words.next().and_then(|word| word.parse().ok()).ok_or("no number")?;
    let thread = component.thread(victim).map_err(|_| "no such thread")?;
    let nowhere = UserContext::starting_at(NOWHERE, 0);
    for number in 0..count {
        // At other moments of its work each time.
        for _ in 0..1 + number * 7 % 5 {
            time::next_period();
        }
        thread.write_registers(true, &nowhere).map_err(|_| "it does not die")?;
    }
    println!("{}: killed {victim} {count} times", component.name());
    Ok(())
}
