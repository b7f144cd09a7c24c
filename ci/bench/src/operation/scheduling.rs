//! Giving up the processor, running out of time, and beginning to run.

use abi::Syscall;
use abi::registers::Register;
use core::time::Duration;
use libsys::object::{Budget, Endpoint, Notification, Reply, SchedContext, Space, Thread};
use libsys::syscall::Message;
use libsys::{MessageInfo, initial, worker};

use super::shared::Shared;
use super::stage::{Loop, Place, Stage, rest, settle};
use super::{PLENTY, REPETITIONS};
use crate::machine::mark;
use crate::machine::stub::Stub;
use crate::{Bench, Outcome, priority};

static ENDPOINT: Shared = Shared::new();
static REPLY: Shared = Shared::new();
static DONE: Shared = Shared::new();

/// Yields of one thread alone, and in turn with others of the same priority.
pub(crate) fn yields(bench: &mut Bench) -> Outcome {
    yields_among(bench, "yield, nobody else ready", &[Place::Here])?;
    yields_among(bench, "yield to another thread", &[Place::Here; 2])?;
    yields_among(bench, "yield among 16 threads", &[Place::Here; 16])
}

fn yields_among(bench: &mut Bench, name: &str, places: &[Place]) -> Outcome {
    let mut stage = Stage::new(bench)?;
    bench.announce(&[name]);
    let info = MessageInfo::new(0, 0, 0);
    let loops = Loop { call: Syscall::Yield.number(), target: 0, reply: 0, info };
    for place in places {
        let (thread, _) = stage.thread(*place)?;
        stage.time()?.bind(thread)?;
        thread.write_registers(true, &stage.registers(Stub::Client, loops))?;
    }
    // The first who is done: from then on it would be in the way of the others.
    stage.wait();
    stage.clear(bench)
}

/// Budgets that end, with a handler for that.
pub(crate) fn timeouts(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let endpoint = stage.own.create::<Endpoint>()?;
    ENDPOINT.set_cap(endpoint);
    REPLY.set_cap(stage.own.create::<Reply>()?);
    DONE.set_cap(stage.done);
    bench.announce(&["timeout fault"]);
    stage.worker(priority::HELPER)?.start(handle_timeouts, 0)?;
    settle()?;
    let (thread, _) = stage.thread(Place::Here)?;
    thread.set_priority(initial::THREAD, priority::LOWERED)?;
    thread.set_timeout_endpoint(endpoint)?;
    let short = Budget::periodic(Duration::from_micros(40), Duration::from_micros(200));
    worker::new_context(&mut stage.own, stage.control, short)?.bind(thread)?;
    let nothing = Loop { call: 0, target: 0, reply: 0, info: MessageInfo::new(0, 0, 0) };
    thread.write_registers(true, &stage.registers(Stub::Spinner, nothing))?;
    stage.wait();
    stage.clear(bench)
}

extern "C" fn handle_timeouts(_: u64) -> ! {
    let (endpoint, reply) = (ENDPOINT.cap::<Endpoint>(), REPLY.cap::<Reply>());
    endpoint.recv(reply);
    for _ in 1..REPETITIONS {
        mark::close();
        endpoint.reply_recv(reply, Message::EMPTY);
    }
    mark::close();
    DONE.cap::<Notification>().signal();
    rest()
}

/// Threads from nothing to their first instruction: two objects made, configured and started.
pub(crate) fn births(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let bell = stage.own.create::<Notification>()?;
    bench.announce(&["create and start a thread"]);
    let wait = Loop { call: 0, target: 0, reply: 0, info: MessageInfo::new(0, 0, 0) };
    let registers = stage
        .registers(Stub::Newborn, wait)
        .with(Register::X(0), bell.pointer())
        .with(Register::X(7), Syscall::Wait.number());
    let space = Space::new(initial::CNODE, initial::VSPACE);
    let mut nursery = stage.own.subset(14, 8)?;
    for _ in 0..REPETITIONS {
        // So that memory is clear before.
        nursery.create::<Notification>()?;
        mark::open::<1>();
        let thread = nursery.create::<Thread>()?;
        let context = nursery.create_sized::<SchedContext>(abi::object::MIN_SCHED_CONTEXT_BITS)?;
        stage.control.configure(context, PLENTY)?;
        thread.set_space(libsys::Cap::NULL, space)?;
        let (authority, high) = (initial::THREAD, priority::WATCHER);
        thread.set_sched_params(authority, high, high, context, libsys::Cap::NULL)?;
        thread.write_registers(true, &registers)?;
        mark::close();
        nursery.reclaim()?;
    }
    stage.clear(bench)
}
