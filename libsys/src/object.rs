//! The kernel's objects: one file each, with its invocations as methods of its capability.
//!
//! Every method lists its errors in the order in which the kernel checks. Besides them, each
//! invocation answers `InvalidCapability(0)` when the slot is empty (or holds a zombie), and
//! `IllegalOperation` when it holds an object that does not know the invocation. A pointer that
//! does not resolve is no error but a capability fault of the calling thread.

mod asid;
mod cnode;
mod domain;
mod endpoint;
mod irq;
mod notification;
mod page;
mod page_table;
mod reply;
mod sched_context;
mod smc;
mod thread;
mod untyped;
mod user_context;
mod vspace;

use abi::ObjectType;

pub use asid::{AsidControl, AsidPool};
pub use cnode::CNode;
pub use domain::Domain;
pub use endpoint::Endpoint;
pub use irq::{IrqControl, IrqHandler, Sgi, Trigger};
pub use notification::Notification;
pub use page::{Huge, Large, Page, PageSize, Small};
pub use page_table::PageTable;
pub use reply::Reply;
pub use sched_context::{Bindable, Budget, SchedContext, SchedControl};
pub use smc::Smc;
pub use thread::{CopyRegisters, Space, Thread};
pub use untyped::{SlotRange, Untyped};
pub use user_context::UserContext;
pub use vspace::VSpace;

/// Something that retyping makes.
pub trait Object {
    /// Its type number.
    const TYPE: ObjectType;
}

/// An object whose type alone fixes its size.
pub trait FixedSize: Object {}

/// An object whose size is chosen when it is made.
pub trait ChosenSize: Object {}
