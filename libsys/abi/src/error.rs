//! Error replies and lookup failures.
//!
//! An error reply to a call has badge 0, the error's code as label, and the words below.

/// Why an invocation was refused. The refused call changed nothing.
///
/// ```
/// use abi::Error;
///
/// let error = Error::Range { min: 1, max: 64 };
/// let reply = error.to_words();
/// assert_eq!((reply.label, &reply.words[..reply.length]), (4, &[1, 64][..]));
/// assert_eq!(Error::from_words(reply.label, &reply.words), Some(error));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// Argument `0` (an index into the message, by invocation) has a value that is not allowed.
    InvalidArgument(u64),
    /// Capability `0` (0 is the invoked one, 1 the first extra one) is of the wrong kind, or
    /// lacks a right.
    InvalidCapability(u64),
    /// The invocation is not possible on this object, or not in its present state.
    IllegalOperation,
    /// A value lies outside `min..=max`.
    Range {
        /// Least allowed value.
        min: u64,
        /// Greatest allowed value.
        max: u64,
    },
    /// An address is not aligned as the operation needs.
    Alignment,
    /// A capability address does not lead where it must.
    FailedLookup {
        /// Whether the lookup was that of a source (else of a destination or a mapping).
        source: bool,
        /// Where it ended.
        failure: LookupFailure,
    },
    /// The message has too few words or capabilities.
    TruncatedMessage,
    /// The destination is in use: delete what is there first.
    DeleteFirst,
    /// The object has descendants or other capabilities: revoke first.
    RevokeFirst,
    /// The untyped memory has too little room; so many bytes are left.
    NotEnoughMemory(u64),
}

/// Label of a reply that reports success.
pub const NO_ERROR: u64 = 0;

/// The words of an error reply.
///
/// ```
/// use abi::Error;
/// use abi::error::ErrorWords;
///
/// let reply = Error::NotEnoughMemory(512).to_words();
/// assert_eq!(reply, ErrorWords { label: 10, words: [512, 0, 0, 0, 0], length: 1 });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorWords {
    /// Error code, the label of the reply.
    pub label: u64,
    /// Message words; only the first `length` count.
    pub words: [u64; 5],
    /// Number of words.
    pub length: usize,
}

impl Error {
    /// The label of the reply.
    #[must_use]
    pub const fn code(&self) -> u64 {
        match self {
            Self::InvalidArgument(_) => 1,
            Self::InvalidCapability(_) => 2,
            Self::IllegalOperation => 3,
            Self::Range { .. } => 4,
            Self::Alignment => 5,
            Self::FailedLookup { .. } => 6,
            Self::TruncatedMessage => 7,
            Self::DeleteFirst => 8,
            Self::RevokeFirst => 9,
            Self::NotEnoughMemory(_) => 10,
        }
    }

    /// A lookup of a destination (or anything that is not a source) that failed.
    #[must_use]
    pub const fn destination(failure: LookupFailure) -> Self {
        Self::FailedLookup { source: false, failure }
    }

    /// A lookup of a source that failed.
    #[must_use]
    pub const fn source(failure: LookupFailure) -> Self {
        Self::FailedLookup { source: true, failure }
    }

    /// The reply's label and words.
    #[must_use]
    pub fn to_words(self) -> ErrorWords {
        let mut words = [0; 5];
        let length = match self {
            Self::InvalidArgument(word)
            | Self::InvalidCapability(word)
            | Self::NotEnoughMemory(word) => {
                words[0] = word;
                1
            }
            Self::Range { min, max } => {
                (words[0], words[1]) = (min, max);
                2
            }
            Self::FailedLookup { source, failure } => {
                words[0] = u64::from(source);
                let (details, count) = failure.to_words();
                words[1..].copy_from_slice(&details);
                1 + count
            }
            _ => 0,
        };
        ErrorWords { label: self.code(), words, length }
    }

    /// The error that a reply reports: its label and its first words (missing ones zero).
    /// `None` for success and for labels that are no error.
    #[must_use]
    pub fn from_words(label: u64, words: &[u64; 5]) -> Option<Self> {
        Some(match label {
            1 => Self::InvalidArgument(words[0]),
            2 => Self::InvalidCapability(words[0]),
            3 => Self::IllegalOperation,
            4 => Self::Range { min: words[0], max: words[1] },
            5 => Self::Alignment,
            6 => Self::FailedLookup {
                source: words[0] != 0,
                failure: LookupFailure::from_words([words[1], words[2], words[3], words[4]])?,
            },
            7 => Self::TruncatedMessage,
            8 => Self::DeleteFirst,
            9 => Self::RevokeFirst,
            10 => Self::NotEnoughMemory(words[0]),
            _ => return None,
        })
    }
}

/// Where the resolution of a capability address, or a table walk, ended.
///
/// ```
/// use abi::LookupFailure;
///
/// let failure = LookupFailure::MissingCapability { bits_left: 12 };
/// let (words, count) = failure.to_words();
/// assert_eq!(&words[..count], [2, 12]);
/// assert_eq!(LookupFailure::from_words(words), Some(failure));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookupFailure {
    /// The root is no CNode (or an address space does not exist).
    InvalidRoot,
    /// There is no suitable capability.
    MissingCapability {
        /// Bits of the address not yet resolved; for mappings the level that lacks a table.
        bits_left: u64,
    },
    /// The address has fewer or more bits than the CNodes on its way resolve.
    DepthMismatch {
        /// Bits of the address not yet resolved.
        bits_left: u64,
        /// Bits that the CNode at this point resolves.
        bits_found: u64,
    },
    /// A guard differs from the address.
    GuardMismatch {
        /// Bits of the address not yet resolved.
        bits_left: u64,
        /// The guard of the CNode.
        guard: u64,
        /// Its size in bits.
        guard_bits: u64,
    },
}

impl LookupFailure {
    /// Type and details, and how many of these words count.
    #[must_use]
    pub const fn to_words(self) -> ([u64; 4], usize) {
        match self {
            Self::InvalidRoot => ([1, 0, 0, 0], 1),
            Self::MissingCapability { bits_left } => ([2, bits_left, 0, 0], 2),
            Self::DepthMismatch { bits_left, bits_found } => ([3, bits_left, bits_found, 0], 3),
            Self::GuardMismatch { bits_left, guard, guard_bits } => {
                ([4, bits_left, guard, guard_bits], 4)
            }
        }
    }

    /// The failure that these words describe.
    #[must_use]
    pub const fn from_words(words: [u64; 4]) -> Option<Self> {
        Some(match words {
            [1, ..] => Self::InvalidRoot,
            [2, bits_left, ..] => Self::MissingCapability { bits_left },
            [3, bits_left, bits_found, _] => Self::DepthMismatch { bits_left, bits_found },
            [4, bits_left, guard, guard_bits] => {
                Self::GuardMismatch { bits_left, guard, guard_bits }
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_round_trips() {
        let failures = [
            LookupFailure::InvalidRoot,
            LookupFailure::MissingCapability { bits_left: 7 },
            LookupFailure::DepthMismatch { bits_left: 3, bits_found: 9 },
            LookupFailure::GuardMismatch { bits_left: 64, guard: 5, guard_bits: 12 },
        ];
        let mut errors = std::vec![
            Error::InvalidArgument(3),
            Error::InvalidCapability(1),
            Error::IllegalOperation,
            Error::Range { min: 1, max: 64 },
            Error::Alignment,
            Error::TruncatedMessage,
            Error::DeleteFirst,
            Error::RevokeFirst,
            Error::NotEnoughMemory(4096),
        ];
        errors.extend(failures.map(Error::source));
        errors.extend(failures.map(Error::destination));
        for error in errors {
            let words = error.to_words();
            assert_eq!(Error::from_words(words.label, &words.words), Some(error));
            assert!(words.words[words.length..].iter().all(|word| *word == 0));
        }
        assert_eq!(Error::from_words(0, &[0; 5]), None);
        assert_eq!(Error::from_words(11, &[0; 5]), None);
        assert_eq!(Error::from_words(6, &[0; 5]), None);
    }
}
