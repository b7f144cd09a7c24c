//! A thread of the highest priority that waits for an interrupt while the kernel is busy.
//!
//! The physical timer interrupts the scenario again and again. What is measured is the time from
//! the instant at which the timer was due to the first instruction of the thread that waits for
//! it: what the kernel was just doing, the interrupt's delivery as a signal, and the switch.
//! Under instruction counting a tick of the 62.5 MHz counter is 16 instructions.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use libsys::bootstrap::{AllocationError, Allocator};
use libsys::object::{IrqHandler, Notification, SchedControl};
use libsys::worker::{Options, Worker};
use libsys::{Cap, device_tree, initial};

use crate::machine::timer;
use crate::priority;

/// The interrupt of the non-secure physical timer on QEMU's `virt` machine.
const INTERRUPT: u64 = 30;
/// Ticks from arming to the first interrupt: the scenario's call has just entered the kernel.
const FIRST: u64 = 16;
/// Ticks from one interrupt to the next, about 20 000 instructions: room for the scenario to get
/// on. A prime, so that the interrupts fall everywhere in its loops.
const PERIOD: u64 = 1259;

static ACTIVE: AtomicBool = AtomicBool::new(false);
static WORST: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);
static SIGNAL: AtomicU64 = AtomicU64::new(0);
static HANDLER: AtomicU64 = AtomicU64::new(0);

/// What the watcher saw.
pub(crate) struct Seen {
    /// Longest delay in ticks.
    pub(crate) worst: u64,
    /// Number of interrupts.
    pub(crate) count: u64,
}

/// Whether the boot options let programs use the timer. Without, nobody watches.
pub(crate) fn is_possible() -> bool {
    let tree = device_tree::blob().and_then(device_tree::DeviceTree::new);
    let line = tree.and_then(|tree| tree.command_line()).unwrap_or_default();
    line.contains("pcounter") && line.contains("ptimer")
}

/// Makes the watcher and lets it wait.
pub(crate) fn open(own: &mut Allocator, core: Cap<SchedControl>) -> Result<(), AllocationError> {
    let signal = own.create::<Notification>()?;
    let handler = own.slot::<IrqHandler>()?;
    initial::IRQ_CONTROL.issue(INTERRUPT, own.path(handler))?;
    handler.set_notification(signal)?;
    SIGNAL.store(signal.pointer(), SeqCst);
    HANDLER.store(handler.pointer(), SeqCst);
    let options = Options { priority: priority::WATCHER, ..Options::new(core) };
    Worker::create(own, options)?.start(watch, 0)
}

/// Begins a scenario.
pub(crate) fn begin() {
    WORST.store(0, SeqCst);
    COUNT.store(0, SeqCst);
    ACTIVE.store(true, SeqCst);
    timer::arm(timer::now() + FIRST);
}

/// Ends a scenario.
pub(crate) fn end() -> Seen {
    ACTIVE.store(false, SeqCst);
    timer::disarm();
    Seen { worst: WORST.load(SeqCst), count: COUNT.load(SeqCst) }
}

/// The watcher.
extern "C" fn watch(_: u64) -> ! {
    let signal = Cap::<Notification>::at(SIGNAL.load(SeqCst));
    let handler = Cap::<IrqHandler>::at(HANDLER.load(SeqCst));
    loop {
        signal.wait();
        let now = timer::now();
        if ACTIVE.load(SeqCst) {
            WORST.fetch_max(now.saturating_sub(timer::due()), SeqCst);
            COUNT.fetch_add(1, SeqCst);
            timer::arm(timer::now() + PERIOD);
        } else {
            timer::disarm();
        }
        // It cannot fail: the handler exists.
        let _ = handler.acknowledge();
    }
}
