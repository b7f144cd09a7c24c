//! One message to a kernel object, looked up but not yet understood.

use abi::{Error, MessageInfo};
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
    pub extra: [Option<Obj<Slot>>; 3],
    /// How it was sent.
    pub manner: Manner,
}

impl Call {
    /// Message word `index`; whatever lies there if the message is shorter.
    #[must_use]
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
    pub fn words<const N: usize>(&self, kernel: &Kernel) -> Result<[u64; N], Error> {
        if self.length < N {
            return Err(Error::TruncatedMessage);
        }
        Ok(core::array::from_fn(|index| self.word(kernel, index)))
    }

    /// The first `N` extra capabilities. An empty slot is a capability too.
    ///
    /// # Errors
    /// [`Error::TruncatedMessage`] if the message has fewer.
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
