//! Where the objects of a model come to lie: the order in which they are placed, and the planner's
//! answer for some untyped memory.

use std::collections::BTreeMap;

use abi::ObjectType;
use abi::bootinfo::UntypedDescriptor;
use layout::memory::Position;
use layout::object::Kind;
use layout::{Model, ObjectId};
use plan::{Planner, Refusal, Run, SourceId, Step};

/// Untyped memory inside of untyped memory, inside of untyped memory ...: how deep that may go.
const DEPTH: u32 = 32;

/// An object that takes memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// Which.
    pub object: ObjectId,
    /// What the kernel makes it of.
    pub run: Run,
    /// Where it must lie.
    pub position: Position,
    /// The untyped memory of the model that it is made of.
    pub inside: Option<ObjectId>,
}

/// All objects that take memory, in the order in which they are placed (the one that [`plan`]
/// asks for). Objects of impossible sizes, and in circles of untyped memory, are left out.
#[must_use]
pub fn order(model: &Model) -> Vec<Item> {
    let mut keyed: Vec<_> = model.objects().filter_map(|(id, _)| keyed(model, id)).collect();
    keyed.sort_unstable_by_key(|(key, item)| (*key, item.object));
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// What items are sorted by: depth of containment, container, kind of position, the position or
/// the size, then the type.
type Key = (u32, Option<ObjectId>, u8, u64, u64, u64);

fn keyed(model: &Model, id: ObjectId) -> Option<(Key, Item)> {
    let object = &model[id];
    let (kind, size) = match &object.kind {
        // The initial thread's own pool exists from the start.
        Kind::AsidPool(pool) if pool.high == Some(0) => return None,
        Kind::AsidPool(_) => (ObjectType::Untyped, abi::object::ASID_POOL_BITS),
        other => other.object_type()?,
    };
    let run = Run::one(kind, size);
    if run.bits() > *abi::object::UNTYPED_BITS.end() {
        return None;
    }
    let position = match &object.kind {
        Kind::Frame(frame) => frame.position,
        Kind::Untyped(untyped) => untyped.address.map_or(Position::Anywhere, Position::At),
        _ => Position::Anywhere,
    };
    let depth = depth(model, id)?;
    let downwards = |bits: u32| u64::from(u32::MAX - bits);
    let (class, first, second) = match position {
        Position::At(address) => (0, address, 0),
        Position::InGroup { group, offset } => (1, u64::from(group), offset),
        Position::Anywhere => (2, downwards(run.bits()), kind.word()),
    };
    let key = (depth, object.inside, class, first, second, u64::from(size));
    Some((key, Item { object: id, run, position, inside: object.inside }))
}

/// How many pieces of untyped memory an object is inside of. `None`: they form a circle.
fn depth(model: &Model, id: ObjectId) -> Option<u32> {
    let mut here = model[id].inside;
    for depth in 0..DEPTH {
        match here {
            None => return Some(depth),
            Some(outer) => here = model[outer].inside,
        }
    }
    None
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Physical addresses by object; `None`: takes no memory, or found no place.
    pub addresses: Vec<Option<u64>>,
    /// Pieces of untyped memory that are made only to be skipped.
    pub skips: u64,
    /// What found no place: the first object, and why. A run of equal objects is here once.
    pub refused: Vec<(Item, Refusal)>,
    /// What is left.
    pub planner: Planner,
}

impl Placement {
    /// Places everything in this memory.
    #[must_use]
    pub fn new(model: &Model, items: &[Item], memory: &[UntypedDescriptor]) -> Self {
        let placement = Self {
            addresses: vec![None; model.objects.len()],
            skips: 0,
            refused: Vec::new(),
            planner: Planner::new(memory),
        };
        let mut placer = Placer { model, placement, sources: BTreeMap::new() };
        let mut rest = items;
        while let Some(first) = rest.first() {
            let count = rest.iter().take_while(|item| goes_with(first, item)).count();
            let (together, behind) = rest.split_at(count);
            placer.place(together);
            rest = behind;
        }
        placer.placement
    }
}

/// Whether two neighbours are placed at once.
fn goes_with(first: &Item, other: &Item) -> bool {
    first.inside == other.inside
        && match (first.position, other.position) {
            (Position::Anywhere, Position::Anywhere) => first.run == other.run,
            (Position::InGroup { group, .. }, Position::InGroup { group: other, .. }) => {
                group == other
            }
            _ => first.object == other.object,
        }
}

/// A placement that is being made.
struct Placer<'a> {
    model: &'a Model,
    placement: Placement,
    /// What the planner calls untyped memory of the model.
    sources: BTreeMap<ObjectId, SourceId>,
}

impl Placer<'_> {
    /// Places what is placed at once.
    fn place(&mut self, items: &[Item]) {
        let Some(first) = items.first() else { return };
        let inside = match first.inside {
            None => None,
            Some(memory) => match self.source(memory) {
                Some(source) => Some(source),
                // The memory itself found no place, which was said.
                None => return,
            },
        };
        match first.position {
            Position::Anywhere => self.anywhere(items, inside),
            Position::At(address) => self.at(first, address, inside),
            Position::InGroup { .. } => self.group(items, inside),
        }
    }

    /// What the planner calls an object of the model, which was placed before.
    fn source(&mut self, memory: ObjectId) -> Option<SourceId> {
        if let Some(source) = self.sources.get(&memory) {
            return Some(*source);
        }
        let address = self.placement.addresses[memory.index()]?;
        let Kind::Untyped(untyped) = &self.model[memory].kind else { return None };
        let bits = u32::try_from(untyped.bits).ok()?;
        let source = self.placement.planner.open(address, bits);
        self.sources.insert(memory, source);
        Some(source)
    }

    fn anywhere(&mut self, items: &[Item], inside: Option<SourceId>) {
        let Some(first) = items.first() else { return };
        let run = Run { count: items.len() as u64, ..first.run };
        let mut next = items.iter();
        let mut made = Vec::new();
        let result = self.placement.planner.place(run, inside, &mut |step| {
            let (_, run, address) = step.retype();
            let placed = next.by_ref().take(usize::try_from(run.count).unwrap_or(usize::MAX));
            let addresses = (0..).map(|index: u64| address + (index << run.bits()));
            made.extend(placed.map(|item| item.object).zip(addresses));
        });
        for (object, address) in made {
            self.remember(object, address);
        }
        if let (Err(refusal), Some(item)) = (result, next.next()) {
            self.placement.refused.push((*item, refusal));
        }
    }

    fn at(&mut self, item: &Item, address: u64, inside: Option<SourceId>) {
        let skips = &mut self.placement.skips;
        let mut step = |step| *skips += u64::from(matches!(step, Step::Skip { .. }));
        match self.placement.planner.place_at(item.run, address, inside, &mut step) {
            Ok(()) => self.remember(item.object, address),
            Err(refusal) => self.placement.refused.push((*item, refusal)),
        }
    }

    fn group(&mut self, items: &[Item], inside: Option<SourceId>) {
        let (mut bytes, mut bits) = (0, 0);
        let offset = |item: &Item| match item.position {
            Position::InGroup { offset, .. } => offset,
            _ => 0,
        };
        for item in items {
            bytes = bytes.max(offset(item).saturating_add(item.run.bytes()));
            bits = bits.max(item.run.bits());
        }
        match (self.placement.planner.reserve(bytes, bits, inside), items.first()) {
            (Ok(kept), _) => {
                for item in items {
                    let address = kept.address.saturating_add(offset(item));
                    self.at(item, address, Some(kept.source));
                }
            }
            (Err(refusal), Some(first)) => self.placement.refused.push((*first, refusal)),
            (Err(_), None) => {}
        }
    }

    fn remember(&mut self, object: ObjectId, address: u64) {
        self.placement.addresses[object.index()] = Some(address);
    }
}
