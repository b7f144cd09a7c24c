//! C502: whether kernel and board are what the layout wants.

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Domains that the kernel can have.
const DOMAINS: u64 = 16;
/// `log2` of the slots that the root CNode can have.
const ROOT_CNODE_BITS: std::ops::RangeInclusive<u64> = 8..=20;
/// Cores that the kernel can use.
const CORES: u64 = platform::board::CORES as u64;

/// Looks at what is wanted.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let target = &facts.model.target;
    let mut refuse = |message: String, label: String, help: String| {
        let wrong = Diagnostic::error(Code::KERNEL_CONFIGURATION, message);
        findings.push(wrong.at(target.span, label).help(help));
    };
    let cores = facts.board.map_or(CORES, |board| board.cores.min(CORES));
    if !(1..=cores).contains(&target.cores) {
        refuse(
            format!("the kernel cannot use {} cores", target.cores),
            match facts.board {
                Some(board) => format!("board `{}` has {cores}", board.name),
                None => format!("at most {CORES}"),
            },
            format!("use 1 to {cores} cores"),
        );
    }
    if !(1..=DOMAINS).contains(&target.domains) {
        refuse(
            format!("the kernel cannot have {} domains", target.domains),
            format!("at most {DOMAINS}"),
            format!("use 1 to {DOMAINS} domains"),
        );
    } else if target.domains > 1 && target.cores > 1 {
        refuse(
            format!("the kernel cannot have {} domains on {} cores", target.domains, target.cores),
            "domains are for one core".to_owned(),
            "use one core, or one domain".to_owned(),
        );
    }
    if !ROOT_CNODE_BITS.contains(&target.root_cnode_bits) {
        let (least, most) = (ROOT_CNODE_BITS.start(), ROOT_CNODE_BITS.end());
        refuse(
            format!("the root CNode cannot have {} bits", target.root_cnode_bits),
            format!("{least} to {most}"),
            format!("use {least} to {most} bits"),
        );
    }
}
