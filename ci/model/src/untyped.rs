//! Untyped memory. (objects.md §2)

use abi::{Error, GuardWord, Invocation, LookupFailure, ObjectType, Rights};

use crate::cap::{Address, Cap};
use crate::model::{Answer, Extra, Model, Request};
use crate::slots::SlotName;
use crate::state::{Context, Notification, Thread};

impl Model {
    /// An invocation of untyped memory.
    pub(crate) fn invoke_untyped(
        &mut self,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        if operation != Invocation::UntypedRetype {
            return Err(Error::IllegalOperation); // check 1
        }
        let ([word, size, index, depth, offset, count], [root]) = request.needs()?; // 2
        let object = ObjectType::from_word(word).ok_or(Error::InvalidArgument(0))?; // 3
        let bits = object_bits(object, size)?; // 4 to 7
        let node = self.destination(root, index, depth)?; // 8, 9
        let slots = self.vacant(node, offset, count)?; // 10 to 13
        let fresh = self.slots.first_child(request.slot).is_none();
        let Some(Cap::Untyped { start, bits: all, device, used }) = self.slots.get(request.slot)
        else {
            return Err(Error::IllegalOperation);
        };
        let used = if fresh { 0 } else { used };
        let free = (1 << all) - used;
        if free >> bits < count {
            return Err(Error::NotEnoughMemory(free)); // 14
        }
        if device && !object.allowed_on_device() {
            return Err(Error::InvalidArgument(1)); // 15
        }
        if fresh && !device {
            self.memory.forget(start, 1 << all);
        }
        let first = (start + used).next_multiple_of(1 << bits);
        let used = first + (count << bits) - start;
        self.slots.update(request.slot, Cap::Untyped { start, bits: all, device, used });
        for (slot, number) in slots.into_iter().zip(0..) {
            let cap = self.create(object, (first + (number << bits), size), device);
            self.slots.insert(slot, cap, request.slot, true);
        }
        Ok(Vec::new())
    }

    /// The CNode that new capabilities go to. (checks 8 and 9)
    fn destination(&self, root: Extra, index: u64, depth: u64) -> Result<Cap, Error> {
        let found = match depth {
            0 => root.cap,
            _ => self.slots.get(self.resolve_slot(root.cap, index, depth, false)?),
        };
        let missing = LookupFailure::MissingCapability { bits_left: depth };
        let is_node = |cap: &Cap| matches!(cap, Cap::CNode { .. });
        found.filter(is_node).ok_or(Error::destination(missing))
    }

    /// Empty slots of a CNode. (checks 10 to 13)
    fn vacant(&self, node: Cap, offset: u64, count: u64) -> Result<Vec<SlotName>, Error> {
        let Cap::CNode { object, radix, .. } = node else { return Err(Error::IllegalOperation) };
        let slots = 1_u64 << radix;
        if offset > slots - 1 {
            return Err(Error::Range { min: 0, max: slots - 1 });
        }
        let most = abi::object::RETYPE_FAN_OUT;
        if !(1..=most).contains(&count) {
            return Err(Error::Range { min: 1, max: most });
        }
        if count > slots - offset {
            return Err(Error::Range { min: 1, max: slots - offset });
        }
        let names: Vec<SlotName> =
            (offset..offset + count).map(|index| Self::slot(object, index)).collect();
        let occupied = names.iter().any(|slot| self.slots.get(*slot).is_some());
        if occupied { Err(Error::DeleteFirst) } else { Ok(names) }
    }

    /// A new object, and the capability to it. (objects.md §2, "Initial object state")
    fn create(&mut self, object: ObjectType, (at, size): (Address, u64), device: bool) -> Cap {
        let size = u32::try_from(size).unwrap_or(0);
        match object {
            ObjectType::Untyped => Cap::Untyped { start: at, bits: size, device, used: 0 },
            ObjectType::Thread => {
                self.threads.insert(at, Thread::new(self.fresh_spsr));
                Cap::Thread { object: at }
            }
            ObjectType::Endpoint => {
                self.endpoints.insert(at, Vec::new());
                Cap::Endpoint { object: at, rights: Rights::ALL, badge: 0 }
            }
            ObjectType::Notification => {
                self.notifications.insert(at, Notification::default());
                Cap::Notification { object: at, rights: Rights::READ_WRITE, badge: 0 }
            }
            ObjectType::CNode => {
                self.nodes.insert(at, size);
                Cap::CNode { object: at, radix: size, guard: GuardWord { bits: 0, guard: 0 } }
            }
            ObjectType::SchedContext => {
                self.contexts.insert(at, Context::default());
                Cap::SchedContext { object: at, bits: size }
            }
            ObjectType::Reply => {
                self.replies.insert(at, None);
                Cap::Reply { object: at, can_grant: true }
            }
            ObjectType::VSpace => {
                self.tables.add(at);
                Cap::VSpace { object: at, asid: None }
            }
            ObjectType::PageTable => {
                self.tables.add(at);
                Cap::PageTable { object: at, mapping: None }
            }
            ObjectType::SmallPage | ObjectType::LargePage | ObjectType::HugePage => {
                let bits = object.size_bits(0);
                Cap::Page { start: at, bits, device, rights: Rights::READ_WRITE, mapping: None }
            }
        }
    }
}

/// `log2` of the bytes of an object. (checks 4 to 7)
fn object_bits(object: ObjectType, size: u64) -> Result<u32, Error> {
    let max = 47;
    let range = Error::Range { min: 0, max };
    let size = u32::try_from(size).ok().filter(|size| *size < 64).ok_or(range)?;
    let bits = object.size_bits(size);
    if u64::from(bits) > max {
        return Err(range);
    }
    let least = match object {
        ObjectType::CNode => 1,
        ObjectType::Untyped => 4,
        ObjectType::SchedContext => 7,
        _ => 0,
    };
    if size < least { Err(Error::InvalidArgument(1)) } else { Ok(bits) }
}
