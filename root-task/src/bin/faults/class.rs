//! What is done to the victim.

use crate::random::Random;

/// Declares the classes: word, weight.
macro_rules! classes {
    ($($(#[doc = $doc:literal])* $name:ident $word:literal $weight:literal,)*) => {
        /// What is done to the victim.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Class {
            $($(#[doc = $doc])* $name,)*
        }

        impl Class {
            /// All of them, with how often each comes.
            pub(crate) const ALL: &[(Self, u64)] = &[$((Self::$name, $weight),)*];

            /// What it is called.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

classes! {
    /// It goes on where nothing is.
    Kill "kill" 8,
    /// A bit of a register.
    Register "register" 4,
    /// A bit of its own memory.
    Data "data" 4,
    /// A bit of its program.
    Code "code" 4,
    /// Bits of what it shares with its clients.
    Ring "ring" 4,
    /// It stands still.
    Hang "hang" 1,
    /// The instruction where it is becomes a branch to itself.
    Loop "loop" 1,
    /// Many questions for signs of life, for a while.
    Flood "flood" 2,
    /// Many signals of its interrupts, for a while, with nothing behind them.
    Interrupt "interrupt" 2,
    /// Bits of what it has told its device.
    Descriptor "descriptor" 4,
}

impl Class {
    /// One of those that are possible; `None`: none is.
    pub(crate) fn choose(random: &mut Random, is_possible: impl Fn(Self) -> bool) -> Option<Self> {
        let possible = || Self::ALL.iter().filter(|(class, _)| is_possible(*class));
        let all: u64 = possible().map(|(_, weight)| weight).sum();
        let mut left = random.below(all.max(1));
        for (class, weight) in possible() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return Some(*class),
            }
        }
        None
    }

    /// Whether it goes on for as long as something is expected of it.
    pub(crate) const fn lasts(self) -> bool {
        matches!(self, Self::Flood | Self::Interrupt)
    }

    /// Occasions after which nothing is expected of it any more.
    pub(crate) const fn patience(self) -> u64 {
        match self {
            Self::Hang | Self::Loop => 1000,
            Self::Kill => 100,
            _ => 15,
        }
    }
}
