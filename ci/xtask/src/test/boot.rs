//! Boots our root task on machines of all supported kinds.
//!
//! Not the full product of controllers, cores, sizes and exception levels: a set in which every
//! value of each appears, and each pair of controller and core model, or controller and count.

use std::time::Duration;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{Image, Program};
use crate::console::{self, Audience, Ended, Limits, Reason, Until};
use crate::process::Fallible;
use crate::qemu::{Boot, Gic, Machine, Mebibytes};
use crate::workspace::ROOT_TASK_READY;

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// MiB of RAM that the kernel uses at most.
const OBJECT_MEMORY: u64 = 64 * 1024;

/// One machine: image, controller, core model, cores, MiB of RAM, entered at EL2.
type Row = (Image, Gic, &'static str, u32, u64, bool);

const MACHINES: [Row; 17] = [
    (Image::Debug, Gic::V2, "cortex-a53", 1, 1024, false),
    (Image::Debug, Gic::V2, "cortex-a53", 4, 128, false),
    (Image::Debug, Gic::V2, "cortex-a57", 2, 8192, false),
    (Image::Debug, Gic::V2, "cortex-a72", 8, 1024, false),
    (Image::Debug, Gic::V2, "max", 1, 128, false),
    (Image::Debug, Gic::V2, "cortex-a53", 1, 8, false),
    (Image::Debug, Gic::V2, "cortex-a72", 2, 1024, true),
    (Image::Debug, Gic::V3, "cortex-a53", 2, 8192, false),
    (Image::Debug, Gic::V3, "cortex-a57", 1, 128, false),
    (Image::Debug, Gic::V3, "cortex-a72", 4, 1024, false),
    (Image::Debug, Gic::V3, "max", 8, 8192, false),
    (Image::Debug, Gic::V3, "max", 4, 1024, true),
    // More RAM than kernel objects may lie in: 64 GiB.
    (Image::Debug, Gic::V3, "cortex-a57", 1, 66 * 1024, false),
    (Image::Release, Gic::V2, "cortex-a53", 1, 1024, false),
    (Image::Release, Gic::V3, "max", 4, 8192, false),
    (Image::Release, Gic::V2, "cortex-a57", 2, 128, true),
    (Image::Benchmark, Gic::V3, "cortex-a72", 1, 1024, false),
];

/// All boots.
pub(super) fn steps() -> Vec<Step> {
    MACHINES.map(step).into()
}

fn step((image, gic, cpu, cores, memory, el2): Row) -> Step {
    let machine = Machine {
        cores,
        memory: Mebibytes(memory),
        cpu: cpu.into(),
        gic,
        el2,
        ..Machine::default()
    };
    let name = format!("boot {} {}", image.name(), machine.summary());
    Step::emulator(name, move |context: &Context| match run(context, image, &machine) {
        Ok(ended) => judge(&ended, &expected(&machine)),
        Err(problem) => Outcome::failed("could not run", &problem),
    })
}

fn run(context: &Context, image: Image, machine: &Machine) -> Fallible<Ended> {
    let kernel = context.kernel(image)?;
    let root_task = context.program(Program::RootTask)?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(&root_task), device_tree: None };
    // Only with debug calls can a program switch the machine off, which is then tested as well.
    let until = match image {
        Image::Debug => Until::Never,
        Image::Release | Image::Benchmark => Until::Line(|line| line == ROOT_TASK_READY),
    };
    let limits = Limits { time: Some(TIME_LIMIT), until };
    console::watch(&mut machine.boot(boot), &limits, Audience::Nobody)
}

/// Lines of the root task's inventory that depend on the machine, and its last one.
fn expected(machine: &Machine) -> Vec<String> {
    let memory = match machine.memory.0 {
        size if size % 1024 == 0 => format!("{} GiB", size / 1024),
        size => format!("{size} MiB"),
    };
    let mut lines = vec![
        "machine: linux,dummy-virt".into(),
        format!("memory: {memory}"),
        format!("cores in tree: {}", machine.cores),
        format!("cores: {}", machine.cores),
        "running on: 0".into(),
        ROOT_TASK_READY.into(),
    ];
    if let Some(beyond @ 1..) = machine.memory.0.checked_sub(OBJECT_MEMORY) {
        lines.push(format!("kernel: {beyond} MiB of RAM beyond 64 GiB are not used"));
    }
    lines
}

fn judge(ended: &Ended, expected: &[String]) -> Outcome {
    let has = |text: &String| ended.console.lines().any(|line| squeezed(line) == *text);
    let missing: Vec<&String> = expected.iter().filter(|text| !has(text)).collect();
    let in_time = !matches!(ended.reason, Reason::TimeLimit(_));
    if missing.is_empty() && in_time {
        return Outcome::passed("as expected");
    }
    let remark = format!("{}; missing on the console: {missing:?}", ended.reason);
    Outcome::failed(remark, &ended.console)
}

/// A line with single spaces, since tables are padded.
fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_matrix_is_booted() {
        let has = |chosen: &dyn Fn(&Row) -> bool| MACHINES.iter().any(chosen);
        for gic in [Gic::V2, Gic::V3] {
            for cpu in ["cortex-a53", "cortex-a57", "cortex-a72", "max"] {
                assert!(has(&|row| row.1 == gic && row.2 == cpu), "{gic:?} {cpu}");
            }
            for cores in [1, 2, 4, 8] {
                assert!(has(&|row| row.1 == gic && row.3 == cores), "{gic:?} {cores} cores");
            }
            assert!(has(&|row| row.1 == gic && row.5), "{gic:?} at EL2");
        }
        for memory in [128, 1024, 8192] {
            assert!(has(&|row| row.4 == memory), "{memory} MiB");
        }
        assert!(has(&|row| row.4 > OBJECT_MEMORY), "more than 64 GiB");
    }

    #[test]
    fn a_console_is_judged_by_its_lines() {
        let reason = Reason::Seen(ROOT_TASK_READY.into());
        let console = format!(
            "machine:  linux,dummy-virt\r\nmemory: 1 GiB\r\ncores in tree: 4\r\n\
             cores:    4\r\nrunning on: 0\r\n{ROOT_TASK_READY}"
        );
        let ended = Ended { reason, console, awaits: None };
        let machine = Machine { cores: 4, ..Machine::default() };
        assert_eq!(judge(&ended, &expected(&machine)).failed, 0);
        let console = ended.console.clone();
        let late = Ended { reason: Reason::TimeLimit(TIME_LIMIT), console, awaits: None };
        assert_eq!(judge(&late, &expected(&machine)).failed, 1);
        let other = Machine { cores: 2, ..Machine::default() };
        let outcome = judge(&ended, &expected(&other));
        assert_eq!(outcome.failed, 1);
        assert!(outcome.remark.contains("cores: 2"), "{}", outcome.remark);
    }
}
