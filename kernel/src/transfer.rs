//! Moving messages from thread to thread. (abi.md §2–§4)

use abi::MessageInfo;
use abi::buffer::{self, CAPS_OR_BADGES, RECEIVE_CNODE, RECEIVE_DEPTH, RECEIVE_INDEX};
use abi::message::{MAX_CAPS, REGISTER_WORDS};
use platform::address::PhysicalAddress;

use crate::call::Outcome;
use crate::cap::Cap;
use crate::endpoint::Endpoint;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::thread::Thread;

/// An IPC buffer.
type Buffer = PhysicalAddress;

/// Register that carries the first message word.
pub(crate) const FIRST_WORD: usize = 2;

impl Kernel {
    /// One field of an IPC buffer, by its byte offset.
    pub(crate) fn buffer_word(&self, buffer: Buffer, offset: u64) -> u64 {
        self.mem.read_user(PhysicalAddress(buffer.0 + offset))
    }

    pub(crate) fn set_buffer_word(&mut self, buffer: Buffer, offset: u64, word: u64) {
        self.mem.write_user(PhysicalAddress(buffer.0 + offset), word);
    }

    /// Delivers the message, or the fault, of `sender` to `receiver`.
    pub(crate) fn transfer(
        &mut self,
        sender: Obj<Thread>,
        endpoint: Option<Obj<Endpoint>>,
        badge: u64,
        can_grant: bool,
        receiver: Obj<Thread>,
    ) {
        let target = self.ipc_buffer(receiver, true);
        let info = match self[sender].fault.get() {
            Some(fault) => self.write_fault(sender, fault, receiver, target),
            None => {
                let source = self.ipc_buffer(sender, false);
                let info = self.copy_words(sender, source, receiver, target);
                match (can_grant, source, target) {
                    (true, Some(source), Some(target)) if info.extra_caps() > 0 => {
                        self.transfer_caps(sender, source, receiver, target, endpoint, info)
                    }
                    _ => MessageInfo::new(info.label(), 0, info.length()),
                }
            }
        };
        let registers = self.registers_mut(receiver);
        registers.x[0] = badge;
        registers.x[1] = info.0;
    }

    /// Copies the words of a message of `length` words that are not in registers.
    pub(crate) fn copy_buffer_words(&mut self, source: Buffer, target: Buffer, length: usize) {
        let first = buffer::word(REGISTER_WORDS);
        let (from, to) = (PhysicalAddress(source.0 + first), PhysicalAddress(target.0 + first));
        self.mem.copy_user(from, to, length.saturating_sub(REGISTER_WORDS));
    }

    /// Copies message words; the result is the sender's information word with the length that
    /// was really moved.
    fn copy_words(
        &mut self,
        sender: Obj<Thread>,
        source: Option<Buffer>,
        receiver: Obj<Thread>,
        target: Option<Buffer>,
    ) -> MessageInfo {
        let info = MessageInfo(self.registers(sender).x[1]);
        let mut length = info.length();
        let words: [u64; REGISTER_WORDS] =
            core::array::from_fn(|index| self.registers(sender).x[FIRST_WORD + index]);
        for (index, word) in words.iter().enumerate().take(length) {
            self.registers_mut(receiver).x[FIRST_WORD + index] = *word;
        }
        match (source, target) {
            (Some(source), Some(target)) => {
                self.copy_buffer_words(source, target, length);
            }
            _ => length = length.min(REGISTER_WORDS),
        }
        MessageInfo::new(info.label(), info.extra_caps(), length)
    }

    /// Sets message word `index` of a thread that receives. Words beyond the registers need a
    /// buffer; returns whether the word found a place.
    pub(crate) fn put_word(
        &mut self,
        thread: Obj<Thread>,
        target: Option<Buffer>,
        index: usize,
        word: u64,
    ) -> bool {
        if index < REGISTER_WORDS {
            self.registers_mut(thread).x[FIRST_WORD + index] = word;
            return true;
        }
        let Some(target) = target else { return false };
        self.set_buffer_word(target, buffer::word(index), word);
        true
    }

    /// Moves extra capabilities. Stops at the first that cannot be handled.
    fn transfer_caps(
        &mut self,
        sender: Obj<Thread>,
        source: Buffer,
        receiver: Obj<Thread>,
        target: Buffer,
        endpoint: Option<Obj<Endpoint>>,
        info: MessageInfo,
    ) -> MessageInfo {
        let caps = self.extra_caps(sender, source, info).unwrap_or_default();
        let (mut moved, mut unwrapped) = (0, 0);
        let mut slot_used = false;
        for (index, slot) in caps.into_iter().flatten().enumerate() {
            let at = CAPS_OR_BADGES + 8 * index as u64;
            match self[slot].cap {
                Cap::Endpoint { endpoint: its, badge, .. } if Some(its) == endpoint => {
                    self.set_buffer_word(target, at, badge);
                    unwrapped |= 1 << index;
                }
                Cap::Null => break,
                _ if slot_used => break,
                _ => match self.receive_slot(receiver, target) {
                    Some(to) if self.copy_silently(slot, to) => slot_used = true,
                    _ => break,
                },
            }
            moved += 1;
        }
        MessageInfo::new(info.label(), moved, info.length()).with_unwrapped(unwrapped)
    }

    /// The slots that the sender's extra capability addresses name.
    ///
    /// # Errors
    /// The address that does not resolve, and why.
    pub(crate) fn extra_caps(
        &self,
        sender: Obj<Thread>,
        source: Buffer,
        info: MessageInfo,
    ) -> Result<[Option<Obj<Slot>>; MAX_CAPS], (u64, abi::LookupFailure)> {
        let mut slots = [None; MAX_CAPS];
        for (index, slot) in slots.iter_mut().enumerate().take(info.extra_caps()) {
            let address = self.buffer_word(source, CAPS_OR_BADGES + 8 * index as u64);
            *slot = Some(self.lookup(sender, address).map_err(|failure| (address, failure))?);
        }
        Ok(slots)
    }

    /// The empty slot that a receiver offers for a capability.
    fn receive_slot(&self, receiver: Obj<Thread>, buffer: Buffer) -> Option<Obj<Slot>> {
        let address = self.buffer_word(buffer, RECEIVE_CNODE);
        let index = self.buffer_word(buffer, RECEIVE_INDEX);
        let depth = self.buffer_word(buffer, RECEIVE_DEPTH);
        let root = self[self.lookup(receiver, address).ok()?].cap;
        let slot = self.slot_argument(root, index, depth, false).ok()?;
        self[slot].is_empty().then_some(slot)
    }

    /// Tells a thread what its call has achieved.
    pub(crate) fn answer(&mut self, thread: Obj<Thread>, outcome: Outcome) {
        match outcome {
            Outcome::Done => self.answer_done(thread),
            Outcome::Word(word) => self.answer_word(thread, word),
            Outcome::Answered => {}
        }
    }

    /// Tells a thread that its call succeeded with one word.
    pub(crate) fn answer_word(&mut self, thread: Obj<Thread>, word: u64) {
        let registers = self.registers_mut(thread);
        registers.x[0] = 0;
        registers.x[1] = MessageInfo::new(abi::error::NO_ERROR, 0, 1).0;
        registers.x[FIRST_WORD] = word;
    }

    /// Tells a thread that its call succeeded, without words.
    pub(crate) fn answer_done(&mut self, thread: Obj<Thread>) {
        let registers = self.registers_mut(thread);
        registers.x[0] = 0;
        registers.x[1] = 0;
    }

    /// Tells a thread why its call was refused.
    pub(crate) fn answer_error(&mut self, thread: Obj<Thread>, error: abi::Error) {
        let words = error.to_words();
        let is_long = words.length > REGISTER_WORDS;
        let target = if is_long { self.ipc_buffer(thread, true) } else { None };
        let mut length = 0;
        for (index, word) in words.words.iter().enumerate().take(words.length) {
            if self.put_word(thread, target, index, *word) {
                length = index + 1;
            }
        }
        let registers = self.registers_mut(thread);
        registers.x[0] = 0;
        registers.x[1] = MessageInfo::new(words.label, 0, length).0;
    }
}
