//! Makes members of its pool until it is full, then one more in the place of another.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU64, Ordering};

use libsys::layout::{Component, Kind};
use libsys::object::{Page, SchedContext, SlotRange, Space, Thread, Untyped, UserContext};
use libsys::window::Window;
use libsys::{Cap, Error, ObjectType, SlotPath, initial, println, time};

/// The names of the places of the pool, and of one that it has not.
const PLACES: [&str; 4] = ["crew.0", "crew.1", "crew.2", "crew.3"];
/// Bytes of a member's stack.
const STACK: u64 = 4096;
/// The priority of members.
const PRIORITY: u8 = 90;

/// Members that have begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// What a member does.
extern "C" fn member() -> ! {
    BEGUN.fetch_add(1, Ordering::Relaxed);
    loop {
        time::next_period();
    }
}

struct Captain {
    component: Component,
    /// The first of the empty slots.
    slots: u64,
    stacks: Window,
}

impl Captain {
    fn memory(&self, place: usize) -> Option<Cap<Untyped>> {
        self.component.untyped(PLACES[place]).ok()
    }

    fn time(&self, place: usize) -> Option<Cap<SchedContext>> {
        self.component.sched_context(PLACES[place]).ok()
    }

    /// Makes a member of the memory of a place.
    fn make(&self, place: usize, slot: u64) -> Result<Cap<Thread>, Error> {
        let memory = self.memory(place).ok_or(Error::InvalidArgument(0))?;
        memory.retype(ObjectType::Thread, 0, SlotRange::within(initial::CNODE, slot, 1))?;
        Ok(Cap::at(slot))
    }

    /// Lets a member run in a place, and waits until it does.
    fn recruit(&self, place: usize) -> Result<(), Error> {
        let thread = self.make(place, self.slots + place as u64)?;
        let space = Space::new(initial::CNODE, initial::VSPACE);
        thread.configure(space, 0, Cap::<Page>::NULL)?;
        let time = self.time(place).unwrap_or(Cap::NULL);
        let own = self.component.thread("self").unwrap_or(Cap::NULL);
        thread.set_sched_params(own, PRIORITY, PRIORITY, time, Cap::NULL)?;
        let stack = self.stacks.end() - STACK * place as u64;
        let begun = BEGUN.load(Ordering::Relaxed);
        let entry = member as extern "C" fn() -> ! as usize as u64;
        thread.write_registers(true, &UserContext::starting_at(entry, stack))?;
        while BEGUN.load(Ordering::Relaxed) == begun {
            time::next_period();
        }
        Ok(())
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let name = component.name();
    let slots = component.find(Kind::Spare, "").map_err(|_| "no slots")?.value;
    let stacks = component.region("stacks").map_err(|_| "no stacks")?;
    let captain = Captain { component, slots, stacks };
    let full = (0..PLACES.len()).take_while(|place| captain.recruit(*place).is_ok()).count();
    println!("{name}: {} of {full} members run", BEGUN.load(Ordering::Relaxed));
    let refused = |place| captain.make(place, slots + PLACES.len() as u64).err();
    let all = (0..full).all(|place| matches!(refused(place), Some(Error::NotEnoughMemory(_))));
    println!("{name}: another one: {}", if all { "not enough memory" } else { "is possible" });
    if captain.memory(full).is_none() && captain.time(full).is_none() {
        println!("{name}: there is no {}th piece of memory, nor a {0}th context", full + 1);
    }
    let memory = captain.memory(1).ok_or("no memory")?;
    SlotPath::new(initial::CNODE, memory.pointer()).revoke().map_err(|_| "no end")?;
    captain.recruit(1).map_err(|_| "no place")?;
    println!("{name}: one went, and another one runs");
    component.notification("boatman").map_err(|_| "nobody to tell")?.signal();
    Ok(())
}
