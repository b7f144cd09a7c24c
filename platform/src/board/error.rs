//! Why a device tree cannot be used.

use core::fmt;

use dtoolkit::error::FdtParseError;

/// A word of the command line, cut to what fits.
pub type Word = heapless::String<40>;

/// Why a board cannot be booted. Each displays as one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BoardError {
    /// The bytes are no flattened device tree.
    NotADeviceTree(FdtParseError),
    /// A needed node or property does not exist.
    Missing {
        /// What was sought.
        what: &'static str,
        /// The node where it should be.
        node: &'static str,
    },
    /// A property exists but its value makes no sense.
    Malformed {
        /// The property.
        what: &'static str,
        /// Its node.
        node: &'static str,
    },
    /// There are more entries than a board can have here.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The node that lists them.
        node: &'static str,
    },
    /// The command line has a `tessera.*` option that does not exist.
    UnknownOption(Word),
    /// The command line has a `tessera.*` option with a value that it does not take.
    BadOption(Word),
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADeviceTree(error) => write!(f, "the device tree is unreadable: {error}"),
            Self::Missing { what, node } => write!(f, "the device tree lacks {what} in {node}"),
            Self::Malformed { what, node } => {
                write!(f, "the device tree has a malformed {what} in {node}")
            }
            Self::TooMany { what, node } => {
                write!(f, "the device tree has too many {what} in {node}")
            }
            Self::UnknownOption(word) => {
                write!(f, "the command line has an unknown option: {word}")
            }
            Self::BadOption(word) => write!(f, "the command line has a bad value: {word}"),
        }
    }
}
