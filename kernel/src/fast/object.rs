//! `Call` on a kernel object, for operations that are short and leave every thread where it is.
//!
//! They are decoded and performed by the functions of the general way; what is saved is the
//! accounting of time and the scheduler. Operations that may have to be preempted, or that stop
//! or wake a thread, are left to the general way. What CNodes, untyped memory and threads refuse is
//! answered here: who proves that a system is as it should be asks such things often.

use abi::{Error, Invocation, MessageInfo};

use super::Miss;
use crate::call::{Call, Outcome};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::syscall::CALL;
use crate::thread::Thread;
use crate::{cnode, debug, page_map, page_table, tcb, untyped};

impl From<Error> for Miss {
    fn from(_: Error) -> Self {
        Self::Refused
    }
}

impl Kernel {
    /// Performs the `Call` of the current thread `thread` on the kernel object whose capability is
    /// in `slot`. The caller goes on.
    #[inline(always)]
    pub(crate) fn call_object(
        &mut self,
        thread: Obj<Thread>,
        slot: Obj<Slot>,
    ) -> Result<Obj<Thread>, Miss> {
        match self[slot].cap {
            Cap::Page(_) => self.call_page(thread, slot),
            Cap::CNode { .. } => self.call_cnode(thread, slot),
            Cap::Untyped { .. } => self.call_untyped(thread, slot),
            Cap::PageTable { .. } => self.call_page_table(thread, slot),
            Cap::Thread { .. } => self.call_thread(thread, slot),
            _ => Err(Miss::OtherObject),
        }
    }

    #[inline(always)]
    fn message(&self, thread: Obj<Thread>, slot: Obj<Slot>) -> Result<Call, Miss> {
        Call::read_in_one_level(self, thread, slot, CALL).ok_or(Miss::Lookup)
    }

    /// Tells the caller why nothing is done.
    #[inline(never)]
    fn refuse(&mut self, thread: Obj<Thread>, error: Error) -> Obj<Thread> {
        debug::report_refused(self, thread, error);
        self.answer_error(thread, error);
        thread
    }

    #[inline(never)]
    fn call_page(&mut self, thread: Obj<Thread>, slot: Obj<Slot>) -> Result<Obj<Thread>, Miss> {
        let call = self.message(thread, slot)?;
        let Cap::Page(page) = call.cap else { return Err(Miss::OtherObject) };
        let outcome = match page_map::decode(self, &call, page)? {
            page_map::Operation::Map(map) if map.uncached.is_none() => {
                self.map_page(&map);
                Outcome::Done
            }
            page_map::Operation::Map(_) => return Err(Miss::NotShort),
            page_map::Operation::Unmap(slot) => {
                self.unmap_slot(slot);
                Outcome::Done
            }
            page_map::Operation::Address(page) => Outcome::Word(page.start().0),
        };
        self.answer(thread, outcome);
        Ok(thread)
    }

    #[inline(never)]
    fn call_cnode(&mut self, thread: Obj<Thread>, slot: Obj<Slot>) -> Result<Obj<Thread>, Miss> {
        let call = self.message(thread, slot)?;
        if call.info.label() == Invocation::CNodeRotate.label() {
            return Err(Miss::NotShort);
        }
        let operation = match cnode::decode_plain(self, &call) {
            Ok(operation) => operation,
            Err(error) => return Ok(self.refuse(thread, error)),
        };
        match operation {
            cnode::Operation::Insert { source, to, change } => {
                self.insert_copy(source, to, change);
            }
            cnode::Operation::Move { source, to, guard } => self.relocate_with(source, to, guard),
            cnode::Operation::Delete(slot) if self.delete_at_once(slot) => {}
            cnode::Operation::Revoke(slot) if self.first_child(slot).is_none() => {}
            _ => return Err(Miss::NotShort),
        }
        self.answer_done(thread);
        Ok(thread)
    }

    #[inline(never)]
    fn call_untyped(&mut self, thread: Obj<Thread>, slot: Obj<Slot>) -> Result<Obj<Thread>, Miss> {
        let call = self.message(thread, slot)?;
        let retype = match untyped::decode(self, &call) {
            Ok(retype) => retype,
            Err(error) => return Ok(self.refuse(thread, error)),
        };
        if retype.resets() {
            return Err(Miss::NotShort);
        }
        self.make_objects(&retype);
        self.answer_done(thread);
        Ok(thread)
    }

    #[inline(never)]
    fn call_page_table(
        &mut self,
        thread: Obj<Thread>,
        slot: Obj<Slot>,
    ) -> Result<Obj<Thread>, Miss> {
        let call = self.message(thread, slot)?;
        let Cap::PageTable { asid, table, .. } = call.cap else { return Err(Miss::OtherObject) };
        let operation = page_table::decode(self, &call, table, asid)?;
        self.perform_page_table(operation);
        self.answer_done(thread);
        Ok(thread)
    }

    /// Reads registers of a thread that is not on another core.
    #[inline(never)]
    fn call_thread(&mut self, thread: Obj<Thread>, slot: Obj<Slot>) -> Result<Obj<Thread>, Miss> {
        if MessageInfo(self.registers(thread).x[1]).label() != tcb::READ_REGISTERS {
            return Err(Miss::NotShort);
        }
        let call = self.message(thread, slot)?;
        let Cap::Thread { thread: target } = call.cap else { return Err(Miss::OtherObject) };
        if usize::from(self[target].core) != self.here {
            return Err(Miss::OtherCore);
        }
        match tcb::decode_plain_read(self, &call, target) {
            Some(Ok(count)) => self.read_registers(thread, target, count),
            Some(Err(error)) => return Ok(self.refuse(thread, error)),
            None => return Err(Miss::NotShort),
        }
        Ok(thread)
    }
}
