//! What the child of `spawn` is given.

use libsys::Cap;
use libsys::object::Notification;
use libsys::process::{Resources, slots};

/// What it signals.
pub const BELL: Cap<Notification> = Cap::at(slots::FREE);

/// `log2` of the slots of its CSpace.
pub const CSPACE_BITS: u32 = 10;

/// What it lives on.
pub const RESOURCES: Resources = Resources {
    memory: Cap::at(slots::FREE + 1),
    bits: 22,
    core: Cap::at(slots::FREE + 2),
    slots: slots::FREE + 3..1 << CSPACE_BITS,
};

/// What it is to do in the end.
pub const FINISH: u64 = 1;
/// Return an error.
pub const FAIL: u64 = 2;
/// Panic.
pub const PANIC: u64 = 3;
