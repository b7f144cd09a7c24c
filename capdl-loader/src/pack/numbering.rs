//! The cell of each object, in the order of their memory: that which the crate `plan` asks for.
//! It is the only such order: the checks and the report place objects by it, too.
//!
//! Among equals, frames and tables come in the order in which they are seen, so that neighbours in
//! an address space are neighbours in cells.

use abi::ObjectType;
use abi::object::UNTYPED_BITS;
use layout::memory::Position as Wanted;
use layout::object::{Kind, Object};
use layout::{Model, ObjectId};
use packed::Cell;
use packed::objects::{ObjectRun, Position};

use super::mapping::Mappings;
use super::refusal;
use crate::Diagnostic;

/// ASIDs that the loader finds in the pool that it has from the start.
const FIRST_POOL: usize = 510;
/// ASIDs of each further pool.
const POOL: usize = 512;

/// Bits of the untyped memory that objects can be made of.
const MEMORY_BITS: std::ops::RangeInclusive<u64> =
    *UNTYPED_BITS.start() as u64..=*UNTYPED_BITS.end() as u64;

/// Where each object is.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    /// By object; those that are not made of memory have none.
    cells: Vec<Option<Cell>>,
    /// The objects in the order of their cells; none: made for the loader.
    pub(crate) order: Vec<Option<ObjectId>>,
    /// Memory for pools of the loader.
    pub(super) pools: Vec<Cell>,
    /// A reply object for the loader as supervisor.
    pub(super) reply: Option<Cell>,
    /// Runs of equal objects.
    pub(crate) runs: Vec<ObjectRun>,
    /// The first object that cannot be made; all such are left out.
    pub(super) refused: Option<Diagnostic>,
}

/// An object that is to be made.
#[derive(Clone, Copy, Debug)]
struct Item {
    model: Option<ObjectId>,
    object: ObjectType,
    size: u8,
    position: Position,
    inside: Option<ObjectId>,
    /// How many pieces of memory it lies in, one inside of the other: outer ones come first.
    depth: u32,
    /// Its place among equals.
    place: u64,
}

impl Item {
    fn bits(&self) -> u32 {
        self.object.size_bits(self.size.into())
    }

    /// Objects are made in ascending order of this.
    fn key(&self, strictest: impl Fn(u16) -> u32) -> [u64; 8] {
        let (class, first, second) = match self.position {
            Position::At(address) => (0, address, 0),
            Position::InGroup { group, offset } => {
                let alignment = u64::from(64 - strictest(group));
                (1, alignment << 16 | u64::from(group), offset)
            }
            Position::Anywhere => (2, 0, 0),
        };
        let inside = self.inside.map_or(0, |memory| u64::from(memory.0) + 1);
        // Sizes descend.
        let bits = u64::from(64 - self.bits());
        [
            self.depth.into(),
            inside,
            class,
            first,
            second,
            bits,
            self.object.word() << 8 | u64::from(self.size),
            self.place,
        ]
    }
}

impl Numbering {
    /// Gives each object its cell.
    pub(super) fn of(model: &Model, mappings: &Mappings) -> Self {
        let places = places(model, mappings);
        let mut items = Vec::with_capacity(model.objects.len());
        let mut refused = None;
        for (id, object) in model.objects() {
            match item(model, id, object, places[id.index()]) {
                Ok(made) => items.extend(made),
                Err(wrong) => {
                    refused.get_or_insert(wrong);
                }
            }
        }
        items.extend(own(ObjectType::Untyped, 12, pools_wanted(model)));
        items.extend(own(ObjectType::Reply, 0, usize::from(model.supervisor.is_some())));
        let strictest = strictest(&items);
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_cached_key(|index| items[*index].key(|group| strictest[usize::from(group)]));
        let mut numbering = Self {
            cells: vec![None; model.objects.len()],
            order: order.iter().map(|index| items[*index].model).collect(),
            pools: Vec::new(),
            reply: None,
            runs: Vec::new(),
            refused,
        };
        for (index, cell) in order.iter().zip((0..).map(Cell)) {
            let item = items[*index];
            match item.model {
                Some(id) => numbering.cells[id.index()] = Some(cell),
                None if item.object == ObjectType::Reply => numbering.reply = Some(cell),
                None => numbering.pools.push(cell),
            }
            numbering.add(item, cell);
        }
        numbering
    }

    fn add(&mut self, item: Item, first: Cell) {
        let inside = item.inside.map(|memory| self.cell(memory));
        let run = ObjectRun {
            object: item.object,
            size: item.size,
            first,
            count: 1,
            position: item.position,
            inside,
        };
        match self.runs.last_mut() {
            Some(last) if goes_on(last, &run) => last.count += 1,
            _ => self.runs.push(run),
        }
    }

    /// The cell of an object that is made of memory; of others there is none, and nothing that is
    /// packed asks for it.
    pub(crate) fn cell(&self, object: ObjectId) -> Cell {
        self.cells.get(object.index()).copied().flatten().unwrap_or(Cell(u32::MAX))
    }

    /// Whether an object is made of memory.
    pub(super) fn is_made(&self, object: ObjectId) -> bool {
        self.cells.get(object.index()).is_some_and(Option::is_some)
    }

    /// How many objects there are.
    pub(crate) fn total(&self) -> u32 {
        u32::try_from(self.order.len()).unwrap_or(u32::MAX)
    }

    /// Whether two cells are objects of one run, or none of them is an object.
    pub(super) fn are_of_one_run(&self, one: Cell, other: Cell) -> bool {
        let run = |cell: Cell| {
            let is_object = cell.0 < self.total();
            is_object.then(|| self.runs.partition_point(|run| run.first <= cell))
        };
        run(one) == run(other)
    }
}

/// Whether an object is one more of the last run.
fn goes_on(last: &ObjectRun, next: &ObjectRun) -> bool {
    let kind = |run: &ObjectRun| (run.object, run.size, run.inside);
    let bytes = u64::from(last.count) << last.bits();
    let position = match (last.position, next.position) {
        (Position::Anywhere, Position::Anywhere) => true,
        (Position::At(one), Position::At(other)) => one.checked_add(bytes) == Some(other),
        (Position::InGroup { group, offset }, Position::InGroup { group: other, offset: next }) => {
            group == other && offset.checked_add(bytes) == Some(next)
        }
        _ => false,
    };
    kind(last) == kind(next) && position
}

/// `log2` of the alignment of each group.
fn strictest(items: &[Item]) -> Vec<u32> {
    let mut strictest = vec![0; usize::from(u16::MAX) + 1];
    for item in items {
        if let Position::InGroup { group, .. } = item.position {
            let bits = &mut strictest[usize::from(group)];
            *bits = item.bits().max(*bits);
        }
    }
    strictest
}

/// How many pieces of memory an object lies in.
fn depth(model: &Model, object: &Object) -> Result<u32, Diagnostic> {
    let (mut depth, mut next) = (0, object.inside);
    while let Some(memory) = next {
        let memory = &model[memory];
        if !matches!(&memory.kind, Kind::Untyped(untyped) if MEMORY_BITS.contains(&untyped.bits)) {
            let message = format!("nothing can be made of `{}`", memory.name);
            return Err(refusal(object.span, message));
        }
        // Untyped memory halves at least with each piece, and has fewer bits than this.
        if depth >= u64::BITS {
            let message = format!("`{}` lies in itself, or in too many pieces", object.name);
            return Err(refusal(object.span, message));
        }
        (depth, next) = (depth + 1, memory.inside);
    }
    Ok(depth)
}

/// None: it is not made of memory.
fn item(
    model: &Model,
    id: ObjectId,
    object: &Object,
    place: u64,
) -> Result<Option<Item>, Diagnostic> {
    let depth = depth(model, object)?;
    let (kind, size) = match (&object.kind, object.kind.object_type()) {
        (Kind::Irq(_) | Kind::CoreSignal(_), _) => return Ok(None),
        (Kind::AsidPool(pool), _) if pool.high == Some(0) => return Ok(None),
        (Kind::AsidPool(_), _) => (ObjectType::Untyped, abi::object::ASID_POOL_BITS),
        (_, made) => made
            .filter(|(object, size)| UNTYPED_BITS.contains(&object.size_bits(*size)))
            .ok_or_else(|| refusal(object.span, "an object of an impossible size"))?,
    };
    let position = match &object.kind {
        Kind::Frame(frame) => position(object, frame.position)?,
        Kind::Untyped(untyped) => untyped.address.map_or(Position::Anywhere, Position::At),
        _ => Position::Anywhere,
    };
    // Sizes are below 64.
    let size = size as u8;
    let (model, inside) = (Some(id), object.inside);
    Ok(Some(Item { model, object: kind, size, position, inside, depth, place }))
}

fn position(object: &Object, wanted: Wanted) -> Result<Position, Diagnostic> {
    Ok(match wanted {
        Wanted::Anywhere => Position::Anywhere,
        Wanted::At(address) => Position::At(address),
        Wanted::InGroup { group, offset } => {
            let group = u16::try_from(group);
            let group = group.map_err(|_| refusal(object.span, "more than 65536 groups"))?;
            Position::InGroup { group, offset }
        }
    })
}

/// Objects for the loader.
fn own(object: ObjectType, size: u8, count: usize) -> impl Iterator<Item = Item> {
    let position = Position::Anywhere;
    let place = u64::MAX;
    let item = Item { model: None, object, size, position, inside: None, depth: 0, place };
    std::iter::repeat_n(item, count)
}

/// Pools that the loader needs for the spaces that are in none.
fn pools_wanted(model: &Model) -> usize {
    let is_space = |object: &&Object| matches!(&object.kind, Kind::PageTable(t) if t.level == 0);
    let spaces = model.objects.iter().filter(is_space).count();
    let pools = model.objects.iter().filter(|object| matches!(object.kind, Kind::AsidPool(_)));
    let placed: usize = pools.map(|pool| pool.kind.slots().len()).sum();
    spaces.saturating_sub(placed).saturating_sub(FIRST_POOL).div_ceil(POOL)
}

/// The pool, by its number among the loader's, for the space of this number among those without
/// one; none: the one that it has from the start.
pub(super) fn pool_of(space: usize) -> Option<usize> {
    space.checked_sub(FIRST_POOL).map(|behind| behind / POOL)
}

/// For each object its place among its equals.
fn places(model: &Model, mappings: &Mappings) -> Vec<u64> {
    let mut places: Vec<u64> = (0..model.objects.len() as u64).map(|id| id + (1 << 32)).collect();
    let mut take = |object: ObjectId, place: u64| {
        let known = &mut places[object.index()];
        *known = place.min(*known);
    };
    (0..).zip(&mappings.tables).for_each(|(place, table)| take(table.object, place));
    (0..).zip(&mappings.pages).for_each(|(place, page)| take(page.object, place));
    places
}
