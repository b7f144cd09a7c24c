//! Who waits for an answer.

use core::cell::RefCell;

use alloc::vec::Vec;
use libsys::Cap;
use libsys::object::Reply;
use libsys::server::{Outgoing, Port, Reception, Responder, ThreadBuffer, abandon};

/// Reply objects that hold nobody.
#[derive(Debug)]
pub struct Callers {
    reception: Reception,
    free: RefCell<Vec<Cap<Reply>>>,
}

impl Callers {
    /// Callers at this reception, as many at a time as there are reply objects.
    #[must_use]
    pub fn new(reception: Reception, replies: impl Iterator<Item = Cap<Reply>>) -> Self {
        Self { reception, free: RefCell::new(replies.collect()) }
    }

    /// Where they call.
    #[must_use]
    pub const fn reception(&self) -> &Reception {
        &self.reception
    }

    /// A reply object for the next one; `None`: all hold somebody.
    #[must_use]
    pub fn next(&self) -> Option<Caller<'_>> {
        let reply = self.free.borrow_mut().pop()?;
        Some(Caller { callers: self, reply, is_calling: false })
    }
}

/// A reply object. If it holds a caller, that one gets an answer, whatever happens to it.
#[derive(Debug)]
pub struct Caller<'a> {
    callers: &'a Callers,
    reply: Cap<Reply>,
    is_calling: bool,
}

impl Caller<'_> {
    /// Receives with it.
    #[must_use]
    pub const fn reply(&self) -> Cap<Reply> {
        self.reply
    }

    /// Somebody was received, and waits.
    #[must_use]
    pub fn calling(mut self) -> Self {
        self.is_calling = true;
        self
    }
}

impl Responder for Caller<'_> {
    type Buffer = ThreadBuffer;

    fn buffer(&self) -> ThreadBuffer {
        ThreadBuffer
    }

    fn respond(mut self, answer: Outgoing) {
        self.is_calling = false;
        self.callers.reception.answer(self.reply, answer);
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        if self.is_calling {
            let answer = abandon(&mut self.buffer());
            self.callers.reception.answer(self.reply, answer);
        }
        self.callers.free.borrow_mut().push(self.reply);
    }
}
