//! What a process has to spend.

use core::ops::Range;

use crate::bootstrap::Allocator;
use crate::cap::Cap;
use crate::initial;
use crate::object::{SchedControl, Untyped};

/// Memory and slots for a process that makes objects itself: threads, a heap that grows, children.
/// A constant that both sides use: [`Program::resources`](super::Program::resources) puts them
/// there.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::process::Resources;
/// use libsys::worker::Options;
/// use libsys::{Cap, heap, thread};
///
/// const OURS: Resources =
///     Resources { memory: Cap::at(16), bits: 21, core: Cap::at(17), slots: 18..256 };
///
/// #[libsys::main]
/// fn main() -> Result<(), AllocationError> {
///     let mut allocator = OURS.allocator();
///     heap::grow_from(&mut allocator, 20)?;
///     let options = Options::new(OURS.core);
///     let sum = thread::spawn(&mut allocator, options, || (1..=100).sum::<u64>())?;
///     assert_eq!(sum.join(), Ok(5050));
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resources {
    /// Untyped memory.
    pub memory: Cap<Untyped>,
    /// `log2` of its bytes.
    pub bits: u32,
    /// Authority over the time of the core that the parent chose for it.
    pub core: Cap<SchedControl>,
    /// Slots that are empty at first.
    pub slots: Range<u64>,
}

impl Resources {
    /// Hands them out. Once: a second allocator would hand out the same again.
    #[must_use]
    pub fn allocator(&self) -> Allocator {
        Allocator::over(initial::CNODE, self.memory, self.bits, self.slots.clone())
    }
}
