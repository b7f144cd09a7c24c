//! Building something again and again, with another call refused each time, on a fake kernel.

use alloc::vec;
use alloc::vec::Vec;

use super::{Memory, Space, Usage};
use crate::bootstrap::{AddressSpace, AllocationError, Allocator};
use crate::cap::Cap;
use crate::initial;
use crate::machine::fake;

const PAGE_SIZE: usize = 1 << abi::PAGE_BITS;
/// Bytes of the addresses that the rehearsed program manages.
const ADDRESSES: usize = 1 << 20;

/// A program's memory, and its space: a part of the test's own, so that windows work.
pub(crate) struct Stage {
    pub(crate) memory: Memory,
    pub(crate) space: Space,
    /// What is behind the addresses.
    _ground: Vec<u8>,
}

impl Stage {
    /// With `1 << bits` bytes of memory and two thousand slots.
    pub(super) fn new(bits: u32) -> Self {
        let allocator = Allocator::over(initial::CNODE, Cap::at(100), bits, 1000..3000);
        let mut ground = vec![0; ADDRESSES + PAGE_SIZE];
        let start = ground.as_mut_ptr().expose_provenance().next_multiple_of(PAGE_SIZE) as u64;
        let space = Space::new(AddressSpace::initial(), start..start + ADDRESSES as u64);
        Self { memory: Memory::over(allocator), space, _ground: ground }
    }

    /// What is in use, in every respect.
    pub(super) fn state(&self) -> (Usage, u64, usize) {
        (self.memory.usage(), self.space.free(), fake::caps())
    }
}

/// Builds something, and takes it apart, until nothing is refused and there is enough memory.
/// Whatever happens, all is as it was before. Answers how many calls the building takes.
pub(crate) fn rehearse<T>(
    build: impl Fn(&mut Stage) -> Result<T, AllocationError>,
    free: impl Fn(&mut Stage, T) -> Result<(), AllocationError>,
) -> u64 {
    for bits in 12.. {
        if attempt(bits, None, &build, &free).is_ok() {
            break;
        }
    }
    let refused = |at: &u64| attempt(24, Some(*at), &build, &free).is_err();
    (0..).take_while(refused).count() as u64
}

fn attempt<T>(
    bits: u32,
    refused: Option<u64>,
    build: &impl Fn(&mut Stage) -> Result<T, AllocationError>,
    free: &impl Fn(&mut Stage, T) -> Result<(), AllocationError>,
) -> Result<(), AllocationError> {
    fake::start(refused);
    let mut stage = Stage::new(bits);
    let before = stage.state();
    let built = build(&mut stage);
    assert_eq!(built.is_err() && refused.is_some(), fake::has_refused(), "{refused:?}");
    let result = built.map(|built| free(&mut stage, built).expect("nothing refuses to go"));
    let Stage { memory, space, .. } = &mut stage;
    space.clear(memory).expect("nothing refuses to go");
    assert_eq!(stage.state(), before, "{bits} bits, refused: {refused:?}");
    result
}

mod tests {
    use super::*;
    use crate::memory::{Request, Sizes};

    #[test]
    fn frames_are_all_there_or_none() {
        rehearse(
            |stage| stage.memory.frames(13),
            |stage, groups| {
                groups.iter().try_for_each(|group| stage.memory.free(Cap::<()>::at(group.start)))
            },
        );
        rehearse(
            |stage| stage.memory.contiguous(300 << 10),
            |stage, pages| stage.memory.free(Cap::<()>::at(pages.frames.start)),
        );
    }

    #[test]
    fn memory_is_mapped_or_leaves_nothing() {
        let request = Request { sizes: Sizes::Small, ..Request::bytes(200 << 10) };
        let calls = rehearse(
            |Stage { memory, space, .. }| space.allocate(memory, request),
            |Stage { memory, space, .. }, addresses| space.unmap(memory, addresses.start),
        );
        assert!(calls > 50, "{calls}");
    }
}
