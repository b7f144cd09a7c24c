//! Small systems for tests, made of components as the readers make them.

use layout::cap::{Cap, Entry};
use layout::memory::{Frame, FrameSize, PageTable, Position};
use layout::names::{Component, ComponentId, Region, RegionId, RegionKind, Silencing};
use layout::object::{CNode, Kind, Object};
use layout::policy::{Assertion, Claim};
use layout::span::Spanned;
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Rights, Span, VmAttributes};

/// How memory that is no code is mapped.
pub(crate) const DATA: VmAttributes = VmAttributes { cacheable: true, execute_never: true };

/// A system under construction.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) model: Model,
}

impl Builder {
    pub(crate) fn object(&mut self, name: &str, kind: Kind) -> ObjectId {
        self.model.add(Object::new(name, kind, Span::NOWHERE))
    }

    fn owned(&mut self, owner: ComponentId, name: &str, kind: Kind) -> ObjectId {
        let object = Object::new(format!("{}.{name}", self.model[owner].name), kind, Span::NOWHERE);
        self.model.add(Object { owner: Some(owner), ..object })
    }

    /// A component on core 0 with a thread, a CSpace, an address space of four levels, and a page
    /// of code of its own.
    pub(crate) fn component(&mut self, name: &str) -> ComponentId {
        let id = self.model.add_component(Component {
            name: name.into(),
            span: Span::NOWHERE,
            image: format!("{name}.elf"),
            thread: None,
            cspace: None,
            vspace: None,
            manages: Vec::new(),
            restart: None,
            slot_names: Vec::new(),
            mappings: Vec::new(),
            waivers: Vec::new(),
        });
        let cspace = self.owned(id, "cspace", Kind::CNode(CNode { bits: 6, slots: Vec::new() }));
        let tables = [0, 1, 2, 3].map(|level| {
            let table = PageTable { level, slots: Vec::new() };
            self.owned(id, &format!("table{level}"), Kind::PageTable(table))
        });
        for pair in tables.windows(2) {
            self.slot(pair[0], Cap::PageTable(pair[1]));
        }
        let time = self.owned(id, "time", Kind::SchedContext(time(1000, 10_000)));
        let roles = [
            (Role::CSpace, Cap::CNode { object: cspace, guard: 0, guard_bits: None }),
            (Role::VSpace, Cap::PageTable(tables[0])),
            (Role::SchedContext, Cap::SchedContext(time)),
        ];
        let roles = roles.map(|(role, cap)| RoleEntry { role, cap, span: Span::NOWHERE });
        let thread = Thread { roles: roles.to_vec(), priority: 100, ..Thread::default() };
        let thread = self.owned(id, "thread", Kind::Thread(Box::new(thread)));
        let component = &mut self.model.components[id.0 as usize];
        (component.thread, component.cspace) = (Some(thread), Some(cspace));
        component.vspace = Some(tables[0]);
        let code = self.owned(id, "code", frame(Position::Anywhere));
        self.map(id, code, Rights::READ, VmAttributes::DEFAULT);
        id
    }

    /// Puts a capability into the next slot of a CNode or table.
    pub(crate) fn slot(&mut self, node: ObjectId, cap: Cap) {
        let slots = match &mut self.model[node].kind {
            Kind::CNode(node) => &mut node.slots,
            Kind::PageTable(table) => &mut table.slots,
            other => panic!("{} has no slots", other.noun()),
        };
        let slot = slots.last().map_or(1, |entry| entry.slot + 1);
        slots.push(Entry { slot, cap, span: Span::NOWHERE });
    }

    /// Gives a component a capability.
    pub(crate) fn give(&mut self, to: ComponentId, cap: Cap) {
        self.slot(self.model[to].cspace.expect("built here"), cap);
    }

    /// Gives a thread of a component a capability for a use.
    pub(crate) fn role(&mut self, of: ComponentId, role: Role, cap: Cap) {
        let thread = self.model[of].thread.expect("built here");
        if let Kind::Thread(thread) = &mut self.model[thread].kind {
            thread.roles.push(RoleEntry { role, cap, span: Span::NOWHERE });
        }
    }

    /// Maps a frame into a component.
    pub(crate) fn map(
        &mut self,
        to: ComponentId,
        object: ObjectId,
        rights: Rights,
        how: VmAttributes,
    ) {
        let mut table = self.model[to].vspace.expect("built here");
        for _ in 0..3 {
            table = self.model[table].kind.slots()[0].cap.object().expect("a table");
        }
        self.slot(table, Cap::Frame { object, rights, attributes: how });
    }

    /// Memory for several components.
    pub(crate) fn memory(&mut self, name: &str, dma_by: &[RegionId]) -> RegionId {
        let dma_by = dma_by.iter().map(|value| Spanned { value: *value, span: Span::NOWHERE });
        self.region(name, Position::Anywhere, RegionKind::Memory { dma_by: dma_by.collect() })
    }

    /// A device with one page of registers.
    pub(crate) fn device(&mut self, name: &str, address: u64, has_dma: bool) -> RegionId {
        let kind =
            RegionKind::Device { node: name.into(), has_dma, silencing: Silencing::default() };
        self.region(name, Position::At(address), kind)
    }

    fn region(&mut self, name: &str, position: Position, kind: RegionKind) -> RegionId {
        let frames = vec![self.object(&format!("{name}.0"), frame(position))];
        self.model.add_region(Region { name: name.into(), span: Span::NOWHERE, kind, frames })
    }

    /// Maps a region into a component.
    pub(crate) fn share(&mut self, to: ComponentId, region: RegionId, rights: Rights) {
        for frame in self.model[region].frames.clone() {
            self.map(to, frame, rights, DATA);
        }
    }

    pub(crate) fn endpoint(&mut self, name: &str) -> ObjectId {
        self.object(name, Kind::Endpoint)
    }

    /// Makes `from` able to call and `to` able to answer.
    pub(crate) fn call(&mut self, from: ComponentId, to: ComponentId) -> ObjectId {
        let name = format!("{}_to_{}", self.model[from].name, self.model[to].name);
        let object = self.endpoint(&name);
        let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
        self.give(from, Cap::Endpoint { object, rights, badge: Some(1) });
        self.give(to, Cap::Endpoint { object, rights: Rights::READ, badge: None });
        object
    }

    /// Makes `from` able to signal and `to` able to wait.
    pub(crate) fn signal(&mut self, from: ComponentId, to: ComponentId) -> ObjectId {
        let name = format!("{}_wakes_{}", self.model[from].name, self.model[to].name);
        let object = self.object(&name, Kind::Notification);
        self.give(from, Cap::Notification { object, rights: Rights::WRITE, badge: Some(1) });
        self.give(to, Cap::Notification { object, rights: Rights::READ, badge: None });
        object
    }

    pub(crate) fn assert(&mut self, claim: Claim) {
        self.model.assertions.push(Assertion { span: Span::NOWHERE, claim });
    }
}

/// A frame of 4 KiB.
pub(crate) fn frame(position: Position) -> Kind {
    Kind::Frame(Frame { size: FrameSize::Small, position, fills: Vec::new() })
}

/// Time on core 0, in microseconds.
pub(crate) fn time(budget: u64, period: u64) -> SchedContext {
    SchedContext {
        bits: 7,
        budget: Some(Spanned { value: budget, span: Span::NOWHERE }),
        period,
        core: 0,
        extra_refills: 0,
        is_sporadic: false,
        data: 0,
    }
}
