//! Moving the words of a message, few or many.

use abi::MessageInfo;
use abi::message::REGISTER_WORDS;
use platform::contract::Arguments;

use super::{Miss, Width};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;
use crate::transfer::FIRST_WORD;

impl Kernel {
    /// Looks whether a message is one that a path moves: without capabilities, and on a narrow
    /// path all in registers.
    #[inline(always)]
    pub(super) fn check_message<W: Width>(arguments: &Arguments) -> Result<(), Miss> {
        let info = MessageInfo(arguments.0[1]);
        if W::LONG {
            return if info.extra_caps() > 0 { Err(Miss::ExtraCaps) } else { Ok(()) };
        }
        if info.lengths() > REGISTER_WORDS { Err(Miss::Narrow) } else { Ok(()) }
    }

    /// Gives a message without capabilities to `receiver`: the words that `sender` passes in
    /// registers, and those in its buffer.
    #[inline(always)]
    pub(super) fn give_message<W: Width>(
        &mut self,
        sender: Obj<Thread>,
        arguments: &Arguments,
        badge: u64,
        receiver: Obj<Thread>,
    ) {
        let info = MessageInfo(arguments.0[1]);
        let length = match info.length() {
            length if W::LONG && length > REGISTER_WORDS => {
                self.copy_buffer(sender, receiver, length)
            }
            length if W::LONG => length,
            _ => info.lengths(),
        };
        let x = &mut self.registers_mut(receiver).x;
        x[0] = badge;
        x[1] = MessageInfo::new(info.label(), 0, length).0;
        for index in 0..REGISTER_WORDS {
            if index < length {
                x[FIRST_WORD + index] = arguments.0[FIRST_WORD + index];
            }
        }
    }

    /// Copies the words beyond the registers of a message of `length` words. Returns how many
    /// words the message has after that: without two buffers, those in registers.
    fn copy_buffer(&mut self, sender: Obj<Thread>, receiver: Obj<Thread>, length: usize) -> usize {
        let source = self.ipc_buffer(sender, false);
        let target = self.ipc_buffer(receiver, true);
        let (Some(source), Some(target)) = (source, target) else { return REGISTER_WORDS };
        self.copy_buffer_words(source, target, length);
        length
    }
}
