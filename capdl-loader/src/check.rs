//! What is wrong with a system: the checks.
//!
//! Each check is a function over the model; it tells all that it finds. What they find is told
//! together, sorted by place, unless the layout waives it. All take time in proportion to the
//! model, but for response times (T304), which take the square of the real-time threads of a core.
//!
//! | module | checks | of what |
//! |---|---|---|
//! | [`slots`] | O101 to O103, O111 | what is in slots |
//! | [`parameters`] | O104 | numbers that the kernel would refuse |
//! | [`lookups`] | O105 | guards of CNodes |
//! | [`reach`] | O106 | objects that nobody can reach |
//! | [`threads`] | O107, O108, O116 | what a thread needs to run |
//! | [`tables`] | O109, O110 | how tables contain each other |
//! | [`derivations`] | O113, O114 | which capability is derived from which |
//! | [`asids`] | O115 | places in ASID pools |
//! | [`interrupts`] | O117, O118 | numbers of interrupts |
//! | [`contexts`] | O119, T301, T302 | budgets, periods, refills |
//! | [`physical`] | M201 to M204 | physical addresses |
//! | [`groups`] | M205, M217 | memory in one piece |
//! | [`covers`] | M206 | what lies in untyped memory of the system |
//! | [`fit`] | M207, M208 | whether the board has enough memory, and the loader enough slots |
//! | [`fills`] | M209 | what frames are filled with |
//! | [`spaces`] | M210, M214 | what lies beside what in an address space |
//! | [`mappings`] | M211 to M213 | how memory is mapped |
//! | [`devices`] | M216, A405 | who reaches devices, and what devices reach |
//! | [`deadlines`] | T303, T304 | whether promises of time can be kept |
//! | [`calls`] | T305 to T307 | who calls whom |
//! | [`timing`] | T308 to T310 | timeout handlers, cores of interrupts, the counter |
//! | [`authority`] | A401, A403, A404, A408 | who holds what is another's, or everybody's |
//! | [`badges`] | A406, A407 | how servers tell clients apart |
//! | [`pools`] | A409 | what members of pools may do |
//! | [`target`] | C502 | whether kernel and board are what the layout wants |
//! | [`pack`](crate::pack) | C505 | whether the loader could build it, if nothing else is wrong |

mod facts;
mod findings;

pub mod asids;
pub mod authority;
pub mod badges;
pub mod calls;
pub mod contexts;
pub mod covers;
pub mod deadlines;
pub mod derivations;
pub mod devices;
pub mod fills;
pub mod fit;
pub mod groups;
pub mod interrupts;
pub mod lookups;
pub mod mappings;
pub mod parameters;
pub mod physical;
pub mod pools;
pub mod reach;
pub mod slots;
pub mod spaces;
pub mod tables;
pub mod target;
pub mod threads;
pub mod timing;

pub use facts::{Facts, Holding, Mapping};
pub use findings::Findings;

use layout::Model;

use crate::Report;
use crate::board::{Board, Loader};

/// A check.
type Check = fn(&Facts<'_>, &mut Findings);

/// All of them.
const CHECKS: &[Check] = &[
    slots::check,
    parameters::check,
    lookups::check,
    reach::check,
    threads::check,
    tables::check,
    derivations::check,
    asids::check,
    interrupts::check,
    contexts::check,
    physical::check,
    groups::check,
    covers::check,
    fit::check,
    fills::check,
    spaces::check,
    mappings::check,
    devices::check,
    deadlines::check,
    calls::check,
    timing::check,
    authority::check,
    badges::check,
    pools::check,
    target::check,
];

/// Checks a system. What depends on the board is left out if that is not known.
#[must_use]
pub fn check(model: &Model, board: Option<&Board>) -> Report {
    check_with_loader(model, board, &Loader::guess(model))
}

/// Checks a system that this loader, with the system in it, is to build.
#[must_use]
pub fn check_with_loader(model: &Model, board: Option<&Board>, loader: &Loader) -> Report {
    let facts = Facts::new(model, board, loader);
    let mut findings = Findings::new(model);
    for check in CHECKS {
        check(&facts, &mut findings);
    }
    let mut report = findings.into_report();
    if !report.has_errors()
        && let Err(refused) = crate::pack::slots_needed(model)
    {
        report.push(refused);
    }
    report.extend(crate::authority::assertion::check(model));
    report
}
