//! System calls and invocations as programs write them.

use libsys::object::{Endpoint, Notification, Page, Reply, SlotRange, Thread, Untyped, VSpace};
use libsys::{Badge, Cap, Error, Message, ObjectType, Rights, SlotPath, VmAttributes, syscall};

/// What a program does with the result of an invocation, at least: goes on if it is good.
#[inline(always)]
fn succeeds(result: Result<(), Error>) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => failed(error),
    }
}

#[cold]
#[inline(never)]
fn failed(error: Error) -> bool {
    core::hint::black_box(error) == Error::IllegalOperation
}

#[inline(never)]
pub(crate) extern "C" fn call_0(endpoint: u64) -> u64 {
    Cap::<Endpoint>::at(endpoint).call(Message::EMPTY).info.0
}

#[inline(never)]
pub(crate) extern "C" fn call_4(endpoint: u64, a: u64, b: u64, c: u64, d: u64) -> u64 {
    Cap::<Endpoint>::at(endpoint).call(Message::new(7, &[a, b, c, d])).words[0]
}

#[inline(never)]
pub(crate) extern "C" fn call_10(endpoint: u64, words: &[u64; 10]) -> u64 {
    Cap::<Endpoint>::at(endpoint).call(Message::new(7, words)).words[0]
}

#[inline(never)]
pub(crate) extern "C" fn call_cap(endpoint: u64, word: u64, cap: u64) -> u64 {
    Cap::<Endpoint>::at(endpoint).call(Message::new(7, &[word]).with_caps(&[cap])).words[0]
}

#[inline(never)]
pub(crate) extern "C" fn send(endpoint: u64, word: u64) {
    Cap::<Endpoint>::at(endpoint).send(Message::new(7, &[word]));
}

#[inline(never)]
pub(crate) extern "C" fn nb_send(endpoint: u64, word: u64) {
    Cap::<Endpoint>::at(endpoint).nb_send(Message::new(7, &[word]));
}

#[inline(never)]
pub(crate) extern "C" fn reply_recv(endpoint: u64, reply: u64, word: u64) -> u64 {
    let endpoint = Cap::<Endpoint>::at(endpoint);
    endpoint.reply_recv(Cap::<Reply>::at(reply), Message::new(0, &[word])).badge
}

#[inline(never)]
pub(crate) extern "C" fn recv(endpoint: u64, reply: u64) -> u64 {
    Cap::<Endpoint>::at(endpoint).recv(Cap::<Reply>::at(reply)).badge
}

#[inline(never)]
pub(crate) extern "C" fn wait(notification: u64) -> u64 {
    Cap::<Notification>::at(notification).wait()
}

#[inline(never)]
pub(crate) extern "C" fn signal(notification: u64) {
    Cap::<Notification>::at(notification).signal();
}

#[inline(never)]
pub(crate) extern "C" fn yield_now() {
    syscall::yield_now();
}

#[inline(never)]
pub(crate) extern "C" fn copy(to: u64, to_index: u64, from: u64, from_index: u64) -> bool {
    let source = SlotPath::new(Cap::at(from), from_index);
    succeeds(SlotPath::new(Cap::at(to), to_index).copy_from(source, Rights::ALL))
}

#[inline(never)]
pub(crate) extern "C" fn mint(to: u64, to_index: u64, from: u64, from_index: u64, b: u64) -> bool {
    let source = SlotPath::new(Cap::at(from), from_index);
    succeeds(SlotPath::new(Cap::at(to), to_index).mint_from(source, Rights::ALL, Badge(b)))
}

#[inline(never)]
pub(crate) extern "C" fn delete(cnode: u64, index: u64) -> bool {
    succeeds(SlotPath::new(Cap::at(cnode), index).delete())
}

#[inline(never)]
pub(crate) extern "C" fn map(page: u64, space: u64, address: u64) -> bool {
    let space = Cap::<VSpace>::at(space);
    let attributes = VmAttributes::DEFAULT;
    succeeds(Cap::<Page>::at(page).map(space, address, Rights::READ_WRITE, attributes))
}

#[inline(never)]
pub(crate) extern "C" fn unmap(page: u64) -> bool {
    succeeds(Cap::<Page>::at(page).unmap())
}

#[inline(never)]
pub(crate) extern "C" fn retype(untyped: u64, cnode: u64, offset: u64, count: u64) -> bool {
    let slots = SlotRange::within(Cap::at(cnode), offset, count);
    succeeds(Cap::<Untyped>::at(untyped).retype(ObjectType::SmallPage, 0, slots))
}

#[inline(never)]
pub(crate) extern "C" fn resume(thread: u64) -> bool {
    succeeds(Cap::<Thread>::at(thread).resume())
}

#[inline(never)]
pub(crate) extern "C" fn set_priority(thread: u64, authority: u64, priority: u8) -> bool {
    succeeds(Cap::<Thread>::at(thread).set_priority(Cap::at(authority), priority))
}

#[inline(never)]
pub(crate) extern "C" fn address(page: u64) -> u64 {
    Cap::<Page>::at(page).address().unwrap_or(0)
}
