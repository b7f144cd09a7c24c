//! What the programs of `files` agree on.

use libsys::object::{Endpoint, Notification, Reply};
use libsys::process::slots;
use libsys::{Cap, data};

/// Where the librarian answers, and where it keeps who asks.
pub const CALLS: Cap<Endpoint> = Cap::at(slots::FREE);
/// See [`CALLS`].
pub const REPLY: Cap<Reply> = Cap::at(slots::FREE + 1);
/// What the librarian waits for before it answers for [`SLOW`].
pub const GATE: Cap<Notification> = Cap::at(slots::FREE + 2);

/// A file of numbers, each word that of its place.
pub const NUMBERS: &str = "numbers";
/// One that is not at hand.
pub const SLOW: &str = "slow";
/// One that cannot be read.
pub const BROKEN: &str = "broken";
/// Pages of each file.
pub const PAGES: u64 = 40;

data! {
    /// What a reader is to do, by its argument.
    ///
    /// ```
    /// use pager_examples::library::Task;
    ///
    /// assert_eq!(Task::try_from(1), Ok(Task::Sum));
    /// ```
    pub enum Task {
        /// Add up all numbers.
        Sum = 1,
        /// Change one in private, then add up all.
        Change = 2,
        /// Read the slow file.
        ReadSlow = 3,
        /// Read the broken one.
        ReadBroken = 4,
        /// Read behind the end.
        ReadBehind = 5,
        /// Only touch memory of its own, much of it.
        Touch = 6,
    }
}
