//! One message to a kernel object, looked up but not yet understood.

use abi::buffer::CAPS_OR_BADGES;
use abi::message::MAX_CAPS;
use abi::{Error, LookupFailure, MessageInfo};
use platform::address::PhysicalAddress;

use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::thread::Thread;

/// How the message was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manner {
    /// The sender waits for a reply, and errors are reported to it.
    pub call: bool,
    /// The sender waits until somebody takes the message.
    pub blocking: bool,
    /// The sender's scheduling context may go along.
    pub donate: bool,
    /// First phase of a combined send and receive: refused by objects whose operation could stop
    /// the receive phase.
    pub first_phase: bool,
}

/// A message to the object of a capability.
///
/// Words 0 to 3 come from registers, the others from the sender's IPC buffer. Length and extra
/// capabilities are what really is there: a sender without buffer has four words and none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// The sender.
    pub thread: Obj<Thread>,
    /// The slot of the invoked capability.
    pub slot: Obj<Slot>,
    /// The invoked capability.
    pub cap: Cap,
    /// What the sender wrote.
    pub info: MessageInfo,
    /// Words that may be read, at most 120.
    pub length: usize,
    /// Message words 0 to 3.
    pub registers: [u64; 4],
    /// The sender's IPC buffer.
    pub buffer: Option<PhysicalAddress>,
    /// Slots of the extra capabilities.
    pub extra: [Option<Obj<Slot>>; MAX_CAPS],
    /// How it was sent.
    pub manner: Manner,
}

impl Call {
    /// The message of `thread` to the capability in `slot`.
    ///
    /// # Errors
    /// The address of an extra capability that leads nowhere, and why.
    pub(crate) fn read(
        kernel: &Kernel,
        thread: Obj<Thread>,
        slot: Obj<Slot>,
        manner: Manner,
    ) -> Result<Self, (u64, LookupFailure)> {
        let mut call = Self::without_caps(kernel, thread, slot, manner);
        if let Some(buffer) = call.buffer
            && call.info.extra_caps() > 0
        {
            call.extra = kernel.extra_caps(thread, buffer, call.info)?;
        }
        Ok(call)
    }

    /// The same, if all extra capabilities are in a CSpace of one level.
    #[inline(always)]
    pub(crate) fn read_in_one_level(
        kernel: &Kernel,
        thread: Obj<Thread>,
        slot: Obj<Slot>,
        manner: Manner,
    ) -> Option<Self> {
        let mut call = Self::without_caps(kernel, thread, slot, manner);
        if let Some(buffer) = call.buffer {
            let places = call.extra.iter_mut().zip(0u64..);
            for (place, index) in places.take(call.info.extra_caps()) {
                let address = kernel.buffer_word(buffer, CAPS_OR_BADGES + 8 * index);
                *place = Some(kernel.lookup_in_one_level(thread, address)?);
            }
        }
        Some(call)
    }

    #[inline(always)]
    fn without_caps(kernel: &Kernel, thread: Obj<Thread>, slot: Obj<Slot>, manner: Manner) -> Self {
        let x = &kernel.registers(thread).x;
        let (info, registers) = (MessageInfo(x[1]), [x[2], x[3], x[4], x[5]]);
        let buffer = kernel.ipc_buffer(thread, false);
        let length = kernel.readable_length(info, buffer);
        let (cap, extra) = (kernel[slot].cap, [None; MAX_CAPS]);
        Self { thread, slot, cap, info, length, registers, buffer, extra, manner }
    }

    /// Message word `index`; whatever lies there if the message is shorter.
    #[must_use]
    #[inline(always)]
    pub fn word(&self, kernel: &Kernel, index: usize) -> u64 {
        match (self.registers.get(index), self.buffer) {
            (Some(word), _) => *word,
            (None, Some(buffer)) => {
                kernel.mem.read_user(PhysicalAddress(buffer.0 + abi::buffer::word(index)))
            }
            (None, None) => 0,
        }
    }

    /// The first `N` message words.
    ///
    /// # Errors
    /// [`Error::TruncatedMessage`] if the message is shorter.
    #[inline(always)]
    pub fn words<const N: usize>(&self, kernel: &Kernel) -> Result<[u64; N], Error> {
        if self.length < N {
            return Err(Error::TruncatedMessage);
        }
        let mut words = [0; N];
        for (index, word) in words.iter_mut().enumerate() {
            *word = self.word(kernel, index);
        }
        Ok(words)
    }

    /// The first `N` extra capabilities. An empty slot is a capability too.
    ///
    /// # Errors
    /// [`Error::TruncatedMessage`] if the message has fewer.
    #[inline(always)]
    pub fn caps<const N: usize>(&self) -> Result<[Obj<Slot>; N], Error> {
        let mut caps = [self.slot; N];
        for (index, cap) in caps.iter_mut().enumerate() {
            let extra = self.extra.get(index).copied().flatten();
            *cap = extra.ok_or(Error::TruncatedMessage)?;
        }
        Ok(caps)
    }
}

/// What a completed invocation answers to a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Success without words.
    Done,
    /// Success with one word.
    Word(u64),
    /// Nothing is to be written: the operation was a message to another thread, or it has filled
    /// the caller's registers itself.
    Answered,
}
