//! What `ping` and `pong` are given, and what they say to each other.

use libsys::Cap;
use libsys::object::{Endpoint, Notification, Reply};
use libsys::process::slots;

/// Where they meet: `ping` sends, `pong` receives.
pub const TABLE: Cap<Endpoint> = Cap::at(slots::FREE);
/// Of `pong`: holds who waits for an answer.
pub const REPLY: Cap<Reply> = Cap::at(slots::FREE + 1);
/// Of `ping`, who lends it to `pong`.
pub const WHISTLE: Cap<Notification> = Cap::at(slots::FREE + 1);
/// Of `pong`: an empty slot, for what it is lent.
pub const LENT: Cap<Notification> = Cap::at(slots::FREE + 2);

/// A message without answer: the first ball.
pub const SERVE: u64 = 1;
/// A call with a number; the answer is one more.
pub const VOLLEY: u64 = 2;
/// A call with a capability.
pub const LEND: u64 = 3;
/// A call: the last one.
pub const LEAVE: u64 = 4;
