//! Machines and root tasks that the kernel has to refuse: with one line that says why, and by
//! switching the machine off. A hang is a failure.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{self, Image, Program};
use crate::console::{self, Audience, Ended, Limits, Reason, Until};
use crate::device_tree;
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Gic, Machine, Mebibytes};

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How the kernel begins its last line.
const STOPPED: &str = "kernel: stopped: ";

/// What is wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// No root task is given.
    NoRootTask,
    /// The root task is this file instead.
    RootTask(fn(Vec<u8>) -> Vec<u8>),
    /// The machine has 16 MiB of RAM, and the root task's CNode alone is to have 32.
    Cramped,
    /// The kernel's command line has this word.
    Append(&'static str),
    /// The device tree has no nodes with one of these words in `compatible`.
    Without(&'static [&'static str]),
}

/// Name, fault, and words that the reason has to contain.
const CASES: [(&str, Fault, &str); 12] = [
    ("without root task", Fault::NoRootTask, "no root task"),
    ("text as root task", Fault::RootTask(|_| b"#!/bin/sh\necho hello\n".to_vec()), "ELF"),
    ("empty root task", Fault::RootTask(|_| vec![0]), "ELF"),
    ("root task cut in its headers", Fault::RootTask(|file| cut(file, 80)), "ELF"),
    ("root task cut in a segment", Fault::RootTask(|file| cut(file, 0x1010)), "fit the file"),
    ("root task for another processor", Fault::RootTask(foreign), "aarch64"),
    ("root task in kernel addresses", Fault::RootTask(high), "user space"),
    ("root task with a wild entry", Fault::RootTask(wild), "entry point"),
    ("unknown option", Fault::Append("tessera.nonsense=1"), "tessera.nonsense"),
    ("too little RAM", Fault::Cramped, "too little RAM"),
    ("no interrupt controller", Fault::Without(&["arm,cortex-a15-gic", "arm,gic-v3"]), "GIC"),
    ("no processor", Fault::Without(&["arm,cortex-a53"]), "cpu"),
];

/// All refusals, on both interrupt controllers where the machine is at fault.
pub(super) fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, fault, word) in CASES {
        for gic in [Gic::V2, Gic::V3] {
            let of_machine = matches!(fault, Fault::Cramped | Fault::Without(_));
            if gic == Gic::V3 && !of_machine {
                continue;
            }
            let machine = Machine { gic, ..Machine::default() };
            let name = format!("refuse {name} gic{}", gic.number());
            let slug: String =
                name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            steps.push(Step::emulator(name, move |context: &Context| {
                match run(context, machine.clone(), fault, &slug) {
                    Ok(ended) => judge(&ended, word),
                    Err(problem) => Outcome::failed("could not run", &problem),
                }
            }));
        }
    }
    steps
}

/// Boots the debug image with something wrong; files that are made for it carry the slug.
fn run(context: &Context, mut machine: Machine, fault: Fault, slug: &str) -> Fallible<Ended> {
    let kernel = context.kernel(Image::Debug)?;
    let good = context.program(Program::RootTask)?;
    let folder = context.workspace.output_folder("refusals")?;
    let mut root_task = Some(good.clone());
    let mut tree = None;
    match fault {
        Fault::NoRootTask => root_task = None,
        Fault::RootTask(change) => {
            root_task = Some(changed(&good, change, folder.join(format!("{slug}.elf")))?);
        }
        Fault::Append(word) => machine.append.push(word.into()),
        Fault::Cramped => {
            machine.memory = Mebibytes(16);
            machine.append.push("tessera.root_cnode_bits=20".into());
        }
        Fault::Without(words) => {
            tree = Some(tree_without(&machine, words, folder.join(format!("{slug}.dtb")))?);
        }
    }
    let boot = Boot {
        kernel: &kernel.image,
        root_task: root_task.as_deref(),
        device_tree: tree.as_deref(),
    };
    let limits = Limits { time: Some(TIME_LIMIT), until: Until::Never };
    console::watch(&mut machine.boot(boot), &limits, Audience::Nobody)
}

/// Writes a changed copy of a file.
fn changed(file: &Path, change: fn(Vec<u8>) -> Vec<u8>, to: PathBuf) -> Fallible<PathBuf> {
    let bytes =
        std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    artefacts::write(&to, &change(bytes))?;
    Ok(to)
}

/// Ends too early.
fn cut(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.truncate(length);
    bytes
}

/// Says that it is for x86-64: field `e_machine`.
fn foreign(bytes: Vec<u8>) -> Vec<u8> {
    patched(bytes, 18, &62_u16.to_le_bytes())
}

/// Begins outside of its segments: field `e_entry`.
fn wild(bytes: Vec<u8>) -> Vec<u8> {
    patched(bytes, 24, &8_u64.to_le_bytes())
}

/// Wants its first segment in the upper half of the address space: field `p_vaddr` of the first
/// program header, which follows the file header.
fn high(bytes: Vec<u8>) -> Vec<u8> {
    patched(bytes, 64 + 16, &0xffff_8000_0000_0000_u64.to_le_bytes())
}

/// Replaces bytes of a file, if it is that long.
fn patched(mut bytes: Vec<u8>, offset: usize, new: &[u8]) -> Vec<u8> {
    if let Some(field) = bytes.get_mut(offset..offset + new.len()) {
        field.copy_from_slice(new);
    }
    bytes
}

/// Writes the machine's device tree without some nodes.
fn tree_without(machine: &Machine, words: &[&str], to: PathBuf) -> Fallible<PathBuf> {
    process::answer(&mut machine.dump_device_tree(&to))?;
    let blob =
        std::fs::read(&to).map_err(|error| format!("cannot read {}: {error}", to.display()))?;
    let mut tree = device_tree::parse(&blob)?;
    if tree.remove(&|node| words.iter().any(|word| node.is_compatible(word))) == 0 {
        return Err(format!("QEMU's device tree has none of {words:?}"));
    }
    artefacts::write(&to, &device_tree::emit(&tree))?;
    Ok(to)
}

/// The machine went off by itself after one line with the reason.
fn judge(ended: &Ended, word: &str) -> Outcome {
    let reasons: Vec<&str> =
        ended.console.lines().filter_map(|line| line.trim().strip_prefix(STOPPED)).collect();
    let off = matches!(ended.reason, Reason::Exited(status) if status.success());
    match reasons.as_slice() {
        [reason] if off && reason.contains(word) => Outcome::passed(*reason),
        _ => {
            let remark = format!("{}; expected one line with `{word}`", ended.reason);
            Outcome::failed(remark, &ended.console)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn judged(reason: Reason, console: &str) -> usize {
        judge(&Ended { reason, console: console.into(), awaits: None }, "timer").failed
    }

    #[test]
    fn a_refusal_is_one_reason_and_the_end() {
        let off = Reason::Exited(ExitStatus::from_raw(0));
        let line = format!("hello\r\n{STOPPED}the device tree lacks a timer\r\n");
        assert_eq!(judged(off.clone(), &line), 0);
        assert_eq!(judged(off.clone(), "hello\n"), 1, "no reason");
        assert_eq!(judged(off.clone(), &format!("{STOPPED}no RAM\n")), 1, "another reason");
        assert_eq!(judged(off, &(line.clone() + &line)), 1, "two reasons");
        assert_eq!(judged(Reason::TimeLimit(TIME_LIMIT), &line), 1, "a hang");
    }

    #[test]
    fn root_tasks_are_damaged_where_they_should_be() {
        let file = vec![0_u8; 200];
        assert_eq!(cut(file.clone(), 80).len(), 80);
        assert_eq!(foreign(file.clone())[18], 62);
        assert_eq!(wild(file.clone())[24], 8);
        assert_eq!(high(file)[87], 0xff);
        assert_eq!(foreign(vec![1]), [1]);
    }
}
