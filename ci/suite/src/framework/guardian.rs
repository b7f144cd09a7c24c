//! The guardian: a thread that ends tests which fault or hang.
//!
//! It receives the root thread's faults, and the news of a second thread, the ticker, that the
//! same test has been running for too long. Either way it puts the root thread back to where
//! [`runner`](super::runner) goes on with the next test, on a stack of its own: the old stack is
//! given up with whatever the test had there.

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use libsys::bootstrap::{AllocationError, Allocator};
use libsys::object::{Budget, Endpoint, Reply};
use libsys::window::Window;
use libsys::worker::{Options, Worker};
use libsys::{BootInfo, Cap, Message, initial, syscall};

use super::closure;

/// Time between two looks of the ticker.
const TICK: Duration = Duration::from_millis(500);
/// A test that is seen by so many looks hangs.
const PATIENCE: u64 = 8;
/// Pages of the stack on which the root thread goes on.
const STACK_PAGES: u64 = 64;
/// Label of the ticker's news.
const HANGS: u64 = 0xbad;

/// Number of the test that runs, counted up at each beginning.
static TEST: AtomicUsize = AtomicUsize::new(0);
/// Whether a test runs: the runner itself is not watched.
static WATCHING: AtomicBool = AtomicBool::new(false);
/// What the guardian saw: label and first four words.
static SEEN: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

/// Why a test was ended.
#[derive(Debug)]
pub(super) enum Cause {
    /// It ran for too long.
    Hang,
    /// It faulted: the fault's label, and the message's first words.
    Fault(u64, [u64; 4]),
}

/// Notes that a test begins.
pub(super) fn watch() {
    TEST.fetch_add(1, Ordering::SeqCst);
    WATCHING.store(true, Ordering::SeqCst);
}

/// Notes that the test has ended.
pub(super) fn unwatch() {
    WATCHING.store(false, Ordering::SeqCst);
}

/// Why the guardian has put the root thread back.
pub(super) fn cause() -> Cause {
    let word = |index: usize| SEEN[index].load(Ordering::SeqCst);
    match word(0) {
        HANGS => Cause::Hang,
        label => Cause::Fault(label, [word(1), word(2), word(3), word(4)]),
    }
}

/// Starts guardian and ticker. After a failure the root thread runs `recover`, on a new stack.
pub(super) fn start<F>(
    allocator: &mut Allocator,
    boot: &BootInfo,
    recover: F,
) -> Result<(), AllocationError>
where
    F: FnOnce() + Copy + Send + 'static,
{
    let core = initial::sched_control(boot, 0).unwrap_or(Cap::NULL);
    let endpoint = allocator.create::<Endpoint>()?;
    let reply = allocator.create::<Reply>()?;
    let stack = Window::fresh(allocator, STACK_PAGES)?;
    let (entry, argument) = closure::place(&stack, recover);
    let registers = [entry as usize as u64, stack.end(), 0, argument];
    launch(allocator, Options::new(core), move || guard(endpoint, reply, registers))?;
    let budget = Budget::periodic(Duration::from_millis(1), TICK);
    let options = Options { time: Some(budget), ..Options::new(core) };
    launch(allocator, options, move || tick(endpoint))?;
    let (root, context) = (initial::THREAD, initial::SCHED_CONTEXT);
    Ok(root.set_sched_params(root, 255, 255, context, endpoint)?)
}

/// Starts a thread that outlives the tests.
fn launch<F>(allocator: &mut Allocator, options: Options, life: F) -> Result<(), AllocationError>
where
    F: FnOnce() + Copy + Send + 'static,
{
    let worker = Worker::create(allocator, options)?;
    let (entry, argument) = closure::place(&worker.stack, life);
    worker.start(entry, argument)
}

/// Sends the root thread's faults to nobody: the end of the program is a fault in some images.
pub(super) fn dismiss() {
    let (root, context) = (initial::THREAD, initial::SCHED_CONTEXT);
    // With its own authority and the context that it has, nothing can be refused.
    let _ = root.set_sched_params(root, 255, 255, context, Cap::NULL);
}

/// The guardian's life: `registers` (PC, SP, SPSR, x0) put the root thread back.
fn guard(endpoint: Cap<Endpoint>, reply: Cap<Reply>, registers: [u64; 4]) {
    loop {
        let message = endpoint.recv(reply);
        SEEN[0].store(message.info.label(), Ordering::SeqCst);
        for (seen, word) in SEEN[1..].iter().zip(message.words) {
            seen.store(word, Ordering::SeqCst);
        }
        // Nobody is left to be told should this fail.
        let _ = initial::THREAD.write_first_registers(true, &registers);
    }
}

/// The ticker's life.
fn tick(endpoint: Cap<Endpoint>) {
    let (mut test, mut looks) = (0, 0);
    loop {
        syscall::yield_now();
        let now = TEST.load(Ordering::SeqCst);
        looks = if now == test && WATCHING.load(Ordering::SeqCst) { looks + 1 } else { 0 };
        test = now;
        if looks == PATIENCE {
            endpoint.nb_send(Message::new(HANGS, &[]));
        }
    }
}
