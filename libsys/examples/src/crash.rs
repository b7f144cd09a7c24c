//! What the children of `crash` are given.

use libsys::Cap;
use libsys::object::Notification;
use libsys::process::slots;

/// What the neighbour waits for.
pub const TICK: Cap<Notification> = Cap::at(slots::FREE);
