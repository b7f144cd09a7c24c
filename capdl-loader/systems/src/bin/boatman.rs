//! Makes threads of its own memory when others have used up theirs.
#![no_std]
#![no_main]

use libsys::layout::{Component, Kind, Missing};
use libsys::object::SlotRange;
use libsys::{ObjectType, initial, println};

/// Threads that it makes.
const WANTED: u64 = 4;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    component.bell()?.wait();
    let memory = component.untyped("own")?;
    let slots = component.find(Kind::Spare, "")?.value;
    let made = (slots..slots + WANTED).take_while(|slot| {
        let slot = SlotRange::within(initial::CNODE, *slot, 1);
        memory.retype(ObjectType::Thread, 0, slot).is_ok()
    });
    println!("{}: made {} threads of its own memory", component.name(), made.count());
    Ok(())
}
