//! Windows: memory that the initial thread maps for itself, to look at it word by word.
//!
//! A window is a range of addresses that nothing else in the program uses. Those of a window that
//! this module maps are never handed out twice, and the pages below and above it are never mapped;
//! those of a [`Viewer`] lie side by side, and show one page after the other. What is behind the
//! addresses is another matter (a device, memory shared with another task), so every access is
//! volatile and there is never a reference.
//!
//! Invariant W1: `start..start + bytes` is mapped in this program's address space, readable and
//! writable, and no Rust object lives there. It holds from [`Window::map`] on; a program that
//! unmaps or revokes the pages of its own window gets a fault at the next access.

use abi::{PAGE_BITS, Rights, VmAttributes};
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::bootstrap::{AddressSpace, AllocationError, Allocator};
use crate::cap::Cap;
use crate::machine::aarch64::lines;
use crate::object::Page;

pub use super::view::{View, Viewer};

const PAGE_SIZE: u64 = 1 << PAGE_BITS;
/// Bytes of a word.
const WORD: usize = 8;
/// Words that are copied and compared at once, wherever their bytes lie.
pub(crate) type Line = [[u8; 8]; 8];

/// What kind of memory the pages are.
///
/// ```
/// use libsys::window::MemoryKind;
///
/// /// What to map a buffer as, for a device that sees the cores' caches or does not.
/// fn kind(is_coherent: bool) -> MemoryKind {
///     if is_coherent { MemoryKind::Ram } else { MemoryKind::Device }
/// }
/// assert_eq!(kind(true), MemoryKind::Ram);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryKind {
    /// RAM: cacheable.
    Ram,
    /// Device registers: every access happens, as written and in order.
    Device,
}

impl MemoryKind {
    pub(super) const fn attributes(self) -> VmAttributes {
        let cacheable = matches!(self, Self::Ram);
        VmAttributes { cacheable, execute_never: true }
    }
}

/// A mapped range of this program's addresses. Offsets are in bytes; one beyond the window, or
/// not aligned to what is accessed, is a mistake in the program and stops it.
///
/// ```no_run
/// use libsys::bootstrap::{AllocationError, Allocator};
/// use libsys::window::Window;
///
/// /// Three pages, with a number in the middle one.
/// fn pages(allocator: &mut Allocator) -> Result<Window, AllocationError> {
///     let window = Window::fresh(allocator, 3)?;
///     window.write_word(4096, 0x7e55);
///     Ok(window)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Window {
    start: u64,
    bytes: u64,
}

impl Window {
    /// Maps one page, readable and writable.
    ///
    /// # Errors
    /// Too little memory for tables, or what the kernel refuses: see
    /// [`AddressSpace::map`](crate::bootstrap::AddressSpace::map).
    pub fn map(
        allocator: &mut Allocator,
        page: Cap<Page>,
        kind: MemoryKind,
    ) -> Result<Self, AllocationError> {
        Self::map_all(allocator, 1, core::iter::once(page), kind)
    }

    /// Maps so many fresh pages of RAM, one behind the other.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn fresh(allocator: &mut Allocator, pages: u64) -> Result<Self, AllocationError> {
        let caps = allocator.create_many::<Page>(pages)?;
        Self::map_all(allocator, pages, caps, MemoryKind::Ram)
    }

    /// Memory that somebody else has mapped for this program: a ring that the layout of the
    /// system gives it, for example.
    ///
    /// # Safety
    /// At these addresses are whole pages, readable and writable, for as long as the window is
    /// used, and no Rust object lives there (invariant W1).
    #[must_use]
    pub const unsafe fn claim(addresses: Range<u64>) -> Self {
        Self::over(addresses)
    }

    /// Memory that somebody has mapped at these addresses of this program's space, whole pages,
    /// readable and writable, and that is used through windows only.
    pub(crate) const fn over(addresses: Range<u64>) -> Self {
        Self { start: addresses.start, bytes: addresses.end - addresses.start }
    }

    fn map_all(
        allocator: &mut Allocator,
        count: u64,
        pages: impl Iterator<Item = Cap<Page>>,
        kind: MemoryKind,
    ) -> Result<Self, AllocationError> {
        let bytes = count * PAGE_SIZE;
        let start = allocator.reserve_addresses(bytes)?;
        let space = AddressSpace::initial();
        let addresses = (start..start + bytes).step_by(1 << PAGE_BITS);
        for (page, address) in pages.zip(addresses) {
            space.map(allocator, page, address, Rights::READ_WRITE, kind.attributes())?;
        }
        Ok(Self { start, bytes })
    }

    /// The first address.
    #[must_use]
    pub const fn address(&self) -> u64 {
        self.start
    }

    /// One past the last address.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.bytes
    }

    /// The address of the first of so many `T`s at `offset`.
    #[inline]
    pub(super) fn first<T>(&self, offset: u64, count: usize) -> *mut T {
        let bytes = (count as u64).checked_mul(size_of::<T>() as u64);
        let end = bytes.and_then(|bytes| offset.checked_add(bytes));
        let aligned = offset.is_multiple_of(size_of::<T>() as u64);
        assert!(aligned && end.is_some_and(|end| end <= self.bytes), "inside, and aligned");
        core::ptr::with_exposed_provenance_mut((self.start + offset) as usize)
    }

    /// The address of a `T` at `offset`.
    #[inline]
    pub(super) fn at<T>(&self, offset: u64) -> *mut T {
        let size = size_of::<T>() as u64;
        let fits = offset.checked_add(size).is_some_and(|end| end <= self.bytes);
        assert!(fits && offset.is_multiple_of(size), "inside the window, and aligned");
        core::ptr::with_exposed_provenance_mut((self.start + offset) as usize)
    }

    /// Reads a word of 64 bits.
    #[must_use]
    pub fn read_word(&self, offset: u64) -> u64 {
        // SAFETY: W1, and `at` has checked bounds and alignment.
        unsafe { self.at::<u64>(offset).read_volatile() }
    }

    /// Writes a word of 64 bits.
    pub fn write_word(&self, offset: u64, value: u64) {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u64>(offset).write_volatile(value) }
    }

    /// Reads a device register of 32 bits.
    #[must_use]
    pub fn read_register(&self, offset: u64) -> u32 {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u32>(offset).read_volatile() }
    }

    /// Writes a device register of 32 bits.
    pub fn write_register(&self, offset: u64, value: u32) {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u32>(offset).write_volatile(value) }
    }

    /// Reads a device register of 16 bits.
    #[must_use]
    pub fn read_half(&self, offset: u64) -> u16 {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u16>(offset).read_volatile() }
    }

    /// Writes a device register of 16 bits.
    pub fn write_half(&self, offset: u64, value: u16) {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u16>(offset).write_volatile(value) }
    }

    /// Reads a device register of 8 bits.
    #[must_use]
    pub fn read_byte(&self, offset: u64) -> u8 {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u8>(offset).read_volatile() }
    }

    /// Writes a device register of 8 bits.
    pub fn write_byte(&self, offset: u64, value: u8) {
        // SAFETY: as in `read_word`.
        unsafe { self.at::<u8>(offset).write_volatile(value) }
    }

    /// Copies bytes into the window, which is RAM: many words at once where they are aligned.
    pub fn write_bytes(&self, offset: u64, bytes: &[u8]) {
        let (head, words, tail) = split(offset, bytes);
        for (at, byte) in (offset..).zip(head) {
            // SAFETY: as in `read_word`.
            unsafe { self.at::<u8>(at).write_volatile(*byte) }
        }
        let offset = offset + head.len() as u64;
        let start = self.words(offset, words.len());
        let write = |(index, word): (usize, u64)| {
            // SAFETY: W1, and `words` has checked all of them.
            unsafe { start.add(index).write_volatile(word) }
        };
        let (lines, rest) = words.as_chunks();
        // SAFETY: W1, and `words` has checked all of them; what is borrowed is no window.
        unsafe { lines::copy(start.cast::<Line>(), lines.as_ptr(), lines.len()) };
        let rest = rest.iter().map(|word| u64::from_ne_bytes(*word));
        (8 * lines.len()..).zip(rest).for_each(write);
        let offset = offset + 8 * words.len() as u64;
        for (at, byte) in (offset..).zip(tail) {
            // SAFETY: as in `read_word`.
            unsafe { self.at::<u8>(at).write_volatile(*byte) }
        }
    }

    /// Whether these bytes are in the window, which is RAM.
    #[must_use]
    pub fn holds(&self, offset: u64, bytes: &[u8]) -> bool {
        if let (lines, []) = bytes.as_chunks::<{ size_of::<Line>() }>()
            && offset.is_multiple_of(size_of::<Line>() as u64)
        {
            let first = self.first(offset, lines.len());
            // SAFETY: W1, and `first` has checked all of them; what is wanted is borrowed.
            return unsafe { lines::are_equal(first, lines.as_ptr().cast(), lines.len()) };
        }
        let (head, words, tail) = split(offset, bytes);
        let behind = offset + (head.len() + 8 * words.len()) as u64;
        // SAFETY: as in `read_word`.
        let holds = |at: u64, byte: &u8| unsafe { self.at::<u8>(at).read_volatile() == *byte };
        let start = self.words(offset + head.len() as u64, words.len());
        let is = |(index, word): (usize, u64)| {
            // SAFETY: W1, and `words` has checked all of them.
            unsafe { start.add(index).read_volatile() == word }
        };
        let (lines, rest) = words.as_chunks();
        // SAFETY: W1, and `words` has checked all of them.
        let equal = unsafe { lines::are_equal(start.cast(), lines.as_ptr(), lines.len()) };
        let rest = rest.iter().map(|word| u64::from_ne_bytes(*word));
        let words = equal && (8 * lines.len()..).zip(rest).all(is);
        let ends = (offset..).zip(head).chain((behind..).zip(tail));
        words && ends.into_iter().all(|(at, byte)| holds(at, byte))
    }

    /// Whether there is nothing but zeros in this range, which begins and ends at words.
    #[must_use]
    pub fn is_clear(&self, offsets: Range<u64>) -> bool {
        let count = usize::try_from((offsets.end - offsets.start) / 8).unwrap_or(usize::MAX);
        let start = self.words(offsets.start, count);
        // SAFETY: W1, and `words` has checked all of them.
        (0..count).all(|index| unsafe { start.add(index).read_volatile() == 0 })
    }

    /// Sets all bytes of a range to 0, which begins and ends at words.
    pub fn clear(&self, offsets: Range<u64>) {
        let count = usize::try_from((offsets.end - offsets.start) / 8).unwrap_or(usize::MAX);
        let start = self.words(offsets.start, count);
        let in_line = size_of::<Line>() / WORD;
        let lines = count / in_line;
        // SAFETY: W1, and `words` has checked all of them.
        unsafe { lines::clear(start.cast::<Line>(), lines) };
        for index in lines * in_line..count {
            // SAFETY: as above.
            unsafe { start.add(index).write_volatile(0) }
        }
    }

    /// The address of so many words at `offset`, which is not used if there are none.
    fn words(&self, offset: u64, count: usize) -> *mut u64 {
        if count == 0 {
            return core::ptr::null_mut();
        }
        let last = (count as u64 - 1).checked_mul(8).and_then(|bytes| bytes.checked_add(offset));
        let _ = self.at::<u64>(last.unwrap_or(u64::MAX));
        self.at::<u64>(offset)
    }

    /// Copies so many bytes from another window. All three numbers are multiples of 8.
    pub fn copy_from(&self, offset: u64, from: &Self, from_offset: u64, bytes: u64) {
        let count = usize::try_from(bytes / 8).unwrap_or(usize::MAX);
        let (to, source) = (self.words(offset, count), from.words(from_offset, count));
        let in_line = size_of::<Line>() / WORD;
        let lines = count / in_line;
        // SAFETY: W1, and `words` has checked all of them, of both.
        unsafe { lines::copy(to.cast::<Line>(), source.cast::<Line>(), lines) };
        for index in lines * in_line..count {
            // SAFETY: as above.
            unsafe { to.add(index).write_volatile(source.add(index).read_volatile()) };
        }
    }

    /// Copies bytes out of the window, words at a time where they are aligned.
    pub fn read_bytes(&self, offset: u64, bytes: &mut [u8]) {
        let (head, words, tail) = split(offset, bytes);
        let (head, words) = (head.len(), words.len());
        let (behind, tail) = (head + 8 * words, tail.len());
        let start = self.words(offset + head as u64, words);
        let (lines, rest) = bytes[head..behind].as_chunks_mut::<8>().0.as_chunks_mut();
        // SAFETY: W1, and `words` has checked all of them; what is borrowed is no window.
        unsafe { lines::copy(lines.as_mut_ptr(), start.cast::<Line>(), lines.len()) };
        for (index, word) in (8 * lines.len()..).zip(rest) {
            // SAFETY: W1, and `words` has checked all of them.
            *word = unsafe { start.add(index).read_volatile() }.to_ne_bytes();
        }
        for index in (0..head).chain(behind..behind + tail) {
            bytes[index] = self.read_byte(offset + index as u64);
        }
    }
}

/// Bytes for `offset`: those before the first whole word, the whole words, those behind.
fn split(offset: u64, bytes: &[u8]) -> (&[u8], &[[u8; 8]], &[u8]) {
    let head = usize::try_from(offset.wrapping_neg() % 8).unwrap_or(0).min(bytes.len());
    let (head, rest) = bytes.split_at(head);
    let (words, tail) = rest.as_chunks();
    (head, words, tail)
}

/// A place for one window of one page, set once and then shared by all threads.
pub(crate) struct WindowCell {
    start: AtomicU64,
}

impl WindowCell {
    /// An empty place.
    pub(crate) const fn new() -> Self {
        Self { start: AtomicU64::new(0) }
    }

    /// Puts a window of one page here for good.
    pub(crate) fn set(&self, window: Window) {
        assert!(window.bytes == PAGE_SIZE, "a window of one page");
        self.start.store(window.start, Ordering::Release);
    }

    /// The window, if there is one.
    pub(crate) fn window(&self) -> Option<Window> {
        let start = self.start.load(Ordering::Acquire);
        (start != 0).then_some(Window { start, bytes: PAGE_SIZE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_bytes_share_the_window() {
        let mut memory = [0_u64; 4];
        let start = memory.as_mut_ptr().expose_provenance() as u64;
        let window = Window { start, bytes: 32 };
        window.write_word(8, 0x0102_0304_0506_0708);
        assert_eq!(window.read_register(12), 0x0102_0304);
        assert_eq!((window.read_half(10), window.read_byte(9)), (0x0506, 0x07));
        window.write_half(16, 0xcafe);
        window.write_byte(18, 0xff);
        assert_eq!(window.read_register(16), 0x00ff_cafe);
        window.write_bytes(8, &[0xaa, 0xbb]);
        let mut bytes = [0; 3];
        window.read_bytes(8, &mut bytes);
        assert_eq!(bytes, [0xaa, 0xbb, 0x06]);
    }

    #[test]
    fn bytes_keep_their_places_whatever_the_alignment() {
        let (mut memory, mut other) = ([0_u64; 8], [0_u64; 8]);
        let window = |memory: &mut [u64; 8]| Window {
            start: memory.as_mut_ptr().expose_provenance() as u64,
            bytes: 64,
        };
        let (window, second) = (window(&mut memory), window(&mut other));
        let bytes: [u8; 24] = core::array::from_fn(|index| index as u8 + 1);
        for (offset, count) in [(0, 24), (3, 24), (5, 2), (7, 17), (16, 0)] {
            window.copy_from(0, &second, 0, 64);
            window.write_bytes(offset, &bytes[..count]);
            let mut seen = [0; 64];
            window.read_bytes(0, &mut seen);
            let mut expected = [0; 64];
            expected[offset as usize..][..count].copy_from_slice(&bytes[..count]);
            assert_eq!(seen, expected, "{count} at {offset}");
            let mut part = [0; 24];
            window.read_bytes(offset, &mut part[..count]);
            assert_eq!(part[..count], bytes[..count], "{count} from {offset}");
        }
        second.copy_from(8, &window, 0, 16);
        assert_eq!(second.read_word(8), window.read_word(0));
    }

    #[test]
    fn any_number_of_words_is_copied() {
        let (mut memory, mut other) = ([u64::MAX; 32], [0_u64; 32]);
        let window = |memory: &mut [u64; 32]| Window {
            start: memory.as_mut_ptr().expose_provenance() as u64,
            bytes: 256,
        };
        let (from, to) = (window(&mut memory), window(&mut other));
        (0..32).for_each(|word| from.write_word(8 * word, word + 1));
        for (start, words) in [(0, 32), (1, 7), (2, 8), (3, 9), (4, 17), (32, 0)] {
            to.clear(0..256);
            to.copy_from(8 * start, &from, 0, 8 * words);
            for word in 0..32 {
                let copied = (start..start + words).contains(&word);
                let expected = if copied { word - start + 1 } else { 0 };
                assert_eq!(to.read_word(8 * word), expected, "word {word} of {words} at {start}");
            }
        }
    }

    #[test]
    fn any_number_of_words_is_cleared() {
        let mut memory = [0_u64; 32];
        let start = memory.as_mut_ptr().expose_provenance() as u64;
        let window = Window { start, bytes: 256 };
        for (start, words) in [(0, 32), (1, 7), (2, 8), (3, 9), (4, 17), (32, 0)] {
            (0..32).for_each(|word| window.write_word(8 * word, u64::MAX));
            window.clear(8 * start..8 * (start + words));
            for word in 0..32 {
                let is_clear = (start..start + words).contains(&word);
                assert_eq!(window.read_word(8 * word) == 0, is_clear, "word {word}");
            }
        }
    }

    #[test]
    fn bytes_are_written_and_compared_at_any_place() {
        let mut memory = [u64::MAX; 32];
        let start = memory.as_mut_ptr().expose_provenance() as u64;
        let window = Window { start, bytes: 256 };
        // Lies at a word, so that whole lines are copied and compared wherever they can be.
        let words: [u64; 25] = core::array::from_fn(|index| 0x0807_0605_0403_0201 + index as u64);
        let bytes = words.map(u64::to_ne_bytes);
        let cases = [(0, 29), (3, 29), (8, 16), (5, 2), (7, 9), (9, 0), (35, 29)];
        let lines = [(0, 64), (0, 128), (8, 64), (64, 192), (8, 199), (1, 150), (56, 200)];
        for (offset, length) in cases.into_iter().chain(lines) {
            let bytes = &bytes.as_flattened()[..length];
            window.clear(0..256);
            window.write_bytes(offset, bytes);
            assert!(window.holds(offset, bytes), "{length} bytes at {offset}");
            let end = (offset + length as u64).next_multiple_of(8);
            assert!(window.is_clear(0..offset & !7) && window.is_clear(end..256));
            for index in 0..length {
                let mut others = words.map(u64::to_ne_bytes);
                others.as_flattened_mut()[index] ^= 1;
                let others = &others.as_flattened()[..length];
                assert!(!window.holds(offset, others), "byte {index} of {length}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "inside the window")]
    fn bytes_end_with_the_window() {
        Window { start: 0x1000, bytes: 32 }.clear(8..40);
    }

    #[test]
    #[should_panic(expected = "inside the window")]
    fn the_window_ends() {
        let _ = Window { start: 0x1000, bytes: 32 }.read_word(32);
    }

    #[test]
    #[should_panic(expected = "aligned")]
    fn accesses_are_aligned() {
        let _ = Window { start: 0x1000, bytes: 32 }.read_word(4);
    }
}
