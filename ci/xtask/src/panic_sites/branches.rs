//! Finds the branch instructions to panics in a linked kernel, and their source lines.

use std::collections::BTreeMap;

use crate::demangle::demangle;
use crate::process::Fallible;
use program::elf::{Elf, Function};

/// One branch to a panic.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Branch {
    /// Where it is.
    pub(super) address: u64,
    /// The function that it is in.
    pub(super) caller: String,
    /// Where it goes.
    pub(super) panic: String,
}

/// Looks at every instruction of every function.
pub(super) fn branches(elf: Elf) -> Fallible<Vec<Branch>> {
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

/// The source line of every instruction in a listing: a line `; file:line` stands before the
/// instructions that it made.
pub(super) fn places(listing: &str) -> BTreeMap<u64, String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use program::samples::with_functions;

    const PANIC: &str = "_RNvNtCs3_4core9panicking9panic_fmt";
    const FAIL: &str = "_RNvNtCs3_4core6option13unwrap_failed";

    fn bl(words: i32) -> u32 {
        0x9400_0000 | words.cast_unsigned() & 0x03ff_ffff
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
        let expected =
            [(0x1008, "core::option::unwrap_failed"), (0x100c, "core::panicking::panic_fmt")];
        let branch = |(address, panic): (u64, &str)| Branch {
            address,
            caller: "user".into(),
            panic: panic.into(),
        };
        assert_eq!(found, expected.map(branch));
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
}
