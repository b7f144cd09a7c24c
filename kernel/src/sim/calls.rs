//! System calls and invocations of the running thread.

use std::vec::Vec;

use abi::buffer::{CAPS_OR_BADGES, word};
use abi::{Error, Invocation, MessageInfo, Syscall};
use platform::contract::Trap;

use super::System;
use crate::mem::Obj;
use crate::thread::{State, Thread};

/// What a call of a kernel object answers.
pub(crate) type Answer = Result<Vec<u64>, Error>;

/// A message as a thread finds it in its registers and buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) badge: u64,
    pub(crate) label: u64,
    pub(crate) words: Vec<u64>,
    pub(crate) caps: usize,
    pub(crate) unwrapped: u64,
}

/// Instructions of a program between two system calls; any distance that is not zero.
const STRIDE: u64 = 4;

impl System {
    /// The running thread executes `svc` with this number, again as long as the kernel restarts
    /// it and it still runs.
    pub(crate) fn system_call(&mut self, number: u64) {
        let thread = self.running();
        let registers = self.registers_mut(thread);
        registers.x[7] = number;
        let at = registers.next_pc;
        loop {
            self.trap_registers();
            self.enter(Trap::SystemCall);
            let again = self.current() == Some(thread) && self.registers(thread).next_pc == at;
            if !again {
                return;
            }
        }
    }

    /// Writes a message into the registers and the buffer of the running thread.
    pub(crate) fn compose(&mut self, label: u64, words: &[u64], caps: &[u64]) {
        let thread = self.running();
        let buffer = self.ipc_buffer(thread, false);
        for (index, value) in words.iter().enumerate() {
            if index < 4 {
                self.registers_mut(thread).x[2 + index] = *value;
            } else if let Some(buffer) = buffer {
                self.set_buffer_word(buffer, word(index), *value);
            }
        }
        for (index, cap) in (0..).zip(caps) {
            let buffer = buffer.expect("capabilities need a buffer");
            self.set_buffer_word(buffer, CAPS_OR_BADGES + 8 * index, *cap);
        }
        self.registers_mut(thread).x[1] = MessageInfo::new(label, caps.len(), words.len()).0;
    }

    /// Sets a register of the running thread.
    pub(crate) fn set_x(&mut self, index: usize, value: u64) {
        let thread = self.running();
        self.registers_mut(thread).x[index] = value;
    }

    /// Calls the capability at `cptr` with a message.
    pub(crate) fn call(&mut self, cptr: u64, label: u64, words: &[u64], caps: &[u64]) {
        self.compose(label, words, caps);
        self.set_x(0, cptr);
        self.system_call(Syscall::Call.number());
    }

    /// Invokes a kernel object and returns its answer.
    pub(crate) fn invoke(
        &mut self,
        cptr: u64,
        label: Invocation,
        words: &[u64],
        caps: &[u64],
    ) -> Answer {
        let thread = self.running();
        self.call(cptr, label.label(), words, caps);
        self.answer(thread)
    }

    /// The answer that a thread has got to its last call.
    pub(crate) fn answer(&self, thread: Obj<Thread>) -> Answer {
        let message = self.received(thread);
        let mut words = [0; 5];
        for (to, from) in words.iter_mut().zip(&message.words) {
            *to = *from;
        }
        match Error::from_words(message.label, &words) {
            Some(error) => Err(error),
            None => Ok(message.words),
        }
    }

    /// The message in the registers and the buffer of a thread.
    pub(crate) fn received(&self, thread: Obj<Thread>) -> Received {
        let registers = self.registers(thread);
        let info = MessageInfo(registers.x[1]);
        let buffer = self.ipc_buffer(thread, false);
        let words = (0..info.length())
            .map(|index| match buffer {
                _ if index < 4 => registers.x[2 + index],
                Some(buffer) => self.buffer_word(buffer, word(index)),
                None => 0,
            })
            .collect();
        Received {
            badge: registers.x[0],
            label: info.label(),
            words,
            caps: info.extra_caps(),
            unwrapped: info.unwrapped(),
        }
    }

    /// Sends with or without blocking.
    pub(crate) fn send(&mut self, call: Syscall, cptr: u64, words: &[u64]) {
        self.compose(0, words, &[]);
        self.set_x(0, cptr);
        self.system_call(call.number());
    }

    /// Receives on `cptr` by `call`, with a reply object where the call takes one.
    pub(crate) fn receive_by(&mut self, call: Syscall, cptr: u64, reply: u64) {
        self.set_x(0, cptr);
        self.set_x(6, reply);
        self.system_call(call.number());
    }

    /// The state of a thread.
    pub(crate) fn state(&self, thread: Obj<Thread>) -> State {
        self[thread].state
    }

    /// The program goes on for an instruction, so that the next `svc` is another one.
    pub(crate) fn step(&mut self) {
        let thread = self.running();
        let registers = self.registers_mut(thread);
        registers.next_pc = registers.next_pc.wrapping_add(STRIDE);
    }
}
