//! The gate of reviews fails for every kind of authority that a system can gain, and for nothing
//! else.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A system without what the cases add.
const LAYOUT: &str = r#"
layout = 1
name = "gate"
board = "qemu-virt-aarch64"
kernel = { cores = 2, domains = 1, counter = true }

[region]
shared = { size = "4K", cached = false }

[interrupt]
line = { intid = 40 }

[component.server]
image = "program.elf"
prio = 120
stack = "16K"
sched = { budget_us = 1000, period_us = 10000 }
map = { shared = "rw" }

[component.a]
image = "program.elf"
prio = 100
stack = "16K"
sched = { budget_us = 1000, period_us = 10000 }
restart = { on = ["fault"], max = 3 }

[[channel]]
call = { from = "a", to = "server" }
"#;

/// One thread with memory that it alone has, and an endpoint.
const CDL: &str = "
arch aarch64
objects {
    t = tcb (addr: 0x203000, ip: 0x200000, sp: 0x202000, prio: 100, max_prio: 100, affinity: 0)
    s = sc (period: 10000, budget: 1000)
    c = cnode (4 bits)
    e = ep
    pg = pgd
    pu = pud
    p2 = pd
    p3 = pt
    code = frame (4k)
    ipc = frame (4k)
}
caps {
    pg { 0: pu }
    pu { 0: p2 }
    p2 { 1: p3 }
    p3 {
        0: code (RX)
        3: ipc (RW)
    }
    c { 1: e (badge: 1, W) }
    t {
        cspace: c (guard_size: 60)
        vspace: pg
        ipc_buffer_slot: ipc (RW)
        sc_slot: s
    }
}
";

/// What a rule for restarts is in words.
const AGAIN: &str =
    "+ a can now be started again (4 times in 60000 ms, 0 ms after a fault) by the supervisor";

/// Writes a system; its path.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gate");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    std::fs::write(&file, text).expect("written");
    file
}

/// The status of the gate between two systems, and what was said.
fn gate(before: &Path, after: &Path) -> (Option<i32>, String) {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut tool = Command::new(env!("CARGO_BIN_EXE_capdl"));
    tool.arg("diff").args([before, after]).arg("--gate").arg("--search").arg(programs);
    let output = tool.output().expect("it runs");
    let [said, errors] = [output.stdout, output.stderr].map(String::from_utf8);
    (output.status.code(), said.expect("UTF-8") + &errors.expect("UTF-8"))
}

/// Looks at a system where `from` became `to`: the gate fails, with this line, and not back.
fn expect_gained(form: &str, text: &str, [from, to, line]: [&str; 3]) {
    assert!(text.contains(from), "{from}");
    let before = file(&format!("before.{form}"), text);
    let after = file(&format!("after.{form}"), &text.replacen(from, to, 1));
    assert_eq!(gate(&before, &before), (Some(0), "no difference\n".into()));
    let (status, said) = gate(&before, &after);
    assert_eq!(status, Some(1), "{to}: {said}");
    assert!(said.lines().any(|said| said == line), "{to}: {said}");
    assert!(!said.contains("Some("), "in words: {said}");
    let (_, back) = gate(&after, &before);
    assert!(back.contains(&line.replace("+ ", "- ").replace("can now", "can no longer")), "{back}");
}

#[test]
fn layouts_gain_nothing_unseen() {
    let a = "[component.a]\n";
    for case in [
        [
            "to = \"server\" }",
            "to = \"server\", grant = true }",
            "+ a can now use (send, grant, grant reply, badge 0x1) endpoint server/port",
        ],
        [
            "[component.server]\n",
            "[component.server]\nanswers_grant = true\n",
            "+ server can now use (grant) reply object server/reply",
        ],
        [a, "[component.a]\nasid_pool = true\n", "+ a can now use ASID pool a/asid_pool"],
        [a, "[component.a]\nown = [\"vspace\"]\n", "+ a can now use address space a/vspace"],
        [a, "[component.a]\ninterrupt = [\"line\"]\n", "+ a can now use interrupt 40"],
        ["cached = false", "cached = true", "+ server can now map (rw-, cached) shared"],
        ["cores = 2", "cores = 3", "+ the kernel can now use core 2"],
        ["domains = 1", "domains = 2", "+ the kernel can now use domain 1"],
        [a, "[component.a]\nmax_prio = 101\n", "+ a can now give priorities up to 101"],
        [
            "max = 3",
            "max = 3, then = \"halt\"",
            "+ a can now halt the machine by failing too often",
        ],
        ["max = 3", "max = 4", AGAIN],
    ] {
        expect_gained("layout.toml", LAYOUT, case);
    }
}

#[test]
fn systems_of_other_formats_gain_nothing_unseen() {
    for case in [
        ["code (RX)", "code (RWX)", "+ t can now map (rwx, cached) code"],
        ["code (RX)", "code (RW)", "+ t can now map (rw-, cached) code"],
        ["ipc (RW)", "ipc (RW, uncached)", "+ t can now map (rw-, uncached) ipc"],
        ["badge: 1, W", "badge: 2, W", "+ t can now use (send, badge 0x2) endpoint e"],
        ["badge: 1, W", "badge: 1, RW", "+ t can now use (send, receive, badge 0x1) endpoint e"],
        ["max_prio: 100", "max_prio: 101", "+ t can now give priorities up to 101"],
    ] {
        expect_gained("cdl", CDL, case);
    }
}

#[test]
fn less_authority_and_other_times_pass() {
    let before = file("more.layout.toml", LAYOUT);
    for (from, to) in [
        ("budget_us = 1000", "budget_us = 900"),
        ("map = { shared = \"rw\" }\n", ""),
        ("cores = 2", "cores = 1"),
        ("prio = 100", "prio = 99"),
    ] {
        assert!(LAYOUT.contains(from), "{from}");
        let after = file("less.layout.toml", &LAYOUT.replacen(from, to, 1));
        let (status, said) = gate(&before, &after);
        assert_eq!(status, Some(0), "{to}: {said}");
        assert!(said != "no difference\n", "{to}");
    }
}
