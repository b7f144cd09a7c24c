//! What each part of the language means.

use layout::cap::{Cap, Place};
use layout::memory::{BootPart, FrameSize, Position, Source};
use layout::object::{Kind, Trigger};
use layout::thread::Role;
use layout::{Rights, TurnLength, VmAttributes};

use super::{complaint, find, good, id, kind, told};

/// A small system with one of nearly everything.
const SYSTEM: &str = r#"
objects {
  t = tcb (addr: 0x203000, ip: 0x200000, sp: 0x202000, prio: 120, max_prio: 121, affinity: 1,
           resume: True, init: [1, 0x2], fpu_disabled: True, dom: 3)
  s = sc (period: 10000, budget: 2000, data: 7, 8 bits)
  c = cnode (4 bits)  e = ep  n = notification  r = rtreply
  pg = pgd pu = pud p2 = pd p3 = pt
  code = frame (4k, fill: [{0 4096 CDL_FrameFill_FileData "srv.elf" 65536},
                           {16 8 CDL_FrameFill_BootInfo CDL_FrameFill_BootInfo_FDT 4}])
  ipc = frame (4k)  uart = frame (4k, paddr: 0x9000000)  big = frame (2M) huge = frame (1024M)
  i = arm_irq (trigger: edge, target: 1)  sgi = arm_sgi_signal (irq: 5, target: 2)
  pool = ut (16 bits, paddr: 0x60000000) { scratch }  scratch = frame (4k)
  fw = smc  asids = asid_pool (asid_high: 0x1) }
caps {
  pg { 0: pu } pu { 0: p2 } p2 { 1: p3 2: big (W) }
  p3 { 0: code (RX) 3: ipc (RW) 8: uart (RW, uncached) }
  i { 0: n (badge: 1) }
  c { 1: own = e (RWP)  2: <own> (masked: W) - child_of own  3: r  4: i
      5: sched_control (core: 1); 6: irq_control 7: asid_control 8: domain 9: fw (badge: 4)
      10: sgi 11: c (guard: 1, guard_size: 60) 12: asids 13: t 14: s 15: pool }
  asids { 1: pg }
  t { cspace: c (guard_size: 60) vspace: pg ipc_buffer_slot: ipc (RW) sc_slot: s
      bound_notification: n fault_ep_slot: e (badge: 9, RWGP) temp_fault_ep_slot: e (W) } }
irq maps { 33: i }
domains { schedule: [(0, 10), (1, 20 ticks), (2, 5 us),] index_shift: 1 domain_set_start: 2 }
"#;

#[test]
fn a_system_is_read_completely() {
    let model = good(SYSTEM);
    let Kind::Thread(thread) = kind(&model, "t") else { panic!("no thread") };
    assert_eq!(thread.entry.map(|entry| entry.value), Some(0x20_0000));
    assert_eq!((thread.stack, thread.buffer_address), (0x20_2000, 0x20_3000));
    assert_eq!((thread.priority, thread.max_priority, thread.domain), (120, 121, 3));
    assert_eq!(thread.arguments, [1, 2]);
    assert!(thread.resumed && thread.is_without_float);
    let roles: Vec<Role> = thread.roles.iter().map(|entry| entry.role).collect();
    let all = [
        Role::CSpace,
        Role::VSpace,
        Role::Buffer,
        Role::SchedContext,
        Role::Notification,
        Role::FaultHandler,
        Role::TimeoutHandler,
    ];
    assert_eq!(roles, all);
    let Kind::SchedContext(context) = kind(&model, "s") else { panic!("no context") };
    assert_eq!(context.budget.map(|budget| budget.value), Some(2000));
    assert_eq!((context.period, context.data, context.bits), (10_000, 7, 8));
    assert_eq!(context.core, 1, "the affinity of its thread");
}

#[test]
fn memory_is_read_completely() {
    let model = good(SYSTEM);
    let Kind::Frame(code) = kind(&model, "code") else { panic!("no frame") };
    assert_eq!(model.contents[0].name, "srv.elf");
    assert!(matches!(code.fills[0].source, Source::File { offset: 65_536, .. }));
    let boot = Source::BootInfo { part: BootPart::DeviceTree, offset: 4 };
    assert_eq!((code.fills[1].at, code.fills[1].length, &code.fills[1].source), (16, 8, &boot));
    let sizes = [("ipc", FrameSize::Small), ("big", FrameSize::Large), ("huge", FrameSize::Huge)];
    for (name, size) in sizes {
        assert!(matches!(kind(&model, name), Kind::Frame(frame) if frame.size == size), "{name}");
    }
    let Kind::Frame(uart) = kind(&model, "uart") else { panic!("no frame") };
    assert_eq!(uart.position, Position::At(0x900_0000));
    assert_eq!(find(&model, "scratch").1.inside, Some(id(&model, "pool")));
    let Kind::PageTable(table) = kind(&model, "p3") else { panic!("no table") };
    assert_eq!(table.level, 3);
    let code_cap = Cap::Frame {
        object: id(&model, "code"),
        rights: Rights::READ,
        attributes: VmAttributes { cacheable: true, execute_never: false },
    };
    assert_eq!((table.slots[0].slot, table.slots[0].cap), (0, code_cap));
    let uart_cap = Cap::Frame {
        object: id(&model, "uart"),
        rights: Rights::READ_WRITE,
        attributes: VmAttributes { cacheable: false, execute_never: true },
    };
    assert_eq!((table.slots[2].slot, table.slots[2].cap), (8, uart_cap));
}

#[test]
fn capabilities_are_read_completely() {
    let model = good(SYSTEM);
    let Kind::CNode(node) = kind(&model, "c") else { panic!("no node") };
    let object = id(&model, "e");
    let own = Rights::READ_WRITE.or(Rights::GRANT_REPLY);
    let expected = [
        Cap::Endpoint { object, rights: own, badge: None },
        Cap::Endpoint { object, rights: Rights::WRITE, badge: None },
        Cap::Reply { object: id(&model, "r"), rights: Rights::ALL },
        Cap::Irq(id(&model, "i")),
        Cap::SchedControl { core: 1 },
        Cap::IrqControl,
        Cap::AsidControl,
        Cap::DomainControl,
        Cap::SecureMonitor { badge: Some(4) },
        Cap::CoreSignal(id(&model, "sgi")),
        Cap::CNode { object: id(&model, "c"), guard: 1, guard_bits: Some(60) },
        Cap::AsidPool(id(&model, "asids")),
        Cap::Thread(id(&model, "t")),
        Cap::SchedContext(id(&model, "s")),
        Cap::Untyped(id(&model, "pool")),
    ];
    let caps: Vec<Cap> = node.slots.iter().map(|entry| entry.cap).collect();
    assert_eq!(caps, expected);
    let node = id(&model, "c");
    let derivation = model.derivations[0];
    assert_eq!(derivation.child, Place { node, slot: 2 });
    assert_eq!(derivation.parent, Place { node, slot: 1 });
}

#[test]
fn interrupts_and_domains_are_read_completely() {
    let model = good(SYSTEM);
    let Kind::Irq(irq) = kind(&model, "i") else { panic!("no interrupt") };
    assert_eq!((irq.number, irq.trigger, irq.core), (Some(33), Trigger::Edge, 1));
    let object = id(&model, "n");
    let cap = Cap::Notification { object, rights: Rights::NONE, badge: Some(1) };
    assert_eq!(irq.notification, Some(cap));
    let turns: Vec<_> =
        model.schedule.turns.iter().map(|turn| (turn.domain, turn.length)).collect();
    let us = TurnLength::Microseconds(5);
    assert_eq!(turns, [(0, TurnLength::Ticks(10)), (1, TurnLength::Ticks(20)), (2, us)]);
    assert_eq!((model.schedule.start, model.schedule.shift), (Some(2), 1));
}

#[test]
fn arrays_fill_consecutive_slots() {
    let model = good(
        "objects { f[8] = frame (4k) c = cnode (8 bits) }\n\
         caps { c { 0x10: all[] = f[] 0x20: f[2..] f[..3] 0x40: f[5..1] f[0,2,6..7]\n\
                    0x60: <all[1..2]> (masked: R) } }",
    );
    let first = id(&model, "f[0]").0;
    let Kind::CNode(node) = kind(&model, "c") else { panic!("no node") };
    let slots: Vec<(u64, u32)> = node
        .slots
        .iter()
        .filter_map(|entry| Some((entry.slot, entry.cap.object()?.0 - first)))
        .collect();
    let run = |slot: u64, indexes: &[u32]| -> Vec<(u64, u32)> {
        (slot..).zip(indexes.iter().copied()).collect()
    };
    let expected = [
        run(0x10, &[0, 1, 2, 3, 4, 5, 6, 7]),
        run(0x20, &[2, 3, 4, 5, 6, 7, 0, 1, 2, 3]),
        run(0x40, &[5, 4, 3, 2, 1, 0, 2, 6, 7]),
        run(0x60, &[1, 2]),
    ];
    assert_eq!(slots, expected.concat());
}

#[test]
fn names_with_slashes_make_memory_as_large_as_needed() {
    let model = good(
        "objects { a/b/t = tcb  a/c = cnode (10 bits)\n\
         small[3] = ut (12 bits)  small[1] = ut { x }  x = ep  small[2]/g = tcb\n\
         late/e = ep  late = ut (20 bits, paddr: 0x1000) }",
    );
    let inside = |name: &str| find(&model, name).1.inside.map(|id| model[id].name.as_str());
    assert_eq!([inside("t"), inside("b"), inside("c")], [Some("b"), Some("a"), Some("a")]);
    assert_eq!([inside("x"), inside("g")], [Some("small[1]"), Some("small[2]")]);
    let bits = |name: &str| match kind(&model, name) {
        Kind::Untyped(untyped) => untyped.bits,
        other => panic!("{other:?}"),
    };
    // A CNode of 1024 slots has 32 KiB, a thread 2 KiB.
    assert_eq!([bits("b"), bits("a"), bits("late")], [11, 16, 20]);
}

#[test]
fn copies_may_stand_before_their_originals_and_in_threads() {
    let model = good(
        "objects { c = cnode (4 bits) d = cnode (4 bits) e = ep t = tcb }\n\
         caps { c { 1: <second> (masked: W) 2: second = <first> (masked: RW) }\n\
         first = (t, fault_ep_slot) other = (d, 3)\n\
         t { fault_ep_slot: e (RWG, badge: 5) } d { 3: <first> 4: <other> (masked: G) } }",
    );
    let object = id(&model, "e");
    let cap = |rights| Cap::Endpoint { object, rights, badge: Some(5) };
    let caps = |name: &str| -> Vec<Cap> {
        kind(&model, name).slots().iter().map(|entry| entry.cap).collect()
    };
    assert_eq!(caps("c"), [cap(Rights::WRITE), cap(Rights::READ_WRITE)]);
    let all = Rights::READ_WRITE.or(Rights::GRANT);
    assert_eq!(caps("d"), [cap(all), cap(Rights::GRANT)]);
}

#[test]
fn trees_of_derivations_are_read() {
    let model = good(
        "objects { c = cnode (4 bits) e = ep }\n\
         caps { c { 1: n = e (RW) 2: e (R) 3: e (R) 4: e } }\n\
         cdt { n { (c, 2) { (c, 3); } (c, 4) } }",
    );
    let pairs: Vec<(u64, u64)> =
        model.derivations.iter().map(|d| (d.parent.slot, d.child.slot)).collect();
    assert_eq!(pairs, [(1, 2), (2, 3), (1, 4)]);
}

#[test]
fn sections_come_in_any_order_and_more_than_once() {
    let model = good(
        "caps { c { 1: e } } objects { e = ep } caps { c { 2: e } } objects { c = cnode (4 bits) }",
    );
    assert_eq!(kind(&model, "c").slots().len(), 2);
}

#[test]
fn what_upstream_takes_otherwise_is_a_warning() {
    let (model, rendered, report) = told(
        "objects { c = cnode (010 bits) u = ut (12 bits, paddr: 0x1ffffffffffffffff) i = irq }\n\
         irq_maps { 5: i }",
    );
    assert!(!report.has_errors(), "{rendered}");
    assert!(matches!(kind(&model, "c"), Kind::CNode(node) if node.bits == 10));
    assert!(matches!(kind(&model, "u"), Kind::Untyped(u) if u.address == Some(u64::MAX)));
    for text in ["this number is decimal", "more than 64 bits", "this section is named otherwise"] {
        assert!(rendered.contains(text), "{rendered}");
    }
    let rendered = complaint("objects { a[3] = irq } irq  maps { a[] }");
    assert!(rendered.contains("one space"), "{rendered}");
}
