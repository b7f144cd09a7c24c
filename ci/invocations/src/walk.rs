//! What user level can reach, found by walking the kernel's tables as the hardware does.
//!
//! It knows the format of descriptors (Arm ARM D8.3, 4 KiB granule) and the model's capabilities,
//! and nothing of the kernel: no byte may be reachable that no capability stands for.

use kernel::simulation::Simulation;
use model::cap::{Address, Asid, Mapping};
use model::{Cap, Model};

/// Entries of a table.
const ENTRIES: u64 = 512;
/// The last level.
const LAST: u32 = 3;
/// Bits of a physical address in a descriptor.
const OUTPUT: u64 = 0x0000_ffff_ffff_f000;
/// The descriptor is valid.
const VALID: u64 = 1;
/// It names a table, or a page at the last level.
const TABLE_OR_PAGE: u64 = 1 << 1;
/// User level may access.
const USER: u64 = 1 << 6;
/// Nobody may write.
const READ_ONLY: u64 = 1 << 7;
/// The kernel may not execute.
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;

/// A page or block that user level can access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Leaf {
    address: u64,
    frame: Address,
    bits: u32,
    descriptor: u64,
}

/// `log2` of the bytes of an entry at a level.
const fn span(level: u32) -> u32 {
    39 - 9 * level
}

fn walk(kernel: &Simulation, table: Address, level: u32, base: u64, found: &mut Vec<Leaf>) {
    for index in 0..ENTRIES {
        let descriptor = kernel.word(table + 8 * index);
        if descriptor & VALID == 0 {
            continue;
        }
        let address = base + (index << span(level));
        if level < LAST && descriptor & TABLE_OR_PAGE != 0 {
            walk(kernel, descriptor & OUTPUT, level + 1, address, found);
        } else if descriptor & USER != 0 {
            let bits = span(level);
            let frame = descriptor & OUTPUT & !((1 << bits) - 1);
            found.push(Leaf { address, frame, bits, descriptor });
        }
    }
}

/// Looks for anything that user level can reach and no capability stands for.
///
/// # Errors
/// The first such thing.
pub fn check(kernel: &Simulation, model: &Model) -> Result<(), String> {
    let caps: Vec<Cap> = model.slots.in_order().map(|(_, filled)| filled.cap).collect();
    for (asid, root) in model.pools.values().flat_map(|(_, spaces)| spaces) {
        let mut leaves = Vec::new();
        walk(kernel, *root, 0, 0, &mut leaves);
        for leaf in leaves {
            covered(leaf, *asid, &caps)?;
            if let Some(cap) = caps.iter().find(|cap| overlaps(cap, leaf)) {
                return Err(format!("user level reaches {cap:x?} by {leaf:x?}"));
            }
            if leaf.descriptor & PRIVILEGED_EXECUTE_NEVER == 0 {
                return Err(format!("the kernel could execute {leaf:x?}"));
            }
        }
    }
    Ok(())
}

/// A capability says that this is mapped here, with these rights.
fn covered(leaf: Leaf, asid: Asid, caps: &[Cap]) -> Result<(), String> {
    let writable = leaf.descriptor & READ_ONLY == 0;
    let stands_for = |cap: &Cap| match *cap {
        Cap::Page { start, bits, rights, mapping: Some(at), .. } => {
            let needed = if writable { abi::Rights::READ_WRITE } else { abi::Rights::READ };
            (start, bits) == (leaf.frame, leaf.bits)
                && at == Mapping { asid, address: leaf.address }
                && rights.contains(needed)
        }
        _ => false,
    };
    let found = caps.iter().any(stands_for);
    found.then_some(()).ok_or_else(|| format!("no capability to {leaf:x?} in space {asid}"))
}

/// Whether the memory of a kernel object, or memory that nobody has, is reached.
fn overlaps(cap: &Cap, leaf: Leaf) -> bool {
    let end = leaf.frame + (1 << leaf.bits);
    match *cap {
        Cap::Page { .. } => false,
        // What lies behind the watermark was not handed out.
        Cap::Untyped { start, bits, used, device: false } if used < 1 << bits => {
            leaf.frame < start + (1 << bits) && start + used < end && leaf.frame >= start + used
        }
        Cap::Untyped { .. } => false,
        _ => cap
            .memory()
            .is_some_and(|(start, bits)| leaf.frame < start + (1 << bits) && start < end),
    }
}

#[cfg(test)]
mod tests {
    use crate::stage::Stage;

    /// A page whose capability is gone from the model is noticed.
    #[test]
    fn what_is_mapped_needs_a_capability() {
        let mut stage = Stage::new();
        let play = &mut stage.play;
        assert_eq!(super::check(&play.kernel, &play.model), Ok(()));
        let pages = play.model.slots.in_order().map(|(name, filled)| (name, filled.cap));
        let pages: Vec<_> = pages.collect();
        let mapped = pages
            .into_iter()
            .find(|(_, cap)| matches!(cap, super::Cap::Page { mapping: Some(_), .. }));
        let (name, _) = mapped.expect("boot maps pages");
        play.model.slots.remove(name);
        let found = super::check(&play.kernel, &play.model).expect_err("it is still mapped");
        assert!(found.starts_with("no capability to"), "{found}");
    }
}
