//! Interrupts, from the device to the thread that waits for them.
//!
//! The alarm of the PL031 clock (Arm DDI 0224) is the device: set to now, it rings at once.

use libsys::initial;
use libsys::object::{IrqHandler, Notification};
use libsys::window::{MemoryKind, Window};

use super::REPETITIONS;
use super::shared::Shared;
use super::stage::Stage;
use crate::machine::mark;
use crate::{Bench, Outcome, priority};

/// Physical address of the clock on QEMU's `virt` machine, and its interrupt.
const CLOCK: u64 = 0x0901_0000;
const INTERRUPT: u64 = 34;

/// Registers: seconds now; when the alarm rings; bit 0: it interrupts; bit 0: it has rung; bit 0
/// written as 1 ends the interrupt.
const DATA: u64 = 0x00;
const MATCH: u64 = 0x04;
const ENABLE: u64 = 0x10;
const CLEAR: u64 = 0x1c;

static BELL: Shared = Shared::new();

/// Interrupts this thread, which runs below or above the one that waits.
pub(crate) fn interrupts(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let bell = stage.own.create::<Notification>()?;
    BELL.set_cap(bell);
    let handler = stage.own.slot::<IrqHandler>()?;
    initial::IRQ_CONTROL.issue(INTERRUPT, stage.own.path(handler))?;
    handler.set_notification(bell)?;
    let page = bench.system.devices.page(&mut bench.system.allocator, CLOCK)?;
    let clock = Window::map(&mut bench.system.allocator, page, MemoryKind::Device)?;
    clock.write_register(ENABLE, 1);
    stage.worker(priority::HELPER)?.start(wait, 0)?;
    for (own, names) in [
        (priority::LOWERED, ["interrupt, switch", "acknowledge an interrupt"]),
        (priority::OWN, ["interrupt, no switch", "acknowledge, waiter is ready"]),
    ] {
        bench.announce(&names);
        for _ in 0..REPETITIONS {
            initial::THREAD.set_priority(initial::THREAD, own)?;
            ring(&clock, handler)?;
            // Lets the waiter wait again.
            initial::THREAD.set_priority(initial::THREAD, priority::LOWERED)?;
        }
        initial::THREAD.set_priority(initial::THREAD, priority::OWN)?;
    }
    stage.clear(bench)
}

/// One interrupt.
fn ring(clock: &Window, handler: libsys::Cap<IrqHandler>) -> Outcome {
    let now = clock.read_register(DATA);
    mark::open::<1>();
    clock.write_register(MATCH, now);
    mark::close();
    // An hour from now: the old time must not match again.
    clock.write_register(MATCH, now.wrapping_add(3600));
    clock.write_register(CLEAR, 1);
    mark::open::<2>();
    let acknowledged = handler.acknowledge();
    mark::close();
    Ok(acknowledged?)
}

extern "C" fn wait(_: u64) -> ! {
    let bell = BELL.cap::<Notification>();
    loop {
        bell.wait();
        mark::close();
    }
}
