//! Why a component has failed.

use core::fmt;

use abi::Fault;
use libsys::process::Event;
use packed::record::Recipe;

/// Why a component has failed.
///
/// ```
/// use root_task::loader::supervisor::Cause;
///
/// assert_eq!(Cause::Silent { within: 50 }.to_string(), "gave no sign of life for 50 ms");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// It has ended, or stands still.
    Event(Event),
    /// It is asked for signs of life, and gave none for so many milliseconds.
    Silent {
        /// Milliseconds.
        within: u64,
    },
}

impl Cause {
    /// Whether a component that fails so is started again by this recipe.
    pub(super) const fn is_of(self, recipe: &Recipe) -> bool {
        match self {
            Self::Event(Event::Ended(_)) => recipe.on_exit,
            Self::Event(Event::Faulted { fault: Fault::Timeout { .. }, .. }) => recipe.on_timeout,
            Self::Event(Event::Faulted { .. }) => recipe.on_fault,
            Self::Silent { .. } => true,
        }
    }

    /// Whether its registers and calls say something: who ends has said why.
    pub(super) const fn is_worth_a_look(self) -> bool {
        !matches!(self, Self::Event(Event::Ended(_)))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::Silent { within } => write!(f, "gave no sign of life for {within} ms"),
        }
    }
}
