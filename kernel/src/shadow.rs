//! The shadow map: on the host, what kind of object each granule holds.
//!
//! It turns a stale or mistyped object name, which invariant I1 of [`crate::mem`] excludes, into
//! an immediate panic of the test that caused it. On the machine it takes no room and no time.

#[cfg(not(target_os = "none"))]
mod host {
    extern crate std;
    use crate::mem::{GRANULE_BITS, Kind};

    /// One byte per granule.
    pub(crate) struct Shadow(std::vec::Vec<u8>);

    impl Shadow {
        pub(crate) fn new(length: u64) -> Self {
            let granules = usize::try_from(length >> GRANULE_BITS).unwrap_or(0);
            Self(std::vec![0; granules])
        }

        pub(crate) fn set(&mut self, granule: u32, bytes: u64, kind: Kind) {
            let start = granule as usize;
            let count = usize::try_from(bytes >> GRANULE_BITS).unwrap_or(0);
            if let Some(range) = self.0.get_mut(start..start + count) {
                range.fill(kind as u8);
            }
        }

        pub(crate) fn check(&self, granule: u32, kind: Kind) {
            let found = self.0.get(granule as usize).copied();
            assert_eq!(found, Some(kind as u8), "stale object {granule:#x}, wanted {kind:?}");
        }
    }
}

#[cfg(target_os = "none")]
mod none {
    use crate::mem::Kind;

    /// Nothing: release and debug images trust I1.
    pub(crate) struct Shadow;

    impl Shadow {
        pub(crate) const fn new(_length: u64) -> Self {
            Self
        }
        pub(crate) const fn set(&mut self, _granule: u32, _bytes: u64, _kind: Kind) {}
        pub(crate) const fn check(&self, _granule: u32, _kind: Kind) {}
    }
}

#[cfg(not(target_os = "none"))]
pub(crate) use host::Shadow;
#[cfg(target_os = "none")]
pub(crate) use none::Shadow;
