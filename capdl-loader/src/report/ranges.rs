//! What lies where in physical memory.

use layout::Model;
use layout::memory::Position;
use layout::names::RegionKind;
use layout::object::Kind;

use crate::authority::System;
use crate::draw::diagram::Shape;

/// A piece of physical memory that has one use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last.
    pub end: u64,
    /// What it is for.
    pub name: String,
    /// What kind of thing that is.
    pub shape: Shape,
}

/// All pieces whose place is known, ascending; neighbours of one use are one piece.
#[must_use]
pub fn ranges(system: &System<'_>, addresses: &[Option<u64>]) -> Vec<Range> {
    let model = system.model;
    let mut region_of = vec![None; model.objects.len()];
    for region in &model.regions {
        region.frames.iter().for_each(|frame| region_of[frame.index()] = Some(region));
    }
    let known = model.objects().zip(addresses).filter_map(|((id, object), address)| {
        let start = (*address)?;
        let end = start.checked_add(1_u64.checked_shl(object.kind.size_bits()?)?)?;
        let (name, shape) = match (region_of[id.index()], &object.kind) {
            (Some(region), _) => match region.kind {
                RegionKind::Memory { .. } => (region.name.clone(), Shape::Memory),
                RegionKind::Device { .. } => (region.name.clone(), Shape::Device),
            },
            (None, Kind::Untyped(_)) => (object.name.clone(), Shape::Power),
            (None, _) => match system.parties.party(id) {
                Some(party) => (system.parties[party].name.clone(), Shape::Component),
                None => (object.name.clone(), Shape::Memory),
            },
        };
        Some(Range { start, end, name, shape })
    });
    let mut all: Vec<Range> = known.collect();
    all.sort_by(|one, other| {
        (one.start, one.end, &one.name).cmp(&(other.start, other.end, &other.name))
    });
    let mut merged: Vec<Range> = Vec::new();
    for range in all {
        match merged.last_mut() {
            Some(last)
                if last.end >= range.start
                    && last.name == range.name
                    && last.shape == range.shape =>
            {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// The addresses of all objects whose layout says where they lie.
#[must_use]
pub fn fixed(model: &Model) -> Vec<Option<u64>> {
    let addresses = model.objects.iter().map(|object| match &object.kind {
        Kind::Frame(frame) => match frame.position {
            Position::At(address) => Some(address),
            Position::Anywhere | Position::InGroup { .. } => None,
        },
        Kind::Untyped(untyped) => untyped.address,
        _ => None,
    });
    addresses.collect()
}
