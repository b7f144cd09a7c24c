//! Hostile work for the kernel, between marks that a QEMU plugin measures.
//!
//! `cargo xtask bench` runs it under instruction counting and prints for each scenario how many
//! instructions the kernel spent and the longest stretch among them without a preemption point.
#![no_std]
#![no_main]

mod ipc;
mod mark;
mod memory;
mod objects;

use libsys::bootstrap::{AllocationError, System};
use libsys::object::SchedControl;
use libsys::{BootInfo, Cap, initial, println};

/// What every scenario gets.
pub(crate) struct Bench {
    pub(crate) system: System,
    /// Authority over the time of the first core.
    pub(crate) control: Cap<SchedControl>,
    number: u16,
}

/// How a scenario ends: with nothing to say, or why it could not be run.
pub(crate) type Outcome = Result<(), AllocationError>;

impl Bench {
    /// Measures `work` under a name.
    pub(crate) fn measure<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        self.number += 1;
        println!("scenario {} {name}", self.number);
        mark::mark::<0>();
        let result = work();
        mark::mark_number(self.number);
        result
    }
}

libsys::entry!(main);

fn main(boot: &'static BootInfo) -> ! {
    let control = initial::sched_control(boot, 0).unwrap_or(Cap::NULL);
    let mut bench = Bench { system: System::new(boot), control, number: 0 };
    if let Err(reason) = libsys::console::open(&mut bench.system) {
        println!("console: the kernel's: {reason}");
    }
    let scenarios: [(&str, fn(&mut Bench) -> Outcome); 8] = [
        ("clearing", memory::clearing),
        ("revoking", objects::revoking),
        ("nesting", objects::nesting),
        ("deep spaces", objects::deep_space),
        ("retyping", objects::retyping),
        ("waiters", ipc::waiters),
        ("badges", ipc::badges),
        ("reply chain", ipc::reply_chain),
    ];
    for (name, scenario) in scenarios {
        if let Err(reason) = scenario(&mut bench) {
            println!("bench: {name} failed: {reason}");
        }
    }
    println!("bench: done");
    libsys::stop()
}
