//! O115: each address space has a place in an ASID pool.

use abi::object::{ASID_POOLS_BITS, ASIDS_PER_POOL_BITS};
use layout::cap::Cap;
use layout::object::Kind;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Places of a pool.
const PLACES: usize = 1 << ASIDS_PER_POOL_BITS;
/// Places of pool 0: ASID 0 means none, and the loader has one itself.
const FIRST_PLACES: usize = PLACES - 2;

/// Counts address spaces.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let model = facts.model;
    let mut assigned = vec![false; model.objects.len()];
    let mut places = FIRST_PLACES;
    let mut pools = 1;
    for object in &model.objects {
        let Kind::AsidPool(pool) = &object.kind else { continue };
        if pool.high != Some(0) {
            places += PLACES;
            pools += 1;
        }
        for entry in &pool.slots {
            if let Cap::PageTable(space) = entry.cap {
                assigned[space.index()] = true;
            }
        }
    }
    let is_space = |kind: &Kind| matches!(kind, Kind::PageTable(table) if table.level == 0);
    let spaces = model.objects.iter().filter(|object| is_space(&object.kind));
    let all = spaces.clone().count();
    if let Some(beyond) = spaces.clone().nth(places) {
        let message = format!("there are {all} address spaces, but ASID pools for {places}");
        let wrong = Diagnostic::warning(Code::TOO_MANY_SPACES, message);
        let more = (all - places).div_ceil(PLACES);
        let wrong = wrong.at(beyond.span, "the first without a place");
        findings.push(
            wrong.help(format!(
                "add {more} ASID pools of {PLACES} places; else the loader makes them"
            )),
        );
    }
    let most = 1 << ASID_POOLS_BITS;
    if pools > most {
        let message = format!("there are {pools} ASID pools, but a system has at most {most}");
        let pool = model.objects.iter().rfind(|object| matches!(object.kind, Kind::AsidPool(_)));
        let span = pool.map_or(layout::Span::NOWHERE, |pool| pool.span);
        let wrong = Diagnostic::error(Code::TOO_MANY_SPACES, message).at(span, "the last");
        findings.push(wrong.help("leave some out"));
    }
}
