//! Many waiters, and long chains of calls.

use core::time::Duration;

use abi::Syscall;
use abi::registers::Register;
use libsys::bootstrap::{AllocationError, Allocator};
use libsys::object::{
    Budget, Endpoint, Reply, SchedContext, SchedControl, Space, Thread, UserContext,
};
use libsys::{Badge, Cap, MessageInfo, Rights, initial, worker};

use super::Items;
use crate::machine::stub::Stub;
use crate::{Bench, Outcome, priority};

/// Threads that wait at one endpoint.
const WAITERS: u64 = 1_000;
/// Calls on top of each other.
const CHAIN: u64 = 200;

/// A thread that will make one system call, and then another.
fn thread(
    own: &mut Allocator,
    first: Syscall,
    target: Cap<Endpoint>,
    reply: Cap<Reply>,
    next: (Syscall, Cap<Endpoint>),
) -> Result<Cap<Thread>, AllocationError> {
    let thread = own.create::<Thread>()?;
    let space = Space::new(initial::CNODE, initial::VSPACE);
    thread.set_space(Cap::NULL, space)?;
    let registers = UserContext::starting_at(Stub::Blocker.address(), 0)
        .with(Register::X(0), target.pointer())
        .with(Register::X(1), MessageInfo::new(0, 0, 0).0)
        .with(Register::X(6), reply.pointer())
        .with(Register::X(7), first.number())
        .with(Register::X(19), next.1.pointer())
        .with(Register::X(20), next.0.number());
    thread.write_registers(true, &registers)?;
    Ok(thread)
}

/// Lets a thread run on `context` until it blocks, then takes the context back.
fn run(context: Cap<SchedContext>, thread: Cap<Thread>) -> Outcome {
    run_with(context, thread)?;
    Ok(context.unbind()?)
}

/// Lets a thread run on `context` until it blocks.
fn run_with(context: Cap<SchedContext>, thread: Cap<Thread>) -> Outcome {
    thread.set_priority(initial::THREAD, priority::HELPER)?;
    context.bind(thread)?;
    initial::THREAD.set_priority(initial::THREAD, priority::LOWERED)?;
    Ok(initial::THREAD.set_priority(initial::THREAD, priority::OWN)?)
}

/// A context on which threads run one after the other.
fn context(
    own: &mut Allocator,
    control: Cap<SchedControl>,
) -> Result<Cap<SchedContext>, AllocationError> {
    worker::new_context(own, control, Budget::round_robin(Duration::from_millis(10)))
}

/// Deletes an endpoint with 1 000 senders.
pub(crate) fn waiters(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(22, WAITERS + 64)?;
    let endpoint = own.create::<Endpoint>()?;
    fill(&mut own, bench.control, |_, _| Ok(endpoint))?;
    let path = own.path(endpoint);
    let items = Items(WAITERS, "sender");
    bench.measure("delete an endpoint with 1 000 senders", items, || path.delete())?;
    own.reclaim()
}

/// Cancels 1 000 messages by their badge, and 1 000 with others.
pub(crate) fn badges(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(22, WAITERS + 64)?;
    let endpoint = own.create::<Endpoint>()?;
    let (mine, other) = (own.slot::<Endpoint>()?, own.slot::<Endpoint>()?);
    own.path(mine).mint_from(own.path(endpoint), Rights::ALL, Badge(1))?;
    own.path(other).mint_from(own.path(endpoint), Rights::ALL, Badge(2))?;
    fill(&mut own, bench.control, |_, index| Ok(if index % 2 == 0 { mine } else { other }))?;
    let path = own.path(mine);
    let items = Items(WAITERS, "sender");
    bench.measure("cancel 500 of 1 000 senders by badge", items, || path.cancel_badged_sends())?;
    own.reclaim()
}

fn fill(
    own: &mut Allocator,
    control: Cap<SchedControl>,
    mut target: impl FnMut(&mut Allocator, u64) -> Result<Cap<Endpoint>, AllocationError>,
) -> Outcome {
    let context = context(own, control)?;
    for index in 0..WAITERS {
        let target = target(own, index)?;
        let sender = thread(own, Syscall::Send, target, Cap::NULL, (Syscall::Send, target))?;
        run(context, sender)?;
    }
    Ok(())
}

/// Deletes the scheduling context that 200 callers have lent to each other, and the servers.
pub(crate) fn reply_chain(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(22, 4 * CHAIN + 64)?;
    let context = context(&mut own, bench.control)?;
    let first = own.create::<Endpoint>()?;
    let mut from = first;
    for _ in 0..CHAIN {
        let next = own.create::<Endpoint>()?;
        let reply = own.create::<Reply>()?;
        let server = thread(&mut own, Syscall::Recv, from, reply, (Syscall::Call, next))?;
        run(context, server)?;
        from = next;
    }
    let client = thread(&mut own, Syscall::Call, first, Cap::NULL, (Syscall::Call, first))?;
    run_with(context, client)?;
    let path = own.path(context);
    let items = Items(CHAIN, "call");
    bench.measure("delete a context lent through 200 calls", items, || path.delete())?;
    bench.measure("revoke 200 servers and their calls", items, || own.reclaim())
}
