//! Threads: their capabilities and numbers. (objects.md §5)

use abi::registers::Register;
use abi::rights::THREAD_FLAG_FPU_DISABLED;
use abi::{Error, Invocation, Rights};

use crate::cap::{Address, Cap};
use crate::model::{
    Answer, BUFFER, CSPACE, Extra, FAULT_HANDLER, Model, Request, TIMEOUT_HANDLER, VSPACE,
};

/// Bytes of an IPC buffer, and its alignment.
const BUFFER_BYTES: u64 = 1024;

/// A capability for a slot of a thread, and where it is from.
type Install = Option<(Extra, Cap)>;

impl Model {
    /// An invocation of a thread.
    pub(crate) fn invoke_thread(
        &mut self,
        thread: Address,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        if let Some(answer) = self.control(thread, operation, request) {
            return answer;
        }
        match operation {
            Invocation::ThreadSetSchedParams => self.set_sched_params(thread, request),
            Invocation::ThreadConfigure => self.configure(thread, request),
            Invocation::ThreadSetSpace => self.set_space(thread, request),
            Invocation::ThreadSetIpcBuffer => {
                let ([address], [frame]) = request.needs()?;
                let frame = self.buffer(address, frame)?;
                self.set_buffer(thread, address, frame);
                Ok(Vec::new())
            }
            Invocation::ThreadSetTimeoutEndpoint => {
                let ([], [handler]) = request.needs()?;
                let handler = valid_handler(handler, 1)?;
                self.install(thread, TIMEOUT_HANDLER, handler);
                Ok(Vec::new())
            }
            Invocation::ThreadSetPriority | Invocation::ThreadSetMaxPriority => {
                self.set_priority(thread, operation, request)
            }
            Invocation::ThreadBindNotification => self.bind(thread, request),
            Invocation::ThreadUnbindNotification => {
                let bound = self.threads.get_mut(&thread).and_then(|t| t.notification.take());
                bound.map(|_| Vec::new()).ok_or(Error::IllegalOperation)
            }
            Invocation::ThreadSetTlsBase => {
                let ([base], []) = request.needs()?;
                self.thread(thread, |thread| thread.set(Register::Tpidr, base, 0));
                Ok(Vec::new())
            }
            Invocation::ThreadSetFlags => {
                let ([clear, set], []) = request.needs()?;
                let mut flags = 0;
                self.thread(thread, |thread| {
                    flags = u64::from(thread.float_disabled) & !clear | set;
                    flags &= THREAD_FLAG_FPU_DISABLED;
                    thread.float_disabled = flags != 0;
                });
                Ok(vec![flags])
            }
            _ => Err(Error::IllegalOperation),
        }
    }

    fn set_priority(
        &mut self,
        thread: Address,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        let ([priority], [authority]) = request.needs()?;
        let Some(Cap::Thread { object }) = authority.cap else {
            return Err(Error::InvalidCapability(1));
        };
        let max = self.threads.get(&object).map_or(0, |authority| authority.max_priority);
        if priority > max {
            return Err(Error::Range { min: 0, max });
        }
        if operation == Invocation::ThreadSetPriority {
            self.change_priority(thread, priority);
        } else {
            self.thread(thread, |thread| thread.max_priority = priority);
        }
        Ok(Vec::new())
    }

    /// (objects.md §5, `SetSchedParams`)
    fn set_sched_params(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([max_priority, priority], [authority, context, handler]) = request.needs()?;
        let Some(Cap::Thread { object }) = authority.cap else {
            return Err(Error::InvalidCapability(1));
        };
        let max = self.threads.get(&object).map_or(0, |authority| authority.max_priority);
        if max_priority > max || priority > max {
            return Err(Error::Range { min: 0, max });
        }
        let context = self.new_context(thread, context, request.caller)?;
        let handler = valid_handler(handler, 3)?;
        self.install(thread, FAULT_HANDLER, handler);
        self.thread(thread, |thread| thread.max_priority = max_priority);
        self.change_priority(thread, priority);
        match (context, self.context_of(thread)) {
            (Some(new), old) if old != Some(new) => self.bind_thread(new, thread),
            (None, Some(old)) => self.unbind_thread(old),
            _ => {}
        }
        Ok(Vec::new())
    }

    /// The context that a thread shall have; nothing to take its own away.
    fn new_context(
        &self,
        thread: Address,
        extra: Extra,
        caller: Address,
    ) -> Result<Option<Address>, Error> {
        match extra.cap {
            Some(Cap::SchedContext { object, .. }) => {
                let own = self.context_of(thread);
                let holder = self.contexts.get(&object).and_then(|known| known.thread);
                let other = own != Some(object) && (own.is_some() || holder.is_some());
                let waits = self.state(thread).is_blocked() && !self.has_budget(object);
                if other || waits {
                    return Err(Error::IllegalOperation);
                }
                Ok(Some(object))
            }
            None if thread == caller => Err(Error::IllegalOperation),
            None => Ok(None),
            Some(_) => Err(Error::InvalidCapability(2)),
        }
    }

    fn bind(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([], [extra]) = request.needs()?;
        let Some(Cap::Notification { object, rights, .. }) = extra.cap else {
            return Err(Error::IllegalOperation);
        };
        let waits = self.notifications.get(&object).is_some_and(|known| !known.waiters.is_empty());
        let taken = waits || self.bound_thread(object).is_some();
        let busy = self.threads.get(&thread).is_none_or(|t| t.notification.is_some());
        if busy || taken || !rights.contains(Rights::READ) {
            return Err(Error::IllegalOperation);
        }
        self.thread(thread, |thread| thread.notification = Some(object));
        Ok(Vec::new())
    }

    fn configure(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([node_data, _, address], [node, space, frame]) = request.needs()?;
        let frame = self.buffer(address, frame)?;
        self.is_quick_to_leave(thread)?;
        let node = self.node(node, node_data)?;
        let space = self.address_space(space)?;
        self.install(thread, CSPACE, node);
        self.install(thread, VSPACE, space);
        self.set_buffer(thread, address, frame);
        Ok(Vec::new())
    }

    fn set_space(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([node_data, _], [handler, node, space]) = request.needs()?;
        self.is_quick_to_leave(thread)?;
        let node = self.node(node, node_data)?;
        let space = self.address_space(space)?;
        let handler = valid_handler(handler, 1)?;
        self.install(thread, FAULT_HANDLER, handler);
        self.install(thread, CSPACE, node);
        self.install(thread, VSPACE, space);
        Ok(Vec::new())
    }

    /// Neither the thread's CSpace nor its address space takes long to delete.
    fn is_quick_to_leave(&self, thread: Address) -> Result<(), Error> {
        let is_long = |index| {
            let slot = Self::held(thread, index);
            let long = matches!(self.slots.get(slot), Some(Cap::CNode { .. } | Cap::Thread { .. }));
            long && self.slots.is_final(slot)
        };
        if is_long(CSPACE) || is_long(VSPACE) { Err(Error::IllegalOperation) } else { Ok(()) }
    }

    fn buffer(&self, address: u64, frame: Extra) -> Result<Install, Error> {
        if address == 0 {
            return Ok(None);
        }
        let cap = frame.cap.ok_or(Error::IllegalOperation)?;
        match self.derive(frame.slot, cap)? {
            cap @ Cap::Page { device: false, .. } if address.is_multiple_of(BUFFER_BYTES) => {
                Ok(Some((frame, cap)))
            }
            Cap::Page { device: false, .. } => Err(Error::Alignment),
            _ => Err(Error::IllegalOperation),
        }
    }

    fn set_buffer(&mut self, thread: Address, address: u64, frame: Install) {
        self.install(thread, BUFFER, frame);
        self.thread(thread, |thread| thread.buffer = address);
    }

    fn node(&self, node: Extra, data: u64) -> Result<Install, Error> {
        let cap = node.cap.ok_or(Error::IllegalOperation)?;
        let cap = match data {
            0 => cap,
            _ => cap.guarded(data).map_err(|_| Error::IllegalOperation)?,
        };
        match self.derive(node.slot, cap)? {
            cap @ Cap::CNode { .. } => Ok(Some((node, cap))),
            _ => Err(Error::IllegalOperation),
        }
    }

    fn address_space(&self, space: Extra) -> Result<Install, Error> {
        let cap = space.cap.ok_or(Error::IllegalOperation)?;
        match self.derive(space.slot, cap)? {
            cap @ Cap::VSpace { asid: Some(_), .. } => Ok(Some((space, cap))),
            _ => Err(Error::IllegalOperation),
        }
    }

    /// Replaces a capability of a thread. The new one is dropped if deleting the old one removed
    /// its source. (objects.md §5)
    fn install(&mut self, thread: Address, index: u64, new: Install) {
        let slot = Self::held(thread, index);
        let before = new.and_then(|(from, _)| self.slots.get(from.slot));
        self.delete(slot);
        let Some((from, cap)) = new else { return };
        if self.slots.get(from.slot) == before && self.threads.contains_key(&thread) {
            self.slots.insert(slot, cap, from.slot, false);
        }
    }
}

/// Whether a capability can be a fault or timeout handler. (objects.md §5)
fn valid_handler(handler: Extra, number: u64) -> Result<Install, Error> {
    match handler.cap {
        None => Ok(None),
        Some(cap @ Cap::Endpoint { rights, .. })
            if rights.contains(Rights::WRITE)
                && rights.intersects(Rights::GRANT.or(Rights::GRANT_REPLY)) =>
        {
            Ok(Some((handler, cap)))
        }
        Some(_) => Err(Error::InvalidCapability(number)),
    }
}
