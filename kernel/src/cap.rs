//! Capabilities.
//!
//! A capability is a plain enum of 16 bytes; matching is the only way in. Zeroed memory is
//! [`Cap::Null`], so that a fresh CNode needs no initialisation. Everything that differs between
//! kinds of capabilities, and is not the business of one object alone, is a match in this file:
//! the compiler lists what to extend when a kind is added.

use core::num::NonZeroU16;

use abi::{GuardWord, Rights};

use crate::asid::AsidPool;
use crate::endpoint::Endpoint;
use crate::mem::Obj;
use crate::notification::Notification;
use crate::page::PageCap;
use crate::reply::Reply;
use crate::sched_context::SchedContext;
use crate::slot::Slot;
use crate::table::Table;
use crate::thread::Thread;

/// The tag of an address space in the translation hardware; 0 is reserved for "none".
pub type Asid = NonZeroU16;

/// What is being taken apart by deletion, one piece at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remains {
    /// A CNode of `1 << radix` slots, or the five slots of a thread.
    Slots {
        /// `log2` of the bytes of the whole object.
        object_bits: u8,
        /// Slots that are not yet known to be empty.
        left: u32,
        /// First slot.
        slots: Obj<Slot>,
    },
    /// An endpoint with waiters to be sent away.
    Endpoint(Obj<Endpoint>),
    /// A notification with waiters to be sent away.
    Notification(Obj<Notification>),
}

/// A capability: authority over one object, or over a part of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum Cap {
    /// No authority.
    Null = 0,
    /// Free physical memory of `1 << bits` bytes. `next` is the first byte not handed out; its
    /// bits above `bits` are the start. `full` says that there is none.
    Untyped { bits: u8, device: bool, full: bool, next: u64 },
    /// An endpoint.
    Endpoint { rights: Rights, endpoint: Obj<Endpoint>, badge: u64 },
    /// A notification; read and write only.
    Notification { rights: Rights, notification: Obj<Notification>, badge: u64 },
    /// A reply object.
    Reply { can_grant: bool, reply: Obj<Reply> },
    /// A table of `1 << radix` slots, reached through a guard.
    CNode { radix: u8, guard_bits: u8, slots: Obj<Slot>, guard: u64 },
    /// A thread.
    Thread { thread: Obj<Thread> },
    /// A scheduling context of `1 << bits` bytes.
    SchedContext { bits: u8, context: Obj<SchedContext> },
    /// Authority to configure scheduling contexts of one core.
    SchedControl { core: u8 },
    /// Authority to make interrupt handlers.
    IrqControl,
    /// One interrupt.
    IrqHandler { irq: u32 },
    /// One software-generated interrupt to one target.
    SgiSignal { intid: u8, target: u8 },
    /// Authority over domains.
    Domain,
    /// A top-level translation table.
    VSpace { asid: Option<Asid>, table: Obj<Table> },
    /// A lower translation table; `asid` and `address` say where it is mapped.
    PageTable { asid: Option<Asid>, table: Obj<Table>, address: u64 },
    /// A frame of memory.
    Page(PageCap),
    /// Authority to make ASID pools.
    AsidControl,
    /// A pool of ASIDs: number `index` of all pools.
    AsidPool { index: u8, pool: Obj<AsidPool> },
    /// Secure monitor calls; with a badge, only that function.
    Smc { badge: u64 },
    /// An object that is being deleted.
    Zombie(Remains),
}

const _: () = assert!(size_of::<Cap>() == 16);

/// Data that Mint, Mutate and Rotate attach to a capability was not acceptable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataRefused;

/// What copying changes of a capability.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// The rights that may stay.
    pub rights: Rights,
    /// New badge or guard, such as the capability takes.
    pub data: Option<u64>,
}

impl Cap {
    /// Changes the capability where it stands, for a compiler copies the fields of an enumeration
    /// one by one.
    pub fn change(&mut self, change: Change) {
        self.restrict(change.rights);
        if let Some(data) = change.data {
            self.attach(data);
        }
    }

    /// Takes rights away. Rights never grow.
    fn restrict(&mut self, allowed: Rights) {
        match self {
            Self::Endpoint { rights, .. } | Self::Notification { rights, .. } => {
                *rights = rights.and(allowed);
            }
            Self::Reply { can_grant, .. } => *can_grant &= allowed.contains(Rights::GRANT),
            Self::Page(page) => *page = page.mask_rights(allowed),
            _ => {}
        }
    }

    /// Sets badge or guard of a capability that takes these.
    pub(crate) fn attach(&mut self, data: u64) {
        match self {
            Self::Endpoint { badge, .. }
            | Self::Notification { badge, .. }
            | Self::Smc { badge } => *badge = data,
            Self::CNode { guard_bits, guard, .. } => {
                let word = GuardWord::from_word(data);
                (*guard_bits, *guard) = (word.bits, word.guard);
            }
            _ => {}
        }
    }

    /// Whether Mint may attach new data: the capability has no badge yet, and guard and radix do
    /// not exceed a word.
    #[must_use]
    pub fn mints(&self, data: u64) -> bool {
        match self {
            Self::Endpoint { badge, .. }
            | Self::Notification { badge, .. }
            | Self::Smc { badge } => *badge == 0,
            other => other.takes_guard(data),
        }
    }

    /// Whether Mutate and Rotate may attach new data: the capability carries no badge by kind,
    /// and guard and radix do not exceed a word.
    #[must_use]
    pub fn mutates(&self, data: u64) -> bool {
        let badged =
            matches!(self, Self::Endpoint { .. } | Self::Notification { .. } | Self::Smc { .. });
        !badged && self.takes_guard(data)
    }

    fn takes_guard(&self, data: u64) -> bool {
        let Self::CNode { radix, .. } = *self else { return true };
        u32::from(GuardWord::from_word(data).bits) + u32::from(radix) <= abi::WORD_BITS
    }

    /// The capability with new badge or guard, as Mint does it.
    ///
    /// # Errors
    /// It does not take them, see [`Self::mints`].
    pub fn mint_data(mut self, data: u64) -> Result<Self, DataRefused> {
        if !self.mints(data) {
            return Err(DataRefused);
        }
        self.attach(data);
        Ok(self)
    }

    /// The capability with a new guard, as Mutate and Rotate do it.
    ///
    /// # Errors
    /// It does not take one, see [`Self::mutates`].
    pub fn mutate_data(mut self, data: u64) -> Result<Self, DataRefused> {
        if !self.mutates(data) {
            return Err(DataRefused);
        }
        self.attach(data);
        Ok(self)
    }

    /// Whether both name the same object. Untyped memory, pages and zombies name themselves
    /// only; see [`crate::derivation`] for containment.
    #[must_use]
    pub fn same_object(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Endpoint { endpoint: a, .. }, Self::Endpoint { endpoint: b, .. }) => a == b,
            (
                Self::Notification { notification: a, .. },
                Self::Notification { notification: b, .. },
            ) => a == b,
            (Self::Reply { reply: a, .. }, Self::Reply { reply: b, .. }) => a == b,
            (Self::CNode { slots: a, radix: x, .. }, Self::CNode { slots: b, radix: y, .. }) => {
                a == b && x == y
            }
            (Self::Thread { thread: a }, Self::Thread { thread: b }) => a == b,
            (
                Self::SchedContext { context: a, bits: x },
                Self::SchedContext { context: b, bits: y },
            ) => a == b && x == y,
            (Self::IrqHandler { irq: a }, Self::IrqHandler { irq: b }) => a == b,
            (Self::VSpace { table: a, .. }, Self::VSpace { table: b, .. })
            | (Self::PageTable { table: a, .. }, Self::PageTable { table: b, .. }) => a == b,
            (Self::AsidPool { pool: a, .. }, Self::AsidPool { pool: b, .. }) => a == b,
            (a @ Self::SgiSignal { .. }, b @ Self::SgiSignal { .. }) => a == b,
            (Self::Domain, Self::Domain)
            | (Self::AsidControl, Self::AsidControl)
            | (Self::IrqControl, Self::IrqControl)
            | (Self::Smc { .. }, Self::Smc { .. })
            | (Self::SchedControl { .. }, Self::SchedControl { .. }) => true,
            _ => false,
        }
    }
}
