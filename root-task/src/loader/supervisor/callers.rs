//! Who calls a component, and what becomes of them when it fails.
//!
//! Who waits for an answer gets one from the supervisor, by the reply objects of the component. Two
//! kinds of callers are not found there. Those that still queue, or call later, are served by the
//! next instance; if there will be none, the supervisor stands in for it and tells them so, once
//! in each period. And a component may have received a second call with a reply object that still
//! held the caller of the first, who is then left behind: no longer waiting for anything. What
//! such a caller did last is repeated if it gives no sign of life.

use alloc::vec::Vec;

use libsys::object::{Endpoint, Reply};
use libsys::server::{ABANDONED, Origin};
use libsys::{Badge, Cap, Message, ObjectType, Rights};
use packed::record::{Recipe, Slot};
use packed::{self, Cell};

use super::super::Loader;

/// Most callers of a component that are answered in a period: others want time, too.
const MOST: usize = 16;

/// Endpoints behind which nobody is any more.
#[derive(Debug, Default)]
pub(super) struct Abandoned(Vec<Cap<Endpoint>>);

impl Abandoned {
    /// One more component is not started again.
    pub(super) fn add(&mut self, loader: &Loader, recipe: &Recipe) {
        let endpoints = loader.receptions(recipe).map(|cell| loader.cap(cell));
        self.0.extend(endpoints);
    }

    /// Whether there is nobody.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells those who call that nobody will answer. Receives with a reply object that is free, and
    /// answers the signals that came instead of calls.
    pub(super) fn answer(&self, reply: Cap<Reply>) -> u64 {
        let mut signals = 0;
        for endpoint in &self.0 {
            for _ in 0..MOST {
                match Origin::of(Badge(endpoint.nb_recv(reply).badge)) {
                    Origin::Client(Badge(0)) => break,
                    Origin::Signals(heard) => signals |= heard,
                    _ => reply.send(Message::new(ABANDONED, &[])),
                }
            }
        }
        signals
    }
}

impl Loader {
    /// The endpoints at which a component receives.
    pub(super) fn receptions(&self, recipe: &Recipe) -> impl Iterator<Item = Cell> + '_ {
        self.endpoints(recipe, Rights::READ)
    }

    /// Whether one component may call another.
    pub(super) fn may_call(&self, caller: &Recipe, called: &Recipe) -> bool {
        let mut sends = self.endpoints(caller, Rights::WRITE);
        sends.any(|endpoint| self.receptions(called).any(|reception| reception == endpoint))
    }

    fn endpoints(&self, recipe: &Recipe, right: Rights) -> impl Iterator<Item = Cell> + '_ {
        let node = recipe.cspace;
        let has_right = move |row: &Slot| Some(row.node) == node && row.rights.contains(right);
        self.image.layout.slots.rows().filter(has_right).filter_map(|row| {
            let packed::Origin::Cell(cell) = row.origin else { return None };
            let run = self.image.layout.objects.of(cell)?;
            (run.object == ObjectType::Endpoint).then_some(cell)
        })
    }
}
