//! The message-information word (x1) and message limits.

/// Words that fit into one message.
pub const MAX_LENGTH: usize = 120;
/// Message words that travel in registers x2 to x5.
pub const REGISTER_WORDS: usize = 4;
/// Capabilities that fit into one message.
pub const MAX_CAPS: usize = 3;

const LENGTH_BITS: u32 = 7;
const CAPS_SHIFT: u32 = 7;
const UNWRAPPED_SHIFT: u32 = 9;
const LABEL_SHIFT: u32 = 12;

/// | bits | field |
/// |---|---|
/// | 0–6 | length in words |
/// | 7–8 | extra capabilities |
/// | 9–11 | bitmap of unwrapped capabilities (ignored on send) |
/// | 12–63 | label |
///
/// ```
/// use abi::MessageInfo;
///
/// let info = MessageInfo::new(7, 1, 3);
/// assert_eq!((info.label(), info.extra_caps(), info.length()), (7, 1, 3));
/// assert_eq!(info.0, 7 << 12 | 1 << 7 | 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageInfo(pub u64);

impl MessageInfo {
    /// A message of `length` words and `extra_caps` capabilities. Values that do not fit their
    /// field are cut to it.
    #[must_use]
    pub const fn new(label: u64, extra_caps: usize, length: usize) -> Self {
        let caps = (extra_caps as u64 & 3) << CAPS_SHIFT;
        Self(label << LABEL_SHIFT | caps | (length as u64 & 0x7f))
    }

    /// The same word with the bitmap of unwrapped capabilities.
    #[must_use]
    pub const fn with_unwrapped(self, bitmap: u64) -> Self {
        Self(self.0 & !(7 << UNWRAPPED_SHIFT) | (bitmap & 7) << UNWRAPPED_SHIFT)
    }

    /// Length in words, at most [`MAX_LENGTH`].
    #[must_use]
    pub const fn length(self) -> usize {
        let length = (self.0 & ((1 << LENGTH_BITS) - 1)) as usize;
        if length > MAX_LENGTH { MAX_LENGTH } else { length }
    }

    /// Number of extra capabilities, at most [`MAX_CAPS`].
    #[must_use]
    pub const fn extra_caps(self) -> usize {
        (self.0 >> CAPS_SHIFT & 3) as usize
    }

    /// Both lengths in one number: that of the words if there are no capabilities, and more than
    /// the longest message otherwise. To ask about both at once.
    #[must_use]
    pub const fn lengths(self) -> usize {
        (self.0 & ((1 << UNWRAPPED_SHIFT) - 1)) as usize
    }

    /// Bitmap of the capabilities that arrived as badges.
    #[must_use]
    pub const fn unwrapped(self) -> u64 {
        self.0 >> UNWRAPPED_SHIFT & 7
    }

    /// The label: an invocation, an error, a fault, or whatever the sender chose.
    #[must_use]
    pub const fn label(self) -> u64 {
        self.0 >> LABEL_SHIFT
    }
}

impl core::fmt::Debug for MessageInfo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MessageInfo")
            .field("label", &self.label())
            .field("extra_caps", &self.extra_caps())
            .field("unwrapped", &self.unwrapped())
            .field("length", &self.length())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_the_abi_puts_them() {
        let info = MessageInfo(0xabc << 12 | 5 << 9 | 2 << 7 | 17);
        assert_eq!(
            (info.label(), info.unwrapped(), info.extra_caps(), info.length()),
            (0xabc, 5, 2, 17)
        );
        assert_eq!(MessageInfo::new(0xabc, 2, 17).with_unwrapped(5), info);
    }

    #[test]
    fn overlong_lengths_are_cut() {
        assert_eq!(MessageInfo(127).length(), MAX_LENGTH);
        assert_eq!(MessageInfo(121).length(), MAX_LENGTH);
        assert_eq!(MessageInfo(120).length(), 120);
    }
}
