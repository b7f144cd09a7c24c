//! Moving the words of a message, few or many.

use abi::MessageInfo;
use abi::message::REGISTER_WORDS;
use platform::contract::Arguments;

use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;
use crate::transfer::FIRST_WORD;

impl Kernel {
    /// Gives a message without capabilities to `receiver`: the words that `sender` passes in
    /// registers, and those in its buffer.
    #[inline(always)]
    pub(super) fn give_message(
        &mut self,
        sender: Obj<Thread>,
        arguments: &Arguments,
        badge: u64,
        receiver: Obj<Thread>,
    ) {
        let info = MessageInfo(arguments.0[1]);
        let mut length = info.length();
        if length > REGISTER_WORDS {
            length = self.copy_buffer(sender, receiver, length);
        }
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
        for index in REGISTER_WORDS..length {
            let word = self.buffer_word(source, abi::buffer::word(index));
            self.set_buffer_word(target, abi::buffer::word(index), word);
        }
        length
    }
}
