//! What the kernel executes in an operation, instruction by instruction, and which memory it
//! touches, with the functions that each comes from.
//!
//! The plugin `ci/plugin/path.c` writes `ADDRESS INSTRUCTION` for each instruction of a window, and
//! `load ADDRESS BYTES` or `store ADDRESS BYTES` for each access of the instruction before. The
//! listing begins with the functions as a tree, with the instructions of each and of everything in
//! it, and the lines of data.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::path::Path;

use super::origins::{self, Origin};
use crate::process::Fallible;

/// What has no function.
const ASSEMBLY: &str = "assembly";
/// Bytes of a line.
const LINE: u64 = 64;

/// A function as part of the path, and the functions inlined into it.
#[derive(Debug, Default, PartialEq)]
struct Node {
    name: String,
    instructions: u64,
    inner: Vec<Node>,
}

/// Who touches a line of data, and how often.
#[derive(Debug, Default, PartialEq)]
struct Line {
    loads: u64,
    stores: u64,
    functions: BTreeSet<String>,
}

/// An instruction, its text, and its accesses.
#[derive(Debug, PartialEq)]
struct Instruction<'a> {
    address: &'a str,
    text: &'a str,
    accesses: Vec<Access>,
}

/// Bytes read or written.
#[derive(Debug, PartialEq)]
struct Access {
    is_store: bool,
    address: u64,
    bytes: u64,
}

/// The listing of a window, as text. `root` is the folder of our sources.
pub(super) fn listing(name: &str, path: &str, kernel: &Path, root: &Path) -> Fallible<String> {
    let instructions = instructions(path);
    let addresses: Vec<&str> = instructions.iter().map(|found| found.address).collect();
    let origins = origins::of(kernel, &addresses, root)?;
    Ok(text(name, &instructions, &origins))
}

/// Reads what the plugin wrote.
fn instructions(path: &str) -> Vec<Instruction<'_>> {
    let mut instructions: Vec<Instruction<'_>> = Vec::new();
    for (first, rest) in path.lines().filter_map(|line| line.split_once(' ')) {
        match (access(first, rest), instructions.last_mut()) {
            (Some(access), Some(last)) => last.accesses.push(access),
            _ => {
                instructions.push(Instruction { address: first, text: rest, accesses: Vec::new() })
            }
        }
    }
    instructions
}

fn access(kind: &str, rest: &str) -> Option<Access> {
    let is_store = match kind {
        "load" => false,
        "store" => true,
        _ => return None,
    };
    let (address, bytes) = rest.split_once(' ')?;
    let address = u64::from_str_radix(address, 16).ok()?;
    Some(Access { is_store, address, bytes: bytes.parse().ok()? })
}

fn text(name: &str, instructions: &[Instruction], origins: &HashMap<String, Origin>) -> String {
    let mut tree = Node { name: name.into(), ..Node::default() };
    let mut data: BTreeMap<u64, Line> = BTreeMap::new();
    let mut lines = String::new();
    for Instruction { address, text, accesses } in instructions {
        let mut origin = origins.get(*address).cloned().unwrap_or_default();
        if origin.functions.is_empty() {
            origin.functions.push(ASSEMBLY.into());
        }
        tree.add(&origin.functions);
        let innermost = origin.functions.last().map_or("", String::as_str);
        let _ = writeln!(lines, "{address}  {text:<44} {} {innermost}", origin.line);
        for access in accesses {
            for line in access.address / LINE..=(access.address + access.bytes - 1) / LINE {
                data.entry(line * LINE).or_default().add(access.is_store, innermost);
            }
        }
    }
    let mut all = String::new();
    tree.write(&mut all, 0);
    let _ = writeln!(all, "\n{:>7}  lines of data: address, loads, stores, by whom", data.len());
    data.iter().for_each(|(address, line)| line.write(&mut all, *address));
    all + "\n" + &lines
}

impl Line {
    fn add(&mut self, is_store: bool, function: &str) {
        *(if is_store { &mut self.stores } else { &mut self.loads }) += 1;
        self.functions.insert(function.into());
    }

    fn write(&self, text: &mut String, address: u64) {
        let functions: Vec<&str> = self.functions.iter().map(String::as_str).collect();
        let Self { loads, stores, .. } = self;
        let _ = writeln!(text, "  {address:016x} {loads:>4} {stores:>4}  {}", functions.join(", "));
    }
}

impl Node {
    /// Counts an instruction of the innermost of these functions.
    fn add(&mut self, functions: &[String]) {
        self.instructions += 1;
        let Some((first, rest)) = functions.split_first() else { return };
        let found = self.inner.iter().position(|node| node.name == *first);
        let place = found.unwrap_or_else(|| {
            self.inner.push(Self { name: first.clone(), ..Self::default() });
            self.inner.len() - 1
        });
        self.inner[place].add(rest);
    }

    fn write(&self, text: &mut String, depth: usize) {
        let _ = writeln!(text, "{:>7}  {}{}", self.instructions, "  ".repeat(depth), self.name);
        self.inner.iter().for_each(|node| node.write(text, depth + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_counts_what_is_inside() {
        let mut tree = Node { name: "call".into(), ..Node::default() };
        let functions = ["a", "b"].map(String::from);
        tree.add(&functions);
        tree.add(&functions[..1]);
        tree.add(&[]);
        let mut text = String::new();
        tree.write(&mut text, 0);
        assert_eq!(text, "      3  call\n      2    a\n      1      b\n");
    }

    #[test]
    fn accesses_belong_to_lines_and_functions() {
        let path = "0010 ldp x0, x1, [sp]\nload 103c 8\nload 1044 8\n0014 str x0, [sp]\n\
                    store 1048 4\n0018 ret\n";
        let origin = |name: &str| Origin { functions: vec![name.into()], line: "a.rs:1".into() };
        let origins = [("0010", "load"), ("0014", "save")];
        let origins = origins.map(|(address, name)| (address.into(), origin(name))).into();
        let listing = text("call", &instructions(path), &origins);
        let expected = "      3  call\n      1    load\n      1    save\n      1    assembly\n\n\
                        \x20     2  lines of data: address, loads, stores, by whom\n\
                        \x20 0000000000001000    1    0  load\n\
                        \x20 0000000000001040    2    1  load, save\n\n\
                        0010  ldp x0, x1, [sp]";
        assert!(listing.starts_with(expected), "{listing}");
    }
}
