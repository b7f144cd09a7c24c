//! What the kernel does with queues: of ready threads, of waiting ones, of those without budget.

use abi::Syscall;
use libsys::Cap;
use libsys::bootstrap::Allocator;
use libsys::object::{Endpoint, Reply};
use libsys::syscall::Message;

use super::population::{self, Places, settle};
use crate::machine::mark;
use crate::{Bench, Outcome};

/// Bytes and slots, beside those of each member of the population.
const MORE_BITS: u32 = 16;
const MORE_SLOTS: u64 = 64;

/// Measures all queues while `count` threads are in them.
pub(crate) fn measure(bench: &mut Bench, count: u64) -> Outcome {
    let bits = (count * 4096).next_power_of_two().ilog2().max(MORE_BITS);
    let mut own = bench.system.allocator.subset(bits, 2 * count + MORE_SLOTS)?;
    let places = Places { endpoint: own.create()?, notification: own.create()? };
    let probe = population::probe(&mut own, bench.control)?;
    population::populate(&mut own, bench.control, places, count)?;

    // The population is ready.
    probe.will(Syscall::Send, places.endpoint.pointer())?;
    bench.measure_among("suspend a ready thread", count, || probe.thread.suspend())?;
    bench.measure_among("make a thread ready", count, || probe.thread.resume())?;
    probe.thread.suspend()?;

    // It sends.
    settle()?;
    probe.will(Syscall::Send, places.endpoint.pointer())?;
    bench.announce_among("send a message", count);
    settle()?;
    mark::close();
    bench.measure_among("cancel a message", count, || probe.thread.suspend())?;
    probe.will(Syscall::Send, places.endpoint.pointer())?;
    settle()?;
    bench.measure_among("take the best message", count, || places.endpoint.nb_wait());
    (0..count).for_each(|_| _ = places.endpoint.nb_wait());

    // It waits.
    probe.thread.suspend()?;
    settle()?;
    probe.will(Syscall::Wait, places.notification.pointer())?;
    bench.announce_among("wait for a signal", count);
    settle()?;
    mark::close();
    bench.measure_among("cancel a wait", count, || probe.thread.suspend())?;
    probe.will(Syscall::Wait, places.notification.pointer())?;
    settle()?;
    bench.measure_among("signal the best", count, || places.notification.signal());
    (0..count).for_each(|_| places.notification.signal());

    // It has no budget.
    probe.thread.suspend()?;
    settle()?;
    bench.announce_among("use up a budget", count);
    probe.will(Syscall::Yield, 0)?;
    settle()?;
    mark::close();
    let suspend = || probe.thread.suspend();
    bench.measure_among("suspend a thread without budget", count, suspend)?;

    call(bench, &mut own, places.endpoint, count)?;
    own.reclaim()
}

/// Measures a call of a passive server.
fn call(bench: &mut Bench, own: &mut Allocator, endpoint: Cap<Endpoint>, count: u64) -> Outcome {
    let (server, reply) = (population::probe(own, bench.control)?, own.create::<Reply>()?);
    server.will_serve(endpoint, reply)?;
    settle()?;
    server.context.unbind()?;
    // The server closes the window.
    bench.measure_among("call a passive server", count, || endpoint.call(Message::EMPTY));
    Ok(())
}
