//! The numbers of the checks.
//!
//! A letter says what is wrong: `L` the text, `O` an object, `M` memory, `T` time, `A` authority,
//! `C` what another tool's format cannot carry.

use std::fmt;

/// The number of a check.
///
/// ```
/// use capdl::code::Code;
///
/// assert_eq!(Code::UNKNOWN_KEY.to_string(), "L001");
/// assert_eq!(Code::parse("L001"), Some(Code::UNKNOWN_KEY));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code {
    letter: char,
    number: u16,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.letter, self.number)
    }
}

/// Declares the codes: name, letter, number, and what is wrong in general.
macro_rules! codes {
    ($($name:ident $letter:literal $number:literal $title:literal;)*) => {
        impl Code {
            $(
                #[doc = $title]
                pub const $name: Self = Self { letter: $letter, number: $number };
            )*

            /// All of them, each with what is wrong in general.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, $title)),*];
        }
    };
}

codes! {
    SYNTAX 'L' 0 "The text cannot be read.";
    UNKNOWN_KEY 'L' 1 "There is no such key.";
    VERSION 'L' 2 "The version is missing, or unknown.";
    NUMBER 'L' 3 "A number is too large, or not a number.";
    DUPLICATE_NAME 'L' 4 "Two things have one name.";
    DANGLING 'L' 5 "Nothing has this name.";
    OVERLAY 'L' 6 "Two overlays disagree.";
    WRONG_TYPE 'L' 7 "A value is of the wrong type, or missing.";
    FILE 'L' 8 "A file cannot be read.";
    SLOT_RANGE 'O' 101 "A slot lies beyond its CNode or table.";
    SLOT_TWICE 'O' 102 "A slot is used twice.";
    SLOT_TYPE 'O' 103 "A slot cannot hold a capability of this type.";
    PARAMETER 'O' 104 "A parameter is out of range.";
    TABLE_SHARED 'O' 109 "A table has two parents, or contains itself.";
    COVERED_TWICE 'O' 121 "An object lies in two pieces of untyped memory, or in itself.";
    FRAMES_OVERLAP 'M' 201 "Frames overlap in physical memory.";
    NOT_CARRIED 'C' 501 "The other format cannot carry this.";
    FOREIGN 'C' 503 "This machine has nothing like it.";
    NOT_PACKED 'C' 505 "The image cannot hold this.";
    QUIRK 'C' 504 "The other tool takes this differently than it looks.";
    ASSERTION 'A' 402 "An assertion does not hold.";
}

impl Code {
    /// The code that is written so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code = Self::ALL.iter().map(|(code, _)| *code);
        code.into_iter().find(|code| code.to_string() == text)
    }

    /// What is wrong in general.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, title)| title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_code_is_given_twice() {
        let codes: BTreeSet<Code> = Code::ALL.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.len(), Code::ALL.len());
    }
}
