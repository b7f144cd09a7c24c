//! What the kernel executes in an operation, instruction by instruction, with the functions that
//! each comes from.
//!
//! The plugin `ci/plugin/path.c` writes `ADDRESS INSTRUCTION` for each instruction of a window.
//! `addr2line` of binutils says from the kernel's debug information which functions were inlined
//! where; the listing begins with these as a tree, with the instructions of each and of everything
//! in it.

use std::collections::HashMap;
use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::Fallible;

/// The program that knows where an address comes from.
const ADDR2LINE: &str = "addr2line";

/// Where an instruction comes from: functions from the outermost to the innermost, and the line.
#[derive(Clone, Debug, Default, PartialEq)]
struct Origin {
    functions: Vec<String>,
    line: String,
}

impl Origin {
    /// Where the debug information has no name for the innermost function, `addr2line` takes the
    /// symbol, which is the outermost one.
    fn simplify(&mut self) {
        let symbol = self.functions.first().cloned();
        let mut place = 0;
        self.functions.retain(|function| {
            place += 1;
            place == 1 || Some(function) != symbol.as_ref()
        });
    }
}

/// A function as part of the path, and the functions inlined into it.
#[derive(Debug, Default, PartialEq)]
struct Node {
    name: String,
    instructions: u64,
    inner: Vec<Node>,
}

/// The listing of a window, as text. `root` is the folder of our sources.
pub(super) fn listing(name: &str, path: &str, kernel: &Path, root: &Path) -> Fallible<String> {
    let instructions: Vec<(&str, &str)> =
        path.lines().filter_map(|line| line.split_once(' ')).collect();
    let addresses: Vec<&str> = instructions.iter().map(|(address, _)| *address).collect();
    let origins = origins(&ask(kernel, &addresses)?, root);
    let origin = |address: &str| origins.get(address).cloned().unwrap_or_default();
    let mut tree = Node { name: name.into(), ..Node::default() };
    let mut lines = String::new();
    for (address, text) in instructions {
        let origin = origin(address);
        tree.add(&origin.functions);
        let innermost = origin.functions.last().map_or("", String::as_str);
        let _ = writeln!(lines, "{address}  {text:<44} {} {innermost}", origin.line);
    }
    let mut text = String::new();
    tree.write(&mut text, 0);
    Ok(format!("{text}\n{lines}"))
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

/// What `addr2line` says about addresses, in hexadecimal.
fn ask(kernel: &Path, addresses: &[&str]) -> Fallible<String> {
    let mut command = Command::new(ADDR2LINE);
    command.args(["-a", "-f", "-i", "-C", "-e"]).arg(kernel);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let cannot = |error| format!("cannot run {ADDR2LINE}: {error}");
    let mut child = command.spawn().map_err(cannot)?;
    let input = child.stdin.take().ok_or("no standard input")?;
    let question = addresses.join("\n") + "\n";
    // Written beside the reading: both pipes are smaller than the texts.
    let writer = std::thread::spawn(move || { input }.write_all(question.as_bytes()));
    let output = child.wait_with_output().map_err(cannot)?;
    let _ = writer.join();
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads that: for each address a line `0xADDRESS`, then for each function from the innermost on
/// its name and `FILE:LINE`. The library's functions are left out.
fn origins(answer: &str, root: &Path) -> HashMap<String, Origin> {
    let mut origins: HashMap<String, Origin> = HashMap::new();
    let mut current = None;
    let mut lines = answer.lines();
    while let Some(line) = lines.next() {
        if let Some(address) = line.strip_prefix("0x") {
            current = Some(origins.entry(address.into()).or_default());
            current.as_mut().into_iter().for_each(|origin| **origin = Origin::default());
            continue;
        }
        let (Some(place), Some(origin)) = (lines.next(), current.as_mut()) else { break };
        let relative = Path::new(place).strip_prefix(root).ok().and_then(Path::to_str);
        let Some(relative) = relative else { continue };
        if origin.functions.is_empty() {
            origin.line = relative.split(' ').next().unwrap_or_default().into();
        }
        origin.functions.insert(0, line.into());
    }
    origins.values_mut().for_each(Origin::simplify);
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "0x00000010\nadd\n/rustc/core/num.rs:1\nmiddle\n/w/kernel/src/a.rs:7\n\
                          outer\n/w/kernel/src/b.rs:8 (discriminator 2)\n\
                          0x00000014\n??\n??:0\n\
                          0x00000018\nouter\n/w/kernel/src/a.rs:9\nouter\n/w/kernel/src/b.rs:8\n";

    #[test]
    fn functions_of_ours_are_listed_from_the_outermost() {
        let origins = origins(ANSWER, Path::new("/w"));
        let functions = ["outer", "middle"].map(String::from).to_vec();
        let expected = Origin { functions, line: "kernel/src/a.rs:7".into() };
        assert_eq!(origins["00000010"], expected);
        assert_eq!(origins["00000014"], Origin::default());
        assert_eq!(origins["00000018"].functions, ["outer"]);
    }

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
}
