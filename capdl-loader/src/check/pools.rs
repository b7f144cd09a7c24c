//! A409, A411: what members of pools may do, and how many there can be.

use layout::cap::Cap;
use layout::names::{Pool, PoolMemory};
use layout::object::Kind;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every pool.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for pool in &facts.model.pools {
        check_bound(facts, pool, findings);
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

/// Whether something counts the members of a pool: that each needs time, or memory, of which its
/// owner has no more.
fn check_bound(facts: &Facts<'_>, pool: &Pool, findings: &mut Findings) {
    let held =
        || facts.holdings().filter(|held| held.owner == Some(pool.owner)).map(|held| held.cap);
    let gives_time = held().any(|cap| matches!(cap, Cap::SchedControl { .. }));
    let own = pool.memory.all();
    let has_other = held().any(|cap| matches!(cap, Cap::Untyped(id) if !own.contains(id)));
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
