//! Invocations: from a message to a checked operation, and from that to its effects.
//!
//! `decode` borrows the kernel shared, so that a refused call cannot have changed anything. An
//! [`Operation`] cannot fail, only be preempted, and then the call is decoded again.

use abi::{Error, Fault, LookupFailure, Rights};

use crate::call::{Call, Manner, Outcome};
use crate::cap::Cap;
use crate::endpoint::{Endpoint, Sending};
use crate::kernel::{Kernel, Preempted};
use crate::mem::Obj;
use crate::notification::Notification;
use crate::reply::Reply;
use crate::thread::{State, Thread};
use crate::{cnode, configure, domain, irq, sched_control, smc, space, tcb, untyped};

/// What an accepted message asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Send to an endpoint.
    Send(Obj<Endpoint>, Sending),
    /// Signal a notification with a badge.
    Signal(Obj<Notification>, u64),
    /// Use a reply object; capabilities may go along.
    Reply(Obj<Reply>, bool),
    /// Make objects of untyped memory.
    Retype(untyped::Retype),
    /// Move capabilities.
    CNode(cnode::Operation),
    /// Read or change a thread.
    Thread(tcb::Operation),
    /// Give a thread its capabilities or parameters.
    Configure(configure::Operation),
    /// Use a scheduling context or its control.
    Scheduling(sched_control::Operation),
    /// Use domains.
    Domain(domain::Operation),
    /// Use interrupts.
    Irq(irq::Operation),
    /// Use address spaces.
    Space(space::Operation),
    /// Call the secure monitor.
    Smc(smc::Operation),
}

/// Why a message did not become an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refusal {
    /// A capability address leads nowhere: the sender faults.
    Lookup(u64, LookupFailure),
    /// The message is wrong: a caller is told.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Checks the message of `thread` to the capability at `address`.
fn decode(
    kernel: &Kernel,
    thread: Obj<Thread>,
    address: u64,
    manner: Manner,
) -> Result<Operation, Refusal> {
    let refused = |(address, failure)| Refusal::Lookup(address, failure);
    let slot = kernel.lookup(thread, address).map_err(|failure| refused((address, failure)))?;
    let call = Call::read(kernel, thread, slot, manner).map_err(refused)?;
    Ok(decode_object(kernel, &call)?)
}

fn decode_object(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let refused_first = matches!(
        call.cap,
        Cap::Thread { .. }
            | Cap::CNode { .. }
            | Cap::Domain
            | Cap::SchedControl { .. }
            | Cap::SchedContext { .. }
    );
    if call.manner.first_phase && refused_first {
        return Err(Error::InvalidCapability(0));
    }
    match call.cap {
        Cap::Null | Cap::Zombie(_) => Err(Error::InvalidCapability(0)),
        Cap::Endpoint { rights, endpoint, badge } => send_to(call, rights, endpoint, badge),
        Cap::Notification { rights, notification, badge } if rights.contains(Rights::WRITE) => {
            Ok(Operation::Signal(notification, badge))
        }
        Cap::Notification { .. } => Err(Error::InvalidCapability(0)),
        Cap::Reply { can_grant, reply } => Ok(Operation::Reply(reply, can_grant)),
        Cap::Untyped { .. } => untyped::decode(kernel, call).map(Operation::Retype),
        Cap::CNode { .. } => cnode::decode(kernel, call).map(Operation::CNode),
        Cap::Thread { thread } => tcb::decode(kernel, call, thread),
        Cap::SchedContext { .. } | Cap::SchedControl { .. } => {
            sched_control::decode(kernel, call).map(Operation::Scheduling)
        }
        Cap::Domain => domain::decode(kernel, call).map(Operation::Domain),
        Cap::IrqControl | Cap::IrqHandler { .. } | Cap::SgiSignal { .. } => {
            irq::decode(kernel, call).map(Operation::Irq)
        }
        Cap::VSpace { .. }
        | Cap::PageTable { .. }
        | Cap::Page(_)
        | Cap::AsidControl
        | Cap::AsidPool { .. } => space::decode(kernel, call).map(Operation::Space),
        Cap::Smc { badge } => smc::decode(kernel, call, badge).map(Operation::Smc),
    }
}

fn send_to(
    call: &Call,
    rights: Rights,
    endpoint: Obj<Endpoint>,
    badge: u64,
) -> Result<Operation, Error> {
    if !rights.contains(Rights::WRITE) {
        return Err(Error::InvalidCapability(0));
    }
    let sending = Sending {
        thread: call.thread,
        badge,
        can_grant: rights.contains(Rights::GRANT),
        can_grant_reply: rights.contains(Rights::GRANT_REPLY),
        call: call.manner.call,
        blocking: call.manner.blocking,
        donate: call.manner.donate,
    };
    Ok(Operation::Send(endpoint, sending))
}

impl Kernel {
    /// Invokes the capability at `address` with the message in the thread's registers.
    ///
    /// # Errors
    /// [`Preempted`] if the operation has to be repeated.
    pub(crate) fn invoke(
        &mut self,
        thread: Obj<Thread>,
        address: u64,
        manner: Manner,
    ) -> Result<(), Preempted> {
        match decode(self, thread, address, manner) {
            Ok(operation) => self.perform_and_answer(thread, operation, manner)?,
            Err(Refusal::Lookup(address, failure)) if manner.blocking => {
                self.fault(thread, Fault::Cap { address, receiving: false, failure });
            }
            Err(Refusal::Error(error)) if manner.call => {
                crate::debug::report_refused(self, thread, error);
                self.answer_error(thread, error);
            }
            Err(_) => {}
        }
        Ok(())
    }

    fn perform_and_answer(
        &mut self,
        thread: Obj<Thread>,
        operation: Operation,
        manner: Manner,
    ) -> Result<(), Preempted> {
        let outcome = self.perform(thread, operation)?;
        // The operation may have deleted the caller, or stopped it: a caller that suspended
        // itself finds the answer when it is resumed, perhaps by the same operation.
        let answers = manner.call
            && self.current() == Some(thread)
            && matches!(self[thread].state, State::Running | State::Restart | State::Inactive);
        if answers {
            self.answer(thread, outcome);
        }
        Ok(())
    }

    fn perform(&mut self, thread: Obj<Thread>, operation: Operation) -> Result<Outcome, Preempted> {
        match operation {
            Operation::Send(endpoint, message) => {
                self.send(endpoint, message);
                Ok(Outcome::Answered)
            }
            Operation::Signal(notification, badge) => {
                self.signal(notification, badge);
                Ok(Outcome::Done)
            }
            Operation::Reply(reply, can_grant) => {
                self.use_reply(reply, thread, can_grant);
                Ok(Outcome::Done)
            }
            Operation::Retype(retype) => self.perform_retype(retype),
            Operation::CNode(operation) => self.perform_cnode(operation),
            Operation::Thread(operation) => Ok(self.perform_thread(thread, operation)),
            Operation::Configure(operation) => self.perform_configure(operation),
            Operation::Scheduling(operation) => Ok(self.perform_scheduling(thread, operation)),
            Operation::Domain(operation) => Ok(self.perform_domain(operation)),
            Operation::Irq(operation) => self.perform_irq(operation),
            Operation::Space(operation) => self.perform_space(operation),
            Operation::Smc(operation) => Ok(self.perform_smc(thread, operation)),
        }
    }
}
