//! Runs the tests one by one and prints what becomes of them.

use core::sync::atomic::{AtomicUsize, Ordering};
use libsys::bootstrap::{AllocationError, Allocator, System};
use libsys::object::{Page, Untyped};
use libsys::{BootInfo, Cap, console, initial, print, println};

use super::command_line;
use super::guardian::{self, Cause};
use super::image::{self, Image};
use super::outcome::{Ending, Outcome};
use super::test::Test;
use super::world::{World, device_block};

/// `log2` of the bytes that a test may use.
const MEMORY_BITS: u32 = 24;
/// Slots that a test may use.
const SLOTS: u64 = 2000;
/// Physical address of the PL031 clock (boot.md §1).
const CLOCK: u64 = 0x0901_0000;

/// The test that runs, counted over all modules.
static CURRENT: AtomicUsize = AtomicUsize::new(0);
static PASSED: AtomicUsize = AtomicUsize::new(0);
static FAILED: AtomicUsize = AtomicUsize::new(0);
static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// What stays the same for all tests, also when one has to be ended from outside.
#[derive(Clone, Copy)]
struct Suite {
    boot: &'static BootInfo,
    modules: &'static [&'static [Test]],
    memory: Cap<Untyped>,
    first_slot: u64,
    clock: Cap<Page>,
    image: Image,
}

/// Runs all tests, prints the closing line and ends the program.
pub fn run(boot: &'static BootInfo, modules: &'static [&'static [Test]]) -> ! {
    let mut system = System::new(boot);
    // Without a UART the output goes to the kernel's console.
    let _ = console::open(&mut system);
    match Suite::prepare(&mut system, boot, modules) {
        Ok(suite) => suite.run_from(0),
        Err(ending) => println!("suite: cannot begin: {ending:?}"),
    }
    libsys::stop()
}

impl Suite {
    fn prepare(
        system: &mut System,
        boot: &'static BootInfo,
        modules: &'static [&'static [Test]],
    ) -> Outcome<Self> {
        let allocator = &mut system.allocator;
        // Tests that need the clock are skipped without it.
        let clock = system.devices.page(allocator, CLOCK).unwrap_or(Cap::NULL);
        let memory = allocator.create_sized::<Untyped>(MEMORY_BITS)?;
        let first_slot = allocator.slots(SLOTS)?.start;
        let image = Image::Release;
        let suite = Self { boot, modules, memory, first_slot, clock, image };
        let image = suite.probe()?;
        let suite = Self { image, ..suite };
        guardian::start(allocator, boot, move || suite.recover())?;
        Ok(suite)
    }

    fn probe(self) -> Outcome<Image> {
        let mut world = World::new(self.allocator(), self.boot, self.image, self.clock)?;
        let image = image::probe(&mut world)?;
        world.allocator.reclaim()?;
        Ok(image)
    }

    fn allocator(self) -> Allocator {
        let slots = self.first_slot..self.first_slot + SLOTS;
        Allocator::over(initial::CNODE, self.memory, MEMORY_BITS, slots)
    }

    /// Goes on after the guardian has ended a test.
    fn recover(self) {
        guardian::unwatch();
        match guardian::cause() {
            Cause::Hang => failed(format_args!("it hangs")),
            Cause::Fault(label, words) => {
                failed(format_args!("the test's thread faulted: {label} {words:x?}"));
            }
        }
        for slot in self.first_slot..self.first_slot + SLOTS {
            // A slot that cannot be emptied will be found occupied by the next test.
            let _ = initial::CNODE.slot(slot).delete();
        }
        self.run_from(CURRENT.load(Ordering::SeqCst) + 1);
        libsys::stop()
    }

    /// Runs the tests from this one on.
    fn run_from(self, first: usize) {
        let mut allocator = self.allocator();
        let tests = self.modules.iter().copied().flatten().enumerate().skip(first);
        for (index, test) in tests.filter(|(_, test)| is_chosen(test)) {
            CURRENT.store(index, Ordering::SeqCst);
            print!("test {}::{} ... ", short(test.module), test.name);
            allocator = match self.run_one(test, allocator) {
                Ok(allocator) => allocator,
                Err(reason) => return println!("suite: cannot go on: {reason}"),
            };
        }
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        let (passed, failed, skipped) = (count(&PASSED), count(&FAILED), count(&SKIPPED));
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        guardian::dismiss();
    }

    fn run_one(self, test: &Test, mut fresh: Allocator) -> Result<Allocator, AllocationError> {
        fresh.reclaim()?;
        let mut world = World::new(fresh, self.boot, self.image, self.clock)?;
        guardian::watch();
        let outcome = (test.run)(&mut world);
        guardian::unwatch();
        report(outcome);
        self.clean(&mut world)?;
        Ok(world.allocator)
    }

    /// Undoes what a test may have done to the root thread and to memory that is not its own.
    fn clean(self, world: &mut World) -> Result<(), AllocationError> {
        let root = initial::THREAD;
        root.set_priority(root, abi::MAX_PRIORITY)?;
        // Usually there is nothing bound.
        let _ = root.unbind_notification();
        if let Some((device, ..)) = device_block(self.boot) {
            initial::CNODE.slot(device.pointer()).revoke()?;
        }
        world.allocator.reclaim()
    }
}

fn report(outcome: Outcome) {
    match outcome {
        Ok(()) => {
            PASSED.fetch_add(1, Ordering::SeqCst);
            println!("ok");
        }
        Err(Ending::Skipped(why)) => {
            SKIPPED.fetch_add(1, Ordering::SeqCst);
            println!("skipped: {why}");
        }
        Err(Ending::Failed(failure)) => failed(format_args!("{failure}")),
    }
}

fn failed(why: core::fmt::Arguments<'_>) {
    FAILED.fetch_add(1, Ordering::SeqCst);
    println!("FAILED: {why}");
}

/// A module's path below `tests`.
fn short(module: &str) -> &str {
    module.split_once("tests::").map_or(module, |(_, name)| name)
}

/// Whether the command line lets this test run: it has no word `suite=PREFIX`, or one that the
/// test's name begins with.
fn is_chosen(test: &Test) -> bool {
    let mut prefixes = command_line::values("suite").peekable();
    prefixes.peek().is_none() || prefixes.any(|prefix| begins(test, prefix))
}

/// Whether `MODULE::NAME` begins with `prefix`.
fn begins(test: &Test, prefix: &str) -> bool {
    match prefix.split_once("::") {
        Some((module, name)) => short(test.module) == module && test.name.starts_with(name),
        None => short(test.module).starts_with(prefix),
    }
}
