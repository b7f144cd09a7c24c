//! The shadow map: on the host, what kind of object each granule holds.
//!
//! It turns a stale or mistyped object name, which invariant I1 of [`crate::mem`] excludes, into
//! an immediate panic of the test that caused it. On the machine it takes no room and no time.

#[cfg(not(target_os = "none"))]
mod host {
    extern crate std;
    use std::vec::Vec;

    use crate::mem::{GRANULE_BITS, Kind};

    /// Set on the granules of an object behind its first.
    pub(crate) const INTERIOR: u8 = 0x80;

    /// Kinds of objects.
    const KINDS: usize = Kind::ReleaseQueues as usize + 1;

    /// The map, and the same by kind.
    pub(crate) struct Shadow {
        /// One byte per granule.
        map: Vec<u8>,
        /// The first granules of all objects of each kind, ascending.
        objects: [Vec<u32>; KINDS],
    }

    impl Shadow {
        /// Whether the map exists.
        pub(crate) const ACTIVE: bool = true;

        pub(crate) fn new(length: u64) -> Self {
            let granules = usize::try_from(length >> GRANULE_BITS).unwrap_or(0);
            Self { map: std::vec![0; granules], objects: Default::default() }
        }

        /// Notes that `bytes` bytes from a granule hold objects of `size` bytes each.
        pub(crate) fn set(&mut self, granule: u32, bytes: u64, kind: Kind, size: usize) {
            let start = granule as usize;
            let count = usize::try_from(bytes >> GRANULE_BITS).unwrap_or(0);
            let each = (size >> GRANULE_BITS).max(1);
            self.forget(granule, count);
            let Some(range) = self.map.get_mut(start..start + count) else { return };
            for object in range.chunks_mut(each) {
                object.fill(kind as u8 | INTERIOR);
                object[0] = kind as u8;
            }
            let end = granule + u32::try_from(count).unwrap_or(0);
            let objects = &mut self.objects[kind as usize];
            let place = objects.partition_point(|first| *first < granule);
            objects.splice(place..place, (granule..end).step_by(each));
        }

        /// Notes that `bytes` bytes from a granule hold nothing.
        pub(crate) fn clear(&mut self, granule: u32, bytes: u64) {
            let start = granule as usize;
            let count = usize::try_from(bytes >> GRANULE_BITS).unwrap_or(0);
            self.forget(granule, count);
            if let Some(range) = self.map.get_mut(start..start + count) {
                range.fill(Kind::Nothing as u8);
            }
        }

        /// Forgets the objects that begin in `count` granules.
        fn forget(&mut self, granule: u32, count: usize) {
            let end = granule.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            for objects in &mut self.objects {
                let from = objects.partition_point(|first| *first < granule);
                let to = objects.partition_point(|first| *first < end);
                objects.drain(from..to);
            }
        }

        pub(crate) fn check(&self, granule: u32, kind: Kind) {
            let found = self.map.get(granule as usize).copied();
            assert_eq!(found, Some(kind as u8), "stale object {granule:#x}, wanted {kind:?}");
        }

        /// Makes this map equal to another.
        pub(crate) fn copy_from(&mut self, other: &Self) {
            self.map.clone_from(&other.map);
            self.objects.clone_from(&other.objects);
        }

        /// For each granule the kind of the object that begins there, or an unnamed value behind
        /// the beginning of one, or 0.
        #[cfg(test)]
        pub(crate) fn map(&self) -> &[u8] {
            &self.map
        }

        /// Whether an object of a kind begins at a granule.
        #[cfg(test)]
        pub(crate) fn holds(&self, granule: u32, kind: Kind) -> bool {
            self.map.get(granule as usize) == Some(&(kind as u8))
        }

        /// The first granules of all objects of a kind.
        pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = u32> + '_ {
            self.objects[kind as usize].iter().copied()
        }
    }
}

#[cfg(target_os = "none")]
mod none {
    use crate::mem::Kind;

    /// Nothing: images for the machine trust I1.
    pub(crate) struct Shadow;

    impl Shadow {
        pub(crate) const ACTIVE: bool = false;

        pub(crate) const fn new(_length: u64) -> Self {
            Self
        }
        pub(crate) const fn set(&mut self, _granule: u32, _bytes: u64, _kind: Kind, _size: usize) {}
        pub(crate) const fn clear(&mut self, _granule: u32, _bytes: u64) {}
        pub(crate) const fn check(&self, _granule: u32, _kind: Kind) {}
        pub(crate) fn all(&self, _kind: Kind) -> impl Iterator<Item = u32> + '_ {
            core::iter::empty()
        }
    }
}

#[cfg(test)]
pub(crate) use host::INTERIOR;
#[cfg(not(target_os = "none"))]
pub(crate) use host::Shadow;
#[cfg(target_os = "none")]
pub(crate) use none::Shadow;
