//! Where instructions come from: the functions and lines that `addr2line` of binutils finds in the
//! kernel's debug information, with those that were inlined.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::Fallible;

/// The program that knows.
const ADDR2LINE: &str = "addr2line";

/// Where an instruction comes from: functions from the outermost to the innermost, and the line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Origin {
    /// Functions of ours.
    pub(super) functions: Vec<String>,
    /// The line of the innermost, as `FILE:LINE`.
    pub(super) line: String,
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

/// The origins of addresses, in hexadecimal, of a kernel. `root` is the folder of our sources.
pub(super) fn of(
    kernel: &Path,
    addresses: &[&str],
    root: &Path,
) -> Fallible<HashMap<String, Origin>> {
    Ok(read(&ask(kernel, addresses)?, root))
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
fn read(answer: &str, root: &Path) -> HashMap<String, Origin> {
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
        let origins = read(ANSWER, Path::new("/w"));
        let functions = ["outer", "middle"].map(String::from).to_vec();
        let expected = Origin { functions, line: "kernel/src/a.rs:7".into() };
        assert_eq!(origins["00000010"], expected);
        assert_eq!(origins["00000014"], Origin::default());
        assert_eq!(origins["00000018"].functions, ["outer"]);
    }
}
