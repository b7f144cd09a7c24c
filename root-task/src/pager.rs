//! A pager for native components: their memory comes when they touch it.
//!
//! A client is an address space with *regions*. A page of a region becomes *resident* at its
//! first fault: as zeros, or as a page of a memory *object*, whose pages come from a server and
//! are shared by everybody who has them. A client that is cloned shares all of its pages with the
//! clone; whoever writes to a page that others have gets a copy of its own.
//!
//! There are no chains of objects: a private page belongs to the client itself, and a frame
//! counts who has it. So the last one who has a page writes to it in place, and nothing needs to
//! be collapsed when somebody goes. A clone costs a step for each resident page, as it must
//! anyway to make them read-only.
//!
//! A client pays for each page that it has, shared or not, and for its translation tables. So a
//! copy on write never exceeds a quota, and what one client does is never another's cost.
//!
//! All of that is portable and decides only; what is done to memory is behind [`Machine`], which
//! the [`Kernel`] is for a [`Service`]: the pager with a thread, and components as its clients.
//!
//! | module | what |
//! |---|---|
//! | `access` | what a thread tried to do |
//! | `cause` | why it cannot |
//! | `region`, `regions` | what a client's addresses mean |
//! | `object` | pages that several clients can have |
//! | `frames` | who has which frame |
//! | `residents`, `tables`, `client` | what a client has |
//! | `plan` | what to do about an access; changes nothing |
//! | `resolve`, `own`, `supply` | doing it |
//! | `change` | clients, regions and clones that come and go |
//! | `machine` | what the kernel has to do |
//! | `kernel` | the kernel doing it |
//! | `images` | programs as objects |
//! | `service` | the pager's thread: faults, calls, ends |
//! | `calls` | what clients call |
//! | `courier`, `couriers` | threads that ask servers of files |
//! | `component` | processes that are clients |

mod access;
mod calls;
mod cause;
mod change;
mod client;
mod component;
mod courier;
mod couriers;
mod frames;
mod images;
mod kernel;
mod machine;
mod object;
mod own;
mod plan;
mod region;
mod regions;
mod residents;
mod resolve;
mod service;
mod supply;
mod tables;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;

pub use access::{Access, Intent};
pub use cause::Cause;
pub use client::ClientId;
pub use component::{Component, Launch, LaunchError};
pub use courier::FileServer;
pub use images::{Images, PagedImage};
pub use kernel::{Kernel, PagedSpace};
pub use machine::{Machine, Size};
pub use object::{ObjectId, Source};
pub use region::{Backing, Reach, Region};
pub use resolve::{Fetch, Outcome};
pub use service::{Event, News, Service};

use client::Client;
use frames::Frames;
use object::Objects;

/// Clients and what they have.
///
/// ```
/// use libsys::pager::Purpose;
/// use root_task::pager::{Access, Intent, Machine, Outcome, Pager, Region};
///
/// /// Gives a program a heap of 1 MiB, and answers what a write to it needs.
/// fn try_out<M: Machine>(machine: M, space: M::Space) -> Outcome {
///     let mut pager = Pager::new(machine);
///     let client = pager.add_client(space, 0x100..0x1_0000, 64);
///     pager.add_region(client, Region::zeros(0x200..0x300, Purpose::Heap)).expect("room");
///     let access = Access { address: 0x20_0008, intent: Intent::Write };
///     pager.fault(client, access).expect("a page of the heap")
/// }
/// ```
#[derive(Debug)]
pub struct Pager<M: Machine> {
    /// The kernel's part.
    pub machine: M,
    frames: Frames<M::Frame>,
    objects: Objects,
    clients: BTreeMap<ClientId, Client<M>>,
    last_client: u64,
}

impl<M: Machine> Pager<M> {
    /// A pager without clients.
    pub const fn new(machine: M) -> Self {
        Self {
            machine,
            frames: Frames::new(),
            objects: Objects::new(),
            clients: BTreeMap::new(),
            last_client: 0,
        }
    }
}
