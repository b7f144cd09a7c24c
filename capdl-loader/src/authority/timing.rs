//! Who shares a core with whom, and can so notice when the other runs.

use std::collections::BTreeSet;

use layout::Model;
use layout::object::Kind;
use layout::thread::Role;

use super::party::{Parties, PartyId};

/// A core and a domain, in which threads can notice each other by the time that is left.
type Share = (u64, u64);

/// What each party runs in. Threads without time of their own run on their clients'.
#[derive(Clone, Debug)]
pub struct Timing {
    shares: Vec<BTreeSet<Share>>,
}

impl Timing {
    /// Of a model.
    #[must_use]
    pub fn of(model: &Model, parties: &Parties) -> Self {
        let mut shares = vec![BTreeSet::new(); parties.len()];
        for (id, object) in model.objects() {
            let Kind::Thread(thread) = &object.kind else { continue };
            let context = thread.role(Role::SchedContext).and_then(|entry| entry.cap.object());
            let Some(context) = context else { continue };
            if let (Kind::SchedContext(context), Some(party)) =
                (&model[context].kind, parties.party(id))
            {
                shares[party.0 as usize].insert((context.core, thread.domain));
            }
        }
        Self { shares }
    }

    /// The cores on which two parties run in one domain.
    #[must_use]
    pub fn shared(&self, one: PartyId, other: PartyId) -> Vec<u64> {
        let (one, other) = (&self.shares[one.0 as usize], &self.shares[other.0 as usize]);
        let cores: BTreeSet<u64> = one.intersection(other).map(|(core, _)| *core).collect();
        cores.into_iter().collect()
    }
}
