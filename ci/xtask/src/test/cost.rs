//! Typed capabilities cost nothing: their code against the same in assembly.
//!
//! `ci/cost` has each call twice. Compared are the instructions up to the first return, which is
//! where a success ends, without those of the frame that any caller has. What a compiler does not
//! do as well as a person is in `ci/cost/extra.txt`; more, or less, is a finding.

use std::collections::BTreeMap;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::Program;
use crate::demangle::demangle;
use crate::process::Fallible;
use program::elf::{Code, Elf, Function};

/// The instruction `ret`.
const RETURN: u32 = 0xd65f_03c0;

/// Instructions of a function: through the library, and by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pair {
    typed: Option<u32>,
    plain: Option<u32>,
}

/// The one step.
pub(super) fn steps() -> Vec<Step> {
    vec![Step::alone("zero cost", |context: &Context| match measure(context) {
        Ok((pairs, recorded)) => judge(&pairs, &recorded),
        Err(problem) => Outcome::failed("could not measure", &problem),
    })]
}

fn measure(context: &Context) -> Fallible<(BTreeMap<String, Pair>, BTreeMap<String, u32>)> {
    let program = context.program(Program::Cost)?;
    let list = context.workspace.root.join("ci/cost/extra.txt");
    let read = |file: &std::path::Path| {
        std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
    };
    let list = String::from_utf8(read(&list)?).map_err(|error| error.to_string())?;
    Ok((pairs(&read(&program)?)?, recorded(&list)?))
}

/// The functions of both modules by name.
fn pairs(file: &[u8]) -> Fallible<BTreeMap<String, Pair>> {
    let elf = Elf::new(file)?;
    let code = elf.code()?;
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for function in elf.functions()? {
        let path = demangle(function.name);
        let Some((module, name)) = path.strip_prefix("cost::").and_then(|p| p.split_once("::"))
        else {
            continue;
        };
        let length = Some(length(&code, &function).ok_or_else(|| format!("{path} has no end"))?);
        let pair = pairs.entry(name.into()).or_default();
        match module {
            "typed" => pair.typed = length,
            "plain" => pair.plain = length,
            _ => {}
        }
    }
    pairs.remove("failed");
    Ok(pairs)
}

/// Instructions of a function to its first return, without its frame.
fn length(code: &[Code], function: &Function) -> Option<u32> {
    let code = code.iter().find(|code| {
        let offset = function.address.checked_sub(code.address);
        offset.is_some_and(|offset| offset < code.bytes.len() as u64)
    })?;
    let start = usize::try_from(function.address - code.address).ok()?;
    let words = code.bytes[start..].chunks_exact(4);
    let mut words = words.map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()));
    let mut length = 0;
    loop {
        match words.next()? {
            RETURN => return Some(length + 1),
            word => length += u32::from(!is_frame(word)),
        }
    }
}

/// Whether an instruction makes or removes a frame: moves sp, sets x29, or keeps x29 and x30.
/// (Arm ARM C6.2: ADD and SUB (immediate), LDP, STP.)
fn is_frame(word: u32) -> bool {
    const SUB_SP: u32 = 0xd100_03ff;
    const ADD_SP: u32 = 0x9100_03ff;
    const SET_FRAME: u32 = 0x9100_03fd;
    let moves = matches!(word & 0xff80_03ff, SUB_SP | ADD_SP | SET_FRAME);
    moves || word & 0xfe00_7fff == 0xa800_7bfd
}

/// Lines `NAME NUMBER`; `#` begins a comment.
fn recorded(text: &str) -> Fallible<BTreeMap<String, u32>> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let pair = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        Some((name.to_string(), number.trim().parse().ok()?))
    };
    lines
        .filter(|line| !line.is_empty())
        .map(|line| pair(line).ok_or_else(|| format!("no name and number: {line}")))
        .collect()
}

fn judge(pairs: &BTreeMap<String, Pair>, recorded: &BTreeMap<String, u32>) -> Outcome {
    let mut findings: Vec<String> = Vec::new();
    for (name, pair) in pairs {
        let &Pair { typed: Some(typed), plain: Some(plain) } = pair else {
            findings.push(format!("{name}: only one of two: {pair:?}"));
            continue;
        };
        let extra = recorded.get(name).copied().unwrap_or(0);
        if typed != plain + extra {
            findings.push(format!("{name}: {typed}, by hand {plain}, recorded {extra} more"));
        }
    }
    let gone = recorded.keys().filter(|name| !pairs.contains_key(*name));
    findings.extend(gone.map(|name| format!("{name}: recorded, but there is no such function")));
    let kept = pairs.len().saturating_sub(findings.len());
    let equal = pairs.values().filter(|pair| pair.typed == pair.plain).count();
    let remark = format!("{equal} of {} calls as by hand", pairs.len());
    Outcome::of_counts(kept, findings.len(), remark, &findings.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::samples::with_functions;

    const NOP: u32 = 0xd503_201f;
    /// `stp x29, x30, [sp, #-16]!`, `mov x29, sp`, `ldp x29, x30, [sp], #16`.
    const FRAME: [u32; 3] = [0xa9bf_7bfd, 0x9100_03fd, 0xa8c1_7bfd];

    fn map(typed: u32, plain: u32) -> BTreeMap<String, Pair> {
        BTreeMap::from([("map".into(), Pair { typed: Some(typed), plain: Some(plain) })])
    }

    #[test]
    fn frames_do_not_count_but_other_work_does() {
        let [push, set, pop] = FRAME;
        let code = [push, set, NOP, pop, RETURN, NOP, RETURN];
        let names = [("_ZN4cost5typed3mapE", 0x1000, 20), ("_ZN4cost5plain3mapE", 0x1014, 8)];
        let pairs = pairs(&with_functions(0x1000, &code, &names)).expect("a good file");
        assert_eq!(pairs, map(2, 2));
        // `str x19, [sp, #16]` is work, `sub sp, sp, #64` is not.
        assert!(!is_frame(0xf900_0bf3) && is_frame(0xd101_03ff));
    }

    #[test]
    fn a_fatter_wrapper_is_a_finding_and_so_is_a_slimmer_one() {
        let known = recorded("# why\nmap 2 # moves\n").expect("a good list");
        assert_eq!(judge(&map(12, 10), &known).failed, 0);
        for typed in [10, 11, 13] {
            assert_eq!(judge(&map(typed, 10), &known).failed, 1, "{typed}");
        }
        assert_eq!(judge(&map(11, 10), &BTreeMap::new()).failed, 1);
        assert_eq!(judge(&BTreeMap::new(), &known).failed, 1);
        assert!(recorded("map two").is_err());
    }

    #[test]
    fn a_function_without_counterpart_is_a_finding() {
        let alone = BTreeMap::from([("map".into(), Pair { typed: Some(3), plain: None })]);
        assert_eq!(judge(&alone, &BTreeMap::new()).failed, 1);
    }
}
