//! A409, A411: what members of pools may do, and how many there can be.

use std::collections::BTreeMap;

use layout::cap::Cap;
use layout::names::{ComponentId, Pool, PoolMemory};
use layout::object::Kind;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every pool.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let held = held_by_owners(facts);
    for pool in &facts.model.pools {
        check_bound(pool, held.get(&pool.owner).map_or(&[], Vec::as_slice), findings);
        let owner = &facts.model[pool.owner];
        let Some(thread) = owner.thread else { continue };
        let Kind::Thread(thread) = &facts.model[thread].kind else { continue };
        if pool.max_priority <= thread.max_priority {
            continue;
        }
        let (name, most) = (&pool.name, thread.max_priority);
        let message = format!("members of pool `{name}` may have priority {}", pool.max_priority);
        let found = Diagnostic::error(Code::POOL_PRIORITY, message)
            .at(pool.span, format!("`{}` itself may give at most {most}", owner.name))
            .at(owner.span, format!("`{}`", owner.name));
        let help = format!("let `prio_max` be at most {most}");
        findings.push_for([Some(pool.owner)], found.help(help));
    }
}

/// What each owner of a pool holds.
fn held_by_owners<'a>(facts: &Facts<'a>) -> BTreeMap<ComponentId, Vec<&'a Cap>> {
    let owners = facts.model.pools.iter().map(|pool| (pool.owner, Vec::new()));
    let mut held: BTreeMap<ComponentId, Vec<&Cap>> = owners.collect();
    if !held.is_empty() {
        for holding in facts.holdings() {
            let caps = holding.owner.and_then(|owner| held.get_mut(&owner));
            caps.into_iter().for_each(|caps| caps.push(holding.cap));
        }
    }
    held
}

/// Whether something counts the members of a pool: that each needs time, or memory, of which its
/// owner has no more.
fn check_bound(pool: &Pool, held: &[&Cap], findings: &mut Findings) {
    let gives_time = held.iter().any(|cap| matches!(cap, Cap::SchedControl { .. }));
    let own = pool.memory.all();
    let has_other = held.iter().any(|cap| matches!(cap, Cap::Untyped(id) if !own.contains(id)));
    let has_time = !pool.times.is_empty() && !gives_time;
    let has_pieces = matches!(pool.memory, PoolMemory::Pieces(_)) && !has_other;
    if has_time || has_pieces {
        return;
    }
    let (name, most) = (&pool.name, pool.most);
    let message = format!("pool `{name}` may come to have more than {most} members");
    let label = match (&pool.memory, pool.times.is_empty()) {
        (_, false) => "its owner has control over time",
        (PoolMemory::Pieces(_), _) => "its owner has other memory to make members of",
        (PoolMemory::Shared(_), _) => "only all of its memory bounds it",
    };
    let found = Diagnostic::warning(Code::POOL_BOUND, message).at(pool.span, label);
    let help = "give members time (`sched`) or memory (`member_size`), and their owner no other";
    findings.push_for([Some(pool.owner)], found.help(help));
}
