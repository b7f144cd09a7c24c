//! Who has authority over whom and what, in words.

use std::collections::BTreeSet;

use certificate::Relation;

use crate::authority::label::Labels;
use crate::authority::{System, Why};

/// That somebody can do something to something: `linux`, `write`, `net_dma`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Access {
    /// Who.
    pub who: String,
    /// Does what.
    pub verb: String,
    /// To what.
    pub what: String,
}

/// What every party has by its own capabilities and mappings, but for its own objects.
#[must_use]
pub fn accesses(system: &System<'_>) -> BTreeSet<Access> {
    let labels = Labels::new(system);
    let edges = system.graph(Relation::Authority).edges().iter();
    let accesses = edges.filter_map(|edge| {
        let verb = verb(edge.why)?.to_string();
        let owner = |point| labels.object(point).and_then(|id| system.parties.party(id));
        let is_own = owner(edge.from).is_some() && owner(edge.from) == owner(edge.to);
        if is_own {
            return None;
        }
        let (who, what) = (labels.name(edge.from), labels.name(edge.to));
        (who != what).then_some(Access { who, verb, what })
    });
    accesses.collect()
}

/// The word for what an edge allows; none for those that follow from others.
const fn verb(why: Why) -> Option<&'static str> {
    match why {
        Why::Writes => Some("write"),
        Why::Reads => Some("read"),
        Why::Calls => Some("call"),
        Why::Serves => Some("serve"),
        Why::Signals => Some("signal"),
        Why::Waits => Some("wait for"),
        Why::Controls => Some("control"),
        Why::Uses => Some("use"),
        Why::AnswersFaultsOf => Some("answer faults of"),
        Why::Has => Some("hold"),
        Why::RunsBy => Some("be run by"),
        Why::ReachesByDma => Some("reach by DMA"),
        Why::IsUnconfined => Some("use"),
        Why::IsPartly => Some("overlap"),
        _ => None,
    }
}
