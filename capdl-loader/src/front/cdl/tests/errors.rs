//! What is said about bad texts: each with line and column.

use super::complaint;

/// Whether all these lines are said about a text behind `arch aarch64`.
fn says(text: &str, lines: &[&str]) {
    let rendered = complaint(text);
    for line in lines {
        assert!(rendered.contains(line), "expected {line:?} in:\n{rendered}");
    }
}

#[test]
fn a_message_has_place_excerpt_and_remedy() {
    let rendered =
        complaint("objects {\n  one = ep\n  c = cnode (4 bits)\n}\ncaps { c { 1: oen } }");
    let expected = "error[L005]: there is no object `oen`
 --> test.cdl:6:15
  |
6 | caps { c { 1: oen } }
  |               ^^^
help: did you mean `one`?

1 error, 0 warnings
";
    assert_eq!(rendered, expected);
}

#[test]
fn all_errors_are_told_and_reading_goes_on_at_the_next_statement() {
    let text = "objects {\n  a = ep (\n  b = frame (3k)\n  c = = ep\n  d = ep\n}\n\
                caps {\n  x { 1: d }\n  d { 1: d }\n  y\n}\nnonsense { }\ncaps { z { 1: a } }";
    says(
        text,
        &[
            "test.cdl:4:5",
            "no frame has the size `3k`",
            "test.cdl:5:7",
            "there is no object `x`",
            "`d` has no slots: endpoint",
            "expected `{`, found `}`",
            "expected a section",
            "there is no object `z`",
        ],
    );
}

#[test]
fn other_machines_are_refused_by_name() {
    let text = "objects { a = pml4 b = io_ports (1k ports) c = vcpu d = cnode (4 bits) \
                e = contextbank (bank: 3) t = tcb }\n\
                caps { d { 1: a 2: b 3: c 4: io_space_master 5: t (reply) } t { bound_vcpu: c \
                reply_slot: d } }";
    says(
        text,
        &[
            "`pml4` is an object of PCs",
            "`io_ports` is an object of PCs",
            "`vcpu` needs a kernel at EL2",
            "`contextbank` needs a kernel that drives an IOMMU",
            "`io_space_master` is a capability of other machines",
            "a reply capability of a kernel without MCS",
            "no `reply_slot`",
        ],
    );
    let other = super::read("x", "arch arm11 objects { a = ep }", layout::span::FileId(0));
    assert!(other.1.has_errors());
}

#[test]
fn parameters_are_checked() {
    for (text, message) in [
        ("a = cnode", "`cnode` lacks a parameter"),
        ("a = ep (4 bits)", "`ep` has no size in `bits`"),
        ("a = ep (colour: 4)", "`ep` takes no such `colour`"),
        ("a = tcb (addr: 1, ip: 2)", "lacks affinity, sp, prio, max_prio"),
        ("a = tcb (resume: Maybe)", "`resume` is `True` or `False`"),
        ("a = arm_irq (trigger: sometimes)", "a trigger is `level` or `edge`"),
        ("a = frame (4k, fill: [{0 1 CDL_Nothing \"x\" 0}])", "filled from `CDL_Nothing`"),
        ("a = frame (4k, fill: [{0 1 CDL_FrameFill_BootInfo VBE 0}])", "says no `VBE` at boot"),
        ("a = frame (4k, 2M)", "`frame` has no size in `M`"),
        ("a = thing", "there is no kind of object `thing`"),
        ("a = ep a = ep", "there are two objects `a`"),
        ("a[1..2] = ep", "one number in brackets"),
        ("a = ep { b = ep }", "`ep` covers nothing"),
        ("a = ut { b } b = ut { a }", "lies in itself"),
        ("a = ut { c } b = ut { c } c = ep", "`c` lies in `a` and in `b`"),
        ("a = ut (4 bits) a = ut (5 bits)", "says otherwise"),
        ("a/b = ep a = ep", "`a` is no untyped memory"),
    ] {
        says(&format!("objects {{ {text} }}"), &[message]);
    }
}

#[test]
fn slots_are_checked() {
    let objects = "objects { e = ep f[4] = frame (4k) c = cnode (4 bits) t = tcb i = irq }";
    for (text, message) in [
        ("c { 1: f }", "`f` is an array"),
        ("c { 1: e[0] }", "`e` is no array"),
        ("c { 1: f[4] }", "`f` has 4 elements"),
        ("c { cspace: e }", "`c` has no slot `cspace`"),
        ("t { 17: e }", "a thread has no such slot"),
        ("t { nothing: e }", "`t` has no slot `nothing`"),
        ("i { 0: e 1: e }", "an interrupt has one slot"),
        ("c { 1: e (RQ) }", "a capability has no such parameter"),
        ("c { 0xffffffffffffffff: f[] }", "these slots do not exist"),
        ("c { 1: <n> }", "there is no capability `n`"),
        ("c { 1: n = <m> 2: m = <n> }", "copies of each other"),
        ("n = (c, 5) c { 1: <n> }", "`n` names an empty slot"),
        ("c { 1: n = e 2: n = e }", "there are two capabilities `n`"),
        ("c { 1: n[] = f[] } c { 9: <n> }", "`n` names 4 capabilities"),
        ("c { 1: e - child_of nobody }", "no one capability `nobody`"),
        ("c { 1: e - child_of (c, 2) } } cdt { (c, 3) { (c, 1) }", "has two parents"),
        ("} irq maps { 3: e", "`e` is no interrupt"),
        ("} irq maps { 3: i 4: i", "`i` has a number already"),
        ("} domains { schedule: [(0, 1 year)]", "there is no such unit"),
        ("} domains { order: 3", "domains have no `order`"),
    ] {
        says(&format!("{objects} caps {{ {text} }}"), &[message]);
    }
}

#[test]
fn what_does_not_end_is_told_where_it_begins() {
    says("objects { a = ep /* b", &["this comment does not end", "this section does not end"]);
    says("objects {\n  a = ep\ncaps { c { } }", &["expected `}` before the next section"]);
    says("objects { // a comment\n }", &["a comment begins with `--`"]);
    says("objects { a = ep \u{20ac}\u{20ac} }", &["found `\u{20ac}\u{20ac}`"]);
}
