//! Who sees which frame where.

use std::collections::BTreeSet;

use layout::cap::Cap;
use layout::object::Kind;
use layout::{Model, ObjectId, Rights, VmAttributes};

use crate::authority::{Parties, PartyId};

/// A frame in an address space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// Whose address space.
    pub party: PartyId,
    /// The frame.
    pub frame: ObjectId,
    /// Its virtual address.
    pub address: u64,
    /// Reading and writing.
    pub rights: Rights,
    /// How it is cached, and whether it is executable.
    pub attributes: VmAttributes,
}

impl Mapping {
    /// The rights in the usual letters.
    #[must_use]
    pub fn letters(&self) -> String {
        let read = self.rights.contains(Rights::READ);
        let letter = |has: bool, letter: char| if has { letter } else { '-' };
        [
            letter(read, 'r'),
            letter(self.rights.contains(Rights::WRITE), 'w'),
            letter(read && !self.attributes.execute_never, 'x'),
        ]
        .into_iter()
        .collect()
    }
}

/// All mappings of all parties, by address space. Tables that are met again on the way, which
/// only wrong layouts have, are entered once for each address space.
#[must_use]
pub fn mappings(model: &Model, parties: &Parties) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    for (party, about) in parties.iter() {
        let spaces = about
            .agents
            .iter()
            .filter(|id| matches!(&model[**id].kind, Kind::PageTable(table) if table.level == 0));
        for space in spaces {
            let mut walk = vec![(*space, 0_u64)];
            let mut met = BTreeSet::from([*space]);
            while let Some((table, base)) = walk.pop() {
                let Kind::PageTable(table) = &model[table].kind else { continue };
                let shift = 12 + 9 * u32::from(3_u8.saturating_sub(table.level));
                for entry in &table.slots {
                    let address = base.wrapping_add(entry.slot << shift);
                    match entry.cap {
                        Cap::PageTable(child) if met.insert(child) => walk.push((child, address)),
                        Cap::Frame { object: frame, rights, attributes } => {
                            mappings.push(Mapping { party, frame, address, rights, attributes });
                        }
                        _ => (),
                    }
                }
            }
        }
    }
    mappings.sort_by_key(|mapping| (mapping.party, mapping.address));
    mappings
}
