//! Sets of files in sets of files: never in a ring, and only so deep.

use alloc::collections::BTreeMap;
use alloc::rc::{Rc, Weak};

use super::epoll::Epoll;
use crate::abi::errno::{ELOOP, Errno};
use crate::waiting::Key;

/// Sets in sets, at most (`epoll_ctl(2)`, `ELOOP`): whoever asks the outermost asks all of them.
const DEPTH: usize = 5;

/// Sets that are equally far from another one, each once.
type Level = BTreeMap<Key, Rc<Epoll>>;

/// Whether a set may be in another one.
///
/// # Errors
/// `ELOOP`: the outer one is in the inner one, or they would be too deep in each other.
pub(super) fn check(outer: &Epoll, inner: &Rc<Epoll>, all: &[Weak<Epoll>]) -> Result<(), Errno> {
    let (mut above, mut below) = (1, 0);
    let mut level = Level::from([(inner.key, Rc::clone(inner))]);
    while !level.is_empty() {
        if level.contains_key(&outer.key) {
            return Err(ELOOP);
        }
        below += 1;
        level = level.values().flat_map(|set| set.sets()).map(|set| (set.key, set)).collect();
    }
    let mut level = sets_around(all, |key| key == outer.key);
    while !level.is_empty() {
        above += 1;
        level = sets_around(all, |key| level.contains_key(&key));
    }
    if above + below > DEPTH { Err(ELOOP) } else { Ok(()) }
}

/// The sets that have one of these in them.
fn sets_around(all: &[Weak<Epoll>], is_one: impl Fn(Key) -> bool) -> Level {
    let all = all.iter().filter_map(Weak::upgrade);
    let around = all.filter(|outer| outer.sets().iter().any(|inner| is_one(inner.key)));
    around.map(|set| (set.key, set)).collect()
}
