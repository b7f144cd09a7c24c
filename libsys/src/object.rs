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
///
/// ```
/// use libsys::object::{Endpoint, Object};
/// use libsys::ObjectType;
///
/// assert_eq!(Endpoint::TYPE, ObjectType::Endpoint);
/// ```
pub trait Object {
    /// Its type number.
    const TYPE: ObjectType;
}

/// An object whose type alone fixes its size.
///
/// ```
/// use libsys::object::{FixedSize, Notification, Page};
///
/// /// `log2` of the bytes of an object.
/// fn bits<T: FixedSize>() -> u32 {
///     T::TYPE.size_bits(0)
/// }
/// assert_eq!((bits::<Notification>(), bits::<Page>()), (6, 12));
/// ```
pub trait FixedSize: Object {}

/// An object whose size is chosen when it is made.
///
/// ```
/// use libsys::object::{CNode, ChosenSize, Untyped};
///
/// /// `log2` of the bytes of an object of this size.
/// fn bits<T: ChosenSize>(size: u32) -> u32 {
///     T::TYPE.size_bits(size)
/// }
/// // A slot has 32 bytes.
/// assert_eq!((bits::<Untyped>(16), bits::<CNode>(16)), (16, 21));
/// ```
pub trait ChosenSize: Object {}
