//! Work for the kernel, between marks that a QEMU plugin measures. `cargo xtask bench` runs it
//! under instruction counting.
//!
//! One of the words `bench=operations`, `bench=library`, `bench=scenarios` and `bench=scale` on the
//! boot command line chooses. With `bench=why-slow` besides, an image with benchmark calls prints
//! which fast paths were taken.
//!
//! | module | idea |
//! |---|---|
//! | `operation` | what a system does all the time, each thing again and again, as it is best |
//! | `scenario` | hostile work: what keeps the kernel busy for long |
//! | `scale` | the same operations among few and among many |
//! | `machine` | instructions that Rust has no words for |
#![no_std]
#![no_main]

mod machine;
mod operation;
mod scale;
mod scenario;

use libsys::bootstrap::{AllocationError, Allocator, System};
use libsys::device_tree::{self, DeviceTree};
use libsys::object::SchedControl;
use libsys::{BootInfo, Cap, initial, println};
use machine::mark;

/// Who runs before whom.
pub(crate) mod priority {
    /// The thread that waits for interrupts.
    pub(crate) const WATCHER: u8 = 255;
    /// The thread that makes the kernel busy.
    pub(crate) const OWN: u8 = 254;
    /// Threads that a measurement consists of.
    pub(crate) const HELPER: u8 = 253;
    /// The busy thread while its helpers are to run.
    pub(crate) const LOWERED: u8 = 10;
}

/// What every measurement gets.
pub(crate) struct Bench {
    pub(crate) system: System,
    /// Authority over the time of the first core.
    pub(crate) control: Cap<SchedControl>,
    /// What the last operation has given back.
    spare: Option<Allocator>,
    /// Whether somebody waits for interrupts meanwhile.
    watched: bool,
    /// Whether the kernel is to say which fast paths were taken.
    why_slow: bool,
    number: u16,
}

/// The windows that open from now on are of the measurement with this number.
///
/// Printing may use floating point, whose state later switches would then exchange: it is given
/// up, so that what is measured does not depend on how this program prints.
pub(crate) fn begin(number: u16) {
    for disabled in [true, false] {
        let _ = initial::THREAD.disable_fpu(disabled);
    }
    mark::select(number);
}

impl Bench {
    /// A number that no measurement has.
    fn next_number(&mut self) -> u16 {
        self.number += 1;
        self.number
    }

    /// Lets the kernel say which fast paths were taken since the last time.
    pub(crate) fn tell_paths(&self) {
        if self.why_slow {
            libsys::debug::dump_fast_paths();
        }
    }
}

/// How a measurement ends: with nothing to say, or why it could not be made.
pub(crate) type Outcome = Result<(), AllocationError>;

/// One or more related measurements, and their name.
pub(crate) type Part = (&'static str, fn(&mut Bench) -> Outcome);

libsys::entry!(main);

fn main(boot: &'static BootInfo) -> ! {
    let control = initial::sched_control(boot, 0).unwrap_or(Cap::NULL);
    let system = System::new(boot);
    let why_slow = is_chosen("why-slow");
    let mut bench = Bench { system, control, spare: None, watched: false, why_slow, number: 0 };
    if let Err(reason) = libsys::console::open(&mut bench.system) {
        println!("console: the kernel's: {reason}");
    }
    println!("bench: started");
    if let Err(reason) = initial::THREAD.set_priority(initial::THREAD, priority::OWN) {
        println!("bench: preparation failed: {reason:?}");
    }
    if is_chosen("operations") {
        perform(&mut bench, ("preparation", operation::prepare));
        operation::ALL.iter().for_each(|part| perform(&mut bench, *part));
        bench.tell_paths();
    }
    if is_chosen("library") {
        perform(&mut bench, ("preparation", operation::prepare));
        operation::LIBRARY.iter().for_each(|part| perform(&mut bench, *part));
    }
    if is_chosen("scenarios") {
        perform(&mut bench, ("preparation", scenario::prepare));
        scenario::ALL.iter().for_each(|part| perform(&mut bench, *part));
    }
    if is_chosen("scale") {
        scale::ALL.iter().for_each(|part| perform(&mut bench, *part));
    }
    println!("bench: done");
    libsys::stop()
}

fn perform(bench: &mut Bench, (name, part): Part) {
    if let Err(reason) = part(bench) {
        println!("bench: {name} failed: {reason}");
    }
}

/// Whether the boot command line has the word `bench=WHAT`.
fn is_chosen(what: &str) -> bool {
    let tree = device_tree::blob().and_then(DeviceTree::new);
    let line = tree.and_then(|tree| tree.command_line()).unwrap_or_default();
    line.split([' ', '\0']).any(|word| word.strip_prefix("bench=") == Some(what))
}
