//! Systems of any size, in the proportions of real ones, to measure with.

use layout::cap::{Cap, Entry};
use layout::memory::{Content, ContentId, Fill, Frame, FrameSize, PageTable, Position, Source};
use layout::names::Component;
use layout::object::{CNode, Kind, Object};
use layout::span::Spanned;
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Rights, Span, VmAttributes};

/// Objects of a component: ten that make it run, and frames.
pub const OBJECTS: usize = 50;
/// Frames with a program, a stack, an IPC buffer, data.
const FRAMES: usize = 40;
/// Frames of the stack.
const STACK: usize = 4;
/// Where a program begins: the first page of a table of its own.
const START: u64 = 0x20_0000;
/// Bytes of a page.
const PAGE: u64 = 4096;
/// The last entry of a table.
const LAST: u64 = 511;
/// Components that call each other in a chain.
const CHAIN: usize = 100;

/// `b .`: the program of all components (Arm ARM C6.2, B).
const PROGRAM: [u8; 4] = 0x1400_0000_u32.to_le_bytes();

/// Which frames of a generated system have contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filled {
    /// The page of each program: an image says of the others only that they are zero.
    Programs,
    /// Every other frame.
    Half,
}

/// A system of about so many objects: components with a thread, its time, a CSpace, an address
/// space of four tables, an endpoint, a notification, a reply object and forty frames, half of
/// which are filled. Each component calls the one before it.
///
/// ```
/// let model = capdl::generate::system(1000);
/// assert_eq!(model.objects.len(), 1000);
/// assert_eq!(model.components.len(), 20);
/// ```
#[must_use]
pub fn system(objects: usize) -> Model {
    filled(objects, Filled::Half)
}

/// The same [`system`] with contents in some of its frames.
///
/// ```
/// use capdl::generate::{Filled, filled, system};
///
/// assert!(filled(50, Filled::Half) == system(50));
/// assert!(filled(50, Filled::Programs) != system(50));
/// ```
#[must_use]
pub fn filled(objects: usize, filled: Filled) -> Model {
    let mut model = Model::named(format!("generated-{objects}"));
    let bytes = PROGRAM.iter().copied().cycle().take(PAGE as usize).collect();
    let content = Content { name: "program.bin".into(), bytes: Some(bytes), span: Span::NOWHERE };
    let content = model.add_content(content);
    for number in 0..objects.div_ceil(OBJECTS).max(1) {
        component(&mut model, number, content, filled);
    }
    model
}

/// A layout in our own format that says the like: components of some fifty objects each, most of
/// them frames of heaps; each calls the one before it.
///
/// ```
/// let text = capdl::generate::text(2);
/// assert!(text.contains("call = { from = \"c1\", to = \"c0\" }"));
/// ```
#[must_use]
pub fn text(components: usize) -> String {
    let mut text = "layout = 1\nboard = \"qemu-virt-aarch64-4g\"\n".to_owned();
    for number in 0..components {
        text += &format!(
            "\n[component.c{number}]\nimage = \"program.elf\"\nheap = \"128K\"\nprio = 100\n\
             sched = {{ budget_us = 1, period_us = 1000000 }}\n"
        );
    }
    for number in 1..components {
        let before = number - 1;
        text += &format!("\n[[channel]]\ncall = {{ from = \"c{number}\", to = \"c{before}\" }}\n");
    }
    text
}

/// The objects that make a component run; always at the same distance from the first.
struct Parts {
    thread: ObjectId,
    context: ObjectId,
    cspace: ObjectId,
    vspace: ObjectId,
    endpoint: ObjectId,
    notification: ObjectId,
    reply: ObjectId,
    frames: ObjectId,
    tables: [ObjectId; 3],
}

impl Parts {
    fn of(number: usize) -> Self {
        let first = number * OBJECTS;
        let part = |offset: usize| ObjectId((first + offset) as u32);
        Self {
            thread: part(0),
            context: part(1),
            cspace: part(2),
            vspace: part(3),
            tables: [part(4), part(5), part(6)],
            endpoint: part(7),
            notification: part(8),
            reply: part(9),
            frames: part(10),
        }
    }
}

fn component(model: &mut Model, number: usize, content: ContentId, filled: Filled) {
    let parts = Parts::of(number);
    let owner = model.add_component(Component {
        name: format!("c{number}"),
        span: Span::NOWHERE,
        image: "program.bin".into(),
        thread: Some(parts.thread),
        cspace: Some(parts.cspace),
        vspace: Some(parts.vspace),
        manages: Vec::new(),
        restart: None,
        slot_names: Vec::new(),
        mappings: Vec::new(),
        waivers: Vec::new(),
    });
    let mut add = |name: String, kind: Kind| {
        let object = Object::new(name, kind, Span::NOWHERE);
        model.add(Object { owner: Some(owner), ..object });
    };
    let name = |part: &str| format!("c{number}.{part}");
    add(name("thread"), Kind::Thread(Box::new(thread(number, &parts))));
    add(name("time"), Kind::SchedContext(time()));
    add(name("cspace"), Kind::CNode(CNode { bits: 6, slots: cspace(number, &parts) }));
    let [upper, middle, lower] = parts.tables;
    add(name("vspace"), table(0, vec![entry(0, Cap::PageTable(upper))]));
    add(name("upper"), table(1, vec![entry(0, Cap::PageTable(middle))]));
    add(name("middle"), table(2, vec![entry(START >> 21, Cap::PageTable(lower))]));
    add(name("lower"), table(3, pages(&parts)));
    add(name("endpoint"), Kind::Endpoint);
    add(name("bell"), Kind::Notification);
    add(name("reply"), Kind::Reply);
    for index in 0..FRAMES {
        add(format!("c{number}.page{index}"), Kind::Frame(frame(index, content, filled)));
    }
}

fn thread(number: usize, parts: &Parts) -> Thread {
    let role = |role, cap| RoleEntry { role, cap, span: Span::NOWHERE };
    let mut roles = vec![
        role(Role::CSpace, Cap::CNode { object: parts.cspace, guard: 0, guard_bits: Some(58) }),
        role(Role::VSpace, Cap::PageTable(parts.vspace)),
        role(Role::Buffer, page(parts, STACK + 1, Rights::READ_WRITE, false)),
        role(Role::SchedContext, Cap::SchedContext(parts.context)),
        role(
            Role::Notification,
            Cap::Notification { object: parts.notification, rights: Rights::READ, badge: None },
        ),
    ];
    if number > 0 {
        // The first component hears about the faults of all others.
        roles.push(role(
            Role::FaultHandler,
            Cap::Endpoint {
                object: Parts::of(0).endpoint,
                rights: Rights::WRITE.or(Rights::GRANT_REPLY),
                badge: Some(number as u64),
            },
        ));
    }
    let priority = 200 - (number % CHAIN) as u64;
    Thread {
        roles,
        buffer_address: START + LAST * PAGE,
        entry: Some(Spanned { value: START, span: Span::NOWHERE }),
        stack: START + (LAST - 1) * PAGE,
        arguments: vec![number as u64, START + LAST * PAGE],
        priority,
        max_priority: priority,
        resumed: true,
        ..Thread::default()
    }
}

/// So little that thousands of components fit onto one core.
fn time() -> SchedContext {
    SchedContext {
        bits: abi::object::MIN_SCHED_CONTEXT_BITS.into(),
        budget: Some(Spanned { value: 2 * abi::time::MIN_BUDGET_US, span: Span::NOWHERE }),
        period: 1_000_000,
        core: 0,
        extra_refills: 0,
        is_sporadic: false,
        data: 0,
    }
}

fn cspace(number: usize, parts: &Parts) -> Vec<Entry> {
    let serve = Cap::Endpoint { object: parts.endpoint, rights: Rights::READ, badge: None };
    let wait = Cap::Notification { object: parts.notification, rights: Rights::READ, badge: None };
    let mut slots = vec![
        entry(1, serve),
        entry(2, Cap::Reply { object: parts.reply, rights: Rights::ALL }),
        entry(3, wait),
        entry(4, Cap::Thread(parts.thread)),
    ];
    if !number.is_multiple_of(CHAIN) {
        let server = Parts::of(number - 1);
        let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
        let badge = Some(number as u64);
        slots.push(entry(5, Cap::Endpoint { object: server.endpoint, rights, badge }));
        let object = server.notification;
        slots.push(entry(6, Cap::Notification { object, rights: Rights::WRITE, badge: Some(1) }));
    }
    slots
}

/// The program first, the IPC buffer last, the stack between pages that are left out.
fn pages(parts: &Parts) -> Vec<Entry> {
    let mut slots = vec![entry(0, page(parts, 0, Rights::READ, true))];
    let data = STACK + 2;
    for index in data..FRAMES {
        let slot = (index - data + 1) as u64;
        slots.push(entry(slot, page(parts, index, Rights::READ_WRITE, false)));
    }
    for index in 1..=STACK {
        let slot = LAST - 2 - (STACK - index) as u64;
        slots.push(entry(slot, page(parts, index, Rights::READ_WRITE, false)));
    }
    slots.push(entry(LAST, page(parts, STACK + 1, Rights::READ_WRITE, false)));
    slots
}

fn page(parts: &Parts, index: usize, rights: Rights, executable: bool) -> Cap {
    let object = ObjectId(parts.frames.0 + index as u32);
    let attributes = VmAttributes { cacheable: true, execute_never: !executable };
    Cap::Frame { object, rights, attributes }
}

/// The program is filled; with half of all frames, every other page behind the stack and the IPC
/// buffer, too.
fn frame(index: usize, content: ContentId, filled: Filled) -> Frame {
    let is_data = index > STACK + 1 && index.is_multiple_of(2) || index == FRAMES - 1;
    let is_filled = index == 0 || filled == Filled::Half && is_data;
    let source = Source::File { content, offset: 0 };
    let fill = Fill { at: 0, length: PAGE, source, span: Span::NOWHERE };
    let fills = if is_filled { vec![fill] } else { Vec::new() };
    Frame { size: FrameSize::Small, position: Position::Anywhere, fills }
}

fn table(level: u8, slots: Vec<Entry>) -> Kind {
    Kind::PageTable(PageTable { level, slots })
}

fn entry(slot: u64, cap: Cap) -> Entry {
    Entry { slot, cap, span: Span::NOWHERE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_where_they_are_expected() {
        let model = system(3 * OBJECTS);
        for number in 0..3 {
            let parts = Parts::of(number);
            assert!(matches!(model[parts.thread].kind, Kind::Thread(_)));
            assert!(matches!(model[parts.cspace].kind, Kind::CNode(_)));
            assert!(matches!(
                model[parts.tables[2]].kind,
                Kind::PageTable(PageTable { level: 3, .. })
            ));
            assert!(matches!(model[parts.reply].kind, Kind::Reply));
            assert!(matches!(model[parts.frames].kind, Kind::Frame(_)));
        }
        assert_eq!(model.objects.len(), 3 * OBJECTS);
    }

    #[test]
    fn no_slot_is_used_twice() {
        let model = system(4 * OBJECTS);
        for object in &model.objects {
            let mut slots: Vec<u64> = object.kind.slots().iter().map(|entry| entry.slot).collect();
            let all = slots.len();
            slots.sort_unstable();
            slots.dedup();
            assert_eq!(slots.len(), all, "{}", object.name);
        }
    }

    #[test]
    fn as_many_frames_are_filled_as_was_said() {
        let has_fills = |object: &&Object| match &object.kind {
            Kind::Frame(frame) => !frame.fills.is_empty(),
            _ => false,
        };
        for (share, count) in [(Filled::Half, 19), (Filled::Programs, 1)] {
            let model = filled(OBJECTS, share);
            assert_eq!(model.objects.iter().filter(has_fills).count(), count);
        }
    }
}
