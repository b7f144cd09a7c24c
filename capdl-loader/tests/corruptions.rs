//! Good systems have no error, and each kind of damage to one is found by the check for it.

use abi::Rights;
use capdl::board::Board;
use capdl::check::check;
use capdl::code::Code;
use capdl::{Report, Severity};
use layout::cap::{Cap, Derivation, Entry, Place};
use layout::memory::{Frame, FrameSize, PageTable, Position};
use layout::object::{CNode, Irq, Kind, Object, Trigger, Untyped};
use layout::span::Spanned;
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Span, VmAttributes};
use proptest::prelude::*;

const DATA: VmAttributes = VmAttributes { cacheable: true, execute_never: true };
const CODE: VmAttributes = VmAttributes { cacheable: true, execute_never: false };
const AT: Span = Span::NOWHERE;

fn board() -> Board {
    Board::find("qemu-virt-aarch64", []).expect("a good file").expect("known")
}

fn spanned(value: u64) -> Spanned<u64> {
    Spanned { value, span: AT }
}

/// Adds objects with names that nobody else has.
struct Builder(Model);

impl Builder {
    fn add(&mut self, kind: Kind) -> ObjectId {
        let name = format!("{}-{}", kind.noun().replace(' ', "-"), self.0.objects.len());
        self.0.add(Object::new(name, kind, AT))
    }

    fn frame(&mut self) -> ObjectId {
        let size = FrameSize::Small;
        self.add(Kind::Frame(Frame { size, position: Position::Anywhere, fills: Vec::new() }))
    }

    fn table(&mut self, level: u8, slots: Vec<Entry>) -> ObjectId {
        self.add(Kind::PageTable(PageTable { level, slots }))
    }

    /// A thread with an address space, a CSpace, time and an endpoint of its own.
    fn thread(&mut self, index: u64) {
        let endpoint = self.add(Kind::Endpoint);
        let [code, stack, buffer] = [self.frame(), self.frame(), self.frame()];
        let frame = |object, rights, attributes| Cap::Frame { object, rights, attributes };
        let leaf = vec![
            entry(0, frame(code, Rights::READ, CODE)),
            entry(2, frame(stack, Rights::READ_WRITE, DATA)),
            entry(4, frame(buffer, Rights::READ_WRITE, DATA)),
        ];
        let leaf = self.table(3, leaf);
        let middle = self.table(2, vec![entry(1, Cap::PageTable(leaf))]);
        let upper = self.table(1, vec![entry(0, Cap::PageTable(middle))]);
        let space = self.table(0, vec![entry(0, Cap::PageTable(upper))]);
        let cap = Cap::Endpoint { object: endpoint, rights: Rights::ALL, badge: None };
        let child = Cap::Endpoint { object: endpoint, rights: Rights::WRITE, badge: Some(index) };
        let slots = vec![entry(1, cap), entry(2, child)];
        let node = self.add(Kind::CNode(CNode { bits: 4, slots }));
        let place = |slot| Place { node, slot };
        self.0.derivations.push(Derivation { child: place(2), parent: place(1), span: AT });
        let time = self.add(Kind::SchedContext(SchedContext {
            bits: 8,
            budget: Some(spanned(1000)),
            period: 10_000,
            core: 0,
            extra_refills: 0,
            is_sporadic: false,
            data: 0,
        }));
        let role = |role, cap| RoleEntry { role, cap, span: AT };
        let roles = vec![
            role(Role::CSpace, Cap::CNode { object: node, guard: 0, guard_bits: None }),
            role(Role::VSpace, Cap::PageTable(space)),
            role(Role::Buffer, frame(buffer, Rights::READ_WRITE, DATA)),
            role(Role::SchedContext, Cap::SchedContext(time)),
        ];
        self.add(Kind::Thread(Box::new(Thread {
            roles,
            buffer_address: 0x20_4000,
            entry: Some(spanned(0x20_0000)),
            stack: 0x20_3000,
            priority: 100,
            max_priority: 100,
            resumed: true,
            ..Thread::default()
        })));
    }
}

fn entry(slot: u64, cap: Cap) -> Entry {
    Entry { slot, cap, span: AT }
}

/// A good system of some threads.
fn good(threads: u64) -> Model {
    let mut builder = Builder(Model::named("good"));
    let bell = builder.add(Kind::Notification);
    let cap = Cap::Notification { object: bell, rights: Rights::WRITE, badge: Some(1) };
    let (number, trigger, notification) = (Some(33), Trigger::Level, Some(cap));
    builder.add(Kind::Irq(Irq { number, trigger, core: 0, notification }));
    (1..=threads).for_each(|index| builder.thread(index));
    builder.0
}

/// Damages the `which`-th object that fits, and says whether there was one.
type Damage = fn(&mut Model, usize) -> bool;

/// Calls `change` with the `which`-th object (modulo their number) that has something to change.
fn change<T>(
    model: &mut Model,
    which: usize,
    part: impl Fn(&mut Kind) -> Option<&mut T>,
    change: impl FnOnce(&mut T),
) -> bool {
    let kinds = model.objects.iter_mut().map(|object| &mut object.kind);
    let mut parts: Vec<&mut T> = kinds.filter_map(part).collect();
    let count = parts.len().max(1);
    let Some(part) = parts.get_mut(which % count) else { return false };
    change(part);
    true
}

fn thread(kind: &mut Kind) -> Option<&mut Thread> {
    match kind {
        Kind::Thread(thread) => Some(thread),
        _ => None,
    }
}

fn node(kind: &mut Kind) -> Option<&mut CNode> {
    match kind {
        Kind::CNode(node) => Some(node),
        _ => None,
    }
}

fn leaf(kind: &mut Kind) -> Option<&mut PageTable> {
    match kind {
        Kind::PageTable(table) if table.level == 3 => Some(table),
        _ => None,
    }
}

fn time(kind: &mut Kind) -> Option<&mut SchedContext> {
    match kind {
        Kind::SchedContext(context) => Some(context),
        _ => None,
    }
}

fn frame(kind: &mut Kind) -> Option<&mut Frame> {
    match kind {
        Kind::Frame(frame) => Some(frame),
        _ => None,
    }
}

fn irq(kind: &mut Kind) -> Option<&mut Irq> {
    match kind {
        Kind::Irq(irq) => Some(irq),
        _ => None,
    }
}

/// What can be wrong, and what finds it.
const DAMAGES: &[(Code, Damage)] = &[
    (Code::SLOT_RANGE, |model, which| change(model, which, node, |node| node.bits = 1)),
    (Code::SLOT_TWICE, |model, which| change(model, which, node, |node| node.slots[1].slot = 1)),
    (Code::SLOT_TYPE, |model, which| {
        change(model, which, leaf, |table| table.slots[0].cap = Cap::IrqControl)
    }),
    (Code::PARAMETER, |model, which| change(model, which, thread, |thread| thread.priority = 256)),
    (Code::PARAMETER, |model, which| change(model, which, thread, |thread| thread.stack += 8)),
    (Code::PARAMETER, |model, which| change(model, which, time, |context| context.core = 1)),
    (Code::GUARD, |model, which| {
        change(model, which, thread, |thread| {
            if let Cap::CNode { guard_bits, .. } = &mut thread.roles[0].cap {
                *guard_bits = Some(3);
            }
        })
    }),
    (Code::THREAD_INCOMPLETE, |model, which| {
        change(model, which, thread, |thread| thread.entry = None)
    }),
    (Code::THREAD_INCOMPLETE, |model, which| {
        change(model, which, thread, |thread| thread.roles.truncate(3))
    }),
    (Code::BUFFER_UNMAPPED, |model, which| {
        change(model, which, thread, |thread| thread.buffer_address = 0x20_2000)
    }),
    (Code::TABLE_LEVEL, |model, which| change(model, which, leaf, |table| table.level = 2)),
    (Code::MAPPED_TWICE, |model, which| {
        change(model, which, leaf, |table| table.slots[1].slot = 0)
    }),
    (Code::DERIVED_RIGHTS, |model, which| {
        change(model, which, node, |node| {
            if let Cap::Endpoint { rights, .. } = &mut node.slots[0].cap {
                *rights = Rights::READ;
            }
        })
    }),
    (Code::DERIVATION_CYCLE, |model, which| {
        let count = model.derivations.len();
        let Derivation { child, parent, span } = model.derivations[which % count];
        model.derivations.push(Derivation { child: parent, parent: child, span });
        true
    }),
    (Code::ENTRY_UNMAPPED, |model, which| {
        change(model, which, thread, |thread| thread.entry = Some(spanned(0x20_2000)))
    }),
    (Code::IRQ_UNNUMBERED, |model, which| change(model, which, irq, |irq| irq.number = None)),
    (Code::IRQ_NUMBER, |model, which| change(model, which, irq, |irq| irq.number = Some(27))),
    (Code::REFILLS, |model, which| change(model, which, time, |time| time.extra_refills = 99)),
    (Code::MISALIGNED, |model, which| {
        change(model, which, frame, |frame| frame.position = Position::At(0x5000_0800))
    }),
    (Code::NO_MEMORY, |model, which| {
        change(model, which, frame, |frame| frame.position = Position::At(0x800_0000))
    }),
    (Code::FRAMES_OVERLAP, |model, which| {
        let place = |frame: &mut Frame| frame.position = Position::At(0x5000_0000);
        change(model, which, frame, place) && change(model, which + 1, frame, place)
    }),
    (Code::NOT_CONTIGUOUS, |model, which| {
        let place = |frame: &mut Frame| frame.position = Position::InGroup { group: 0, offset: 0 };
        change(model, which, frame, place) && change(model, which + 1, frame, place)
    }),
    (Code::COVER_TOO_SMALL, |model, which| {
        let memory = Kind::Untyped(Untyped { bits: 10, address: None });
        let memory = model.add(Object::new("small", memory, AT));
        let count = model.objects.len() - 1;
        let frames: Vec<usize> = (0..count)
            .filter(|index| matches!(model.objects[*index].kind, Kind::Frame(_)))
            .collect();
        model.objects[frames[which % frames.len()]].inside = Some(memory);
        true
    }),
    (Code::WRITABLE_CODE, |model, which| {
        change(model, which, leaf, |table| {
            if let Cap::Frame { rights, .. } = &mut table.slots[0].cap {
                *rights = Rights::READ_WRITE;
            }
        })
    }),
    (Code::BUDGET_PERIOD, |model, which| change(model, which, time, |time| time.period = 500)),
    (Code::NO_TIME, |model, which| {
        change(model, which, time, |time| time.budget = Some(spanned(0)))
    }),
    (Code::KERNEL_CONFIGURATION, |model, _| {
        model.target.cores = 9;
        true
    }),
    (Code::OUT_OF_MEMORY, |model, _| {
        let memory = Kind::Untyped(Untyped { bits: 30, address: None });
        model.add(Object::new("huge", memory, AT));
        true
    }),
    (Code::OUT_OF_SLOTS, |model, _| {
        model.target.root_cnode_bits = 10;
        (0..1000).for_each(|index| {
            model.add(Object::new(format!("e{index}"), Kind::Endpoint, AT));
        });
        true
    }),
];

fn errors(report: &Report) -> Vec<Code> {
    let errors = report.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| found.code).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn good_systems_have_no_error(threads in 1u64..40) {
        let report = check(&good(threads), Some(&board()));
        let all: Vec<_> = report.iter().map(|found| &found.message).collect();
        prop_assert!(all.is_empty(), "{:?}", all);
    }

    #[test]
    fn damage_is_found(
        threads in 1u64..12, kind in 0..DAMAGES.len(), which in 0usize..64,
    ) {
        let (code, damage) = DAMAGES[kind];
        let mut model = good(threads);
        prop_assume!(damage(&mut model, which));
        let found = errors(&check(&model, Some(&board())));
        prop_assert!(found.contains(&code), "{} is not in {:?}", code, found);
    }
}

/// Whatever is wrong at once, checks end and say so.
#[test]
fn all_damage_at_once_is_told_without_a_panic() {
    let mut model = good(3);
    for (index, (_, damage)) in DAMAGES.iter().enumerate() {
        damage(&mut model, index);
    }
    assert!(errors(&check(&model, Some(&board()))).len() > 10);
}
