//! Operations that give a thread its capabilities and parameters. (objects.md §5)

use abi::{Error, Invocation, Rights};

use crate::call::{Call, Outcome};
use crate::cap::{Cap, Remains};
use crate::derivation::Origin;
use crate::kernel::{Kernel, Preempted};
use crate::mem::Obj;
use crate::sched_context::SchedContext;
use crate::slot::Slot;
use crate::thread::{Holds, Thread};

/// A capability for one of a thread's own slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Install {
    what: Holds,
    /// The slot it is derived from and the derived capability; nothing empties the slot.
    source: Option<(Obj<Slot>, Cap)>,
}

/// What happens to the thread's scheduling context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ContextChange {
    Keep,
    Bind(Obj<SchedContext>),
    Unbind,
}

/// A change of a thread that was checked. Parts are applied in the order of the fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    target: Obj<Thread>,
    installs: [Option<Install>; 3],
    buffer: Option<(u64, Install)>,
    max_priority: Option<u8>,
    priority: Option<u8>,
    context: ContextChange,
}

impl Operation {
    fn on(target: Obj<Thread>) -> Self {
        Self {
            target,
            installs: [None; 3],
            buffer: None,
            max_priority: None,
            priority: None,
            context: ContextChange::Keep,
        }
    }
}

/// Checks a configuring message to a thread.
///
/// # Errors
/// As objects.md §5 lists them, in that order.
pub(crate) fn decode(
    kernel: &Kernel,
    call: &Call,
    target: Obj<Thread>,
    label: Invocation,
) -> Result<Operation, Error> {
    match label {
        Invocation::ThreadConfigure => decode_configure(kernel, call, target),
        Invocation::ThreadSetSpace => decode_set_space(kernel, call, target),
        Invocation::ThreadSetIpcBuffer => decode_set_buffer(kernel, call, target),
        Invocation::ThreadSetTimeoutEndpoint => {
            let [handler] = call.caps::<1>()?;
            let install = handler_install(kernel, handler, Holds::TimeoutHandler, 1)?;
            Ok(Operation { installs: [Some(install), None, None], ..Operation::on(target) })
        }
        Invocation::ThreadSetPriority => {
            let [priority] = call.words::<1>(kernel)?;
            let [authority] = call.caps::<1>()?;
            let priority = priority_argument(kernel, authority, priority)?;
            Ok(Operation { priority: Some(priority), ..Operation::on(target) })
        }
        Invocation::ThreadSetMaxPriority => {
            let [max] = call.words::<1>(kernel)?;
            let [authority] = call.caps::<1>()?;
            let max_priority = Some(priority_argument(kernel, authority, max)?);
            Ok(Operation { max_priority, ..Operation::on(target) })
        }
        Invocation::ThreadSetSchedParams => decode_sched_params(kernel, call, target),
        _ => Err(Error::IllegalOperation),
    }
}

fn decode_configure(kernel: &Kernel, call: &Call, target: Obj<Thread>) -> Result<Operation, Error> {
    let [cspace_data, _, address] = call.words::<3>(kernel)?;
    let [cspace, vspace, frame] = call.caps::<3>()?;
    let buffer = buffer_install(kernel, frame, address)?;
    let [cspace, vspace] = space_installs(kernel, target, cspace, cspace_data, vspace)?;
    Ok(Operation {
        installs: [Some(cspace), Some(vspace), None],
        buffer: Some((address, buffer)),
        ..Operation::on(target)
    })
}

fn decode_set_space(kernel: &Kernel, call: &Call, target: Obj<Thread>) -> Result<Operation, Error> {
    let [cspace_data, _] = call.words::<2>(kernel)?;
    let [handler, cspace, vspace] = call.caps::<3>()?;
    let [cspace, vspace] = space_installs(kernel, target, cspace, cspace_data, vspace)?;
    let handler = handler_install(kernel, handler, Holds::FaultHandler, 1)?;
    Ok(Operation { installs: [Some(handler), Some(cspace), Some(vspace)], ..Operation::on(target) })
}

fn decode_set_buffer(
    kernel: &Kernel,
    call: &Call,
    target: Obj<Thread>,
) -> Result<Operation, Error> {
    let [address] = call.words::<1>(kernel)?;
    let [frame] = call.caps::<1>()?;
    let buffer = Some((address, buffer_install(kernel, frame, address)?));
    Ok(Operation { buffer, ..Operation::on(target) })
}

/// The frame of an IPC buffer at a user address; address 0 means none.
fn buffer_install(kernel: &Kernel, frame: Obj<Slot>, address: u64) -> Result<Install, Error> {
    let what = Holds::IpcBuffer;
    if address == 0 {
        return Ok(Install { what, source: None });
    }
    let cap = kernel.derive(frame, kernel[frame].cap)?;
    match cap {
        Cap::Page(page) if !page.is_device() => {}
        _ => return Err(Error::IllegalOperation),
    }
    if !address.is_multiple_of(abi::buffer::SIZE) {
        return Err(Error::Alignment);
    }
    Ok(Install { what, source: Some((frame, cap)) })
}

fn space_installs(
    kernel: &Kernel,
    target: Obj<Thread>,
    cspace: Obj<Slot>,
    cspace_data: u64,
    vspace: Obj<Slot>,
) -> Result<[Install; 2], Error> {
    let long = [Holds::CSpace, Holds::VSpace]
        .into_iter()
        .any(|what| takes_long_to_delete(kernel, kernel.thread_slot(target, what)));
    if long {
        return Err(Error::IllegalOperation);
    }
    let mut root = kernel[cspace].cap;
    if cspace_data != 0 {
        root = root.mint_data(cspace_data).map_err(|_| Error::IllegalOperation)?;
    }
    let root = kernel.derive(cspace, root)?;
    if !matches!(root, Cap::CNode { .. }) {
        return Err(Error::IllegalOperation);
    }
    let space = kernel.derive(vspace, kernel[vspace].cap)?;
    if !matches!(space, Cap::VSpace { asid: Some(_), .. }) {
        return Err(Error::IllegalOperation);
    }
    Ok([
        Install { what: Holds::CSpace, source: Some((cspace, root)) },
        Install { what: Holds::VSpace, source: Some((vspace, space)) },
    ])
}

/// Whether emptying a slot could take many steps.
fn takes_long_to_delete(kernel: &Kernel, slot: Obj<Slot>) -> bool {
    match kernel[slot].cap {
        Cap::CNode { .. } | Cap::Thread { .. } => kernel.is_final(slot),
        Cap::Zombie(Remains::Slots { .. }) => true,
        _ => false,
    }
}

/// A fault or timeout handler: nothing, or an endpoint through which one can call.
fn handler_install(
    kernel: &Kernel,
    slot: Obj<Slot>,
    what: Holds,
    index: u64,
) -> Result<Install, Error> {
    match kernel[slot].cap {
        Cap::Null => Ok(Install { what, source: None }),
        cap @ Cap::Endpoint { rights, .. }
            if rights.contains(Rights::WRITE)
                && rights.intersects(Rights::GRANT.or(Rights::GRANT_REPLY)) =>
        {
            Ok(Install { what, source: Some((slot, cap)) })
        }
        _ => Err(Error::InvalidCapability(index)),
    }
}

/// A priority that the thread in slot `authority` may give.
fn priority_argument(kernel: &Kernel, authority: Obj<Slot>, priority: u64) -> Result<u8, Error> {
    let Cap::Thread { thread } = kernel[authority].cap else {
        return Err(Error::InvalidCapability(1));
    };
    let max = kernel[thread].max_priority;
    u8::try_from(priority)
        .ok()
        .filter(|priority| *priority <= max)
        .ok_or(Error::Range { min: 0, max: max.into() })
}

fn decode_sched_params(
    kernel: &Kernel,
    call: &Call,
    target: Obj<Thread>,
) -> Result<Operation, Error> {
    let [max, priority] = call.words::<2>(kernel)?;
    let [authority, context, handler] = call.caps::<3>()?;
    let max_priority = Some(priority_argument(kernel, authority, max)?);
    let priority = Some(priority_argument(kernel, authority, priority)?);
    let context = context_change(kernel, call, target, context)?;
    let handler = handler_install(kernel, handler, Holds::FaultHandler, 3)?;
    let installs = [Some(handler), None, None];
    Ok(Operation { installs, max_priority, priority, context, ..Operation::on(target) })
}

fn context_change(
    kernel: &Kernel,
    call: &Call,
    target: Obj<Thread>,
    slot: Obj<Slot>,
) -> Result<ContextChange, Error> {
    match kernel[slot].cap {
        Cap::SchedContext { context, .. } => {
            let same = kernel[target].sched_context == Some(context);
            let taken = kernel[target].sched_context.is_some() || kernel[context].thread.is_some();
            let blocked = kernel[target].state.is_blocked();
            if (!same && taken) || (blocked && !kernel.is_released(context)) {
                return Err(Error::IllegalOperation);
            }
            Ok(if same { ContextChange::Keep } else { ContextChange::Bind(context) })
        }
        Cap::Null if target == call.thread => Err(Error::IllegalOperation),
        Cap::Null => Ok(ContextChange::Unbind),
        _ => Err(Error::InvalidCapability(2)),
    }
}

impl Kernel {
    /// Performs a change of a thread.
    ///
    /// # Errors
    /// [`Preempted`] while a replaced capability is being deleted.
    pub(crate) fn perform_configure(&mut self, operation: Operation) -> Result<Outcome, Preempted> {
        let target = operation.target;
        self.stall(target);
        for install in operation.installs.into_iter().flatten() {
            self.install(target, install)?;
        }
        if let Some((address, install)) = operation.buffer {
            self.install(target, install)?;
            self[target].buffer = address;
        }
        if let Some(max) = operation.max_priority {
            self[target].max_priority = max;
        }
        if let Some(priority) = operation.priority {
            self.set_priority(target, priority);
        }
        match operation.context {
            ContextChange::Keep => {}
            ContextChange::Bind(context) => self.bind_thread(context, target),
            ContextChange::Unbind => {
                if let Some(context) = self[target].sched_context {
                    self.unbind_thread(context);
                }
            }
        }
        Ok(Outcome::Done)
    }

    /// Replaces what a thread holds. A new capability whose source went away with the old one is
    /// not installed.
    fn install(&mut self, thread: Obj<Thread>, install: Install) -> Result<(), Preempted> {
        let slot = self.thread_slot(thread, install.what);
        self.delete(slot)?;
        if let Some((source, cap)) = install.source
            && self.still_stands_for(source, &cap)
        {
            self.insert(source, slot, cap, Origin::Derived);
        }
        if install.what == Holds::VSpace {
            self.space_changed(thread);
        }
        Ok(())
    }

    fn still_stands_for(&self, source: Obj<Slot>, cap: &Cap) -> bool {
        match (self[source].cap, cap) {
            (Cap::Page(here), Cap::Page(there)) => here.start() == there.start(),
            (here, there) => here.same_object(there),
        }
    }
}
