//! Systems for tests: many processes, each with what a process has.

use layout::cap::{Cap, Entry};
use layout::memory::{Content, Fill, Frame, FrameSize, PageTable, Position, Source};
use layout::object::{CNode, Kind, Object};
use layout::span::Spanned;
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Rights, Span, VmAttributes};

const NOWHERE: Span = Span::NOWHERE;
const CODE: VmAttributes = VmAttributes { cacheable: true, execute_never: false };
const DATA: VmAttributes = VmAttributes { cacheable: true, execute_never: true };

/// Objects of each process.
pub(crate) const PER_PROCESS: usize = 50;

/// `str x0, [x1]`, `b .`: a program that writes its argument into its memory, and stays.
const PROGRAM: [u32; 2] = [0xf900_0020, 0x1400_0000];

fn object(model: &mut Model, name: String, kind: Kind) -> ObjectId {
    model.add(Object::new(name, kind, NOWHERE))
}

fn entry(slot: u64, cap: Cap) -> Entry {
    Entry { slot, cap, span: NOWHERE }
}

fn frame(fills: Vec<Fill>) -> Kind {
    Kind::Frame(Frame { size: FrameSize::Small, position: Position::Anywhere, fills })
}

fn table(level: u8, slots: Vec<Entry>) -> Kind {
    Kind::PageTable(PageTable { level, slots })
}

/// So many processes; each calls the next one's endpoint.
pub(crate) fn processes(count: usize) -> Model {
    let mut model = Model::named("processes");
    let bytes = PROGRAM.iter().flat_map(|word| word.to_le_bytes()).collect();
    let content = Content { name: "program".into(), bytes: Some(bytes), span: NOWHERE };
    let program = model.add_content(content);
    let endpoints: Vec<ObjectId> =
        (0..count).map(|i| object(&mut model, format!("{i}.ep"), Kind::Endpoint)).collect();
    for index in 0..count {
        let source = Source::File { content: program, offset: 0 };
        let fill = Fill { at: 0, length: 8, source, span: NOWHERE };
        process(&mut model, index, &endpoints, fill);
    }
    model
}

fn process(model: &mut Model, index: usize, endpoints: &[ObjectId], fill: Fill) {
    let named = |what: &str| format!("{index}.{what}");
    let code = object(model, named("code"), frame(vec![fill]));
    let data: Vec<ObjectId> =
        (0..40).map(|i| object(model, format!("{index}.data{i}"), frame(Vec::new()))).collect();
    let page = |object, rights, attributes| Cap::Frame { object, rights, attributes };
    let mut pages = vec![entry(0, page(code, Rights::READ, CODE))];
    for (slot, object) in (1..).zip(&data) {
        pages.push(entry(slot, page(*object, Rights::READ_WRITE, DATA)));
    }
    let lowest = object(model, named("t3"), table(3, pages));
    let middle = object(model, named("t2"), table(2, vec![entry(1, Cap::PageTable(lowest))]));
    let upper = object(model, named("t1"), table(1, vec![entry(0, Cap::PageTable(middle))]));
    let vspace = object(model, named("vspace"), table(0, vec![entry(0, Cap::PageTable(upper))]));
    let bell = object(model, named("bell"), Kind::Notification);
    let reply = object(model, named("reply"), Kind::Reply);
    let own = endpoints[index];
    let next = endpoints[(index + 1) % endpoints.len()];
    let badge = Some(index as u64 + 1);
    let bell = Cap::Notification { object: bell, rights: Rights::ALL, badge: Some(1) };
    let slots = vec![
        entry(1, Cap::Endpoint { object: own, rights: Rights::READ, badge: None }),
        entry(2, Cap::Endpoint { object: next, rights: Rights::ALL, badge }),
        entry(3, bell),
        entry(4, Cap::Reply { object: reply, rights: Rights::ALL }),
    ];
    let cspace = object(model, named("cspace"), Kind::CNode(CNode { bits: 6, slots }));
    let time = SchedContext {
        bits: 7,
        budget: Some(Spanned { value: 1000, span: NOWHERE }),
        period: 10_000,
        core: 0,
        extra_refills: 0,
        is_sporadic: false,
        data: 0,
    };
    let time = object(model, named("sc"), Kind::SchedContext(time));
    let role = |role, cap| RoleEntry { role, cap, span: NOWHERE };
    let roles = vec![
        role(Role::CSpace, Cap::CNode { object: cspace, guard: 0, guard_bits: None }),
        role(Role::VSpace, Cap::PageTable(vspace)),
        role(Role::Buffer, page(data[0], Rights::READ_WRITE, DATA)),
        role(Role::SchedContext, Cap::SchedContext(time)),
    ];
    let thread = Thread {
        roles,
        buffer_address: 0x20_1000,
        entry: Some(Spanned { value: 0x20_0000, span: NOWHERE }),
        stack: 0x20_8000,
        arguments: vec![index as u64, 0x20_2000],
        priority: 100,
        max_priority: 100,
        resumed: true,
        ..Thread::default()
    };
    object(model, named("tcb"), Kind::Thread(Box::new(thread)));
}
