//! Many threads that do the same three things, one after the other.

use core::time::Duration;

use abi::object::MIN_SCHED_CONTEXT_BITS;
use abi::registers::Register;
use abi::{ObjectType, Syscall};
use libsys::bootstrap::{AllocationError, Allocator};
use libsys::object::{Budget, Endpoint, Notification, SchedContext, SchedControl, Space, Thread};
use libsys::object::{Reply, UserContext};
use libsys::{Cap, MessageInfo, initial};

use crate::machine::stub::Stub;
use crate::{Outcome, priority};

/// Priorities that the threads of a population have, from 1 on.
const PRIORITIES: u64 = 250;
/// A budget that comes back after the measurement.
const ONCE: Budget = Budget::periodic(Duration::from_millis(1), Duration::from_secs(1000));

/// Where threads wait.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) endpoint: Cap<Endpoint>,
    pub(super) notification: Cap<Notification>,
}

/// A thread with time of its own.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) thread: Cap<Thread>,
    pub(super) context: Cap<SchedContext>,
}

/// Makes `count` threads of all priorities, ready to send to the endpoint, to wait for the
/// notification, and then to give up their budget.
pub(super) fn populate(
    own: &mut Allocator,
    control: Cap<SchedControl>,
    places: Places,
    count: u64,
) -> Outcome {
    let threads = own.make(ObjectType::Thread, 0, count)?;
    let contexts = own.make(ObjectType::SchedContext, MIN_SCHED_CONTEXT_BITS, count)?;
    for (index, (thread, context)) in threads.zip(contexts).enumerate() {
        let member = Member { thread: Cap::at(thread), context: Cap::at(context) };
        // Neighbours differ much, so that they meet all parts of a queue.
        let priority = 1 + (index as u64 * 97 % PRIORITIES) as u8;
        enable(member, control, priority, ONCE)?;
        let registers = UserContext::starting_at(Stub::Walker.address(), 0)
            .with(Register::X(0), places.endpoint.pointer())
            .with(Register::X(1), MessageInfo::new(0, 0, 0).0)
            .with(Register::X(7), Syscall::Send.number())
            .with(Register::X(19), places.notification.pointer())
            .with(Register::X(20), Syscall::Wait.number())
            .with(Register::X(21), 0)
            .with(Register::X(22), Syscall::Yield.number());
        member.thread.write_registers(true, &registers)?;
    }
    Ok(())
}

/// A thread of a priority in the midst of all, which does nothing yet.
pub(super) fn probe(
    own: &mut Allocator,
    control: Cap<SchedControl>,
) -> Result<Member, AllocationError> {
    let member =
        Member { thread: own.create()?, context: own.create_sized(MIN_SCHED_CONTEXT_BITS)? };
    enable(member, control, PRIORITIES as u8 / 2, ONCE)?;
    Ok(member)
}

/// Gives a thread its space, its priority and its time.
pub(super) fn enable(
    member: Member,
    control: Cap<SchedControl>,
    priority: u8,
    time: Budget,
) -> Outcome {
    let Member { thread, context } = member;
    thread.set_space(Cap::NULL, Space::new(initial::CNODE, initial::VSPACE))?;
    control.configure(context, time)?;
    thread.set_sched_params(initial::THREAD, priority, priority, context, Cap::NULL)?;
    Ok(())
}

impl Member {
    /// Makes the thread ready to make one call in the window that it opens.
    pub(super) fn will(self, call: Syscall, target: u64) -> Outcome {
        let registers = UserContext::starting_at(Stub::Client.address(), 0)
            .with(Register::X(19), target)
            .with(Register::X(20), call.number())
            .with(Register::X(21), MessageInfo::new(0, 0, 0).0)
            .with(Register::X(22), 1)
            .with(Register::X(23), 0);
        Ok(self.thread.write_registers(true, &registers)?)
    }

    /// Makes the thread ready to answer calls; each closes the window in which it arrives.
    pub(super) fn will_serve(self, endpoint: Cap<Endpoint>, reply: Cap<Reply>) -> Outcome {
        let registers = UserContext::starting_at(Stub::Server.address(), 0)
            .with(Register::X(0), endpoint.pointer())
            .with(Register::X(6), reply.pointer())
            .with(Register::X(7), Syscall::Recv.number())
            .with(Register::X(19), endpoint.pointer())
            .with(Register::X(20), Syscall::ReplyRecv.number())
            .with(Register::X(21), MessageInfo::new(0, 0, 0).0);
        Ok(self.thread.write_registers(true, &registers)?)
    }
}

/// Lets everybody run until nobody can.
pub(super) fn settle() -> Outcome {
    initial::THREAD.set_priority(initial::THREAD, 0)?;
    Ok(initial::THREAD.set_priority(initial::THREAD, priority::OWN)?)
}
