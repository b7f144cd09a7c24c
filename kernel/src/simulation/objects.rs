//! Threads and what they wait for, as the model has them.

use std::collections::{BTreeMap, VecDeque};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use abi::registers::{Register, USER_CONTEXT};
use model::Model;
use model::cap::Address;
use model::scheduler::{Decision, Scheduler};
use model::state::{self, Sending};

use super::mirror::unlike;
use crate::endpoint::{Endpoint, Waiters};
use crate::fault::read_register;
use crate::kernel::Kernel;
use crate::mem::{Obj, Object};
use crate::notification::{Notification, Signals};
use crate::reply::{Above, Reply};
use crate::sched_context::SchedContext;
use crate::thread::{Queued, State, Thread};

fn name<T: Object>(kernel: &Kernel, object: Obj<T>) -> Address {
    kernel.mem.address(object).0
}

fn all<T: Object, V>(
    kernel: &Kernel,
    value: impl Fn(&Kernel, Obj<T>) -> V,
) -> BTreeMap<Address, V> {
    kernel.mem.all::<T>().map(|object| (name(kernel, object), value(kernel, object))).collect()
}

/// Fills a model with all objects that are not capabilities or tables.
pub(super) fn add(kernel: &Kernel, model: &mut Model) {
    model.threads = all(kernel, thread);
    model.endpoints = all(kernel, endpoint);
    model.notifications = all(kernel, notification);
    model.replies = all(kernel, reply);
    model.contexts = all(kernel, context);
    model.scheduler = scheduler(kernel);
    model.now = kernel.core().time;
    model.khz = kernel.khz;
    model.fresh_spsr = crate::options::FRESH_SPSR;
}

/// The first difference between objects of a kernel and of a model.
pub(super) fn difference(kernel: &Kernel, model: &Model) -> Option<String> {
    unlike_each("thread", &all(kernel, thread), &model.threads, comparable)
        .or_else(|| unlike_each("endpoint", &all(kernel, endpoint), &model.endpoints, same))
        .or_else(|| {
            let here = all(kernel, notification);
            unlike_each("notification", &here, &model.notifications, same)
        })
        .or_else(|| unlike_each("reply object", &all(kernel, reply), &model.replies, same))
        .or_else(|| unlike_each("context", &all(kernel, context), &model.contexts, same))
        .or_else(|| unlike(|| "scheduler".to_string(), &scheduler(kernel), &model.scheduler))
}

fn unlike_each<T: PartialEq + core::fmt::Debug>(
    what: &str,
    kernel: &BTreeMap<Address, T>,
    model: &BTreeMap<Address, T>,
    comparable: fn(&T) -> T,
) -> Option<String> {
    let different = kernel.iter().find_map(|(address, here)| {
        let there = model.get(address);
        if Some(here) == there {
            return None;
        }
        let (here, there) = (comparable(here), there.map(comparable));
        unlike(|| format!("{what} {address:#x}"), &Some(here), &there)
    });
    different.or_else(|| unlike(|| format!("number of {what}s"), &kernel.len(), &model.len()))
}

fn same<T: Clone>(value: &T) -> T {
    value.clone()
}

/// What of a thread can be observed: where it continues only if it does, its fault only while
/// somebody may answer.
fn comparable(thread: &state::Thread) -> state::Thread {
    let mut thread = thread.clone();
    if thread.state != state::State::Running {
        thread.next = 0;
    }
    if !thread.state.is_blocked() {
        thread.fault = None;
    }
    thread
}

fn thread(kernel: &Kernel, thread: Obj<Thread>) -> state::Thread {
    let known = &kernel[thread];
    let saved = kernel.registers(thread);
    let mut registers = USER_CONTEXT.map(|register| read_register(saved, register));
    if kernel.core().loaded == Some(thread) {
        let core = kernel.machine.core_state(kernel.here);
        for (value, register) in registers.iter_mut().zip(USER_CONTEXT) {
            match register {
                Register::Tpidr => *value = core.tpidr,
                Register::Tpidrro => *value = core.tpidrro,
                _ => {}
            }
        }
    }
    state::Thread {
        state: doing(kernel, &known.state),
        buffer: known.buffer,
        priority: known.priority.into(),
        max_priority: known.max_priority.into(),
        float_disabled: known.fpu_disabled,
        notification: known.notification.map(|bound| name(kernel, bound)),
        context: known.sched_context.map(|context| name(kernel, context)),
        yielded_to: known.yielded_to.map(|context| name(kernel, context)),
        fault: known.fault.get(),
        registers,
        next: saved.next_pc,
    }
}

fn doing(kernel: &Kernel, state: &State) -> state::State {
    match *state {
        State::Inactive => state::State::Inactive,
        State::Running => state::State::Running,
        State::Restart => state::State::Restart,
        State::Sending { can_grant, can_grant_reply, call, endpoint, badge } => {
            let manner = Sending { badge, can_grant, can_grant_reply, call };
            state::State::Sending { endpoint: name(kernel, endpoint), manner }
        }
        State::Receiving { endpoint, reply } => state::State::Receiving {
            endpoint: name(kernel, endpoint),
            reply: reply.map(|reply| name(kernel, reply)),
        },
        State::Waiting { notification } => {
            state::State::Waiting { notification: name(kernel, notification) }
        }
        State::AwaitingReply { reply } => {
            state::State::AwaitingReply { reply: name(kernel, reply) }
        }
    }
}

/// All that wait in a queue.
fn waiters(kernel: &Kernel, first: Obj<Thread>) -> Vec<Address> {
    let queue = core::iter::successors(Some(first), |thread| kernel[*thread].wait.all.next);
    queue.map(|thread| name(kernel, thread)).collect()
}

fn endpoint(kernel: &Kernel, endpoint: Obj<Endpoint>) -> Vec<Address> {
    match kernel[endpoint].waiters {
        Waiters::Nobody => Vec::new(),
        Waiters::Senders(first) | Waiters::Receivers(first) => waiters(kernel, first),
    }
}

fn notification(kernel: &Kernel, notification: Obj<Notification>) -> state::Notification {
    let known = &kernel[notification];
    let (signals, waiters) = match known.signals {
        Signals::Idle => (state::Signals::Idle, Vec::new()),
        Signals::Waiting(first) => (state::Signals::Idle, waiters(kernel, first)),
        Signals::Active(word) => (state::Signals::Active(word), Vec::new()),
    };
    let context = known.sched_context.map(|context| name(kernel, context));
    state::Notification { signals, waiters, context }
}

fn reply(kernel: &Kernel, reply: Obj<Reply>) -> Option<Address> {
    kernel[reply].thread.map(|thread| name(kernel, thread))
}

fn context(kernel: &Kernel, context: Obj<SchedContext>) -> state::Context {
    let known = &kernel[context];
    let replies = core::iter::successors(known.reply, |reply| kernel[*reply].older);
    let mut replies: Vec<Address> = replies.map(|reply| name(kernel, reply)).collect();
    replies.reverse();
    if let Some(newest) = known.reply {
        assert_eq!(kernel[newest].above, Above::Context(context));
    }
    let configured = known.is_configured();
    state::Context {
        parameters: configured.then_some(state::Parameters {
            budget: known.budget,
            period: known.period,
            limit: known.limit(),
        }),
        refills: match configured {
            true => {
                kernel.refill_list(context).map(|refill| (refill.time, refill.amount)).collect()
            }
            false => Vec::new(),
        },
        consumed: known.consumed,
        thread: known.thread.map(|thread| name(kernel, thread)),
        replies,
        yielded_from: known.yielded_from.map(|thread| name(kernel, thread)),
        badge: known.badge,
        sporadic: known.sporadic,
    }
}

fn scheduler(kernel: &Kernel) -> Scheduler {
    let queues = &kernel[kernel.queues(kernel.own_queue_set())];
    let mut ready = BTreeMap::new();
    for priority in 0..=abi::MAX_PRIORITY {
        let queue =
            core::iter::successors(queues.first(priority), |thread| kernel[*thread].ready.next);
        let queue: VecDeque<Address> = queue.map(|thread| name(kernel, thread)).collect();
        if !queue.is_empty() {
            ready.insert(priority.into(), queue);
        }
    }
    let postponed = kernel.mem.all::<Thread>();
    let postponed = postponed.filter(|thread| kernel[*thread].queued == Queued::Release);
    Scheduler {
        current: kernel.current().map(|thread| name(kernel, thread)),
        ready,
        postponed: postponed.map(|thread| name(kernel, thread)).collect(),
        decision: Decision::Stay,
    }
}
