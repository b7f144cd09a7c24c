//! Lists the places of the release kernel that can panic, and compares them with the agreed list.
//!
//! A panic site is a branch instruction to one of core's panic functions. Nothing is trusted but
//! the linked file: what the optimiser proved impossible is gone, what it could not is listed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::artefacts::{self, Image};
use crate::demangle::demangle;
use crate::elf::{Elf, Function};
use crate::process::{self, Fallible};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// Explains the committed list to its readers.
const HEADING: &str = "\
# Panics left in the release kernel: function | panic | number of branches | which invariant
# would have to be broken. Written by `cargo xtask panic-sites --update`, which keeps the reasons;
# `cargo xtask test` fails if the list differs from the kernel or a reason is missing.
";

/// One branch to a panic.
#[derive(Clone, Debug, PartialEq)]
struct Branch {
    address: u64,
    caller: String,
    panic: String,
}

/// Who panics and how; the number of branches.
pub(crate) type Sites = BTreeMap<(String, String), usize>;

/// The verb: prints, compares, or updates.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    update: bool,
) -> Fallible<ExitCode> {
    let kernel = artefacts::build_kernel(workspace, toolchain, Image::Release)?;
    let branches = branches_of(&kernel.elf)?;
    show_places(toolchain, &kernel.elf, &branches)?;
    let sites = count(branches);
    let path = list_file(workspace);
    let list = std::fs::read_to_string(&path).unwrap_or_default();
    if update {
        artefacts::write(&path, render(&sites, &list).as_bytes())?;
    }
    print!("{}", render(&sites, &list));
    let differences = if update { Vec::new() } else { compare(&sites, &list) };
    for difference in &differences {
        eprintln!("{difference}");
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The agreed list.
pub(crate) fn list_file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ci/panic-sites.txt")
}

/// The panic sites of a linked kernel.
pub(crate) fn read(elf: &Path) -> Fallible<Sites> {
    branches_of(elf).map(count)
}

fn branches_of(elf: &Path) -> Fallible<Vec<Branch>> {
    let bytes =
        std::fs::read(elf).map_err(|error| format!("cannot read {}: {error}", elf.display()))?;
    branches(Elf::new(&bytes)?)
}

fn count(branches: Vec<Branch>) -> Sites {
    let mut sites = Sites::new();
    for branch in branches {
        *sites.entry((branch.caller, branch.panic)).or_default() += 1;
    }
    sites
}

/// Prints the source line of every branch, for whoever wants to remove one. The list does not
/// have them, since they change with every edit.
fn show_places(toolchain: &Toolchain, elf: &Path, branches: &[Branch]) -> Fallible<()> {
    let mut command = Command::new(toolchain.llvm_tool("llvm-objdump"));
    let listing = process::answer(command.args(["-d", "-l", "--no-show-raw-insn"]).arg(elf))?;
    let places = places(&listing);
    for branch in branches {
        let place = places.get(&branch.address).map_or("?", String::as_str);
        eprintln!("{place}: {} in {}", branch.panic, branch.caller);
    }
    Ok(())
}

/// The source line of every instruction in a listing: a line `; file:line` stands before the
/// instructions that it made.
fn places(listing: &str) -> BTreeMap<u64, String> {
    let mut place = String::new();
    let mut places = BTreeMap::new();
    for line in listing.lines() {
        if let Some(source) = line.strip_prefix("; ") {
            place = source.to_string();
        } else if let Some((address, _)) = line.split_once(':')
            && let Ok(address) = u64::from_str_radix(address.trim(), 16)
        {
            places.insert(address, place.clone());
        }
    }
    places
}

/// Differences between kernel and list, one sentence each.
pub(crate) fn compare(sites: &Sites, list: &str) -> Vec<String> {
    let agreed = parse(list);
    let mut differences = Vec::new();
    for ((caller, panic), count) in sites {
        let listed = agreed.get(&(caller.clone(), panic.clone()));
        match listed {
            None => differences.push(format!("new panic site: {caller} | {panic}")),
            Some((old, _)) if old != count => differences
                .push(format!("{caller} | {panic}: {count} branches, the list says {old}")),
            Some((_, reason)) if reason.is_empty() => {
                differences.push(format!("no reason given for {caller} | {panic}"));
            }
            Some(_) => {}
        }
    }
    let gone = agreed.keys().filter(|key| !sites.contains_key(*key));
    differences.extend(gone.map(|(caller, panic)| format!("gone, good: {caller} | {panic}")));
    differences
}

/// The list as it should be committed, with the reasons of the old one.
fn render(sites: &Sites, old: &str) -> String {
    let agreed = parse(old);
    let mut text = String::from(HEADING);
    for (key, count) in sites {
        let reason = agreed.get(key).map_or("", |(_, reason)| reason);
        text += format!("{} | {} | {count} | {reason}", key.0, key.1).trim_end();
        text.push('\n');
    }
    text
}

/// The agreed sites with their number and reason.
fn parse(list: &str) -> BTreeMap<(String, String), (usize, String)> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.splitn(4, '|').map(str::trim).collect::<Vec<_>>());
    let entry = |fields: Vec<&str>| match fields.as_slice() {
        [caller, panic, count, reason @ ..] => {
            let reason = reason.first().copied().unwrap_or_default();
            Some((((*caller).into(), (*panic).into()), (count.parse().ok()?, reason.into())))
        }
        _ => None,
    };
    fields.filter_map(entry).collect()
}

/// Looks at every instruction of every function.
fn branches(elf: Elf) -> Fallible<Vec<Branch>> {
    let functions = elf.functions()?;
    let names: Vec<String> = functions.iter().map(|function| demangle(function.name)).collect();
    let mut branches = Vec::new();
    for code in elf.code()? {
        let (words, _) = code.bytes.as_chunks::<4>();
        for (index, word) in words.iter().enumerate() {
            let address = code.address + 4 * index as u64;
            let Some(target) = branch_target(u32::from_le_bytes(*word), address) else { continue };
            let Some(panic) = starting_at(&functions, target) else { continue };
            let Some(caller) = containing(&functions, address) else { continue };
            if is_panic(&names[panic]) && !is_panic(&names[caller]) {
                let (caller, panic) = (names[caller].clone(), names[panic].clone());
                branches.push(Branch { address, caller, panic });
            }
        }
    }
    Ok(branches)
}

/// Where a `b` or `bl` goes (Arm ARM C6.2.26, C6.2.34): 26 bits of signed distance in words.
fn branch_target(instruction: u32, address: u64) -> Option<u64> {
    if instruction & 0x7c00_0000 != 0x1400_0000 {
        return None;
    }
    let distance = i64::from((instruction << 6).cast_signed() >> 6) * 4;
    address.checked_add_signed(distance)
}

fn starting_at(functions: &[Function], address: u64) -> Option<usize> {
    functions.binary_search_by_key(&address, |function| function.address).ok()
}

fn containing(functions: &[Function], address: u64) -> Option<usize> {
    let after = functions.partition_point(|function| function.address <= address);
    let index = after.checked_sub(1)?;
    let function = &functions[index];
    (address - function.address < function.size).then_some(index)
}

/// Whether a function of core only ever panics, judged by the way core names them.
fn is_panic(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or_default();
    let of_core = name.starts_with("core::") || name.starts_with("alloc::");
    let named = last.starts_with("panic") || last.ends_with("_fail") || last.ends_with("_failed");
    name.contains("rust_begin_unwind") || of_core && (named || name.contains("::panicking::"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::samples::with_functions;

    const PANIC: &str = "_RNvNtCs3_4core9panicking9panic_fmt";
    const FAIL: &str = "_RNvNtCs3_4core6option13unwrap_failed";

    fn bl(words: i32) -> u32 {
        0x9400_0000 | words.cast_unsigned() & 0x03ff_ffff
    }

    fn key(caller: &str, panic: &str) -> (String, String) {
        (caller.into(), panic.into())
    }

    #[test]
    fn branches_to_panics_are_found_forwards_and_backwards() {
        let code = [
            0xd503_201f, // 0x1000 panic_fmt: nop
            bl(-1),      // 0x1004 unwrap_failed: panics too, not a site
            bl(-1),      // 0x1008 user
            0x17ff_fffd, // 0x100c user: b 0x1000
            bl(-1),      // 0x1010 user: to 0x100c, the middle of itself
            0xd65f_03c0, // 0x1014 quiet: ret
        ];
        let functions =
            [(PANIC, 0x1000, 4), (FAIL, 0x1004, 4), ("user", 0x1008, 12), ("quiet", 0x1014, 4)];
        let file = with_functions(0x1000, &code, &functions);
        let found = branches(Elf::new(&file).expect("good")).expect("readable");
        let addresses: Vec<u64> = found.iter().map(|branch| branch.address).collect();
        assert_eq!(addresses, [0x1008, 0x100c]);
        let expected = Sites::from([
            (key("user", "core::option::unwrap_failed"), 1),
            (key("user", "core::panicking::panic_fmt"), 1),
        ]);
        assert_eq!(count(found), expected);
    }

    #[test]
    fn places_are_the_lines_before_the_instructions() {
        let listing = "0000000040000000 <user>:\n; a.rs:7\n40000000:      \tnop\n\
                       40000004:      \tbl\t0x40 <x>\n; b.rs:9\n40000008:      \tret\n";
        let places = places(listing);
        let place = |address: u64| places.get(&address).map(String::as_str);
        assert_eq!(place(0x4000_0004), Some("a.rs:7"));
        assert_eq!(place(0x4000_0008), Some("b.rs:9"));
        assert_eq!(place(0x4000_000c), None);
    }

    #[test]
    fn names_of_core_that_panic_are_known() {
        for name in [
            "core::panicking::assert_failed_inner",
            "core::slice::index::slice_index_fail",
            "core::cell::panic_already_borrowed",
            "__rustc::rust_begin_unwind",
            "core::result::unwrap_failed",
        ] {
            assert!(is_panic(name), "{name}");
        }
        for name in ["kernel::panic_message", "core::fmt::write", "kernel::retype_failed"] {
            assert!(!is_panic(name), "{name}");
        }
    }

    #[test]
    fn differences_are_new_changed_gone_and_unexplained() {
        let sites = Sites::from([
            (key("a", "p"), 1),
            (key("b", "p"), 2),
            (key("c", "p"), 1),
            (key("d", "p"), 1),
        ]);
        let list = "# heading\na | p | 1 | because\nb | p | 1 | so\nd | p | 1\ne | p | 1 | old\n";
        let differences = compare(&sites, list);
        assert_eq!(
            differences,
            [
                "b | p: 2 branches, the list says 1",
                "new panic site: c | p",
                "no reason given for d | p",
                "gone, good: e | p"
            ]
        );
    }

    #[test]
    fn an_updated_list_keeps_reasons_and_has_no_differences_once_explained() {
        let sites = Sites::from([(key("a", "p"), 3), (key("b", "q"), 1)]);
        let text = render(&sites, "a | p | 1 | because | of this\n");
        assert!(text.ends_with("a | p | 3 | because | of this\nb | q | 1 |\n"), "{text}");
        let explained = text.replace("b | q | 1 |", "b | q | 1 | I9");
        assert!(compare(&sites, &explained).is_empty());
    }
}
