//! Random systems for tests.

use layout::cap::{Cap, Derivation, Entry, Place};
use layout::memory::{Frame, FrameSize, PageTable, Position};
use layout::names::{Component, Failure, GiveUp, Region, RegionId, RegionKind, Restart, Silencing};
use layout::object::{AsidPool, CNode, CoreSignal, Irq, Kind, Object, Trigger, Untyped};
use layout::span::Spanned;
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Rights, Span, VmAttributes};
use proptest::prelude::*;

/// A capability: its type, its object, its rights.
type Link = (u8, u32, u64);

/// Systems of a few objects with arbitrary capabilities between them, some of which make no
/// sense.
pub(crate) fn models() -> impl Strategy<Value = Model> {
    let links = || prop::collection::vec((0_u8..18, 0_u32..24, 0_u64..16), 0..6);
    let objects = prop::collection::vec((0_u8..12, links(), any::<u8>()), 2..24);
    let regions = prop::collection::vec((0_u8..4, 0_u32..24, 0_u32..4), 0..4);
    (objects, regions).prop_map(|(objects, regions)| {
        let mut model = Model::named("random");
        let count = u32::try_from(objects.len()).expect("few");
        for (kind, links, choice) in &objects {
            model.add(object(*kind, links, *choice, count));
        }
        for (kind, frame, device) in &regions {
            let frames = vec![ObjectId(frame % count)];
            let device = RegionId(device % u32::try_from(regions.len()).expect("few"));
            model.add_region(region(*kind, frames, device));
        }
        let nodes = (0..count / 4).map(|i| (ObjectId(i), ObjectId(count - 1 - i)));
        model.derivations = nodes.map(|(child, parent)| derivation(child, parent)).collect();
        model.add_component(restarted(ObjectId(0), ObjectId(count - 1), count));
        model
    })
}

/// A component that is restarted, which some notice.
fn restarted(thread: ObjectId, object: ObjectId, choice: u32) -> Component {
    let restart = Restart {
        on: vec![Failure::Fault],
        most: 1,
        within: 1,
        delay: 1,
        then: if choice.is_multiple_of(2) { GiveUp::Halt } else { GiveUp::Stop },
        tells: vec![Cap::Notification { object, rights: Rights::WRITE, badge: None }],
        heartbeat: None,
        span: Span::NOWHERE,
    };
    Component {
        name: "restarted".into(),
        span: Span::NOWHERE,
        image: String::new(),
        thread: Some(thread),
        cspace: None,
        vspace: None,
        manages: Vec::new(),
        restart: Some(restart),
        slot_names: Vec::new(),
        mappings: Vec::new(),
        waivers: Vec::new(),
    }
}

fn derivation(child: ObjectId, parent: ObjectId) -> Derivation {
    let (child, parent) = (Place { node: child, slot: 0 }, Place { node: parent, slot: 0 });
    Derivation { child, parent, span: Span::NOWHERE }
}

fn region(kind: u8, frames: Vec<ObjectId>, device: RegionId) -> Region {
    let kind = match kind {
        0 => RegionKind::Memory { dma_by: Vec::new() },
        1 => RegionKind::Memory { dma_by: vec![Spanned { value: device, span: Span::NOWHERE }] },
        _ => RegionKind::Device {
            node: String::new(),
            has_dma: kind == 3,
            silencing: Silencing::default(),
        },
    };
    Region { name: "region".into(), span: Span::NOWHERE, kind, frames }
}

fn object(kind: u8, links: &[Link], choice: u8, count: u32) -> Object {
    let caps = links.iter().map(|(kind, object, rights)| cap(*kind, object % count, *rights));
    let slots = || caps.clone().zip(0..);
    let slots = slots().map(|(cap, slot)| Entry { slot, cap, span: Span::NOWHERE }).collect();
    let kind = match kind {
        0 => Kind::Untyped(Untyped { bits: 12, address: None }),
        1 => Kind::Endpoint,
        2 => Kind::Notification,
        3 => Kind::Reply,
        4 | 5 => Kind::CNode(CNode { bits: 4, slots }),
        6 => Kind::Thread(Box::new(Thread { roles: roles(caps), ..Thread::default() })),
        7 => Kind::Frame(Frame {
            size: FrameSize::ALL[usize::from(choice) % 2],
            position: match choice % 3 {
                0 => Position::Anywhere,
                1 => Position::At(u64::from(choice / 16) << 12),
                _ => Position::InGroup { group: 0, offset: u64::from(choice / 16) << 12 },
            },
            fills: Vec::new(),
        }),
        8 => Kind::PageTable(PageTable { level: choice % 4, slots }),
        9 => Kind::AsidPool(AsidPool { high: None, slots }),
        10 => Kind::Irq(Irq {
            number: Some(u64::from(choice % 4)),
            trigger: Trigger::Edge,
            core: 0,
            notification: caps.clone().next(),
        }),
        _ if choice.is_multiple_of(2) => {
            Kind::CoreSignal(CoreSignal { number: u64::from(choice % 4), core: 0 })
        }
        _ => Kind::SchedContext(context()),
    };
    let inside = choice.is_multiple_of(5).then_some(ObjectId(u32::from(choice) % count));
    Object { inside, ..Object::new(format!("object{choice}"), kind, Span::NOWHERE) }
}

fn context() -> SchedContext {
    SchedContext {
        bits: 7,
        budget: None,
        period: 0,
        core: 0,
        extra_refills: 0,
        is_sporadic: false,
        data: 0,
    }
}

fn roles(caps: impl Iterator<Item = Cap>) -> Vec<RoleEntry> {
    let roles = Role::ALL.into_iter().zip(caps);
    roles.map(|(role, cap)| RoleEntry { role, cap, span: Span::NOWHERE }).collect()
}

fn cap(kind: u8, object: u32, rights: u64) -> Cap {
    let (object, word, rights) = (ObjectId(object), rights, Rights::from_word(rights));
    match kind {
        0 => Cap::Untyped(object),
        1 | 2 => Cap::Endpoint { object, rights, badge: None },
        3 => Cap::Notification { object, rights, badge: None },
        4 => Cap::Reply { object, rights },
        5 | 6 => Cap::CNode { object, guard: 0, guard_bits: None },
        7 => Cap::Thread(object),
        8 => Cap::SchedContext(object),
        9 | 10 => Cap::Frame { object, rights, attributes: VmAttributes::from_word(word) },
        11 | 12 => Cap::PageTable(object),
        13 => Cap::AsidPool(object),
        14 => Cap::Irq(object),
        15 => Cap::CoreSignal(object),
        16 => [Cap::IrqControl, Cap::AsidControl][usize::from(word > 7)],
        _ if word < 5 => Cap::SchedControl { core: 0 },
        _ if word < 10 => Cap::DomainControl,
        _ => Cap::SecureMonitor { badge: None },
    }
}
