//! What several checks look at, gathered once.

use layout::cap::Cap;
use layout::memory::{Frame, FrameSize, Position};
use layout::names::ComponentId;
use layout::object::{Kind, Object};
use layout::thread::Thread;
use layout::{Model, ObjectId, Rights, Span, VmAttributes};
use platform::address::PhysicalRange;

use crate::board::{Board, Loader};
use crate::pack::{self, numbering::Numbering};

/// A model, with what several checks want to know of it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The model.
    pub model: &'a Model,
    /// What it is to run on, if that is known.
    pub board: Option<&'a Board>,
    /// What is to build it, with the system in its file.
    pub loader: &'a Loader,
    /// All mappings, by address space and address.
    pub mappings: Vec<Mapping>,
    /// All objects that can be made, in the order of their memory.
    pub(crate) numbering: Numbering,
}

/// A frame in an address space.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// The table of level 0.
    pub space: ObjectId,
    /// Its first address there.
    pub address: u64,
    /// The frame.
    pub frame: ObjectId,
    /// Its size.
    pub size: FrameSize,
    /// What may be done with it.
    pub rights: Rights,
    /// How it is mapped.
    pub attributes: VmAttributes,
    /// Where this is written.
    pub span: Span,
}

impl Mapping {
    /// The address behind it.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.address + self.size.bytes()
    }

    /// Whether it can be written.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        self.rights.contains(Rights::WRITE)
    }

    /// Whether it can be executed.
    #[must_use]
    pub const fn is_executable(&self) -> bool {
        !self.attributes.execute_never && self.rights.contains(Rights::READ)
    }
}

/// Bits of an address that an entry of a table of each level translates.
const SPAN_BITS: [u32; 4] = [39, 30, 21, 12];
/// Entries of a table.
const ENTRIES: u64 = 512;

impl<'a> Facts<'a> {
    /// Gathers them.
    #[must_use]
    pub fn new(model: &'a Model, board: Option<&'a Board>, loader: &'a Loader) -> Self {
        let mut mappings = Vec::new();
        // Each table is visited once, whatever contains it.
        let mut visited = vec![false; model.objects.len()];
        for (space, object) in model.objects() {
            if matches!(&object.kind, Kind::PageTable(table) if table.level == 0) {
                walk(model, &mut visited, &mut mappings, Place { space, table: space, address: 0 });
            }
        }
        mappings.sort_unstable_by_key(|mapping| (mapping.space, mapping.address));
        Self { model, board, loader, mappings, numbering: pack::number(model) }
    }

    /// What is mapped at an address.
    #[must_use]
    pub fn mapping_at(&self, space: ObjectId, address: u64) -> Option<&Mapping> {
        let behind = self.mappings.partition_point(|m| (m.space, m.address) <= (space, address));
        let last = self.mappings.get(behind.checked_sub(1)?)?;
        (last.space == space && address < last.end()).then_some(last)
    }

    /// All threads.
    pub fn threads(&self) -> impl Iterator<Item = (ObjectId, &'a Object, &'a Thread)> {
        self.model.objects().filter_map(|(id, object)| match &object.kind {
            Kind::Thread(thread) => Some((id, object, thread.as_ref())),
            _ => None,
        })
    }

    /// All frames.
    pub fn frames(&self) -> impl Iterator<Item = (ObjectId, &'a Object, &'a Frame)> {
        self.model.objects().filter_map(|(id, object)| match &object.kind {
            Kind::Frame(frame) => Some((id, object, frame)),
            _ => None,
        })
    }

    /// A component's name.
    #[must_use]
    pub fn component(&self, id: ComponentId) -> &'a str {
        &self.model[id].name
    }

    /// Who has an object, for messages.
    #[must_use]
    pub fn owner(&self, id: ObjectId) -> String {
        match self.model[id].owner {
            Some(owner) => format!("`{}`", self.component(owner)),
            None => format!("`{}`", self.model[id].name),
        }
    }

    /// Whether a frame is of a device, as far as is known.
    #[must_use]
    pub fn is_device(&self, frame: &Frame) -> bool {
        match (physical(frame), self.board) {
            (Some(range), Some(board)) => !board.touches_ram(range),
            _ => false,
        }
    }

    /// Whether `one` has authority over `other`.
    #[must_use]
    pub fn manages(&self, one: ComponentId, other: ComponentId) -> bool {
        self.model[one].manages.iter().any(|managed| managed.value == other)
    }

    /// Every capability that somebody can use: who, the capability, where it is written. Those in
    /// CNodes, and endpoints for faults.
    pub fn holdings(&self) -> impl Iterator<Item = Holding<'a>> {
        self.model.objects().flat_map(|(holder, object)| {
            let (slots, roles): (&[_], &[_]) = match &object.kind {
                Kind::CNode(node) => (&node.slots, &[]),
                Kind::Thread(thread) => (&[], &thread.roles),
                _ => (&[], &[]),
            };
            let slots = slots.iter().map(|entry| (&entry.cap, entry.span));
            let roles = roles.iter().map(|entry| (&entry.cap, entry.span));
            let owner = object.owner;
            slots.chain(roles).map(move |(cap, span)| Holding { holder, owner, cap, span })
        })
    }
}

/// A capability that somebody can use.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// The CNode or thread.
    pub holder: ObjectId,
    /// Whose that is.
    pub owner: Option<ComponentId>,
    /// The capability.
    pub cap: &'a Cap,
    /// Where it is written.
    pub span: Span,
}

/// Where a frame with an address lies.
#[must_use]
pub(super) fn physical(frame: &Frame) -> Option<PhysicalRange> {
    let Position::At(start) = frame.position else { return None };
    Some(PhysicalRange::new(start, start.saturating_add(frame.size.bytes())))
}

/// A table in an address space.
#[derive(Clone, Copy)]
struct Place {
    space: ObjectId,
    table: ObjectId,
    address: u64,
}

fn walk(model: &Model, visited: &mut [bool], mappings: &mut Vec<Mapping>, place: Place) {
    let Kind::PageTable(table) = &model[place.table].kind else { return };
    let Some(bits) = SPAN_BITS.get(usize::from(table.level)) else { return };
    if std::mem::replace(&mut visited[place.table.index()], true) {
        return;
    }
    for entry in table.slots.iter().filter(|entry| entry.slot < ENTRIES) {
        let address = place.address + (entry.slot << bits);
        match entry.cap {
            Cap::PageTable(child) => {
                // Tables of other levels are another check's matter; this one must end.
                let is_below = matches!(&model[child].kind,
                    Kind::PageTable(below) if below.level == table.level + 1);
                if is_below {
                    walk(model, visited, mappings, Place { table: child, address, ..place });
                }
            }
            Cap::Frame { object, rights, attributes } => {
                let Kind::Frame(frame) = &model[object].kind else { continue };
                let (size, span, space) = (frame.size, entry.span, place.space);
                if size.table_level() == table.level {
                    let frame = object;
                    mappings.push(Mapping {
                        space,
                        address,
                        frame,
                        size,
                        rights,
                        attributes,
                        span,
                    });
                }
            }
            _ => {}
        }
    }
}
