//! Why a fault is not resolved: reports about the guilty client.

use abi::Fault;
use core::fmt;
use core::ops::Range;
use libsys::bootstrap::AllocationError;
use libsys::pager::{Protection, Purpose, Usage};

use super::access::{Access, Intent};

/// Why a thread cannot go on.
///
/// ```
/// use libsys::pager::{Protection, Purpose};
/// use root_task::pager::{Access, Cause, Intent};
///
/// let access = Access { address: 0x1008, intent: Intent::Write };
/// let cause = Cause::Forbidden { access, purpose: Purpose::Code,
///     protection: Protection::ReadExecute };
/// assert_eq!(cause.to_string(), "write at 0x1008, which is executable (code)");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// There is nothing at this address.
    Outside(Access),
    /// A stack has grown into the page below it.
    Overflow {
        /// The access.
        access: Access,
        /// The stack's addresses.
        stack: Range<u64>,
    },
    /// The region does not allow it.
    Forbidden {
        /// The access.
        access: Access,
        /// What the region is for.
        purpose: Purpose,
        /// What it allows.
        protection: Protection,
    },
    /// The client has all pages that it may have.
    Quota {
        /// The access.
        access: Access,
        /// What it has.
        usage: Usage,
    },
    /// The file ends before this page.
    BeyondFile(Access),
    /// The server of the file could not provide the page.
    Unavailable(Access),
    /// The pager has too little memory: it has promised more than there is.
    Memory(Access),
    /// A fault that no page would mend.
    Other(Fault),
    /// A message that is no fault.
    NoFault {
        /// Its label.
        label: u64,
    },
    /// The message names no client.
    Stranger,
    /// The kernel refused: a mistake of the pager.
    Kernel(AllocationError),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(access) => write!(f, "{access}, where nothing is"),
            Self::Overflow { access, stack } => {
                let Range { start, end } = stack;
                write!(f, "{access}, below the stack at {start:#x} to {end:#x}")
            }
            Self::Forbidden { access, purpose, protection } => {
                write!(f, "{access}, which is {protection} ({purpose})")
            }
            Self::Quota { access, usage: Usage { quota, pages, tables, .. } } => {
                write!(f, "{access}, with {pages} pages and {tables} tables of {quota} in use")
            }
            Self::BeyondFile(access) => write!(f, "{access}, behind the end of the file"),
            Self::Unavailable(access) => {
                write!(f, "{access}, which the server of the file could not provide")
            }
            Self::Memory(access) => write!(f, "{access}, for which there is no memory"),
            Self::Other(fault) => write!(f, "{fault:?}"),
            Self::NoFault { label } => write!(f, "a message with the label {label}, no fault"),
            Self::Stranger => write!(f, "no client has this number"),
            Self::Kernel(reason) => write!(f, "{reason}"),
        }
    }
}

impl core::error::Error for Cause {}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, intent } = self;
        let preposition = if *intent == Intent::Execute { "of" } else { "at" };
        write!(f, "{intent} {preposition} {address:#x}")
    }
}
