//! Who calls a component, and what becomes of them when it fails.
//!
//! Who waits for an answer gets one from the supervisor, by the reply objects of the component. Two
//! kinds of callers are not found there. Those that still queue, or call later, are served by the
//! next instance; if there will be none, the supervisor stands in for it and tells them so, once
//! in each period. And a component may have received a second call with a reply object that still
//! held the caller of the first, who is then left behind: no longer waiting for anything. What
//! such a caller did last is repeated if it gives no sign of life.
//!
//! Several components may receive at one endpoint. The supervisor stands in once none of them is
//! left.

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
    /// One more component is not started again; `gone` are the CSpaces of all that are not.
    pub(super) fn add(&mut self, loader: &Loader, recipe: &Recipe, gone: &[Cell]) {
        let slots = loader.image.layout.slots;
        let endpoints = loader.receptions(recipe);
        let endpoints = endpoints.filter(|cell| !is_received(slots.rows(), *cell, gone));
        self.0.extend(endpoints.map(|cell| loader.cap(cell)));
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
                    Origin::Signals(heard) => signals |= heard,
                    Origin::Client(Badge(0)) => {
                        // Nobody, or a caller without a badge, who must not be left behind. An
                        // answer to nobody does nothing.
                        reply.send(Message::new(ABANDONED, &[]));
                        break;
                    }
                    _ => reply.send(Message::new(ABANDONED, &[])),
                }
            }
        }
        signals
    }
}

/// Whether somebody can receive at an endpoint, other than with these CSpaces.
fn is_received(mut slots: impl Iterator<Item = Slot>, endpoint: Cell, gone: &[Cell]) -> bool {
    slots.any(|row| {
        row.origin == packed::Origin::Cell(endpoint)
            && row.rights.contains(Rights::READ)
            && !gone.contains(&row.node)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use packed::record::How;

    fn slot(node: u32, endpoint: u32, rights: Rights) -> Slot {
        let origin = packed::Origin::Cell(Cell(endpoint));
        Slot { node: Cell(node), slot: 1, origin, how: How::Copied, rights, data: 0 }
    }

    #[test]
    fn nobody_is_answered_for_a_server_that_is_left() {
        // Two workers, 1 and 2, of one endpoint, which 3 calls.
        let slots = [
            slot(1, 9, Rights::READ),
            slot(2, 9, Rights::READ_WRITE),
            slot(2, 8, Rights::READ),
            slot(3, 9, Rights::WRITE),
        ];
        let received = |gone: &[Cell]| is_received(slots.into_iter(), Cell(9), gone);
        assert!(received(&[Cell(1)]));
        assert!(received(&[Cell(2)]));
        assert!(!received(&[Cell(1), Cell(2)]));
        assert!(!is_received(slots.into_iter(), Cell(8), &[Cell(2)]));
    }
}
