//! Any system that upstream capDL can describe, made of numbers.

use std::collections::HashSet;

use layout::cap::{Cap, Derivation, Entry, Place};
use layout::memory::{BootPart, Content, Fill, Frame, FrameSize, PageTable, Position, Source};
use layout::object::{AsidPool, CNode, CoreSignal, Irq, Kind, Object, Trigger, Untyped};
use layout::span::Spanned;
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Rights, Span, Turn, TurnLength, VmAttributes};

/// Numbers that decide; 0 when they are used up.
struct Choices<'w>(std::slice::Iter<'w, u64>);

impl Choices<'_> {
    fn word(&mut self) -> u64 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.word() % end.max(1)
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// The system that these numbers describe.
pub(super) fn model(words: &[u64]) -> Model {
    let choices = &mut Choices(words.iter());
    let mut model = Model::named("random");
    for index in 0..choices.below(12) {
        add_objects(&mut model, choices, index);
    }
    for index in 0..model.objects.len() {
        fill_slots(&mut model, choices, index);
        put_inside(&mut model, choices, index);
    }
    give_cores(&mut model, choices);
    derive(&mut model, choices);
    for _ in 0..choices.below(3) {
        let length = if choices.flip() {
            TurnLength::Ticks(choices.word())
        } else {
            TurnLength::Microseconds(choices.word())
        };
        let turn = Turn { domain: choices.below(16), length, span: Span::NOWHERE };
        model.schedule.turns.push(turn);
    }
    if !model.schedule.turns.is_empty() {
        model.schedule.start = choices.flip().then(|| choices.below(9));
        model.schedule.shift = choices.below(9);
    }
    model
}

/// One object, or an array of them.
fn add_objects(model: &mut Model, choices: &mut Choices<'_>, index: u64) {
    let kind = kind(model, choices);
    let name = format!("{}{index}", ["a", "b-c", "d.e", "f_@"][choices.below(4) as usize]);
    if choices.below(3) > 0 {
        model.add(Object::new(name, kind, Span::NOWHERE));
        return;
    }
    for element in 0..=choices.below(5) {
        model.add(Object::new(format!("{name}[{element}]"), kind.clone(), Span::NOWHERE));
    }
}

fn kind(model: &mut Model, choices: &mut Choices<'_>) -> Kind {
    let optional = |choices: &mut Choices<'_>| choices.flip().then(|| choices.word());
    match choices.below(13) {
        0 => Kind::Untyped(Untyped { bits: 4 + choices.below(44), address: optional(choices) }),
        1 => Kind::Endpoint,
        2 => Kind::Notification,
        3 => Kind::Reply,
        4 | 5 => Kind::CNode(CNode { bits: choices.below(70), slots: Vec::new() }),
        6 => Kind::Thread(Box::new(thread(choices))),
        7 => Kind::SchedContext(context(choices)),
        8 => Kind::Frame(frame(model, choices)),
        9 => Kind::PageTable(PageTable { level: choices.below(4) as u8, slots: Vec::new() }),
        10 => Kind::AsidPool(AsidPool { high: optional(choices), slots: Vec::new() }),
        11 => {
            let trigger = if choices.flip() { Trigger::Edge } else { Trigger::Level };
            let (number, core) = (optional(choices), choices.word());
            Kind::Irq(Irq { number, trigger, core, notification: None })
        }
        _ => Kind::CoreSignal(CoreSignal { number: choices.word(), core: choices.word() }),
    }
}

fn thread(choices: &mut Choices<'_>) -> Thread {
    let mut thread = Thread {
        buffer_address: choices.word(),
        arguments: (0..choices.below(4)).map(|_| choices.word()).collect(),
        domain: choices.below(3),
        is_without_float: choices.flip(),
        resumed: choices.flip(),
        ..Thread::default()
    };
    if choices.flip() {
        thread.entry = Some(Spanned { value: choices.word(), span: Span::NOWHERE });
        thread.stack = choices.word();
        thread.priority = choices.word();
        thread.max_priority = choices.word();
    }
    thread
}

fn context(choices: &mut Choices<'_>) -> SchedContext {
    let budget = choices.flip().then(|| Spanned { value: choices.word(), span: Span::NOWHERE });
    SchedContext {
        bits: choices.below(70),
        budget,
        period: choices.word(),
        core: 0,
        extra_refills: 0,
        is_sporadic: false,
        data: choices.word(),
    }
}

fn frame(model: &mut Model, choices: &mut Choices<'_>) -> Frame {
    let size = FrameSize::ALL[choices.below(3) as usize];
    let address = choices.flip().then(|| choices.word());
    let position = address.map_or(Position::Anywhere, Position::At);
    let fills = (0..choices.below(3)).map(|_| fill(model, choices)).collect();
    Frame { size, position, fills }
}

fn fill(model: &mut Model, choices: &mut Choices<'_>) -> Fill {
    let offset = choices.word();
    let source = match choices.below(3) {
        0 => Source::BootInfo { part: BootPart::BootInfo, offset },
        1 => Source::BootInfo { part: BootPart::DeviceTree, offset },
        _ => {
            // The first frame that names a file is the first place of its name.
            let number = choices.below(1 + model.contents.len() as u64) as usize;
            if number == model.contents.len() {
                let name = format!("dir/file {number}.elf");
                model.add_content(Content { name, bytes: None, span: Span::NOWHERE });
            }
            Source::File { content: layout::memory::ContentId(number as u32), offset }
        }
    };
    Fill { at: choices.word(), length: choices.word(), source, span: Span::NOWHERE }
}

fn fill_slots(model: &mut Model, choices: &mut Choices<'_>, index: usize) {
    let count = choices.below(5);
    let caps: Vec<Cap> = (0..count).map(|_| cap(model, choices)).collect();
    let entries = |caps: Vec<Cap>, choices: &mut Choices<'_>| -> Vec<Entry> {
        let entry = |cap| Entry { slot: choices.word() >> 1, cap, span: Span::NOWHERE };
        caps.into_iter().map(entry).collect()
    };
    match &mut model.objects[index].kind {
        Kind::CNode(node) => node.slots = entries(caps, choices),
        Kind::PageTable(table) => table.slots = entries(caps, choices),
        Kind::AsidPool(pool) => pool.slots = entries(caps, choices),
        Kind::Irq(irq) => irq.notification = caps.into_iter().next(),
        Kind::Thread(thread) => {
            let roles = Role::ALL.into_iter().zip(caps).map(|(role, cap)| {
                let cap = match (role, cap) {
                    // Upstream's loaders drop this badge.
                    (Role::TimeoutHandler, Cap::Endpoint { object, rights, .. }) => {
                        Cap::Endpoint { object, rights, badge: None }
                    }
                    (_, cap) => cap,
                };
                RoleEntry { role, cap, span: Span::NOWHERE }
            });
            thread.roles = roles.collect();
        }
        _ => {}
    }
}

fn cap(model: &Model, choices: &mut Choices<'_>) -> Cap {
    let badge = choices.flip().then(|| choices.word()).filter(|badge| *badge != 0);
    match choices.below(12) {
        0 => return Cap::IrqControl,
        1 => return Cap::AsidControl,
        2 => return Cap::SchedControl { core: choices.word() },
        3 => return Cap::DomainControl,
        4 => return Cap::SecureMonitor { badge },
        _ => {}
    }
    let object = ObjectId(choices.below(model.objects.len() as u64) as u32);
    let rights = Rights::from_word(choices.word());
    match &model[object].kind {
        Kind::Untyped(_) => Cap::Untyped(object),
        Kind::Endpoint => Cap::Endpoint { object, rights, badge },
        Kind::Notification => Cap::Notification { object, rights, badge },
        Kind::Reply => Cap::Reply { object, rights: Rights::ALL },
        Kind::CNode(_) => {
            Cap::CNode { object, guard: choices.word(), guard_bits: Some(choices.word()) }
        }
        Kind::Thread(_) => Cap::Thread(object),
        Kind::SchedContext(_) => Cap::SchedContext(object),
        Kind::Frame(_) => {
            let attributes = VmAttributes::from_word(choices.word());
            Cap::Frame { object, rights: rights.and(Rights::READ_WRITE), attributes }
        }
        Kind::PageTable(_) => Cap::PageTable(object),
        Kind::AsidPool(_) => Cap::AsidPool(object),
        Kind::Irq(_) => Cap::Irq(object),
        Kind::CoreSignal(_) => Cap::CoreSignal(object),
    }
}

/// Into untyped memory with a lower number, so that nothing lies in itself.
fn put_inside(model: &mut Model, choices: &mut Choices<'_>, index: usize) {
    let memory = choices.below(2 * index as u64 + 1) as usize;
    if memory < index && matches!(model.objects[memory].kind, Kind::Untyped(_)) {
        model.objects[index].inside = Some(ObjectId(memory as u32));
    }
}

/// Cores that the threads of a context tell.
fn give_cores(model: &mut Model, choices: &mut Choices<'_>) {
    for index in 0..model.objects.len() {
        let Kind::Thread(thread) = &model.objects[index].kind else { continue };
        let cap = thread.role(Role::SchedContext).map(|entry| entry.cap);
        if let Some(Cap::SchedContext(context)) = cap
            && let Kind::SchedContext(context) = &mut model[context].kind
        {
            context.core = choices.below(8);
        }
    }
}

/// Derivations between slots, each child with one parent.
fn derive(model: &mut Model, choices: &mut Choices<'_>) {
    let nodes = model.objects().filter(|(_, object)| matches!(object.kind, Kind::CNode(_)));
    let nodes: Vec<ObjectId> = nodes.map(|(id, _)| id).collect();
    let mut children = HashSet::new();
    for _ in 0..choices.below(4) {
        let mut place = || {
            let node = nodes.get(choices.below(nodes.len() as u64) as usize)?;
            Some(Place { node: *node, slot: choices.below(9) })
        };
        let (Some(child), Some(parent)) = (place(), place()) else { return };
        if children.insert(child) {
            model.derivations.push(Derivation { child, parent, span: Span::NOWHERE });
        }
    }
}
