//! Where `unsafe`, assembly and conditional compilation may stand.

use std::collections::BTreeMap;

use super::files::{File, Tree};
use super::source::Source;
use crate::process::Fallible;

/// Files, and folders with a slash, that may contain unsafe code.
const UNSAFE: &[&str] = &[
    // Instructions and registers.
    "platform/src/aarch64/",
    "libsys/src/machine/",
    // Object memory, and who may reach it.
    "kernel/src/mem.rs",
    "kernel/src/mem/user.rs",
    "kernel/src/lock.rs",
    // The proofs that carved memory is unused, and that destroyed objects are unreferenced.
    "kernel/src/boot/memory.rs",
    "kernel/src/untyped.rs",
    "kernel/src/finalise.rs",
    // The same duties, for object memory inside of host tests.
    "kernel/src/testing.rs",
    // Memory that devices reach, their queues and registers; and what plays it in host tests.
    "drivers/dma/src/hal.rs",
    "drivers/dma/src/fake.rs",
    "drivers/virtio/src/queue.rs",
    "drivers/virtio/src/mmio.rs",
    // Closures that travel to another thread.
    "ci/suite/src/framework/closure.rs",
    // Bare threads, the timer.
    "ci/bench/src/machine/",
    // Marks for plugins.
    "ci/work/src/mark.rs",
    // Calls of Linux, for programs of the peer.
    "ci/peer/src/devices/machine/",
    "personality-linux/programs/src/bin/measure/machine.rs",
    // System calls by hand.
    "ci/cost/src/plain.rs",
    // Registers of floating point around a call.
    "personality-linux/programs/src/bin/floating.rs",
];

/// Files and folders that may contain assembly.
const ASSEMBLY: &[&str] = &[
    "platform/src/aarch64/",
    "libsys/src/machine/",
    "ci/bench/src/machine/",
    "ci/work/src/mark.rs",
    "ci/cost/src/plain.rs",
    "personality-linux/programs/src/bin/floating.rs",
];

/// Places whose purpose is to choose by condition: the machine, what an image offers, and the
/// checks that only some builds have.
const CONDITIONAL: &[&str] = &["platform/", "kernel/src/options.rs", "kernel/src/shadow.rs"];

/// Conditions, other than "in tests", that a crate may have outside of its root files.
const CONDITIONS_PER_CRATE: usize = 2;

/// Code marked unsafe outside of the listed files.
pub(super) fn unsafe_code(tree: &Tree) -> Fallible<Vec<String>> {
    Ok(outside(tree, UNSAFE, |word| word == "unsafe"))
}

/// Assembly outside of the listed files.
pub(super) fn assembly(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings =
        outside(tree, ASSEMBLY, |word| matches!(word, "asm" | "global_asm" | "naked_asm"));
    let files = tree.files.iter().filter(|f| f.path.ends_with(".S") && !f.is_in(ASSEMBLY));
    findings.extend(files.map(|file| format!("{}: assembly outside of its places", file.path)));
    Ok(findings)
}

/// Words that no file may use, wherever it stands.
pub(super) fn forbidden_words(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings = outside(tree, &[], |word| word == "transmute");
    for (file, source) in tree.rust() {
        for (index, line) in source.lines.iter().enumerate() {
            let words: Vec<&str> = line.code.split_whitespace().collect();
            if words.windows(2).any(|pair| pair == ["static", "mut"]) {
                findings.push(format!("{}:{}: `static mut`", file.path, index + 1));
            }
        }
    }
    Ok(findings)
}

/// Conditional compilation beyond the allowance.
pub(super) fn conditions(tree: &Tree) -> Fallible<Vec<String>> {
    let mut by_crate: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let files = tree.rust().filter(|(file, _)| !file.is_in(CONDITIONAL) && !is_root(file));
    for (file, source) in files {
        for line in condition_lines(source) {
            let crate_folder = file.path.split("/src/").next().unwrap_or_default();
            let places = by_crate.entry(crate_folder.into()).or_default();
            places.push(format!("{}:{line}: conditional compilation", file.path));
        }
    }
    let too_many = by_crate.into_values().filter(|places| places.len() > CONDITIONS_PER_CRATE);
    Ok(too_many.flatten().collect())
}

/// Lines with a condition other than "in tests".
fn condition_lines(source: &Source) -> impl Iterator<Item = usize> {
    let lines = source.lines.iter().enumerate().filter(|(_, line)| {
        let code = line.code.replace(' ', "");
        let begins = ["cfg(", "cfg!(", "cfg_attr("].iter().any(|word| code.contains(word));
        begins && !code.contains("cfg(test)")
    });
    lines.map(|(index, _)| index + 1)
}

/// Whether a file is the root of a crate, the place for the conditions of the whole crate.
fn is_root(file: &File) -> bool {
    let name = file.path.rsplit('/').next();
    matches!(name, Some("lib.rs" | "main.rs" | "build.rs"))
}

/// Words that the function chooses, outside of the listed places.
fn outside(tree: &Tree, places: &[&str], chosen: fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust().filter(|(file, _)| !file.is_in(places)) {
        let words = source.words().filter(|(_, word)| chosen(word));
        findings.extend(words.map(|(line, word)| format!("{}:{line}: `{word}`", file.path)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(find: fn(&Tree) -> Fallible<Vec<String>>, path: &str, text: &str) -> usize {
        find(&Tree::of(&[(path, text)])).expect("no input or output").len()
    }

    #[test]
    fn unsafe_code_is_found_outside_of_its_places() {
        let text = "fn f() { unsafe { g() } }";
        assert_eq!(count(unsafe_code, "kernel/src/cap.rs", text), 1);
        assert_eq!(count(unsafe_code, "kernel/src/mem.rs", text), 0);
        assert_eq!(count(unsafe_code, "platform/src/aarch64/mmu.rs", text), 0);
        let harmless = "#![deny(unsafe_code)] // unsafe\nlet a = \"unsafe\";";
        assert_eq!(count(unsafe_code, "kernel/src/cap.rs", harmless), 0);
    }

    #[test]
    fn assembly_is_found_outside_of_its_places() {
        assert_eq!(count(assembly, "kernel/src/cap.rs", "core::arch::asm!(\"nop\")"), 1);
        assert_eq!(count(assembly, "platform/src/aarch64/mmu.rs", "asm!(\"nop\")"), 0);
        assert_eq!(count(assembly, "kernel/src/entry.S", "nop"), 1);
    }

    #[test]
    fn conditions_beyond_the_allowance_are_found() {
        let allowed = "#[cfg(test)]\nmod tests;\n".to_string()
            + &"#[cfg(feature = \"a\")]\n".repeat(CONDITIONS_PER_CRATE);
        assert_eq!(count(conditions, "kernel/src/cap.rs", &allowed), 0);
        let more = allowed + "if cfg!(debug_assertions) {}\n";
        let expected = CONDITIONS_PER_CRATE + 1;
        assert_eq!(count(conditions, "kernel/src/cap.rs", &more), expected);
        assert_eq!(count(conditions, "kernel/src/lib.rs", &more), 0);
        assert_eq!(count(conditions, "platform/src/board.rs", &more), 0);
    }

    #[test]
    fn forbidden_words_are_found_everywhere() {
        assert_eq!(count(forbidden_words, "platform/src/aarch64/a.rs", "static mut A: u8 = 0;"), 1);
        assert_eq!(count(forbidden_words, "kernel/src/mem.rs", "mem::transmute::<A, B>(a)"), 1);
        assert_eq!(count(forbidden_words, "a.rs", "static A: u8 = 0; let mut b = 'a';"), 0);
    }
}
