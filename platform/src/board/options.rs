//! The command line: `/chosen/bootargs`.
//!
//! | option | meaning |
//! |---|---|
//! | `tessera.export=LIST` | registers that EL0 may use, see below |
//! | `tessera.cores=N` | use at most N cores, 1 to 8 |
//! | `tessera.domains=N` | N scheduling domains, 1 to 16; several need `tessera.cores=1` |
//! | `tessera.smc` | the root task may call the secure monitor, on machines that have one |
//! | `tessera.verbose` | debug images print every call that they refuse |
//! | `tessera.root_cnode_bits=N` | the root CNode has `1 << N` slots, N from 8 to 20 |
//!
//! The list has `vcounter`, `pcounter`, `vtimer`, `ptimer` and `pmu`, separated by commas.
//! Words without the prefix `tessera.` belong to somebody else and are ignored.

use dtoolkit::{Node, Property};

use super::CORES;
use super::error::{BoardError, Word};
use super::nodes::Nodes;
use crate::contract::Exports;

/// What the command line asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Registers that EL0 may use.
    pub exports: Exports,
    /// Use at most so many cores; at least 1.
    pub cores: usize,
    /// Binary logarithm of the number of slots of the root CNode.
    pub root_cnode_bits: u32,
    /// Number of scheduling domains.
    pub domains: usize,
    /// Whether the root task gets a capability to the secure monitor.
    pub smc: bool,
    /// Whether debug images print every call that they refuse.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exports: Exports::default(),
            cores: CORES,
            root_cnode_bits: 13,
            domains: 1,
            smc: false,
            verbose: false,
        }
    }
}

/// The options of the tree's command line; no command line means the defaults.
pub(super) fn parse(nodes: &Nodes<'_>) -> Result<Options, BoardError> {
    let Some(property) = nodes.chosen.and_then(|node| node.property("bootargs")) else {
        return Ok(Options::default());
    };
    let malformed = BoardError::Malformed { what: "bootargs", node: "/chosen" };
    parse_line(property.value_as::<&str>().map_err(|_| malformed)?)
}

/// The options of one command line.
pub(super) fn parse_line(line: &str) -> Result<Options, BoardError> {
    let mut options = Options::default();
    for word in line.split_ascii_whitespace() {
        let Some(option) = word.strip_prefix("tessera.") else { continue };
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let taken = match name {
            "export" => exports(value).map(|exports| options.exports = exports),
            "cores" => number(value, 1, CORES).map(|cores| options.cores = cores),
            "domains" => number(value, 1, 16).map(|domains| options.domains = domains),
            "smc" => value.is_empty().then(|| options.smc = true),
            "verbose" => value.is_empty().then(|| options.verbose = true),
            "root_cnode_bits" => number(value, 8, 20).map(|bits| options.root_cnode_bits = bits),
            _ => return Err(BoardError::UnknownOption(cut(word))),
        };
        taken.ok_or_else(|| BoardError::BadOption(cut(word)))?;
    }
    Ok(options)
}

/// A decimal number from `least` to `most`.
fn number<T: core::str::FromStr + PartialOrd>(text: &str, least: T, most: T) -> Option<T> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

/// A list of registers to export.
fn exports(list: &str) -> Option<Exports> {
    let mut exports = Exports::default();
    for name in list.split(',') {
        let export = match name {
            "vcounter" => &mut exports.virtual_counter,
            "pcounter" => &mut exports.physical_counter,
            "vtimer" => &mut exports.virtual_timer,
            "ptimer" => &mut exports.physical_timer,
            "pmu" => &mut exports.performance_monitor,
            _ => return None,
        };
        *export = true;
    }
    Some(exports)
}

/// As much of `word` as an error can carry.
fn cut(word: &str) -> Word {
    let mut short = Word::new();
    for character in word.chars() {
        if short.push(character).is_err() {
            break;
        }
    }
    short
}
