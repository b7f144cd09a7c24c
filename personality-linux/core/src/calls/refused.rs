//! Calls for what there is not, which programs ask for and do without: the error is the answer of a
//! Linux that was built without it.

use super::{Answer, Stop};
use crate::abi::errno::{EAFNOSUPPORT, EOPNOTSUPP};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};

impl<M: Machine> Linux<M> {
    /// Files have no extended attributes.
    pub(super) fn no_attributes(&mut self, _me: ThreadId) -> Answer {
        Err(Stop::Failed(EOPNOTSUPP))
    }

    /// There are no sockets of any family.
    pub(super) fn no_sockets(&mut self, _me: ThreadId) -> Answer {
        Err(Stop::Failed(EAFNOSUPPORT))
    }
}
