//! What the reader makes of a specification, and what it says about a bad one.

use layout::cap::Cap;
use layout::memory::{Position, Source};
use layout::object::{Kind, Trigger};
use layout::span::FileId;
use layout::thread::Role;
use layout::{Model, ObjectId, Rights, TurnLength, VmAttributes};

use super::read;
use crate::{Report, Sources};

/// A system in the spelling of rust-sel4's types.
const SYSTEM: &str = r#"{
  "objects": [
    {"name": "pool", "object": {"Untyped": {"size_bits": 16, "paddr": 1610612736}}},
    {"name": "ep", "object": "Endpoint"},
    {"name": "bell", "object": {"Notification": null}},
    {"name": null, "object": {"CNode": {"size_bits": 4, "slots": [
      [1, {"Endpoint": {"object": 1, "badge": 0, "rights":
        {"read": true, "write": true, "grant": false, "grant_reply": true}}}],
      {"slot": 2, "cap": {"CNode": {"object": 3, "guard": 1, "guard_size": 60}}},
      [3, {"ArmIrqHandler": {"object": 8}}], [4, {"ArmSmc": {"object": 10}}],
      [5, {"DomainSet": {"object": 11}}], [6, {"Untyped": {"object": 0}}]]}}},
    {"name": "t", "object": {"Tcb": {"slots": [
      [0, {"CNode": {"object": 3, "guard": 0, "guard_size": 60}}],
      [1, {"PageTable": {"object": 6}}],
      [5, {"Endpoint": {"object": 1, "badge": 7, "rights":
        {"read": false, "write": true, "grant": false, "grant_reply": true}}}],
      [6, {"SchedContext": {"object": 9}}]],
      "extra": {"ipc_buffer_addr": 4096, "affinity": 1, "prio": 100, "max_prio": 101,
        "fpu_disabled": true, "resume": true, "domain": 2, "ip": 8192, "sp": 12288,
        "gprs": [5, 6], "master_fault_ep": null}}}},
    {"name": "page", "object": {"Frame": {"size_bits": 12, "paddr": null, "init": {"Fill":
      {"entries": [{"range": {"start": 16, "end": 32}, "content":
        {"Data": {"file": "a.elf", "file_offset": 64}}}]}}}}},
    {"name": "root", "object": {"PageTable": {"is_root": true, "level": 0, "slots": [
      [3, {"PageTable": {"object": 7}}]]}}},
    {"name": "leaf", "object": {"PageTable": {"is_root": false, "level": 3, "slots": [
      [0, {"Frame": {"object": 5, "cached": false, "executable": true, "rights":
        {"read": true, "write": false, "grant": false, "grant_reply": false}}}]]}}},
    {"name": "line", "object": {"ArmIrq": {"slots": [
      [0, {"Notification": {"object": 2, "badge": 1, "rights":
        {"read": false, "write": true, "grant": false, "grant_reply": false}}}]],
      "extra": {"trigger": 1, "target": 3}}}},
    {"name": "time", "object": {"SchedContext": {"size_bits": 8,
      "extra": {"period": 1000, "budget": 500, "badge": 9}}}},
    {"name": "fw", "object": "ArmSmc"},
    {"name": "domains", "object": "DomainSet"},
    {"name": "made", "object": "Reply"}
  ],
  "irqs": [[33, 8]],
  "asid_slots": [], "root_objects": {"start": 0, "end": 12},
  "untyped_covers": [{"parent": 0, "children": {"start": 12, "end": 13}}],
  "domain_schedule": [{"id": 0, "time": 10}], "domain_set_start": 0, "domain_idx_shift": 1
}"#;

fn told(text: &str) -> (Model, String, Report) {
    let mut sources = Sources::default();
    let file = sources.add("test.json", text.into()).unwrap_or(FileId(0));
    let (model, report) = read("test", text, file);
    let rendered = report.render(&sources);
    (model, rendered, report)
}

fn system() -> Model {
    let (model, rendered, report) = told(SYSTEM);
    assert_eq!(report.iter().count(), 0, "{rendered}");
    model
}

fn kind<'m>(model: &'m Model, name: &str) -> &'m Kind {
    let object = model.objects.iter().find(|object| object.name == name);
    &object.unwrap_or_else(|| panic!("no {name}")).kind
}

#[test]
fn threads_and_time_are_read() {
    let model = system();
    let Kind::Thread(thread) = kind(&model, "t") else { panic!("no thread") };
    assert_eq!((thread.buffer_address, thread.stack), (4096, 12288));
    assert_eq!(thread.entry.map(|entry| entry.value), Some(8192));
    assert_eq!((thread.priority, thread.max_priority, thread.domain), (100, 101, 2));
    assert_eq!(thread.arguments, [5, 6]);
    assert!(thread.is_without_float && thread.resumed);
    let handler = thread.role(Role::FaultHandler).expect("a handler").cap;
    let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
    assert_eq!(handler, Cap::Endpoint { object: ObjectId(1), rights, badge: Some(7) });
    let Kind::SchedContext(context) = kind(&model, "time") else { panic!("no context") };
    assert_eq!((context.period, context.data, context.core), (1000, 9, 1));
    assert_eq!(context.budget.map(|budget| budget.value), Some(500));
}

#[test]
fn slots_are_read() {
    let model = system();
    let caps: Vec<Cap> = kind(&model, "object_3").slots().iter().map(|entry| entry.cap).collect();
    let rights = Rights::READ_WRITE.or(Rights::GRANT_REPLY);
    let expected = [
        Cap::Endpoint { object: ObjectId(1), rights, badge: None },
        Cap::CNode { object: ObjectId(3), guard: 1, guard_bits: Some(60) },
        Cap::Irq(ObjectId(8)),
        Cap::SecureMonitor { badge: None },
        Cap::DomainControl,
        Cap::Untyped(ObjectId(0)),
    ];
    assert_eq!(caps, expected);
    let attributes = VmAttributes { cacheable: false, execute_never: false };
    let page = Cap::Frame { object: ObjectId(5), rights: Rights::READ, attributes };
    assert_eq!(kind(&model, "leaf").slots()[0].cap, page);
}

#[test]
fn memory_interrupts_and_domains_are_read() {
    let model = system();
    let Kind::Frame(frame) = kind(&model, "page") else { panic!("no frame") };
    assert_eq!(frame.position, Position::Anywhere);
    assert_eq!((frame.fills[0].at, frame.fills[0].length), (16, 16));
    assert!(matches!(frame.fills[0].source, Source::File { offset: 64, .. }));
    assert_eq!(model.contents[0].name, "a.elf");
    let Kind::Irq(irq) = kind(&model, "line") else { panic!("no interrupt") };
    assert_eq!((irq.number, irq.trigger, irq.core), (Some(33), Trigger::Edge, 3));
    let made = model.objects.iter().find(|object| object.name == "made").expect("it is there");
    assert_eq!(made.inside, Some(ObjectId(0)));
    assert_eq!(model.schedule.turns[0].length, TurnLength::Microseconds(10));
    assert_eq!((model.schedule.start, model.schedule.shift), (Some(0), 1));
}

#[test]
fn older_spellings_mean_the_same() {
    let older = SYSTEM
        .replace("\"Tcb\"", "\"TCB\"")
        .replace("\"ArmIrq\"", "\"ArmIRQ\"")
        .replace("[[33, 8]]", "[{\"irq\": 33, \"handler\": 8}]")
        .replace("{\"Fill\":\n      {\"entries\"", "{\"entries\"")
        .replace("\"file_offset\": 64}}}]}}}}}", "\"file_offset\": 64}}}]}}}}");
    let (model, rendered, report) = told(&older);
    assert_eq!(report.iter().count(), 0, "{rendered}");
    let plain = crate::export::cdl::write(&model).0;
    assert_eq!(plain, crate::export::cdl::write(&system()).0);
}

#[test]
fn a_message_has_place_excerpt_and_remedy() {
    let (_, rendered, _) = told("{\"objects\": [\n  {\"nmae\": \"a\", \"object\": \"Reply\"}\n]}");
    let expected = "error[L001]: `nmae` is not known here
 --> test.json:2:4
  |
2 |   {\"nmae\": \"a\", \"object\": \"Reply\"}
  |    ^^^^^^
help: did you mean `name`?

1 error, 0 warnings
";
    assert_eq!(rendered, expected);
}

#[test]
fn what_is_wrong_is_told() {
    let object =
        |object: &str| format!("{{\"objects\": [{{\"name\": \"a\", \"object\": {object}}}]}}");
    for (text, message) in [
        ("".into(), "here has to be a value"),
        ("{\"objects\": [],}".into(), "here has to be a name in quotes"),
        ("{\"objects\": [1]} x".into(), "something stands behind the end"),
        ("{\"objects\": \"a".into(), "this text does not end"),
        ("[]".into(), "a specification is an object, not a list"),
        ("{}".into(), "`objects` is missing"),
        (object("\"VCpu\""), "`vcpu` needs a kernel at EL2"),
        (object("\"IOPorts\""), "`ioports` is an object of PCs"),
        (object("\"Thing\""), "`thing` is not known"),
        (object("{\"CNode\": {\"slots\": []}}"), "`size_bits` is missing"),
        (object("{\"CNode\": {\"size_bits\": -1, \"slots\": []}}"), "a whole number of 64 bits"),
        (object("{\"Frame\": {\"size_bits\": 13}}"), "no frame has 2^13 bytes"),
        (object("{\"Frame\": {\"size_bits\": 12, \"init\": {\"Embedded\": 1}}}"), "another file"),
        (object("{\"PageTable\": {\"is_root\": false, \"slots\": []}}"), "the level of this table"),
        (
            object("{\"CNode\": {\"size_bits\": 1, \"slots\": [[0, {\"Tcb\": {\"object\": 7}}]]}}"),
            "there are 1 objects, numbered from 0",
        ),
        (
            object(
                "{\"CNode\": {\"size_bits\": 1, \"slots\": [[0, {\"VCpu\": {\"object\": 0}}]]}}",
            ),
            "`vcpu` is no capability of this machine",
        ),
        ("{\"objects\": [], \"irqs\": [[1, 2]]}".into(), "there are 0 objects"),
    ] {
        let (_, rendered, report) = told(&text);
        assert!(report.has_errors(), "{text}");
        assert!(rendered.contains(message), "expected {message:?} in:\n{rendered}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let (_, rendered, _) = told(&"[".repeat(100_000));
    assert!(rendered.contains("nested too deeply"), "{rendered}");
}
