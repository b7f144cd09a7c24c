//! Hostile work for the kernel, between marks that a QEMU plugin measures.
//!
//! `cargo xtask bench` runs it under instruction counting and prints for each scenario how many
//! instructions the kernel spent and the longest stretch among them without a preemption point.
//! Booted with `tessera.export=pcounter,ptimer`, it also lets a thread of the highest priority
//! wait for an interrupt during each scenario, and prints the longest delay.
#![no_std]
#![no_main]

mod ipc;
mod machine;
mod memory;
mod objects;
mod watch;

use libsys::bootstrap::{AllocationError, System};
use libsys::object::SchedControl;
use libsys::{BootInfo, Cap, initial, println};

use crate::machine::mark;

/// Who runs before whom.
pub(crate) mod priority {
    /// The thread that waits for interrupts.
    pub(crate) const WATCHER: u8 = 255;
    /// The thread that makes the kernel busy.
    pub(crate) const OWN: u8 = 254;
    /// Threads that a scenario consists of.
    pub(crate) const HELPER: u8 = 253;
    /// The busy thread while its helpers are to run.
    pub(crate) const LOWERED: u8 = 10;
}

/// What every scenario gets.
pub(crate) struct Bench {
    pub(crate) system: System,
    /// Authority over the time of the first core.
    pub(crate) control: Cap<SchedControl>,
    /// Whether somebody waits for interrupts meanwhile.
    watched: bool,
    number: u16,
}

/// How a scenario ends: with nothing to say, or why it could not be run.
pub(crate) type Outcome = Result<(), AllocationError>;

/// What a scenario does how many times: a number and its unit, one word.
#[derive(Clone, Copy)]
pub(crate) struct Items(pub(crate) u64, pub(crate) &'static str);

impl Bench {
    /// Measures `work` under a name.
    pub(crate) fn measure<T>(&mut self, name: &str, items: Items, work: impl FnOnce() -> T) -> T {
        self.number += 1;
        let number = self.number;
        println!("scenario {number} {} {} {name}", items.0, items.1);
        mark::mark::<0>();
        if self.watched {
            watch::begin();
        }
        let result = work();
        mark::mark_number(number);
        if self.watched {
            let watch::Seen { worst, count } = watch::end();
            println!("latency {number} worst {worst} ticks of {count} interrupts");
        }
        result
    }
}

/// One or more related measurements.
type Scenario = fn(&mut Bench) -> Outcome;

const SCENARIOS: [(&str, Scenario); 8] = [
    ("clearing", memory::clearing),
    ("revoking", objects::revoking),
    ("nesting", objects::nesting),
    ("deep spaces", objects::deep_space),
    ("retyping", objects::retyping),
    ("waiters", ipc::waiters),
    ("badges", ipc::badges),
    ("reply chain", ipc::reply_chain),
];

libsys::entry!(main);

fn main(boot: &'static BootInfo) -> ! {
    let control = initial::sched_control(boot, 0).unwrap_or(Cap::NULL);
    let mut bench = Bench { system: System::new(boot), control, watched: false, number: 0 };
    if let Err(reason) = libsys::console::open(&mut bench.system) {
        println!("console: the kernel's: {reason}");
    }
    println!("bench: started");
    if let Err(reason) = prepare(&mut bench) {
        println!("bench: preparation failed: {reason}");
    }
    for (name, scenario) in SCENARIOS {
        if let Err(reason) = scenario(&mut bench) {
            println!("bench: {name} failed: {reason}");
        }
    }
    println!("bench: done");
    libsys::stop()
}

/// Makes room above the own priority, and puts the watcher there if the boot options allow.
fn prepare(bench: &mut Bench) -> Outcome {
    initial::THREAD.set_priority(initial::THREAD, priority::OWN)?;
    if watch::is_possible() {
        watch::open(&mut bench.system.allocator, bench.control)?;
        bench.watched = true;
    }
    Ok(())
}
