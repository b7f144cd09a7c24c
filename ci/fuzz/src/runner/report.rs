//! What a campaign says at its end.

use std::path::PathBuf;
use std::time::Duration;

use super::watcher::{Broken, Campaign, Why};
use crate::corpus;

/// One line about a campaign without findings.
#[must_use]
pub fn summary(campaign: &Campaign, corpus: usize, elapsed: Duration) -> String {
    let executions = campaign.runs + corpus as u64;
    let seconds = elapsed.as_secs_f64();
    let rate = executions as f64 / seconds.max(1e-3);
    let name = campaign.target.name;
    format!(
        "{name}: {executions} executions ({corpus} of the corpus) in {seconds:.1} s, \
         {rate:.0} a second"
    )
}

/// What was found, how to see it again, and a test in Rust.
#[must_use]
pub fn as_test(campaign: &Campaign, broken: &Broken, shrunk: &[u8]) -> String {
    let Campaign { target, seed, .. } = campaign;
    let name = target.name;
    let why = match &broken.why {
        Why::Died(said) => said.clone(),
        Why::Hung => "it took too long".into(),
    };
    let (execution, length) = (broken.execution, broken.input.len());
    let function = name.replace('-', "_");
    format!(
        "{name}: broken by execution {execution} of seed {seed}, {length} bytes\n\
         {why}\n\n\
         #[test]\n\
         fn {function}_survives_{:016x}() {{\n    \
             fuzz::run(\"{name}\", b\"{}\");\n\
         }}\n",
        hash(shrunk),
        shrunk.escape_ascii(),
    )
}

/// The file in which an input is kept for ever.
#[must_use]
pub fn kept_as(target: &str, input: &[u8]) -> PathBuf {
    corpus::crashes(target).join(format!("{:016x}", hash(input)))
}

/// FNV-1a (draft-eastlake-fnv): names of files that do not change.
fn hash(bytes: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325;
    bytes
        .iter()
        .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
