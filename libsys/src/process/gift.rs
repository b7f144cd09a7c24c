//! Capabilities on their way to another CSpace.

use abi::Rights;

use crate::cap::{Badge, Cap, CapData, SlotPath};

/// A capability for a process: which, with what rights, and in which slot of its CSpace. The slot
/// is a constant that both sides use, whose type is that of what is in it.
///
/// ```
/// use libsys::object::{Endpoint, Notification};
/// use libsys::process::Gift;
/// use libsys::{Badge, Cap, Rights};
///
/// /// Where a printer finds who to print for. A module of its own, which both programs have.
/// const JOBS: Cap<Endpoint> = Cap::at(16);
///
/// fn gift(jobs: Cap<Endpoint>) -> Gift {
///     Gift::new(JOBS, jobs, Rights::READ).badged(Badge(7))
/// }
/// ```
///
/// A capability of another type does not fit:
///
/// ```compile_fail
/// # use libsys::object::{Endpoint, Notification};
/// # use libsys::process::Gift;
/// # use libsys::{Cap, Rights};
/// # const JOBS: Cap<Endpoint> = Cap::at(16);
/// fn wrong(bell: Cap<Notification>) -> Gift {
///     Gift::new(JOBS, bell, Rights::READ)
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gift {
    /// Where it goes, in the CSpace of the process.
    pub(super) slot: u64,
    /// Where it comes from, in our CSpace.
    source: u64,
    rights: Rights,
    data: Option<u64>,
}

impl Gift {
    /// A copy of a capability, with at most these rights.
    #[must_use]
    pub const fn new<T>(slot: Cap<T>, source: Cap<T>, rights: Rights) -> Self {
        Self { slot: slot.pointer(), source: source.pointer(), rights, data: None }
    }

    /// The same with a badge, or with a guard for a CNode.
    #[must_use]
    pub fn badged(self, data: impl CapData) -> Self {
        Self { data: Some(data.word()), ..self }
    }

    /// Puts it there. `path`: the path to a slot of ours.
    ///
    /// # Errors
    /// Those of [`copy_from`](SlotPath::copy_from) and [`mint_from`](SlotPath::mint_from).
    pub(super) fn deliver(
        self,
        to: SlotPath,
        path: impl FnOnce(Cap<()>) -> SlotPath,
    ) -> Result<(), abi::Error> {
        let source = path(Cap::at(self.source));
        match self.data {
            None => to.copy_from(source, self.rights),
            Some(data) => to.mint_from(source, self.rights, Badge(data)),
        }
    }
}
