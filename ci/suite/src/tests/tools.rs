//! What the tests of several modules do with objects.

use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;
use heapless::Vec;
use libsys::object::{ChosenSize, FixedSize};
use libsys::window::{MemoryKind, Window};

/// Calls with any label, words and capabilities; the reply, taken for a result.
pub(super) fn call<T>(
    cap: Cap<T>,
    label: u64,
    words: &[u64],
    caps: &[u64],
) -> Result<Received, Error> {
    let message = Message::new(label, words).with_caps(caps);
    libsys::invoke::check(syscall::call(cap.pointer(), message))
}

/// [`call`] with the label of an invocation.
pub(super) fn invoke<T>(
    cap: Cap<T>,
    invocation: Invocation,
    words: &[u64],
    caps: &[u64],
) -> Result<Received, Error> {
    call(cap, invocation.label(), words, caps)
}

/// Whether there is a capability in a slot: moving it onto itself is refused with `DeleteFirst`
/// then, and with a failed lookup of the source otherwise.
pub(super) fn occupied(path: SlotPath) -> bool {
    path.move_from(path) == Err(Error::DeleteFirst)
}

/// A failed lookup of a destination that ends at an unsuitable capability.
pub(super) const fn missing(bits_left: u64) -> Error {
    Error::destination(LookupFailure::MissingCapability { bits_left })
}

/// A failed lookup of a source that ends at an unsuitable capability.
pub(super) const fn source_missing(bits_left: u64) -> Error {
    Error::source(LookupFailure::MissingCapability { bits_left })
}

impl World {
    /// Whether there is a capability in a slot of the initial CNode.
    pub(super) fn holds<T>(&self, cap: Cap<T>) -> bool {
        !self.is_empty(cap)
    }

    /// Objects made of a given untyped, at most 16.
    pub(super) fn retype<T: FixedSize>(
        &mut self,
        memory: Cap<Untyped>,
        count: u64,
    ) -> Outcome<Vec<Cap<T>, 16>> {
        let slots = self.allocator.slots(count)?;
        let range = SlotRange::within(initial::CNODE, slots.start, count);
        memory.retype(T::TYPE, 0, range)?;
        Ok(slots.map(Cap::at).collect())
    }

    /// One object of a chosen size, made of a given untyped.
    pub(super) fn retype_sized<T: ChosenSize>(
        &mut self,
        memory: Cap<Untyped>,
        size: u32,
    ) -> Outcome<Cap<T>> {
        let cap = self.slot::<T>()?;
        memory.retype(T::TYPE, size, SlotRange::within(initial::CNODE, cap.pointer(), 1))?;
        Ok(cap)
    }

    /// Device memory of `1 << bits` bytes that nothing else uses.
    pub(super) fn device(&mut self, bits: u32) -> Outcome<Cap<Untyped>> {
        let (block, _, _) = self.device_untyped()?;
        self.retype_sized(block, bits)
    }

    /// Maps a page of RAM to be looked at.
    pub(super) fn map(&mut self, page: Cap<Page>) -> Outcome<Window> {
        Ok(Window::map(&mut self.allocator, page, MemoryKind::Ram)?)
    }

    /// A new address space with an identifier of the initial pool.
    pub(super) fn vspace(&mut self) -> Outcome<Cap<VSpace>> {
        let space = self.create::<VSpace>()?;
        initial::ASID_POOL.assign(space)?;
        Ok(space)
    }

    /// A new address space with the tables for small pages around an address.
    pub(super) fn space_with_tables(&mut self, address: u64) -> Outcome<Cap<VSpace>> {
        let space = self.vspace()?;
        for _ in 0..3 {
            self.create::<PageTable>()?.map(space, address)?;
        }
        Ok(space)
    }

    /// A new pool of address-space identifiers.
    pub(super) fn asid_pool(&mut self) -> Outcome<Cap<AsidPool>> {
        let (memory, pool) = (self.untyped(12)?, self.slot::<AsidPool>()?);
        initial::ASID_CONTROL.make_pool(memory, self.path(pool))?;
        Ok(pool)
    }

    /// A cap with this badge to a new endpoint.
    pub(super) fn mint_new_endpoint(&mut self, badge: u64) -> Outcome<Cap<Endpoint>> {
        let endpoint = self.create::<Endpoint>()?;
        self.mint(endpoint, Rights::ALL, badge)
    }

    /// The fault of a helper that runs these instructions, with `argument` in x0; `None` if it gets
    /// past them. It ends with a system call that does not exist, so there is always a message.
    pub(super) fn fault_of(
        &mut self,
        instructions: &[u32],
        argument: u64,
    ) -> Outcome<Option<Fault>> {
        let mut code = Vec::<u32, 16>::new();
        // The longest sequence of the tests is far shorter.
        let _ = code.extend_from_slice(instructions);
        let _ = code.extend_from_slice(&[code::mov(7, 0), code::svc(0)]);
        let start = self.code(&code)?;
        let handler = self.create::<Endpoint>()?;
        let options = libsys::worker::Options { fault_handler: handler, ..self.options(10) };
        let helper = self.helper(options)?;
        let registers = UserContext::starting_at(start, 0).with(Register::X(0), argument);
        helper.thread().write_registers(true, &registers)?;
        let fault = handler.wait().fault();
        Ok(fault.filter(|fault| !matches!(fault, Fault::UnknownSyscall { number: 0 })))
    }

    /// The fault of reading a word at an address of this address space, if it does.
    pub(super) fn fault_of_load(&mut self, address: u64) -> Outcome<Option<Fault>> {
        self.fault_of(&[code::load(1, 0)], address)
    }

    /// The fault of writing a word at an address of this address space, if it does.
    pub(super) fn fault_of_store(&mut self, address: u64) -> Outcome<Option<Fault>> {
        self.fault_of(&[code::store(1, 0)], address)
    }
}
