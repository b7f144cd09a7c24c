//! A409: what members of pools may do.

use layout::object::Kind;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every pool.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for pool in &facts.model.pools {
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
