//! What the kernel does with capabilities, among few and among many of the same memory.

use abi::ObjectType;
use libsys::object::{CNode, Endpoint, SlotRange, Untyped};
use libsys::{Badge, Rights, SlotPath};

use crate::{Bench, Outcome};

/// Slots of the CNode as a power of two: room for a million, and for a few more.
const NODE_BITS: u8 = 20;
/// Bytes of the memory of all objects, as a power of two.
const MEMORY_BITS: u32 = 25;

/// Measures what one more capability takes when there are `count` of one piece of memory.
pub(crate) fn measure(bench: &mut Bench, count: u64) -> Outcome {
    let mut own = bench.system.allocator.subset(27, 16)?;
    let node = own.create_sized::<CNode>(NODE_BITS.into())?;
    let memory = own.create_sized::<Untyped>(MEMORY_BITS)?;
    let mut done = 0;
    while done < count {
        let batch = (count - done).min(256);
        memory.retype(ObjectType::Endpoint, 0, SlotRange::within(node, done, batch))?;
        done += batch;
    }
    let slot = |index: u64| SlotPath::with_depth(node, index, NODE_BITS);
    let last = (1 << NODE_BITS) - 1;
    let next = SlotRange::within(node, last - 1, 1);
    let retype = || memory.retype(ObjectType::Endpoint, 0, next);
    bench.measure_among("retype an endpoint", count, retype)?;
    let (source, copy) = (slot(count / 2), slot(last));
    bench.measure_among("copy a capability", count, || copy.copy_from(source, Rights::ALL))?;
    bench.measure_among("delete a copy", count, || copy.delete())?;
    let mint = || copy.mint_from(source, Rights::ALL, Badge(1));
    bench.measure_among("mint a capability", count, mint)?;
    bench.measure_among("revoke a capability", count, || source.revoke())?;
    bench.measure_among("move a capability", count, || copy.move_from(source))?;
    bench.measure_among("delete an endpoint", count, || copy.delete())?;
    let endpoint = own.create::<Endpoint>()?;
    let path = own.path(endpoint);
    bench.measure_among("delete an endpoint of other memory", count, || path.delete())?;
    own.reclaim()
}
