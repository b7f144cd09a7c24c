//! Messages: words and capabilities from one thread to another. (abi.md §2 to §4)

use abi::MessageInfo;
use abi::buffer::{CAPS_OR_BADGES, RECEIVE_CNODE, RECEIVE_DEPTH, RECEIVE_INDEX, word};
use abi::message::{MAX_LENGTH, REGISTER_WORDS};

use crate::cap::{Address, Cap};
use crate::model::{BUFFER, Extra, Model};
use crate::slots::SlotName;

/// Register of the first message word.
const FIRST_WORD: usize = 2;

impl Model {
    /// The physical address of a thread's IPC buffer, if its frame allows reading, or reading and
    /// writing. (abi.md §2, §3)
    #[must_use]
    pub fn buffer_of(&self, thread: Address, write: bool) -> Option<Address> {
        let address = self.threads.get(&thread)?.buffer;
        let Some(Cap::Page { start, bits, device: false, rights, .. }) =
            self.slots.get(Self::held(thread, BUFFER))
        else {
            return None;
        };
        let needed = if write { abi::Rights::READ_WRITE } else { abi::Rights::READ };
        let allowed = address != 0 && rights.contains(needed);
        allowed.then_some(start + (address & ((1 << bits) - 1)))
    }

    /// The words of the message that a thread has composed: without a buffer at most four.
    pub(crate) fn sent_words(&self, sender: Address) -> Vec<u64> {
        let info = self.info(sender);
        let buffer = self.buffer_of(sender, false);
        let most = if buffer.is_some() { MAX_LENGTH } else { REGISTER_WORDS };
        (0..info.length().min(most))
            .map(|index| match (index, buffer) {
                (0..REGISTER_WORDS, _) => self.threads[&sender].x(FIRST_WORD + index),
                (_, Some(buffer)) => self.memory.read(buffer + word(index)),
                (_, None) => 0,
            })
            .collect()
    }

    /// The message information that a thread has composed.
    pub(crate) fn info(&self, sender: Address) -> MessageInfo {
        MessageInfo(self.threads.get(&sender).map_or(0, |known| known.x(1)))
    }

    /// The capabilities of the message that a thread has composed; or the pointer that does not
    /// resolve, and why. (abi.md §4.1)
    pub(crate) fn sent_caps(
        &self,
        sender: Address,
    ) -> Result<Vec<Extra>, (u64, abi::LookupFailure)> {
        let Some(buffer) = self.buffer_of(sender, false) else { return Ok(Vec::new()) };
        let count = self.info(sender).extra_caps() as u64;
        (0..count)
            .map(|index| {
                let pointer = self.memory.read(buffer + CAPS_OR_BADGES + 8 * index);
                let slot = self.resolve_pointer(sender, pointer);
                let slot = slot.map_err(|failure| (pointer, failure))?;
                Ok(Extra { slot, cap: self.slots.get(slot) })
            })
            .collect()
    }

    /// Writes words into a message to a thread. How many there was room for.
    fn put_words(&mut self, receiver: Address, words: &[u64]) -> usize {
        let buffer = self.buffer_of(receiver, true);
        let most = if buffer.is_some() { MAX_LENGTH } else { REGISTER_WORDS };
        let length = words.len().min(most);
        for (index, value) in words[..length].iter().enumerate() {
            match buffer {
                _ if index < REGISTER_WORDS => {
                    self.thread(receiver, |known| known.set_x(FIRST_WORD + index, *value));
                }
                Some(buffer) => self.memory.write(buffer + word(index), *value),
                None => {}
            }
        }
        length
    }

    /// A message, or a fault, goes from one thread to another.
    pub(crate) fn pass_message(
        &mut self,
        sender: Address,
        receiver: Address,
        endpoint: Option<Address>,
        badge: u64,
        can_grant: bool,
    ) {
        let fault = self.threads.get(&sender).and_then(|known| known.fault);
        let info = match fault {
            Some(fault) => {
                let words = self.fault_words(sender, fault);
                let length = self.put_words(receiver, &words);
                MessageInfo::new(fault.label(), 0, length)
            }
            None => {
                let (sent, words) = (self.info(sender), self.sent_words(sender));
                let length = self.put_words(receiver, &words);
                let caps = if can_grant { self.sent_caps(sender) } else { Ok(Vec::new()) };
                let (count, unwrapped) =
                    self.receive_caps(receiver, endpoint, &caps.unwrap_or_default());
                MessageInfo::new(sent.label(), count, length).with_unwrapped(unwrapped)
            }
        };
        self.thread(receiver, |known| {
            known.set_x(0, badge);
            known.set_x(1, info.0);
        });
    }

    /// Capabilities of a message arrive: how many, and which of them as badges. (abi.md §4.3 to 5)
    fn receive_caps(
        &mut self,
        receiver: Address,
        endpoint: Option<Address>,
        caps: &[Extra],
    ) -> (usize, u64) {
        let Some(buffer) = self.buffer_of(receiver, true) else { return (0, 0) };
        let mut free = if caps.is_empty() { None } else { self.receive_slot(receiver, buffer) };
        let mut unwrapped = 0;
        for (index, extra) in caps.iter().enumerate() {
            let offset = CAPS_OR_BADGES + 8 * index as u64;
            match self.slots.get(extra.slot) {
                Some(Cap::Endpoint { object, badge, .. }) if Some(object) == endpoint => {
                    self.memory.write(buffer + offset, badge);
                    unwrapped |= 1 << index;
                }
                Some(cap) => {
                    let derived = self.derive(extra.slot, cap).ok();
                    let Some((derived, slot)) = derived.zip(free.take()) else {
                        return (index, unwrapped);
                    };
                    self.slots.insert(slot, derived, extra.slot, false);
                    self.filled_by_copy(extra.slot);
                }
                None => return (index, unwrapped),
            }
        }
        (caps.len(), unwrapped)
    }

    /// The slot that a receiver offers. (abi.md §4.6)
    fn receive_slot(&self, receiver: Address, buffer: Address) -> Option<SlotName> {
        let [node, index, depth] =
            [RECEIVE_CNODE, RECEIVE_INDEX, RECEIVE_DEPTH].map(|at| self.memory.read(buffer + at));
        let node = self.resolve_pointer(receiver, node).ok()?;
        let slot = self.resolve_slot(self.slots.get(node), index, depth, false).ok()?;
        self.slots.get(slot).is_none().then_some(slot)
    }

    /// The answer to a call of a kernel object. (abi.md §8.1)
    pub(crate) fn answer(&mut self, thread: Address, answer: &crate::model::Answer) {
        let (label, words) = match answer {
            Ok(words) => (abi::error::NO_ERROR, words.clone()),
            Err(error) => {
                let reply = error.to_words();
                (reply.label, reply.words[..reply.length].to_vec())
            }
        };
        let length = self.put_words(thread, &words);
        self.thread(thread, |known| {
            known.set_x(0, 0);
            known.set_x(1, MessageInfo::new(label, 0, length).0);
        });
    }
}
