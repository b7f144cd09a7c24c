//! A pager that knows better: a B-tree store whose own pager keeps a few pages in memory, of which
//! it knows what they are, and writes what has changed to a backing store.
#![no_std]
#![no_main]

use abi::Fault;
use libsys::bootstrap::AllocationError;
use libsys::exit::Ending;
use libsys::memory::{Memory, Space};
use libsys::process::{BuildError, Event, Image, Program, Supervisor};
use libsys::worker::Options;
use libsys::{Cap, System, initial, println};
use pager_examples::keeper::Keeper;
use pager_examples::store::{LRU_MISSES, Task, VISITS};
use root_task::pager::{Access, Kernel, PagedSpace};

#[libsys::main]
fn main(system: System) -> Result<(), BuildError> {
    let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
    let mut memory = Memory::new(system);
    let supervisor = Supervisor::create(&mut memory)?;
    let mut keeper = Keeper::new(Kernel { memory, space: Space::initial() })?;
    let image = Image::of_module("store")?;
    let options = Options { priority: 100, ..Options::new(core) };
    for task in [Task::Build, Task::Query, Task::Verify] {
        let (loads, saves) = (keeper.loads, keeper.saves);
        let program = Program {
            argument: task as u64,
            supervisor: Some((&supervisor, 1)),
            ..Program::new(&image, options)
        };
        run(&mut keeper, &supervisor, &program)?;
        keeper.flush()?;
        let (visits, lru) = (keeper.saved_word(0, VISITS), keeper.saved_word(0, LRU_MISSES));
        let (misses, saved) = (keeper.loads - loads, keeper.saves - saves);
        println!("{task:?}: {visits} visits, {saved} pages written back");
        println!("{task:?}: {} hits, plain LRU {}", Percent(visits, misses), Percent(visits, lru));
        println!("{task:?}: fewer misses than plain LRU: {}", misses < lru);
    }
    println!("never more than {} pages in memory", keeper.most);
    Ok(())
}

/// Runs the store to its end, in a process of its own, and pages it.
fn run(
    keeper: &mut Keeper,
    supervisor: &Supervisor,
    program: &Program<'_>,
) -> Result<(), BuildError> {
    let Kernel { memory, space } = keeper.kernel();
    let mut process = program.start(memory, space)?;
    let mut paged = PagedSpace::new(process.space().space());
    loop {
        match supervisor.wait().event {
            Event::Ended(Ending::Finished) => break,
            Event::Faulted { fault, .. } if provide(keeper, &mut paged, &fault)? => {
                supervisor.resume();
            }
            event => {
                println!("the store {event}");
                break;
            }
        }
    }
    keeper.flush()?;
    keeper.kernel().release(paged)?;
    Ok(process.free(&mut keeper.kernel().memory)?)
}

fn provide(
    keeper: &mut Keeper,
    space: &mut PagedSpace,
    fault: &Fault,
) -> Result<bool, AllocationError> {
    match Access::of(fault) {
        Some(access) => keeper.provide(space, access),
        None => Ok(false),
    }
}

/// The part that is not missed, for people.
struct Percent(u64, u64);

impl core::fmt::Display for Percent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(all, missed) = self;
        let tenths = all.saturating_sub(*missed) * 1000 / (*all).max(1);
        write!(f, "{}.{} %", tenths / 10, tenths % 10)
    }
}
