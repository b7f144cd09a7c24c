//! Words of user frames, which user level may write at the same time.

use platform::address::PhysicalAddress;

use super::Mem;

impl Mem {
    /// The first of some words that lie in the window.
    #[inline(always)]
    fn user_pointer(&self, at: PhysicalAddress, count: usize) -> Option<*mut u64> {
        // Below the window the distance wraps, and so is too large as well.
        let offset = at.0.wrapping_sub(self.start);
        let last = self.length.checked_sub(8 * count as u64)?;
        if offset > last || !at.is_aligned(3) {
            return None;
        }
        let offset = usize::try_from(offset).ok()?;
        // SAFETY: the offset was just checked against the window.
        Some(unsafe { self.base.pointer().add(offset).cast() })
    }

    /// One word of a user frame. Zero outside of the window.
    #[must_use]
    pub fn read_user(&self, at: PhysicalAddress) -> u64 {
        // SAFETY: in the window and aligned; by I2 no object lies there. User level may write at
        // the same time, hence volatile: one load, whatever value it yields.
        self.user_pointer(at, 1).map_or(0, |word| unsafe { word.read_volatile() })
    }

    /// Sets one word of a user frame. Nothing happens outside of the window.
    pub fn write_user(&mut self, at: PhysicalAddress, value: u64) {
        self.write_user_words(at, [value]);
    }

    /// Sets neighbouring words of a user frame. Nothing happens if they are not all in the window.
    #[inline(always)]
    pub(crate) fn write_user_words<const N: usize>(
        &mut self,
        at: PhysicalAddress,
        words: [u64; N],
    ) {
        if let Some(first) = self.user_pointer(at, N) {
            for (index, word) in words.into_iter().enumerate() {
                // SAFETY: so many words are in the window and aligned. Otherwise as in `read_user`.
                unsafe { first.add(index).write_volatile(word) };
            }
        }
    }

    /// Copies `count` words between two user frames, in pairs where both places allow. Nothing
    /// happens if either place is not wholly in the window or badly aligned.
    pub(crate) fn copy_user(&mut self, from: PhysicalAddress, to: PhysicalAddress, count: usize) {
        let (source, target) = (self.user_pointer(from, count), self.user_pointer(to, count));
        let (Some(source), Some(target)) = (source, target) else { return };
        let pairs = (source.addr() ^ target.addr()) & 15 == 0;
        let (mut source, mut target, mut left) = (source, target, count);
        // SAFETY: both ranges are in the window, and by I2 no object lies there. Volatile as in
        // `read_user`. Pairs are moved where both pointers are aligned for them.
        unsafe {
            if pairs && source.addr() & 8 != 0 && left > 0 {
                target.write_volatile(source.read_volatile());
                (source, target, left) = (source.add(1), target.add(1), left - 1);
            }
            while pairs && left >= 8 {
                for pair in 0..4 {
                    let words = source.cast::<u128>().add(pair).read_volatile();
                    target.cast::<u128>().add(pair).write_volatile(words);
                }
                (source, target, left) = (source.add(8), target.add(8), left - 8);
            }
            while left > 0 {
                target.write_volatile(source.read_volatile());
                (source, target, left) = (source.add(1), target.add(1), left - 1);
            }
        }
    }
}
